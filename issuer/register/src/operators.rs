//! What a venue's own operators see and do, and acts that take two persons.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{
    Account, AdminAct, DeviceId, DeviceRule, Evidence, PersonId, REQUEST_SECONDS, ReceiptId,
    SealedIdentity, StatusChange, lifetimes,
};

/// What an operator of a venue may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OperatorRole {
    /// Reads and exports.
    Viewer,
    /// Also asks for credentials, confirms and withdraws.
    Manager,
}

/// Names a credential without being of any use to whoever learns it: the start of the hash that it is kept
/// under.
pub type CredentialId = [u8; 16];

/// A credential of a venue's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCredential {
    /// Its name.
    pub id: CredentialId,
    /// The device's label.
    pub device: String,
    /// True once it was withdrawn.
    pub revoked: bool,
    /// Whether the device has a registered key for receipts.
    pub gate: bool,
}

/// What an entry of a venue's trail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TrailKind {
    /// A scan that the service decided.
    Online = 0,
    /// A scan that a gate decided without connection.
    Offline = 1,
    /// Two devices without connection accepted the same code.
    DoubleUse = 2,
}

/// One entry of a venue's trail. Nothing of the person, and no claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEntry {
    /// What it is.
    pub kind: TrailKind,
    /// The venue's own receipt.
    pub receipt: ReceiptId,
    /// The device's label.
    pub device: String,
    /// The id of the site where it stood.
    pub site: Option<String>,
    /// What the scan came to; a double use is no scan.
    pub verdict: Option<TrailVerdict>,
    /// When the register was told, Unix seconds.
    pub at: u64,
    /// When the gate scanned, Unix seconds.
    pub scanned_at: Option<u64>,
}

/// What a scan came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailVerdict {
    /// The scene.
    pub scene: u16,
    /// Accepted or not.
    pub accepted: bool,
    /// The reason's code.
    pub reason: String,
}

/// A place in a venue's trail: second, receipt, kind.
pub type TrailCursor = [u8; 25];

/// What is asked of a venue's trail.
#[derive(Clone, Debug)]
pub struct TrailQuery {
    /// Of this device only.
    pub device: Option<String>,
    /// At this site only.
    pub site: Option<String>,
    /// With this reason only.
    pub reason: Option<String>,
    /// Of this kind only.
    pub kind: Option<TrailKind>,
    /// From this second on.
    pub from: u64,
    /// Before this second.
    pub to: u64,
    /// Older than this place.
    pub before: Option<TrailCursor>,
    /// At most so many.
    pub limit: usize,
}

/// A part of a venue's trail, the newest first. It may hold fewer entries than were asked for, even none, and
/// yet not be the last: one call looks at a bounded number of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailPage {
    /// The entries.
    pub entries: Vec<TrailEntry>,
    /// Where the next part begins, if there may be one.
    pub next: Option<TrailCursor>,
}

/// What takes the approval of a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A new credential for a venue's device.
    Credential {
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
    },
    /// Another state of a person's account.
    Account {
        /// Whose.
        person: PersonId,
        /// The state.
        account: Account,
        /// A word from the registrar's list of reasons.
        reason: String,
        /// Of a lifting, where they are named: the devices that come back. Of a freeze: the one that stays.
        devices: Option<Vec<DeviceId>>,
    },
    /// An offer for somebody who is known.
    Enrolment {
        /// For whom.
        person: PersonId,
        /// What the new device means for the older ones.
        devices: DeviceRule,
    },
    /// Another name, level or other details of a person.
    Change(Box<PersonChange>),
    /// A change of registrations that takes two administrators.
    Administration(AdminAct),
}

impl Approval {
    /// Whether asking for it goes on while room is scarce: accounts are frozen, revoked and freed as ever.
    pub fn protects(&self) -> bool {
        match self {
            Self::Account { .. } => true,
            Self::Administration(act) => act.protects(),
            Self::Credential { .. } | Self::Enrolment { .. } | Self::Change(_) => false,
        }
    }
}

/// Changes with a level that is lowered: what others than registrars proved counts no more.
pub const OTHER_EVIDENCE: &str = "other_evidence";

/// What is kept of a person, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonChange {
    /// Whose.
    pub person: PersonId,
    /// How identity is proven, and which level that gives.
    pub evidence: Evidence,
    /// The identity data, sealed.
    pub sealed: SealedIdentity,
    /// SHA-256 of the sealed content that it was made from: another change in between makes it void.
    pub made_from: [u8; 32],
    /// What changes: `name`, `identity_level`, `method`, `details`, [`OTHER_EVIDENCE`].
    pub changed: Vec<String>,
    /// A word from the registrar's list of reasons.
    pub reason: String,
}

