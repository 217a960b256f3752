//! One question to a verifier and the answer that it must give.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use szid_protocol::digits;

use super::city::NOW;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Case {
    /// What is special about it.
    pub(crate) name: String,
    /// The bytes of the pass, in `passes.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pass: Option<String>,
    /// The bytes behind the digits, in `codes.json`; absent where the digits stand for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<String>,
    /// The scanned digits.
    pub(crate) code: String,
    /// The verifier's clock.
    pub(crate) now: u64,
    /// The newest signed time that the verifier has seen; 0 for none.
    pub(crate) newest_signed_time: u64,
    /// The root key, by its name in `keys.json`.
    pub(crate) root: String,
    /// The trust list, by its name in `trust-lists.json`.
    pub(crate) trust: String,
    /// The status lists, by their names in `status-lists.json`.
    pub(crate) status: Vec<String>,
    /// The scene policies, by their name in `scenes.json`; null where no scene is asked for.
    pub(crate) scenes: Option<String>,
    /// The scene; 0 for any.
    pub(crate) scene: u16,
    /// The challenge that the venue shows.
    pub(crate) challenge: Option<Shown>,
    /// Whether the status comes from the register itself.
    pub(crate) online: bool,
    /// Who asks.
    pub(crate) operator: String,
    /// Who has had an answer to a code of this device key and time before, if anybody.
    pub(crate) used_by: Option<String>,
    pub(crate) decision: String,
    pub(crate) reason: String,
    /// The effective level, where the verdict accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<u8>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) audience: String,
    pub(crate) nonce: String,
}

impl Case {
    /// The code at noon, at desk 1 of scene 2, with all that is needed to accept it; cases change one thing.
    pub(crate) fn new(name: &str, reason: &str, code: &[u8]) -> Self {
        let accept = matches!(reason, "OK" | "OK_AGAIN");
        Self {
            name: name.into(),
            pass: None,
            bytes: None,
            code: digits::encode(code),
            now: NOW,
            newest_signed_time: 0,
            root: "root".into(),
            trust: "good".into(),
            status: vec!["today".into()],
            scenes: Some("good".into()),
            scene: 2,
            challenge: None,
            online: false,
            operator: "desk-1".into(),
            used_by: None,
            decision: if accept { "accept" } else { "refuse" }.into(),
            reason: reason.into(),
            level: accept.then_some(4),
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
