//! Values of which there are few: a byte where room counts, a word where people read.

use crate::{
    Account, Consent, DeviceRule, EndReason, EventAuthor, EventKind, Mode, OperatorRole,
    OtherDevices, TrailKind,
};

/// One of a few values.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// Each with its byte, which is kept, and its word: those that the type has itself, where it does.
    const ALL: &'static [(Self, u8, &'static str)];

    fn to_byte(self) -> u8 {
        let found = Self::ALL.iter().find(|(one, ..)| *one == self);
        found.map_or(u8::MAX, |(_, byte, _)| *byte)
    }

    fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, one, _)| *one == byte).map(|(value, ..)| *value)
    }

    #[cfg(test)]
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(one, ..)| *one == self).map_or("", |(.., word)| word)
    }

    #[cfg(test)]
    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(.., one)| *one == word).map(|(value, ..)| *value)
    }
}

impl Word for Account {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Active, 0, Self::Active.word()),
        (Self::Revoked, 1, Self::Revoked.word()),
        (Self::Frozen, 2, Self::Frozen.word()),
    ];
}

impl Word for DeviceRule {
    const ALL: &'static [(Self, u8, &'static str)] =
        &[(Self::Replaces, 0, "replaces"), (Self::Adds, 1, "adds")];
}

impl Word for Consent {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::NotAsked, 0, Self::NotAsked.word()),
        (Self::Approved, 1, Self::Approved.word()),
        (Self::Denied, 2, Self::Denied.word()),
        (Self::Expired, 3, Self::Expired.word()),
    ];
}

impl Word for OtherDevices {
    const ALL: &'static [(Self, u8, &'static str)] =
        &[(Self::Ended, 1, "ended"), (Self::Suspended, 2, "suspended")];
}

impl Word for OperatorRole {
    const ALL: &'static [(Self, u8, &'static str)] =
        &[(Self::Viewer, 0, "viewer"), (Self::Manager, 1, "manager")];
}

impl Word for Mode {
    const ALL: &'static [(Self, u8, &'static str)] =
        &[(Self::Demo, 1, Self::Demo.word()), (Self::Production, 2, Self::Production.word())];
}

impl Word for TrailKind {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Online, Self::Online as u8, "online"),
        (Self::Offline, Self::Offline as u8, "offline"),
        (Self::DoubleUse, Self::DoubleUse as u8, "double_use"),
    ];
}

impl Word for EndReason {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Unknown, Self::Unknown as u8, Self::Unknown.word()),
        (Self::Holder, Self::Holder as u8, Self::Holder.word()),
        (Self::Frozen, Self::Frozen as u8, Self::Frozen.word()),
        (Self::Revoked, Self::Revoked as u8, Self::Revoked.word()),
        (Self::Replaced, Self::Replaced as u8, Self::Replaced.word()),
        (Self::Copied, Self::Copied as u8, Self::Copied.word()),
    ];
}

impl Word for EventAuthor {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Registrar, Self::Registrar as u8, Self::Registrar.word()),
        (Self::Holder, Self::Holder as u8, Self::Holder.word()),
        (Self::Service, Self::Service as u8, Self::Service.word()),
    ];
}

impl Word for EventKind {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Enrolled, Self::Enrolled as u8, "enrolled"),
        (Self::EnrolmentAsked, Self::EnrolmentAsked as u8, "enrolment_asked"),
        (Self::EnrolmentRefused, Self::EnrolmentRefused as u8, "enrolment_refused"),
        (Self::EnrolmentConfirmed, Self::EnrolmentConfirmed as u8, "enrolment_confirmed"),
        (Self::DeviceAdded, Self::DeviceAdded as u8, "device_added"),
        (Self::DeviceEnded, Self::DeviceEnded as u8, "device_ended"),
        (Self::Frozen, Self::Frozen as u8, "frozen"),
        (Self::Active, Self::Active as u8, "active"),
        (Self::Revoked, Self::Revoked as u8, "revoked"),
        (Self::NameChanged, Self::NameChanged as u8, "name_changed"),
        (Self::LevelChanged, Self::LevelChanged as u8, "level_changed"),
        (Self::DetailsChanged, Self::DetailsChanged as u8, "details_changed"),
        (Self::ChangeAsked, Self::ChangeAsked as u8, "change_asked"),
        (Self::ChangeRefused, Self::ChangeRefused as u8, "change_refused"),
        (Self::EnrolmentApproved, Self::EnrolmentApproved as u8, "enrolment_approved"),
        (Self::DeviceCopied, Self::DeviceCopied as u8, "device_copied"),
        (Self::PassesRefused, Self::PassesRefused as u8, "passes_refused"),
        (Self::DeviceReturned, Self::DeviceReturned as u8, "device_returned"),
        (Self::PassesUnproven, Self::PassesUnproven as u8, "passes_unproven"),
        (Self::DevicesRead, Self::DevicesRead as u8, "devices_read"),
        (Self::IdentityProven, Self::IdentityProven as u8, "identity_proven"),
    ];
}
