//! What a verifier answers: verdicts, the lists that it holds, and its faults.

use szid_protocol::reason::Reason;
use szid_protocol::verdict::{Decision, Verdict};
use szid_verifier::{CacheFreshness, Heard, VerifierError};

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
    /// Signed times contradict this clock: ask the service for the time ([`hear_time`](crate::Verifier::hear_time)).
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
            status_lists: u32::try_from(held.status_lists).unwrap_or(u32::MAX),
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

/// A fault around verification: documents, files, configuration. What is wrong with a code is a verdict's reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum VerifierFault {
    /// A signed document is refused; what was held before stays in force.
    #[error("{code}: the document was refused")]
    DocumentRefused {
        /// The reason's stable code, such as `TRUST_ROLLBACK`.
        code: String,
        /// What to do, in Chinese.
        zh: String,
        /// What to do, in English.
        en: String,
    },
    /// A document lies ahead of this clock. It is taken once the service has said for long enough that it is that late.
    #[error("{code}: the document lies {seconds} s ahead of this clock")]
    DocumentAhead {
        /// `VERIFIER_DOCUMENT_AHEAD`.
        code: String,
        /// What to do, in Chinese.
        zh: String,
        /// What to do, in English.
        en: String,
        /// By how much.
        seconds: u64,
    },
    /// The folder is used by another process: one verifier per folder.
    #[error("{code}: the folder is in use")]
    InUse {
        /// `VERIFIER_REPLAY_IN_USE`.
        code: String,
        /// What to do, in Chinese.
        zh: String,
        /// What to do, in English.
        en: String,
    },
    /// The folder cannot be read or written, or what it keeps is damaged.
    #[error("{code}: {detail}")]
    Storage {
        /// The stable code.
        code: String,
        /// What to do, in Chinese.
        zh: String,
        /// What to do, in English.
        en: String,
        /// What happened, for the log.
        detail: String,
    },
    /// What was passed in is not what it has to be.
    #[error("{code}: {detail}")]
    BadArgument {
        /// The stable code.
        code: String,
        /// What to do, in Chinese.
        zh: String,
        /// What to do, in English.
        en: String,
        /// Which argument, for the log.
        detail: String,
    },
}

impl VerifierFault {
    pub(crate) fn bad_root() -> Self {
        Self::bad_argument(Reason::TrustMalformed, "a verifier needs root keys, each a P-256 key in DER")
    }

    pub(crate) fn bad_nonce() -> Self {
        Self::bad_argument(Reason::Malformed, "a nonce for the time has 16 bytes")
    }

    fn bad_argument(reason: Reason, detail: &str) -> Self {
        let text = reason.text();
        Self::BadArgument {
            code: reason.code().to_owned(),
            zh: text.zh.to_owned(),
            en: text.en.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

impl From<VerifierError> for VerifierFault {
    fn from(error: VerifierError) -> Self {
        let advice = error.advice();
        let (code, zh, en) = (error.code().to_owned(), advice.zh.to_owned(), advice.en.to_owned());
        match &error {
            VerifierError::Document(reason) => {
                let text = reason.text();
                let code = reason.code().to_owned();
                Self::DocumentRefused { code, zh: text.zh.to_owned(), en: text.en.to_owned() }
            }
            VerifierError::Ahead(seconds) => {
                Self::DocumentAhead { code, zh, en, seconds: *seconds }
            }
            VerifierError::ReplayInUse => Self::InUse { code, zh, en },
            // The path of a file is not personal, and tells an operator where to look.
            _ => Self::Storage { code, zh, en, detail: error.to_string() },
        }
    }
}