impl PersonChange {
    /// Whether this changes, see [`changed`](Self::changed).
    pub fn changes(&self, what: &str) -> bool {
        self.changed.iter().any(|changed| changed == what)
    }
}

/// Among whom an act is asked for and confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approvers {
    /// The operators of this venue.
    Venue(String),
    /// The registrars.
    Registrars,
    /// The administrators.
    Administrators,
}

impl Approvers {
    /// The most acts that wait at once.
    pub fn max_requests(&self) -> usize {
        match self {
            Self::Venue(_) | Self::Administrators => 100,
            Self::Registrars => 1_000,
        }
    }

    /// The most of these that one of them asks for, so that nobody takes all the room from the others.
    /// Administrators and managers are few, and ask for many at once when a place opens.
    pub fn max_requests_of_one(&self) -> usize {
        match self {
            Self::Venue(_) | Self::Administrators => 20,
            Self::Registrars => 100,
        }
    }
}

impl Approval {
    /// Whether an act, asked for by the same person, stands in place of this one: it is about the same person
    /// and to the same end. What else differs is what was meant in the end.
    pub(crate) fn is_replaced_by(&self, new: &Self) -> bool {
        match (self, new) {
            (
                Self::Account { person, account, .. },
                Self::Account { person: of, account: to, .. },
            ) => (person, account) == (of, to),
            (Self::Enrolment { person, .. }, Self::Enrolment { person: of, .. }) => person == of,
            (Self::Change(change), Self::Change(new)) => {
                (change.person, &change.changed) == (new.person, &new.changed)
            }
            _ => false,
        }
    }

    /// Whom it is about, where that is a person.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Account { person, .. } | Self::Enrolment { person, .. } => Some(*person),
            Self::Change(change) => Some(change.person),
            Self::Credential { .. } | Self::Administration(_) => None,
        }
    }

    /// Among whom it is asked for and confirmed.
    pub fn approvers(&self) -> Approvers {
        match self {
            Self::Credential { venue, .. } => Approvers::Venue(venue.clone()),
            Self::Account { .. } | Self::Enrolment { .. } | Self::Change(_) => {
                Approvers::Registrars
            }
            Self::Administration(_) => Approvers::Administrators,
        }
    }
}

/// Names a request.
pub type RequestId = [u8; 16];

/// An act that one person asked for, and that waits for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What is asked for.
    pub act: Approval,
    /// Who asks.
    pub asked_by: String,
    /// Unix seconds.
    pub asked_at: u64,
    /// The device on which the person concerned approved it: as long as that one is not ended, whoever asked
    /// may confirm it.
    pub approved_on: Option<DeviceId>,
}

/// What waits now, since it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The request.
    pub request: Request,
    /// The one of the same person to the same end whose place it has taken: that one is over.
    pub replaced: Option<RequestId>,
}

impl Request {
    /// When it can no longer be confirmed, Unix seconds.
    pub fn expires_at(&self) -> u64 {
        self.asked_at.saturating_add(REQUEST_SECONDS)
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: u64) -> bool {
        !lifetimes::is_good(self.expires_at(), REQUEST_SECONDS, now)
    }

    /// Puts the newest first, as they are shown.
    pub fn sort(requests: &mut [Self]) {
        requests.sort_by_key(|request| Reverse((request.asked_at, request.id)));
    }

    /// Whether its time is over, as a word for those who look at it.
    pub fn state(&self, now: u64) -> &'static str {
        if self.is_over(now) { "expired" } else { "pending" }
    }
}

/// What became of a registrar's freeze.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freezing {
    /// It is done: the passes that changed with it.
    Done(Vec<StatusChange>),
    /// It waits for another registrar.
    Waits(Request),
}

/// A person's account after two registrars changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountConfirmed {
    /// Whose.
    pub person: PersonId,
    /// The new state.
    pub account: Account,
    /// The passes that changed with it.
    pub changes: Vec<StatusChange>,
}

/// Why a request was not taken or not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// There is none, or it is over.
    Unknown,
    /// Whoever asks does not confirm.
    Own,
    /// Its time is over.
    Expired,
    /// Too many wait already.
    Full,
    /// What it is about was changed since.
    Outdated,
    /// Whoever acts has no good credential any more.
    Withdrawn,
    /// The same person was asked about too often.
    TooOften,
    /// Whoever refuses has refused as many requests of others within the hour as one may.
    RefusalsSpent,
    /// A site of the venue is suspended, and nobody has said where the new device stands.
    Suspended,
}
