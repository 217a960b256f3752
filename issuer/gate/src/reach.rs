//! Why a service is not reached, or another program answers in its place: told while a gate has no lists,
//! since nobody passes then and most often its address is wrong. A gate that has lists goes on alone.

use std::error::Error;
use std::io::{self, ErrorKind};

use szid_protocol::reason::Reason;

use crate::client::{Fault, ServiceClient};
use crate::conditions::Condition;
use crate::gate::Gate;

/// What holds of these; at most one.
const AWAY: [Condition; 4] = [
    Condition::ServiceNotListening,
    Condition::ServiceTls,
    Condition::ServiceUnreachable,
    Condition::ServiceForeign,
];

/// How a request failed before there was an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreached {
    /// The condition that it is.
    pub(crate) condition: Condition,
    /// The innermost error, in the system's words.
    cause: String,
}

impl From<reqwest::Error> for Unreached {
    fn from(error: reqwest::Error) -> Self {
        let is_tls = error.url().is_some_and(|url| url.scheme() == "https");
        let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
        let mut cause: &(dyn Error + 'static) = &error;
        let mut kinds = Vec::new();
        loop {
            let mut of_system = cause.downcast_ref::<io::Error>();
            while let Some(error) = of_system {
                kinds.push(error.kind());
                // Its source is not what it wraps, but the source of that.
                of_system = error.get_ref().and_then(|inner| inner.downcast_ref());
            }
            match cause.source() {
                Some(source) => cause = source,
                None => break,
            }
        }
        // What TLS refuses comes as data that cannot be right, or as a line that ends in the handshake.
        let handshake = [ErrorKind::InvalidData, ErrorKind::UnexpectedEof];
        let condition = if kinds.contains(&ErrorKind::ConnectionRefused) {
            Condition::ServiceNotListening
        } else if is_tls && is_connect && kinds.iter().any(|kind| handshake.contains(kind)) {
            Condition::ServiceTls
        } else {
            Condition::ServiceUnreachable
        };
        let cause = if is_timeout { "no answer in time".to_owned() } else { cause.to_string() };
        Self { condition, cause }
    }
}

/// What became of the trust list, which every service has: nothing where it came, changed or not.
pub(crate) fn judge(
    asked: &Result<(), Fault>,
    refused: Option<Reason>,
) -> Option<(Condition, String)> {
    match (asked, refused) {
        (Err(Fault::Unreachable(unreached)), _) => {
            Some((unreached.condition, unreached.cause.clone()))
        }
        // A service that is busy, or that is not ready yet.
        (Err(Fault::Refused(429 | 500..=599)), _) => None,
        (Err(Fault::Refused(status)), _) => {
            Some((Condition::ServiceForeign, format!("HTTP {status}")))
        }
        (Err(Fault::Unexpected), _) | (Ok(()), Some(Reason::TrustMalformed)) => {
            Some((Condition::ServiceForeign, "no trust list".to_owned()))
        }
        _ => None,
    }
}

/// Holds what was found, with the address, while there are no lists.
pub(crate) fn tell(gate: &Gate, client: &ServiceClient, found: Option<(Condition, String)>) {
    let found = found.filter(|_| !gate.has_lists());
    for condition in AWAY {
        let about = found.as_ref().filter(|(found, _)| *found == condition);
        let about = about.map(|(_, cause)| format!("{}: {cause}", client.base_url()));
        gate.conditions.set_about(condition, about.is_some(), about.as_deref());
    }
}
