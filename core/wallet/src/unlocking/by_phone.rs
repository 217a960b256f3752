//! The phone's own screen lock, asked through a port: tier 2.

use super::error::UnlockError;
use super::method::UnlockMethod;
use super::proof::{Generation, Unlocking, seconds_between};
use crate::ports::PromptError;
use crate::wallet::Wallet;

/// An answer that took longer, in seconds, is not about now.
const ANSWER_WITHIN: u64 = 120;

impl Wallet {
    /// Has the phone ask for its screen lock: tier 2. Waits for the holder, on the caller's thread.
    ///
    /// # Errors
    /// [`UnlockError::NotSetUp`] on a phone without screen lock, or in an app that does not offer it;
    /// [`UnlockError::NotAllowed`] where the holder said no; [`UnlockError::Unavailable`].
    pub fn unlock_with_screen_lock(&self) -> Result<Unlocking, UnlockError> {
        let prompt = self.prompt.as_ref().ok_or(UnlockError::NotSetUp)?;
        let (asked, generation) = (self.clock.read(), Generation::now(&self.unlockings));
        prompt.confirm_screen_lock().map_err(|error| match error {
            PromptError::NotSetUp => UnlockError::NotSetUp,
            PromptError::NotAllowed => UnlockError::NotAllowed,
            PromptError::Unavailable => UnlockError::Unavailable,
        })?;
        match seconds_between(asked, self.clock.read()) {
            Some(took) if took <= ANSWER_WITHIN => {
                Ok(self.unlocked_by(UnlockMethod::DeviceCredential, generation))
            }
            _ => Err(UnlockError::NotAllowed),
        }
    }
}
