//! The register's rows: which tables there are, what their keys and rows are made of, and how both are
//! written. Rules know rows by these types alone, and a backend keeps them as bytes or in columns
//! (docs/adr/0029-rules-over-typed-rows.md).

mod audit;
#[cfg(test)]
pub(crate) mod columns;
mod credentials;
mod deeds;
mod devices;
mod events;
mod expiries;
mod grants;
mod key;
mod passes;
mod persons;
mod places;
mod receipts;
mod record;
mod requests;
mod scans;
mod single;
mod table;
#[cfg(test)]
mod tests;
mod word;

pub(crate) use audit::{AuditRow, Entry, TrailKey};
pub(crate) use credentials::{DeviceCredential, OfDevice, OfRole, StaffCredential, StaffRole};
pub(crate) use deeds::{Deed, DeedKey, Doer};
pub(crate) use devices::{Arrival, Family, FamilyKey, Granted, Token, device_of};
pub(crate) use expiries::{Expiring, ExpiryKey, RunsOut};
pub(crate) use grants::Offer;
pub(crate) use key::{All, Key, KeyBytes, Leads, Name, Part, beyond, decode_key, encode_key};
pub(crate) use passes::{Holding, ListKey, ListRange, PassKey, PassRow, Standing, Status};
pub(crate) use places::{InVenue, OfVenue};
pub(crate) use receipts::Digest;
pub(crate) use record::{Record, decode, encode};
pub(crate) use scans::{Answered, FirstUse, UsedKey};
pub(crate) use single::{Json, LastRestoration};
pub(crate) use table::{TABLES, Table};

use crate::audit::AuditHead;
use crate::{
    AccountEvent, Credential, DeviceId, EventId, Gate, Grant, IdentityUse, Mode, Person, PersonId,
    ReceiptId, Request, RequestId, SetAside, Site, Station, Venue,
};

/// Rows of one kind: where they lie, and the types of their keys and of what stands under them.
pub(crate) trait Rows: Sized {
    const TABLE: Table;
    /// What the rows are called.
    #[cfg(test)]
    const NAME: &'static str;
    /// What the bytes of the keys begin with, where several kinds share a table.
    const UNDER: &'static [u8];
    /// The names of a key's parts. A field of the row that has the same name has the same value.
    #[cfg(test)]
    const KEY: &'static [&'static str];
    type Key<'a>: Key;
    type Row: Record;
}

/// What is done with each kind of rows.
#[cfg(test)]
pub(crate) trait Visitor {
    fn visit<R: Rows>(&mut self);
}

