//! Values of which there are few: a byte where room counts, a word where people read.

use crate::{
    Account, Consent, DeviceRule, EndReason, EventAuthor, EventKind, Mode, OperatorRole,
    OtherDevices, TrailKind,
};

/// One of a few values.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// Each with its byte, which is kept, and its word.
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
    const ALL: &'static [(Self, u8, &'static str)] =
        &[(Self::Active, 0, "active"), (Self::Revoked, 1, "revoked"), (Self::Frozen, 2, "frozen")];
}

impl Word for DeviceRule {
    const ALL: &'static [(Self, u8, &'static str)] =
        &[(Self::Replaces, 0, "replaces"), (Self::Adds, 1, "adds")];
}

impl Word for Consent {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::NotAsked, 0, "not_asked"),
        (Self::Approved, 1, "approved"),
        (Self::Denied, 2, "denied"),
        (Self::Expired, 3, "expired"),
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
        &[(Self::Demo, 1, "demo"), (Self::Production, 2, "production")];
}

impl Word for TrailKind {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Online, 0, "online"),
        (Self::Offline, 1, "offline"),
        (Self::DoubleUse, 2, "double_use"),
    ];
}

impl Word for EndReason {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Unknown, 0, "unknown"),
        (Self::Holder, 1, "holder"),
        (Self::Frozen, 2, "frozen"),
        (Self::Revoked, 3, "revoked"),
        (Self::Replaced, 4, "replaced"),
        (Self::Copied, 5, "copied"),
    ];
}

impl Word for EventAuthor {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Registrar, 0, "registrar"),
        (Self::Holder, 1, "holder"),
        (Self::Service, 2, "service"),
    ];
}

impl Word for EventKind {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Enrolled, 0, "enrolled"),
        (Self::EnrolmentAsked, 1, "enrolment_asked"),
        (Self::EnrolmentRefused, 2, "enrolment_refused"),
        (Self::EnrolmentConfirmed, 3, "enrolment_confirmed"),
        (Self::DeviceAdded, 4, "device_added"),
        (Self::DeviceEnded, 5, "device_ended"),
        (Self::Frozen, 6, "frozen"),
        (Self::Active, 7, "active"),
        (Self::Revoked, 8, "revoked"),
        (Self::NameChanged, 9, "name_changed"),
        (Self::LevelChanged, 10, "level_changed"),
        (Self::DetailsChanged, 11, "details_changed"),
        (Self::ChangeAsked, 12, "change_asked"),
        (Self::ChangeRefused, 13, "change_refused"),
        (Self::EnrolmentApproved, 14, "enrolment_approved"),
        (Self::DeviceCopied, 15, "device_copied"),
        (Self::PassesRefused, 16, "passes_refused"),
        (Self::DeviceReturned, 17, "device_returned"),
        (Self::PassesUnproven, 18, "passes_unproven"),
        (Self::DevicesRead, 19, "devices_read"),
    ];
}
