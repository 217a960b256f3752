//! What the service asks of a register.

use std::future::Future;
use std::pin::Pin;

use szid_protocol::day::DAY;
use szid_protocol::verify::Use;

use crate::audit::{AuditEntry, AuditEvent, AuditHead, AuditPage, AuditQuery, ChainReport};
use crate::*;

/// The answer of a store, to be awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// How much longer than it is good everything but a used code is kept, seconds: by so much the clock may be
/// wrong, unnoticed, when something is forgotten, and an hour more.
pub const KEPT_LONGER: u64 = DAY + 3600;

/// How many passes one device may be issued for one day: answers get lost, and what was revoked is replaced.
/// No other device has less for what one of them was given.
pub const PASSES_PER_DAY: usize = 8;

/// How many passes all devices of one person may be issued for one day, so that nobody makes the register
/// grow without end by adding and ending devices: as many as there may be at a time, and 20 of ended ones.
/// What devices were given that had ended when another one came which two registrars confirmed does not
/// count.
pub const PASSES_OF_ALL_PER_DAY: usize = PASSES_PER_DAY * MAX_DEVICES + 20;

/// The most ended devices of one person that are told of.
pub const MAX_ENDED: usize = 20;

/// How many uses one person may report within a day of the checked clock. A report with a refusal does not
/// count: each of those took a scan of theirs.
pub const REPORTS_PER_DAY: usize = 10;

/// The register's operations. Each one is atomic.
pub trait Store: Send + Sync {
    /// Enrols a person who is new. [`StoreError::Enrolled`] where there is one with this look-up hash: what
    /// is kept of somebody known is changed by acts of two persons alone. With their offer, or not at all:
    /// whoever is known without one would take a second registrar. For the offer as
    /// [`put_grant`](Self::put_grant).
    fn enrol(&self, enrolment: Enrolment) -> Answer<'_, PersonId>;

    /// The person with this look-up hash.
    fn known_person(&self, lookup: [u8; 32]) -> Answer<'_, Option<PersonId>>;

    /// A person.
    fn person(&self, id: PersonId) -> Answer<'_, Option<Person>>;

    /// Changes an account's state, and the status of its passes that are kept. A freeze suspends all devices:
    /// the tokens of the one that is kept go on, the others end where the lifting does not bring them back.
    /// Revoking ends all. Both end the offers that are out for the person and the enrolments that wait. What
    /// was revoked stays so, and lifting a freeze gives no ended device its passes back.
    /// [`StoreError::AccountState`] for a revoked account, [`StoreError::NotFound`] for an unknown person,
    /// [`StoreError::DeviceNotKept`] for a device to be kept that is not one of the person's, was ended, or
    /// that an earlier freeze stopped.
    fn set_account(&self, change: AccountChange) -> Answer<'_, Vec<StatusChange>>;

    /// A loss that a person reports on a device: a freeze. Where one of the keys that were proven gives the
    /// device's [word](Self::word), every other device is ended for good and the tokens of this one go on;
    /// where none does, all are suspended, this one too. A report that stops nothing more changes nothing.
    /// [`StoreError::AccountState`] and [`StoreError::AccountFrozen`] where the device was ended or stopped
    /// meanwhile.
    fn report_loss(&self, report: LossReport) -> Answer<'_, LossReported>;

    /// A freeze in a registrar's name: from some number within the hour on it waits for a second registrar,
    /// under `request`.
    fn freeze(
        &self,
        change: AccountChange,
        request: RequestId,
    ) -> Answer<'_, Result<Freezing, RequestFault>>;

    /// A person's devices, the oldest first.
    fn devices(&self, person: PersonId, now: u64) -> Answer<'_, Vec<HolderDevice>>;

    /// Writes that a registrar looks at a person's devices, where both see it: in the audit and in the
    /// person's events. [`RequestFault::TooOften`] for the eleventh look at one person within an hour of the
    /// checked clock.
    fn note_look(
        &self,
        person: PersonId,
        registrar: String,
        at: u64,
    ) -> Answer<'_, Result<(), RequestFault>>;

