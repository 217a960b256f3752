//! What stands in for a phone's screen lock.

use crate::ports::{HolderPrompt, PromptError};

/// Says without asking anybody that the screen lock was opened, or whatever else it is made to say. For
/// tests.
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use super::*;
    use crate::contract;
    use crate::software::SystemClock;

    /// A holder who opens the screen lock once and then says no.
    struct Once(AtomicBool);

    impl HolderPrompt for Once {
        fn confirm_screen_lock(&self) -> Result<(), PromptError> {
            let answer =
                if self.0.swap(true, SeqCst) { Err(PromptError::NotAllowed) } else { Ok(()) };
            MockHolderPrompt(answer).confirm_screen_lock()
        }
    }

    #[test]
    fn a_prompt_that_asks_each_time_keeps_the_contract() {
        contract::holder_prompt(&Once(AtomicBool::new(false)), &SystemClock::new());
    }

    #[test]
    #[should_panic(expected = "asked for again")]
    fn one_that_remembers_breaks_it() {
        contract::holder_prompt(&MockHolderPrompt::default(), &SystemClock::new());
    }
}