macro_rules! rows {
    ($($(#[$doc:meta])* $kind:ident: $table:ident $($under:literal)?, $name:literal,
       $key:tt $key_type:ty => $row:ty;)*) => {
        $(
            $(#[$doc])*
            pub(crate) enum $kind {}

            impl Rows for $kind {
                const TABLE: Table = Table::$table;
                #[cfg(test)]
                const NAME: &'static str = $name;
                const UNDER: &'static [u8] = rows!(@under $($under)?);
                #[cfg(test)]
                const KEY: &'static [&'static str] = &$key;
                type Key<'a> = $key_type;
                type Row = $row;
            }
        )*

        /// Shows every kind of rows.
        #[cfg(test)]
        pub(crate) fn visit_all(visitor: &mut impl Visitor) {
            $(visitor.visit::<$kind>();)*
        }
    };
    (@under) => { b"" };
    (@under $under:literal) => { $under };
}

rows! {
    /// Person id -> person.
    Persons: Persons, "persons", ["person"] PersonId => Person;
    /// Look-up hash of a document -> person id.
    Lookup: Lookup, "lookup", ["lookup"] [u8; 32] => PersonId;
    /// Hash of the offer's id -> grant.
    Grants: Grants, "grants", ["offer"] [u8; 32] => Grant;
    /// Hash of the pre-authorised code -> hash of the offer's id.
    GrantCodes: GrantCodes, "grant-codes", ["code"] [u8; 32] => Offer;
    /// Person id, hash of the offer's id -> nothing.
    GrantsOf: GrantsOf, "grants-of", ["person", "offer"] (PersonId, [u8; 32]) => ();
    /// Hash of a token -> token.
    Tokens: Tokens, "tokens", ["token"] [u8; 32] => Token;
    /// Family id, whose start is the device's -> family.
    Families: Families, "families", ["family"] FamilyKey => Family;
    /// Person id, family id -> how far the device has come.
    FamiliesOf: FamiliesOf, "families-of", ["person", "family"] (PersonId, FamilyKey) => Arrival;
    /// Devices that were stopped since they may have been copied, for the witness.
    CopiedDevices: Meta b"copied:", "copied-devices", ["device"] DeviceId => ();
    /// Second, kind, key -> more keys: what runs out when.
    Expiries: Expiries, "expiries", ["at", "kind", "key"] ExpiryKey => Vec<[u8; 32]>;
    /// Day, index -> holder, which is what its row says of id, account and class, and digest of the device
    /// key.
    Passes: Passes, "passes", ["exp", "index"] PassKey => PassRow;
    /// Person id, day, index -> the person's device and when it got the pass, where that is known.
    Holdings: Holdings, "holdings", ["person", "exp", "index"] (PersonId, PassKey) => Option<Holding>;
    /// Day, index -> status, where it is not valid.
    Statuses: Statuses, "statuses", ["exp", "index"] PassKey => Status;
    /// Day -> how many passes of it were given.
    DayCounters: Meta b"day:", "day-counters", ["exp"] u64 => u32;
    /// Day, status list -> how often it was changed, as earlier builds counted: its rows go with their days.
    ListChanges: Meta b"list:", "list-changes", ["exp", "list"] ListKey => u64;
    /// Day -> status lists that a restoration has passed over.
    PassedOver: Meta b"passed-over:", "passed-over", ["exp"] u64 => Vec<ListRange>;
    /// Venue id -> venue.
    Venues: Venues, "venues", ["id"] Name<'a> => Venue;
    /// Venue id, site id -> site.
    Sites: Sites, "sites", ["venue", "id"] OfVenue<'a> => Site;
    /// Venue id, device -> what it is registered for.
    Stations: Stations, "stations", ["venue", "device"] OfVenue<'a> => Station;
    /// Venue id, device -> gate.
    Gates: Gates, "gates", ["venue", "device"] OfVenue<'a> => Gate;
    /// Hash of the secret -> credential.
    Credentials: Credentials, "credentials", ["hash"] [u8; 32] => Credential;
    /// Venue id, device, hash of the secret -> nothing.
    DeviceCredentials: DeviceCredentials, "device-credentials", ["venue", "device", "hash"]
        DeviceCredential<'a> => ();
    /// Role, venue id of an operator, name, hash of the secret -> nothing.
    StaffCredentials: StaffCredentials, "staff-credentials", ["role", "venue", "name", "hash"]
        StaffCredential<'a> => ();
    /// What was done, by whom, about what -> when.
    Deeds: Meta b"deeds\0", "deeds", ["deed", "name", "about"] DeedKey<'a> => Vec<u64>;
    /// Second, device digest -> operator digest, number of the audit entry of the first use.
    UsedCodes: UsedCodes, "used-codes", ["iat", "device"] UsedKey => FirstUse;
    /// Number -> digest and entry.
    Audit: Audit, "audit", ["number"] u64 => AuditRow;
    /// Person id, receipt -> use.
    Uses: Uses, "uses", ["person", "receipt"] (PersonId, ReceiptId) => IdentityUse;
    /// Hash of device and key -> what the request came to: a scan, or a report of a loss.
    Retries: Retries, "retries", ["key"] [u8; 32] => Answered;
    /// Second, device digest -> receipt that used the code without connection. Written up to format 4; its
    /// rows run out.
    OfflineUses: OfflineUses, "offline-uses", ["iat", "device"] UsedKey => Vec<u8>;
    /// Venue id, second, receipt, kind -> number of the audit entry.
    Trails: Trails, "trails", ["venue", "at", "receipt", "kind"] TrailKey<'a> => Entry;
    /// Approvers, id -> act that waits for a second person.
    Requests: Requests, "requests", ["approvers", "id"] ([u8; 16], RequestId) => Request;
    /// Person id, event id -> event of the account.
    Events: Events, "events", ["person", "id"] (PersonId, EventId) => AccountEvent;
    /// Digest of venue, device and key, number -> digest of the receipt that was kept first under it.
    Receipts: Receipts, "receipts", ["device", "number"] ([u8; 24], u64) => Digest;
    /// Receipt id of a device without connection -> digest of the receipt.
    ReceiptIds: ReceiptIds, "receipt-ids", ["id"] ReceiptId => Digest;
    /// Digest of a receipt -> the receipt that was set aside.
    ReceiptsSetAside: SetAside, "set-aside", ["digest"] [u8; 32] => SetAside;
    /// The format on disk.
    Format: Meta b"format", "format", [] () => u32;
    /// What status indices are drawn with.
    IndexSecret: Meta b"index-secret", "index-secret", [] () => [u8; 32];
    /// The newest entry of the audit chain.
    NewestEntry: Meta b"audit-head", "audit-head", [] () => AuditHead;
    /// What the audit chain begins after.
    AuditBase: Meta b"audit-base", "audit-base", [] () => AuditHead;
    /// How often the register was put back from a copy.
    Epoch: Meta b"epoch", "epoch", [] () => u32;
    /// That it has a witness, and what that is told.
    Witnessed: Meta b"witnessed", "witnessed", [] () => Vec<u8>;
    /// What the witness had seen when the register was put back last.
    RestoredFrom: Meta b"restored-from", "restored-from", [] () => AuditHead;
    /// When that was, for devices whose tokens it lost.
    RestoredAt: Meta b"restored-at", "restored-at", [] () => LastRestoration;
    /// What was found then.
    LastRestored: Meta b"last-restored", "last-restored", [] () => Json;
    /// The second of the last try whether the disk takes a row.
    DiskCheck: Meta b"disk-check", "disk-check", [] () => u64;
    /// When the clock was last checked.
    CheckedTime: Meta b"checked-time", "checked-time", [] () => u64;
    /// How late it was at least, by a clock that had agreed for long or an operator's word.
    SettledTime: Meta b"settled-time", "settled-time", [] () => u64;
    /// The newest second of a used code that was forgotten.
    UsedCodesForgotten: Meta b"used-codes-forgotten", "used-codes-forgotten", [] () => u64;
    /// The newest day of a pass that was forgotten.
    DaysForgotten: Meta b"days-forgotten", "days-forgotten", [] () => u64;
    /// The register's id.
    RegistersId: Meta b"register-id", "register-id", [] () => [u8; 16];
    /// For demonstrations, or for a city.
    RegistersMode: Meta b"mode", "mode", [] () => Mode;
    /// The data secret under the key in force.
    Wrapped: Meta b"wrapped-secret", "wrapped-secret", [] () => Vec<u8>;
    /// The data secret under the key that comes next.
    WrappedNext: Meta b"wrapped-secret-next", "wrapped-secret-next", [] () => Vec<u8>;
    /// That every identity has a key of its own.
    IdentitiesKeyed: Meta b"identities-keyed", "identities-keyed", [] () => Vec<u8>;
}