    /// Those that were ended, as long as they are known, the last one first and no more than [`MAX_ENDED`].
    fn ended_devices(&self, person: PersonId) -> Answer<'_, Vec<HolderDevice>>;

    /// Whether the key of this pass gives the word of the device: the pass was issued to it, or names no
    /// device, as an older format kept it, and its key was vouched for: by the offer, by a key that was
    /// vouched for, or by nobody, where the device has had no other key for [`UNPROVEN_SECONDS`] by the
    /// checked clock. Whoever has a token has passes issued to keys of their own.
    fn word(&self, holder: Session, exp: u64, index: u32, checked: Option<u64>)
    -> Answer<'_, Word>;

    /// Ends a device in its holder's name: its tokens, its passes for good, and what it has approved. So is
    /// one ended for good whose passes are only suspended. [`StoreError::NotFound`] where the person has none
    /// of this name.
    fn end_device(
        &self,
        person: PersonId,
        device: DeviceId,
        at: u64,
    ) -> Answer<'_, Vec<StatusChange>>;

    /// The same of the device that asks, as long as the person has another one that is in use and has got
    /// passes: none where not, and nothing is changed then.
    fn sign_off(&self, session: Session, at: u64) -> Answer<'_, Option<Vec<StatusChange>>>;

    /// What happened to a person's account, the newest first, older than `before` where it is given.
    fn events(
        &self,
        person: PersonId,
        before: Option<EventId>,
        limit: usize,
    ) -> Answer<'_, Vec<AccountEvent>>;

    /// True where a pass of this device was revoked, for today or a later day, and none has taken its place.
    fn lacks_passes(&self, session: Session, now: u64) -> Answer<'_, bool>;

    /// Keeps a grant under the SHA-256 of its offer's id. [`StoreError::AccountFrozen`] and
    /// [`StoreError::AccountState`] unless the account is active, [`StoreError::Withdrawn`] unless whoever
    /// makes it may.
    fn put_grant(&self, offer_hash: [u8; 32], grant: Grant) -> Answer<'_, ()>;

    /// The sealed offer, until it expires, its grant is used, or it is ended. [`StoreError::AccountFrozen`]
    /// where its account is.
    fn offer(&self, offer_hash: [u8; 32], now: u64) -> Answer<'_, Result<Vec<u8>, GrantFault>>;

    /// Uses a grant once and opens a token family, which is a device of this name. A wrong transaction code
    /// costs an attempt. The same codes again within a minute stand for the same exchange, whose salt is
    /// told, since an answer may have been lost: until the device got passes or renewed its tokens. Where it
    /// named a secret of its own, nobody without that asks again, and what they guess costs no attempt.
    fn redeem(
        &self,
        code_hash: [u8; 32],
        tx_code_hash: [u8; 32],
        device: NewDevice,
        tokens: TokenPair,
        now: u64,
    ) -> Answer<'_, Result<Rotated, GrantFault>>;

    /// Replaces a family's refresh token. One from before the register was put back is taken with a key alone
    /// that a pass of its device is for, among those that were `shown` ([`GrantFault::KeyProof`]): the copy
    /// takes a token for good that was replaced since. Where no pass of it is kept there is nothing to prove,
    /// and it is taken without. The one before the current is still taken, since an answer may have been
    /// lost: for a minute it stands for the exchange that was made, whose salt is told, and after that for a
    /// new one. Any older one ends the device and suspends its passes: these are the changes that come with
    /// it. One that went with what a restoration lost begins anew for the device of a pass of before whose
    /// key is shown ([`GrantFault::Lost`] where there is none).
    fn rotate(
        &self,
        refresh_hash: [u8; 32],
        shown: Shown,
        tokens: TokenPair,
        now: u64,
    ) -> Answer<'_, (Result<Rotated, GrantFault>, Vec<StatusChange>)>;

