//! What the shell brings, seen from the other side of the border.
//!
//! All calls are synchronous and may come from any thread. An exception that is not the port's own error
//! counts as `Unavailable`. Some shells answer with nothing at all where they failed badly, as where Kotlin
//! throws an `Error`, and that arrives here as a zero: so a call that has nothing to tell answers `true`, and
//! whatever else comes is a failure.

mod http;
mod keys;
mod logged;
mod prompt;
mod signature;

pub use http::{Http, HttpAnswer, HttpHeader, HttpPortError, HttpRequest};
pub use keys::{
    DeviceKeys, KeyAttester, KeyPolicy, KeyPortError, KeyToAttest, SealingKey, SealingPortError,
};
pub use prompt::{HolderPrompt, PromptPortError};

pub(crate) use http::ShellHttp;
pub(crate) use keys::{ShellAttester, ShellKeys, ShellSealing};
pub(crate) use logged::Logged;
pub(crate) use prompt::ShellPrompt;
pub(crate) use signature::read as read_signature;
