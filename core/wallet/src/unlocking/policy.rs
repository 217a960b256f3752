//! What the city decides about PINs.

/// The most tries that a policy can allow: ten of a million, less what the rules for a good PIN take away.
const MAX_TRIES: u8 = 10;
/// The fewest: people mistype.
const MIN_TRIES: u8 = 3;

/// The city's policy of unlocking, as the app was configured with it.
///
/// No signed document of the city carries it yet: those that there are refuse labels that they do not know,
/// so that older readers would refuse a longer one (ADR 0023). Until one does, the app's own configuration is
/// what decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlockPolicy {
    /// Wrong PINs in a row before the last consequence; 3 to 10, other numbers count as the nearest of these.
    pub tries: u8,
    /// What happens then.
    pub after_last_try: AfterLastTry,
}

/// What happens after the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterLastTry {
    /// The PIN is locked until the person was enrolled anew, which takes a counter. Nothing is lost to a
    /// child's play.
    Counter,
    /// The wallet is wiped.
    Wipe,
}

impl Default for UnlockPolicy {
    fn default() -> Self {
        Self { tries: MAX_TRIES, after_last_try: AfterLastTry::Counter }
    }
}

impl UnlockPolicy {
    /// The tries that count.
    pub(super) fn allowed_tries(self) -> u32 {
        self.tries.clamp(MIN_TRIES, MAX_TRIES).into()
    }
}