    /// Whose access token this is.
    fn session(&self, access_hash: [u8; 32], now: u64) -> Answer<'_, Option<Session>>;

    /// Draws one status index for each pass of one person, in their order. All or none. A device's first
    /// passes end the older devices that it takes the place of: these are the changes that come with them. A
    /// person is told, once a day, of a device that is given passes for keys that none of its own vouched for
    /// while it has such keys. [`StoreError::AccountFrozen`] and [`StoreError::AccountState`] unless account
    /// and device are active, [`StoreError::Quota`] past [`PASSES_PER_DAY`] or [`PASSES_OF_ALL_PER_DAY`],
    /// [`StoreError::Exhausted`] for a day that is over or that was forgotten: no index is given twice.
    fn allocate_passes(&self, asked: PassesAsked) -> Answer<'_, PassesGiven>;

    /// Tells a person of a device that asked for more passes of a day than it may have: once a day.
    fn tell_of_quota(&self, session: Session, at: u64) -> Answer<'_, ()>;

    /// Who holds the pass with this index and this device key. A row of the index alone says nothing: a
    /// register that was put back from a copy gives indices away that are out there already.
    fn pass_holder(&self, exp: u64, index: u32, key: KeyDigest) -> Answer<'_, Option<PassHolder>>;

    /// Every pass that is not simply valid, of all days that are kept: whoever asks may have a clock that is
    /// wrong.
    fn statuses(&self) -> Answer<'_, Vec<StatusChange>>;

    /// How many status lists a day has: at least one.
    fn status_lists(&self, exp: u64) -> Answer<'_, u32>;

    /// The numbers of a day's status lists, without those that no pass of this register points to.
    fn named_status_lists(&self, exp: u64) -> Answer<'_, Vec<u32>>;

    /// How many status lists a day has, and which of them a restoration passed over.
    fn lists_of_day(&self, exp: u64) -> Answer<'_, DayLists>;

    /// Registers a venue or changes it.
    fn put_venue(&self, venue: Venue, at: u64) -> Answer<'_, ()>;

    /// A venue.
    fn venue(&self, id: &str) -> Answer<'_, Option<Venue>>;

    /// Registers a site of a venue or changes it. [`StoreError::NotFound`] without that venue.
    fn put_site(&self, site: Site, at: u64) -> Answer<'_, ()>;

    /// A site of a venue.
    fn site(&self, venue: &str, id: &str) -> Answer<'_, Option<Site>>;

    /// A venue's sites, by their ids.
    fn sites(&self, venue: &str) -> Answer<'_, Vec<Site>>;

    /// Registers where a venue's device stands, or changes it. [`StoreError::NotFound`] without that venue or
    /// site.
    fn put_station(&self, station: Station, at: u64) -> Answer<'_, ()>;

    /// What a venue's device is registered for.
    fn station(&self, venue: &str, device: &str) -> Answer<'_, Option<Station>>;

    /// Goes up with every change of a venue, site, device or credential, after the change can be read and
    /// before whoever made it is told: what was read under one count is as it is for as long as the count
    /// stays.
    fn registrations(&self) -> u64;

    /// Changes registrations, or keeps the change until a second administrator confirms it: what takes two is
    /// decided here. [`StoreError::NotFound`] without that venue, site or credential. Done by
    /// [`Author::Offline`] it neither waits nor meets a fault.
    fn administer(
        &self,
        change: AdminChange,
        author: Author,
        at: u64,
    ) -> Answer<'_, Result<Administered, AdminFault>>;

    /// Does what another administrator asked for. A credential is kept under `hash`.
    fn confirm_act(
        &self,
        id: RequestId,
        actor: String,
        hash: [u8; 32],
        at: u64,
    ) -> Answer<'_, Result<ApprovalConfirmed, RequestFault>>;

    /// In the name of an administrator whose credential another one alone withdrew within the last day:
    /// withdraws that other one's, once. Nobody needs to be left: two who stand against each other are both
    /// out.
    fn contest(
        &self,
        credential: [u8; 32],
        at: u64,
    ) -> Answer<'_, Result<Vec<CredentialId>, AdminFault>>;

