//! What a verifier answers: verdicts, and the lists that it holds.

use szid_protocol::verdict::{Decision, Verdict};
use szid_verifier::{CacheFreshness, Heard};

use crate::runtime::count;

/// The answer to a scan. No part of it names a person.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ScanVerdict {
    /// True where the code is good for this scene, now.
    pub accepted: bool,
    /// The stable code of the reason (docs/errors.md), `OK` where all is well.
    pub reason: String,
    /// What happened, in Chinese.
    pub text_zh: String,
    /// What happened, in English.
    pub text_en: String,
    /// What staff do or say, in Chinese.
    pub staff_zh: String,
    /// What staff do or say, in English.
    pub staff_en: String,
    /// What the citizen does, in Chinese.
    pub citizen_zh: String,
    /// What the citizen does, in English.
    pub citizen_en: String,
    /// The scene that was asked for; 0 for any.
    pub scene: u16,
    /// The effective level, 1 to 5, once both signatures were verified.
    pub level: Option<u8>,
    /// The age of the trust list behind it, seconds.
    pub trust_age: Option<u64>,
    /// The age of the status list behind it, seconds.
    pub status_age: Option<u64>,
    /// This clock minus the time of the code, seconds, once the device's signature was verified.
    pub clock_difference: Option<i64>,
}

impl From<Verdict> for ScanVerdict {
    fn from(verdict: Verdict) -> Self {
        let view = verdict.view();
        Self {
            accepted: view.decision == Decision::Accept,
            reason: view.reason.code().to_owned(),
            text_zh: view.text.zh.to_owned(),
            text_en: view.text.en.to_owned(),
            staff_zh: view.staff.zh.to_owned(),
            staff_en: view.staff.en.to_owned(),
            citizen_zh: view.citizen.zh.to_owned(),
            citizen_en: view.citizen.en.to_owned(),
            scene: view.scene,
            level: view.level,
            trust_age: view.freshness.trust_age,
            status_age: view.freshness.status_age,
            clock_difference: view.clock_difference,
        }
    }
}

/// The city's documents that a verifier holds. Ages are in seconds, times in Unix seconds.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ListsHeld {
    /// The trust list's version; none before there is one, and then nothing is accepted.
    pub trust_version: Option<u64>,
    /// Its age.
    pub trust_age: Option<u64>,
    /// When it expires.
    pub trust_expires_at: Option<u64>,
    /// The version of the scenes' rules.
    pub scenes_version: Option<u64>,
    /// Their age.
    pub scenes_age: Option<u64>,
    /// How many status lists are in use.
    pub status_lists: u32,
    /// The age of the oldest of them.
    pub status_age: Option<u64>,
    /// The newest signed time ever seen: a clock that reads less is behind.
    pub newest_signed_time: u64,
    /// Signed times contradict this clock: ask the service for the time
    /// ([`hear_time`](crate::Verifier::hear_time)).
    pub time_in_doubt: bool,
}

impl ListsHeld {
    pub(crate) fn of(held: &CacheFreshness, time_in_doubt: bool) -> Self {
        Self {
            trust_version: held.trust_version,
            trust_age: held.trust_age,
            trust_expires_at: held.trust_expires_at,
            scenes_version: held.scenes_version,
            scenes_age: held.scenes_age,
            status_lists: count(held.status_lists),
            status_age: held.status_age,
            newest_signed_time: held.newest_signed_time,
            time_in_doubt,
        }
    }
}

/// What came of the service's answer for the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TimeHeard {
    /// It fits this clock and what is held.
    Agrees,
    /// It contradicts them, and is believed only if it is repeated for long enough.
    Waits,
    /// It was repeated: this clock is behind. Set it.
    ClockBehind,
    /// It was repeated: what lay ahead of both clocks counts no more.
    GivenUp,
}

impl From<Heard> for TimeHeard {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Agrees => Self::Agrees,
            Heard::Waits => Self::Waits,
            Heard::Believed => Self::ClockBehind,
            Heard::GivenUp => Self::GivenUp,
        }
    }
}
