//! A PIN as it was typed.

use zeroize::Zeroizing;

use super::error::UnlockError;
use super::weak_pin::weakness;

/// Six digits: what people know from their bank cards.
pub(super) const PIN_DIGITS: usize = 6;

/// Six digits, wiped from memory when they are no longer needed.
pub(super) struct Pin(Zeroizing<[u8; PIN_DIGITS]>);

impl Pin {
    /// Reads six ASCII digits.
    pub(super) fn read(typed: &str) -> Result<Self, UnlockError> {
        let digits: [u8; PIN_DIGITS] =
            typed.as_bytes().try_into().map_err(|_| UnlockError::PinForm)?;
        let pin = Self(Zeroizing::new(digits));
        if pin.0.iter().all(u8::is_ascii_digit) { Ok(pin) } else { Err(UnlockError::PinForm) }
    }

    /// Reads one that the holder wants to have from now on: weak ones are refused.
    pub(super) fn choose(typed: &str) -> Result<Self, UnlockError> {
        let pin = Self::read(typed)?;
        match weakness(&pin.0.map(|digit| digit - b'0')) {
            None => Ok(pin),
            Some(why) => Err(UnlockError::PinWeak(why)),
        }
    }

    /// The digits as ASCII.
    pub(super) fn digits(&self) -> &[u8] {
        self.0.as_slice()
    }
}
