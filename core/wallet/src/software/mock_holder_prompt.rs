//! What stands in for a phone's screen lock.

use crate::ports::{HolderPrompt, PromptError};

/// Says without asking anybody that the screen lock was opened, or whatever else it is made to say. For tests.
#[derive(Clone, Copy, Debug)]
pub struct MockHolderPrompt(pub Result<(), PromptError>);

impl Default for MockHolderPrompt {
    fn default() -> Self {
        Self(Ok(()))
    }
}

impl HolderPrompt for MockHolderPrompt {
    fn confirm_screen_lock(&self) -> Result<(), PromptError> {
        self.0
    }
}