    /// Credentials whose bearers did alone, and unusually often within the hour, what protects; and those
    /// that one alone has withdrawn. The hour is of the [checked clock](Self::checked_time).
    fn unusual(&self) -> Answer<'_, Vec<Unusual>>;

    /// Keeps a bearer credential under the SHA-256 of its secret, as [`Author::Offline`].
    fn put_credential(&self, hash: [u8; 32], bearer: Bearer, at: u64) -> Answer<'_, ()>;

    /// Finds the credential by the SHA-256 of its secret.
    fn credential(&self, hash: [u8; 32]) -> Answer<'_, Option<Credential>>;

    /// Finds the credential by its name.
    fn credential_named(&self, id: CredentialId) -> Answer<'_, Option<NamedCredential>>;

    /// Credentials, good ones and withdrawn ones, after the one that is named; by venue and name.
    /// [`StoreError::NotFound`] where none is named so.
    fn credentials(
        &self,
        scope: CredentialScope,
        after: Option<CredentialId>,
        limit: usize,
    ) -> Answer<'_, Vec<NamedCredential>>;

    /// The credentials of a venue's devices, by device, after the one that is named: good ones and withdrawn
    /// ones.
    fn device_credentials(
        &self,
        venue: &str,
        after: Option<(String, CredentialId)>,
        limit: usize,
    ) -> Answer<'_, Vec<DeviceCredential>>;

    /// The venue of the device that has this credential.
    fn credential_venue(&self, id: CredentialId) -> Answer<'_, Option<String>>;

    /// Withdraws a credential of a venue's device. [`StoreError::NotFound`] where the venue has none of this
    /// name.
    fn withdraw_credential(
        &self,
        venue: &str,
        id: CredentialId,
        actor: String,
        at: u64,
    ) -> Answer<'_, DeviceCredential>;

    /// What happened at a venue, the newest first.
    fn trail(&self, venue: &str, query: TrailQuery) -> Answer<'_, TrailPage>;

    /// Keeps an act that waits for a second person, and answers with what waits: the same act, asked for
    /// again by the same person, is the request that is there. [`StoreError::AccountFrozen`] for an enrolment
    /// while the account is, [`StoreError::DeviceNotKept`] for a lifting that names a device that is not one
    /// of the person's, or was ended.
    fn request_approval(&self, request: Request) -> Answer<'_, Result<Asked, RequestFault>>;

    /// The acts that wait, and those whose time ran out a short while ago; in no order.
    fn requests(&self, approvers: &Approvers) -> Answer<'_, Vec<Request>>;

    /// One of them.
    fn request(&self, approvers: &Approvers, id: RequestId) -> Answer<'_, Option<Request>>;

    /// Ends a request without its act.
    fn reject_approval(
        &self,
        approvers: &Approvers,
        id: RequestId,
        actor: String,
        at: u64,
    ) -> Answer<'_, Result<(), RequestFault>>;

    /// Gives a venue's device the credential that was asked for, under the SHA-256 of its secret.
    fn confirm_credential(
        &self,
        venue: &str,
        id: RequestId,
        actor: String,
        hash: [u8; 32],
        at: u64,
    ) -> Answer<'_, Result<DeviceCredential, RequestFault>>;

    /// Changes an account's state as it was asked for; as [`set_account`](Self::set_account) otherwise.
    fn confirm_account(
        &self,
        id: RequestId,
        actor: String,
        at: u64,
    ) -> Answer<'_, Result<AccountConfirmed, RequestFault>>;

    /// Makes the offer for somebody known that was asked for, under the SHA-256 of its id; a revoked account
    /// is active from then on. The grant's person and rule are the request's. Whoever asked confirms it where
    /// the person has approved it on a device that is not ended, for an account that is active.
    /// [`StoreError::AccountFrozen`] while it is frozen.
    fn confirm_enrolment(
        &self,
        id: RequestId,
        actor: String,
        offer_hash: [u8; 32],
        grant: Grant,
        at: u64,
    ) -> Answer<'_, Result<PersonId, RequestFault>>;

