//! How far an enrolment is.

/// What an enrolment has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnrolStep {
    /// The service is the city's: its trust list and its time are verified.
    ServiceVerified,
    /// The offer was taken up: whoever repeats the flow needs no transaction code.
    OfferTaken,
    /// Device keys are there for so many days of the strip.
    Keys {
        /// Days with a key, those with a pass among them.
        made: usize,
        /// Days of a whole strip.
        of: usize,
    },
    /// Passes are there for so many days of the strip.
    Passes {
        /// Days with a pass, those of an earlier try among them.
        came: usize,
        /// Days of a whole strip.
        of: usize,
    },
}

/// Who is told of each step, at once and on the thread of the flow: it must not wait, nor call the wallet.
pub trait EnrolObserver: Send + Sync {
    /// The flow has come so far.
    fn reached(&self, step: EnrolStep);
}

/// Nobody.
impl EnrolObserver for () {
    fn reached(&self, _: EnrolStep) {}
}
