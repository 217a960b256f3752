//! A command that is run with each verdict, as one that opens a turnstile. A door that opens too late opens
//! for somebody else: for a scan of more than some seconds ago it is not run.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::conditions::Condition;
use crate::gate::Gate;
use crate::setup::SetupError;
use crate::webhook::MAX_AGE;

/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(5);

/// A command that was found.
#[derive(Clone, Debug)]
pub struct Turnstile(String);

/// A verdict to run it with.
pub(crate) struct Turn {
    /// When its code was read, Unix seconds.
    pub(crate) read_at: u64,
    pub(crate) reason: &'static str,
    pub(crate) json: Vec<u8>,
}

impl Turnstile {
    /// A command by its path, or by its name where it has no slash.
    ///
    /// # Errors
    /// [`SetupError::Command`] where there is none that may be run.
    pub fn find(command: &str) -> Result<Self, SetupError> {
        // Elsewhere endings are added to names: the first verdict tells.
        #[cfg(unix)]
        let found = crate::executable::find(command.as_ref());
        #[cfg(not(unix))]
        let found = Ok(());
        found.map_err(|error| SetupError::Command(command.to_owned(), error))?;
        Ok(Self(command.to_owned()))
    }

    /// Runs it with a verdict on its standard input, unless that is too old. What it says changes nothing of
    /// the verdict. One that has begun is ended by its time alone, and not by the gate's end: a turnstile
    /// would stay where it is.
    pub(crate) async fn tell(&self, gate: &Gate, turn: Turn) {
        let now = gate.ports.now();
        if now.saturating_sub(turn.read_at) > MAX_AGE {
            return tracing::warn!(
                reason = turn.reason,
                "a scan is too old for the turnstile's command: it is not run"
            );
        }
        let started = tokio::process::Command::new(&self.0)
            .arg(turn.reason)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        let lost = started.as_ref().err().map(|error| format!("{}: {error}", self.0));
        gate.conditions.set_about(Condition::CommandLost, lost.is_some(), lost.as_deref());
        let mut child = match started {
            Ok(child) => child,
            Err(error) => return tracing::warn!(%error, "the turnstile's command cannot be run"),
        };
        let stdin = child.stdin.take();
        let run = async {
            if let Some(mut stdin) = stdin {
                // It may not care to read.
                let _ = stdin.write_all(&turn.json).await;
            }
            child.wait().await
        };
        let ended = tokio::time::timeout(COMMAND_TIME, run).await;
        match ended {
            Ok(Ok(status)) if status.success() => {}
            Ok(Ok(status)) => tracing::warn!(%status, "the turnstile's command failed"),
            Ok(Err(error)) => tracing::warn!(%error, "the turnstile's command cannot be awaited"),
            Err(_) => {
                let _ = child.start_kill();
                tracing::warn!("the turnstile's command took too long and was ended");
            }
        }
    }
}
