//! What happened to a person's account, as the person sees it.

/// Names an event: second and number of its audit entry, so that events sort by time.
pub type EventId = [u8; 16];

/// An event of an account. Nothing of a person but the name that the holder gave a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// Its name.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// The name of the device that it is about.
    pub device: Option<String>,
    /// Who did it.
    pub by: EventAuthor,
    /// Unix seconds; of several, the last.
    pub at: u64,
    /// How often it happened on that day.
    pub times: u64,
}

/// Who did something to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventAuthor {
    /// A registrar.
    Registrar = 0,
    /// The holder.
    Holder = 1,
    /// The service itself, by what it saw.
    Service = 2,
}

impl EventAuthor {
    /// Every author, by its number.
    pub const ALL: [Self; 3] = [Self::Registrar, Self::Holder, Self::Service];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Registrar => "registrar",
            Self::Holder => "holder",
            Self::Service => "service",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// The person was enrolled for the first time.
    Enrolled = 0,
    /// A registrar asked for another enrolment of this person.
    EnrolmentAsked = 1,
    /// That was refused.
    EnrolmentRefused = 2,
    /// That was confirmed, and an offer was made.
    EnrolmentConfirmed = 3,
    /// A device took an offer up.
    DeviceAdded = 4,
    /// A device was ended, and its passes with it.
    DeviceEnded = 5,
    /// The account was frozen.
    Frozen = 6,
    /// The account is active again.
    Active = 7,
    /// The account was revoked.
    Revoked = 8,
    /// The name was changed.
    NameChanged = 9,
    /// The identity level was changed.
    LevelChanged = 10,
    /// Something else of the person's details was changed.
    DetailsChanged = 11,
    /// A registrar asked for a change of name, level or details.
    ChangeAsked = 12,
    /// That was refused.
    ChangeRefused = 13,
    /// Another enrolment of this person was approved on a device.
    EnrolmentApproved = 14,
    /// A refresh token came back that was replaced long ago: its device was ended, and its passes are
    /// suspended.
    DeviceCopied = 15,
    /// A device asked for more passes of a day than it may have.
    PassesRefused = 16,
    /// A device renewed a token from before the register was put back from a copy, with a key of its own.
    DeviceReturned = 17,
    /// A device was given passes for keys that none of its own vouched for, while it holds passes whose keys
    /// were vouched for.
    PassesUnproven = 18,
    /// A registrar looked at the person's devices.
    DevicesRead = 19,
    /// A connector has proven who the person is.
    IdentityProven = 20,
}

impl EventKind {
    /// Every kind, by its number.
    pub const ALL: [Self; 21] = [
        Self::Enrolled,
        Self::EnrolmentAsked,
        Self::EnrolmentRefused,
        Self::EnrolmentConfirmed,
        Self::DeviceAdded,
        Self::DeviceEnded,
        Self::Frozen,
        Self::Active,
        Self::Revoked,
        Self::NameChanged,
        Self::LevelChanged,
        Self::DetailsChanged,
        Self::ChangeAsked,
        Self::ChangeRefused,
        Self::EnrolmentApproved,
        Self::DeviceCopied,
        Self::PassesRefused,
        Self::DeviceReturned,
        Self::PassesUnproven,
        Self::DevicesRead,
        Self::IdentityProven,
    ];

    /// Whether it is a step of a request, and nothing was done to the account yet.
    pub const fn is_step(self) -> bool {
        matches!(
            self,
            Self::EnrolmentAsked
                | Self::EnrolmentRefused
                | Self::EnrolmentApproved
                | Self::ChangeAsked
                | Self::ChangeRefused
        )
    }

    /// Whether one person alone can make it happen any number of times.
    pub const fn can_be_repeated(self) -> bool {
        self.is_step() || matches!(self, Self::Frozen | Self::DevicesRead | Self::IdentityProven)
    }
}