    /// Changes what is kept of a person as it was asked for. Where level or name change, all passes that are
    /// out are revoked.
    fn confirm_change(
        &self,
        id: RequestId,
        actor: String,
        at: u64,
    ) -> Answer<'_, Result<AccountConfirmed, RequestFault>>;

    /// Keeps evidence that a connector has brought, with its audit entry and the event that the person sees.
    /// [`RequestFault::Outdated`] where what is kept of the person is not what it was proven of any more,
    /// [`StoreError::AccountFrozen`] and [`StoreError::AccountState`] unless the account is active.
    fn add_evidence(&self, added: NewEvidence) -> Answer<'_, Result<(), RequestFault>>;

    /// Notes that the person approved an enrolment on a device: whoever asked for it confirms it from then
    /// on, until that device is ended. [`StoreError::AccountFrozen`] and [`StoreError::AccountState`] unless
    /// account and device are active.
    fn approve_enrolment(
        &self,
        holder: Session,
        id: RequestId,
        at: u64,
    ) -> Answer<'_, Result<(), RequestFault>>;

    /// Keeps scans, in order: looks each good code up among those used, remembers it, and writes the audit
    /// entry with the reason that follows and, where the person is known, the use that the person sees.
    /// Answers what was found for each; [`Use::First`] for a scan that uses nothing.
    fn record_scans(&self, scans: Vec<ScanRecord>) -> Answer<'_, Vec<Kept>>;

    /// What the memory of used codes says of this one now, without remembering it: nobody is to be asked
    /// about a used code.
    fn seen(&self, used: UsedCode) -> Answer<'_, Use>;

    /// What an earlier request with this key came to.
    fn earlier_scan(&self, key: [u8; 32]) -> Answer<'_, Option<Earlier>>;

    /// A person's uses, the newest first, older than `before` where it is given.
    fn uses(
        &self,
        person: PersonId,
        before: Option<ReceiptId>,
        limit: usize,
    ) -> Answer<'_, Vec<IdentityUse>>;

    /// One of a person's uses, by its receipt.
    fn use_of(&self, person: PersonId, receipt: ReceiptId) -> Answer<'_, Option<IdentityUse>>;

    /// Marks one of a person's uses as reported, and writes it into the audit: once for a receipt, and no
    /// more than [`REPORTS_PER_DAY`] afterwards. [`StoreError::NotFound`] for a receipt that is none of the
    /// person's.
    fn report_use(&self, person: PersonId, receipt: ReceiptId, at: u64) -> Answer<'_, UseReport>;

    /// A scan that this venue made with a connection, by its receipt: the same that the person sees, if there
    /// is one, but for what the person reported.
    fn scan_of(&self, venue: &str, receipt: ReceiptId) -> Answer<'_, Option<IdentityUse>>;

    /// Registers the key of a device that uploads receipts. Receipts of the one before are still taken for a
    /// month, and a key that comes back goes on where it was.
    fn put_gate(&self, venue: &str, device: &str, key: [u8; 33], at: u64) -> Answer<'_, ()>;

    /// Such a device.
    fn gate(&self, venue: &str, device: &str) -> Answer<'_, Option<Gate>>;

    /// The SHA-256 of the receipt that was kept first under a number of a device.
    fn receipts_digest(&self, uploader: &Uploader, number: u64) -> Answer<'_, Option<[u8; 32]>>;

    /// Keeps what a device decided without connection, each receipt once: the audit entry, the use that the
    /// person sees where its code proves one, and a report where a code was accepted elsewhere as well. What
    /// cannot count is set aside; numbers that are left out are written down as a gap.
    /// [`StoreError::NotFound`] where the device has another key by now.
    fn keep_receipts(
        &self,
        uploader: Uploader,
        receipts: Vec<UploadedReceipt>,
        at: u64,
    ) -> Answer<'_, ReceiptsKept>;

