//! The phone's own screen lock, seen from the other side of the border.

use std::sync::Arc;

use szid_wallet::PromptError;
use uniffi::UnexpectedUniFFICallbackError;

/// Has the phone ask for its screen lock.
#[uniffi::export(foreign)]
pub trait HolderPrompt: Send + Sync {
    /// Asks now, even where the phone was unlocked a moment ago. Returns when the holder has answered, true
    /// where they opened it; within 120 seconds, since a later answer is not taken. Called on the thread that
    /// called `unlock_with_screen_lock`.
    fn confirm_screen_lock(&self) -> Result<bool, PromptPortError>;
}

/// Why the screen lock was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PromptPortError {
    /// The phone has no screen lock.
    #[error("the phone has no screen lock")]
    NotSetUp,
    /// The holder said no, or did not know it.
    #[error("the holder did not open the screen lock")]
    NotAllowed,
    /// The phone cannot ask now.
    #[error("the phone cannot ask for its screen lock now")]
    Unavailable,
}

impl From<UnexpectedUniFFICallbackError> for PromptPortError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<PromptPortError> for PromptError {
    fn from(error: PromptPortError) -> Self {
        match error {
            PromptPortError::NotSetUp => Self::NotSetUp,
            PromptPortError::NotAllowed => Self::NotAllowed,
            PromptPortError::Unavailable => Self::Unavailable,
        }
    }
}

/// The shell's prompt as the core's port.
pub(crate) struct ShellPrompt(pub(crate) Arc<dyn HolderPrompt>);

impl szid_wallet::HolderPrompt for ShellPrompt {
    fn confirm_screen_lock(&self) -> Result<(), PromptError> {
        // False is what a shell that failed in silence answers, too: nobody is unlocked by it.
        if self.0.confirm_screen_lock()? { Ok(()) } else { Err(PromptError::NotAllowed) }
    }
}
