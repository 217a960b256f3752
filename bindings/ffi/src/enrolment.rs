//! Enrolment: an offer from the counter becomes a strip of day passes.

use std::sync::{Arc, Mutex, PoisonError};

use szid_wallet::EnrolObserver;

use crate::errors::EnrolError;
use crate::log::{Log, LogLevel, Told};
use crate::runtime::{self, count};
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Takes up a credential offer with the transaction code from the counter, and fetches the first day
    /// passes; says how many came. If it was cut short, repeat it with the same offer: it goes on where it
    /// stopped, also after the app was ended. A watch shows how far it is.
    #[uniffi::method(default(watch = None))]
    pub async fn enrol(
        &self,
        offer: String,
        tx_code: String,
        watch: Option<Arc<EnrolmentWatch>>,
    ) -> Result<u32, EnrolError> {
        let core = Arc::clone(self.core()?);
        let watch = watch.unwrap_or_default();
        watch.update(|now| *now = EnrolProgress { step: EnrolStep::Begun, ..*now });
        let seen = Telling { watch: Arc::clone(&watch), log: self.log.clone() };
        self.log.tell(LogLevel::Info, "enrol.begun", &[]);
        let came =
            runtime::run(async move { core.enrol_observed(&offer, tx_code.trim(), &seen).await });
        let came = self.log.outcome("enrol.failed", came.await)?;
        self.log.tell(LogLevel::Info, "enrol.done", &[("passes", Told::Number(came))]);
        watch.update(|now| now.step = EnrolStep::Done);
        Ok(count(came))
    }
}

/// Shows how far an enrolment is: made by the shell, handed to `enrol`, and looked at meanwhile, as often as
/// the screen is drawn. Where the enrolment fails, it stays at the step that failed.
#[derive(Default, uniffi::Object)]
pub struct EnrolmentWatch {
    now: Mutex<EnrolProgress>,
}

#[uniffi::export]
impl EnrolmentWatch {
    /// One for one enrolment.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How far it is now. Never waits.
    pub fn progress(&self) -> EnrolProgress {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EnrolmentWatch {
    fn update(&self, change: impl FnOnce(&mut EnrolProgress)) {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A watch, and the log that hears the same: of keys only the last one.
struct Telling {
    watch: Arc<EnrolmentWatch>,
    log: Log,
}

impl EnrolObserver for Telling {
    fn reached(&self, step: szid_wallet::EnrolStep) {
        self.watch.reached(step);
        let number = Told::Number;
        match step {
            szid_wallet::EnrolStep::ServiceVerified => {
                self.log.tell(LogLevel::Info, "enrol.service_verified", &[]);
            }
            szid_wallet::EnrolStep::OfferTaken => {
                self.log.tell(LogLevel::Info, "enrol.offer_taken", &[]);
            }
            szid_wallet::EnrolStep::Keys { made, of } if made == of => {
                self.log.tell(LogLevel::Info, "enrol.keys", &[("made", number(made))]);
            }
            szid_wallet::EnrolStep::Passes { came, of } => {
                let told = [("came", number(came)), ("of", number(of))];
                self.log.tell(LogLevel::Info, "enrol.passes", &told);
            }
            _ => {}
        }
    }
}

impl EnrolObserver for EnrolmentWatch {
    fn reached(&self, step: szid_wallet::EnrolStep) {
        self.update(|now| match step {
            szid_wallet::EnrolStep::ServiceVerified => now.step = EnrolStep::ServiceVerified,
            szid_wallet::EnrolStep::OfferTaken => now.step = EnrolStep::OfferTaken,
            szid_wallet::EnrolStep::Keys { made, of } => {
                (now.keys_made, now.of) = (count(made), count(of));
                now.step = EnrolStep::MakingKeys;
            }
            szid_wallet::EnrolStep::Passes { came, of } => {
                (now.passes_received, now.of) = (count(came), count(of));
                // Whoever has a pass has its key.
                now.keys_made = now.keys_made.max(now.passes_received);
                now.step = EnrolStep::ReceivingPasses;
            }
            _ => {}
        });
    }
}

/// How far an enrolment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct EnrolProgress {
    /// The step that was reached last.
    pub step: EnrolStep,
    /// Days of the strip that have a device key, those with a pass among them.
    pub keys_made: u32,
    /// Days of the strip that have a pass, those of an earlier try among them.
    pub passes_received: u32,
    /// Days of a whole strip; 0 until keys are made.
    pub of: u32,
}

/// What an enrolment has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum EnrolStep {
    /// Nothing has happened yet.
    #[default]
    NotBegun,
    /// The service is asked.
    Begun,
    /// The service is the city's: its signatures are verified.
    ServiceVerified,
    /// The offer was taken up: a repeat needs no transaction code.
    OfferTaken,
    /// The key store makes keys.
    MakingKeys,
    /// Passes come in.
    ReceivingPasses,
    /// The wallet is enrolled.
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_shows_the_last_step_and_keeps_what_was_reached() {
        let watch = EnrolmentWatch::new();
        assert_eq!(watch.progress(), EnrolProgress::default());
        for (step, expected) in [
            (szid_wallet::EnrolStep::ServiceVerified, (EnrolStep::ServiceVerified, 0, 0, 0)),
            (szid_wallet::EnrolStep::OfferTaken, (EnrolStep::OfferTaken, 0, 0, 0)),
            (szid_wallet::EnrolStep::Keys { made: 3, of: 7 }, (EnrolStep::MakingKeys, 3, 0, 7)),
            (
                szid_wallet::EnrolStep::Passes { came: 3, of: 7 },
                (EnrolStep::ReceivingPasses, 3, 3, 7),
            ),
            (szid_wallet::EnrolStep::Keys { made: 4, of: 7 }, (EnrolStep::MakingKeys, 4, 3, 7)),
        ] {
            watch.reached(step);
            let EnrolProgress { step, keys_made, passes_received, of } = watch.progress();
            assert_eq!((step, keys_made, passes_received, of), expected);
        }
    }
}
