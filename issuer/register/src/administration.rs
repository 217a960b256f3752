//! What administrators do: venues, sites, devices, gates and credentials, one change at a time.

use super::{Approvers, Bearer, Credential, CredentialId, Request, RequestFault, RequestId};
use super::{Site, SitePatch, Station, Venue, VenuePatch};

/// How the audit names whoever changes the register's files while no service runs. No administrator may be
/// called so.
pub const OFFLINE: &str = "offline";

/// What no member of staff may be called: the audit and citizens' events name others so.
pub const RESERVED_NAMES: [&str; 3] = [OFFLINE, "holder", "service"];

/// Who changes registrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// Whoever holds the register's files, while no service runs.
    Offline,
    /// An administrator of the running service.
    Administrator {
        /// Who: two credentials of one name are one person.
        name: String,
        /// The name of the request, should the change wait for a second administrator.
        request: RequestId,
    },
}

/// A venue, or one of its sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The venue's id.
    pub venue: String,
    /// The site's id; all of the venue without one.
    pub site: Option<String>,
}

/// A change of what is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminChange {
    /// Registers a venue or changes what is named of it. It may be suspended in this way; no suspension is
    /// lifted.
    Venue(VenuePatch),
    /// Registers a site or changes what is named of it. It may be closed in this way; it is not opened again.
    Site(SitePatch),
    /// Says where a device stands and what it scans for.
    Station(Station),
    /// Stops all scans of a place, at once.
    Suspend(Place),
    /// Lets a place scan again.
    Resume(Place),
    /// Keeps a credential under the SHA-256 of its secret.
    Credential {
        /// The hash.
        hash: [u8; 32],
        /// Whose it is.
        bearer: Bearer,
    },
    /// Registers the key of a device that uploads receipts. A new key starts a new count.
    Gate {
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The key, as a compressed point.
        key: [u8; 33],
    },
    /// Withdraws a credential, at once and for good; again, it changes nothing.
    Withdraw(CredentialId),
}

impl AdminChange {
    /// Whether it takes something from somebody, at once: it goes on while room is scarce.
    pub fn protects(&self) -> bool {
        match self {
            Self::Suspend(_) | Self::Withdraw(_) => true,
            Self::Venue(venue) => venue.suspended,
            Self::Site(site) => site.closed,
            Self::Station(_) | Self::Resume(_) | Self::Credential { .. } | Self::Gate { .. } => {
                false
            }
        }
    }
}

/// A change that takes two administrators: it gives more than there was, or undoes what protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAct {
    /// A new venue, or one that is to have more or to be another.
    Venue(Box<VenueChange>),
    /// A new site, or one that is to have another name.
    Site(Box<SiteChange>),
    /// A device that is to scan for more, or to leave a suspended site.
    Station(Box<StationChange>),
    /// A credential, whosever it is.
    Credential(Bearer),
    /// A key for a gate, its first one or another one.
    Gate {
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The key, as a compressed point.
        key: [u8; 33],
        /// The one that was registered when that was asked for.
        known: Option<[u8; 33]>,
    },
    /// The end of a suspension.
    Resume(Place),
    /// A suspension, by somebody who has taken away much alone.
    Suspend(Place),
    /// The withdrawal of a credential by somebody who has withdrawn much alone, or of an administrator's that
    /// one alone has withdrawn already: then it is confirmed.
    Withdraw {
        /// Its name.
        credential: CredentialId,
        /// Whose it is.
        bearer: Bearer,
    },
}

impl AdminAct {
    /// Whether it takes something from somebody: it goes on while room is scarce.
    pub fn protects(&self) -> bool {
        matches!(self, Self::Suspend(_) | Self::Withdraw { .. })
    }
}

/// A venue as it is to be, beside what it was when that was asked for: another change in between makes it
/// void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueChange {
    /// As it was; none where it is new.
    pub known: Option<Venue>,
    /// As it is to be.
    pub wanted: Venue,
    /// Suspended venues of the same organisation, for whoever confirms to see.
    pub suspended_elsewhere: Vec<String>,
}

/// A site as it is to be, beside what it was when that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteChange {
    /// As it was; none where it is new.
    pub known: Option<Site>,
    /// As it is to be.
    pub wanted: Site,
}

/// A device's station as it is to be, beside what it was when that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationChange {
    /// As it was; none where the device stood nowhere.
    pub known: Option<Station>,
    /// As it is to be.
    pub wanted: Station,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Administered {
    /// It is done.
    Done,
    /// It waits for another administrator.
    Waits(Request),
}

/// What two administrators have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalConfirmed {
    /// What was asked for.
    pub act: AdminAct,
    /// The credential that was made, where one was asked for.
    pub credential: Option<CredentialId>,
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminFault {
    /// It would withdraw the last administrator's credential: nobody could administer the running service any
    /// more.
    LastAdministrator,
    /// The scene is not one of the venue's.
    Scene,
    /// The key is registered for another gate.
    GateKeyTwice {
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
    },
    /// Nobody alone has withdrawn this credential within the last day, or whoever did is withdrawn too.
    NothingToContest,
    /// It takes two, and the request for it was not taken.
    Request(RequestFault),
}

impl AdminFault {
    /// What it is about: the gate that has a key already.
    pub fn about(&self) -> Option<String> {
        match self {
            Self::GateKeyTwice { venue, device } => Some(format!("{venue}/{device}")),
            _ => None,
        }
    }
}

/// Which credentials are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialScope {
    /// Those of a venue's devices and operators.
    Venue(String),
    /// Those of all venues' operators.
    Operators,
    /// Those of the registrars.
    Registrars,
    /// Those of the administrators.
    Administrators,
}

/// What an operator looks at of what staff did alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnusualKind {
    /// Its bearer takes away much: credentials, or what places and devices scan for.
    Restrictions,
    /// Its bearer, a registrar, freezes many accounts.
    Freezes,
    /// Its bearer refuses much of what others ask for.
    Refusals,
    /// An administrator's, which another one alone has withdrawn.
    Contested,
}

/// A credential of which somebody should look at what was done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unusual {
    /// What was seen.
    pub kind: UnusualKind,
    /// Its name.
    pub credential: CredentialId,
}

/// A credential with its name, and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCredential {
    /// Its name.
    pub id: CredentialId,
    /// Whose it is, and whether it is still good.
    pub credential: Credential,
}

impl Bearer {
    /// Among whom this bearer asks and confirms, and under which name; a device does neither.
    pub fn approvers(&self) -> Option<(Approvers, &str)> {
        match self {
            Self::Venue { .. } => None,
            Self::Operator { venue, name, .. } => Some((Approvers::Venue(venue.clone()), name)),
            Self::Registrar { registrar } => Some((Approvers::Registrars, registrar)),
            Self::Administrator { name } => Some((Approvers::Administrators, name)),
        }
    }
}

/// The name of the credential that is kept under a hash.
pub fn credential_id(hash: &[u8; 32]) -> CredentialId {
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    id
}