    /// Receipts that were set aside, in no order.
    fn set_aside_receipts(&self, limit: usize) -> Answer<'_, Vec<SetAside>>;

    /// Whether a device has sent two receipts under one number since then.
    fn has_receipt_conflict(&self, since: u64) -> Answer<'_, bool>;

    /// Appends an event to the audit chain.
    fn audit(&self, event: AuditEvent, at: u64) -> Answer<'_, u64>;

    /// Entries, the newest first.
    fn audit_page(&self, query: AuditQuery) -> Answer<'_, AuditPage>;

    /// Entries from a number on.
    fn audit_entries(&self, from: u64, limit: usize) -> Answer<'_, Vec<AuditEntry>>;

    /// The chain's newest entry and digest.
    fn audit_head(&self) -> Answer<'_, AuditHead>;

    /// Walks the chain from its start; finds the first entry that was changed, and a cut tail when an earlier
    /// head is given.
    fn audit_verify(&self, published: Option<AuditHead>) -> Answer<'_, ChainReport>;

    /// Whether the chain went through this head.
    fn audit_contains(&self, head: AuditHead) -> Answer<'_, bool>;

    /// Which register this is, and how often it was put back from a copy.
    fn identity(&self) -> Answer<'_, RegisterIdentity>;

    /// What is registered, as the witness keeps it.
    fn protections(&self) -> Answer<'_, Protections>;

    /// How many status lists each day has that has not ended.
    fn day_lists(&self, now: u64) -> Answer<'_, Vec<DayLists>>;

    /// From now on the register is not served without its witness.
    fn mark_witnessed(&self) -> Answer<'_, ()>;

    /// Makes good, as far as it can be known, what a register lacks that was put back from a copy. To be
    /// opened anew after it.
    fn restore(&self, asked: Restoration) -> Answer<'_, Restored>;

    /// What that found the last time; nothing where it was never done.
    fn last_restored(&self) -> Answer<'_, Option<Restored>>;

    /// Forgets what has run out for longer than [`KEPT_LONGER`]: grants, tokens, passes and statuses of past
    /// days, and audit entries where a retention time is set. Used codes go sooner, and an older one is
    /// [`Use::Forgotten`] from then on. `now` must be checked: it is kept as the [last checked
    /// time](Self::checked_time). Does a bounded piece of work, so that others may write between two calls,
    /// and returns how many rows went: call again until it is 0.
    fn prune(&self, now: u64) -> Answer<'_, u64>;

    /// Whether room is scarce. While it is, what makes the register grow and protects nobody is refused as
    /// [`StoreError::LowWater`]: enrolments, offers, new devices, passes and credentials, changes of what is
    /// kept of a person, new registrations, receipts of gates, which keep them. All else goes on: scans,
    /// freezes, withdrawals, tokens that are renewed, the citizen's answers, forgetting.
    fn spare_room(&self, scarce: bool);

    /// Writes one small row to the disk, the same each time: whether it takes anything.
    fn check_disk(&self, at: u64) -> Answer<'_, ()>;

    /// The time when the clock was last known to be right: of the last forgetting, or an operator's word; of
    /// the newest audit entry where there was neither.
    fn checked_time(&self) -> Answer<'_, Option<u64>>;

    /// How late it was at least when that was last kept, by a clock that had agreed with the monotonic one
    /// for long, or by an operator's word; nothing where there was neither. Never what a clock said that was
    /// merely checked.
    fn settled_time(&self) -> Answer<'_, Option<u64>>;

    /// Keeps it.
    fn keep_settled_time(&self, at: u64) -> Answer<'_, ()>;

    /// Keeps an operator's word that the clock is right, which was this many seconds from where it should
    /// have been.
    fn confirm_time(&self, actor: String, step: i64, at: u64) -> Answer<'_, ()>;
}
