//! What unlocking can come to besides success, and what the holder is told.

use szid_protocol::reason::Text;
use szid_vault::{EntropyError, VaultError};

use super::weak_pin::PinWeakness;
use crate::error::WalletError;
use crate::ports::KeyError;

/// Why an unlocking, or a change of the PIN, did not happen. `code()` is stable and listed in
/// `docs/errors.md`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// Not six digits. No try was counted.
    #[error("a PIN has six digits")]
    PinForm,
    /// The new PIN is too easy to guess.
    #[error("the new PIN is too easy to guess")]
    PinWeak(PinWeakness),
    /// The PIN is wrong.
    #[error("the PIN is wrong, {tries_left} tries are left, the next one in {wait} s")]
    PinWrong {
        /// Tries that are left.
        tries_left: u32,
        /// Seconds until the next one.
        wait: u64,
    },
    /// It is too early for the next try. None was counted.
    #[error("the next try of the PIN is in {wait} s, {tries_left} tries are left")]
    PinWait {
        /// Tries that are left.
        tries_left: u32,
        /// Seconds until the next one.
        wait: u64,
    },
    /// All tries are used up: only enrolling anew makes the PIN free again.
    #[error("all tries of the PIN are used up")]
    PinLocked,
    /// There is no PIN yet.
    #[error("no PIN is set")]
    PinMissing,
    /// There is a PIN already: change it, or reset it.
    #[error("a PIN is set already")]
    PinSet,
    /// The holder has to unlock in another way first.
    #[error("this needs another unlocking first")]
    ProofNeeded,
    /// The holder said no, or was not recognised.
    #[error("the holder did not unlock")]
    NotAllowed,
    /// This phone, or this wallet, has no such unlocking set up.
    #[error("this way to unlock is not set up")]
    NotSetUp,
    /// It cannot be done now: another unlocking is going on, memory is short, or the phone does not answer.
    #[error("unlocking is not possible now")]
    Unavailable,
    /// What the wallet itself failed with.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl From<VaultError> for UnlockError {
    fn from(error: VaultError) -> Self {
        Self::Wallet(error.into())
    }
}

impl From<EntropyError> for UnlockError {
    fn from(error: EntropyError) -> Self {
        Self::Wallet(error.into())
    }
}

impl UnlockError {
    /// Every code of its own, for the catalogue; [`UnlockError::Wallet`] has the wallet's.
    pub const CODES: &'static [&'static str] = &[
        "UNLOCK_PIN_FORM",
        "UNLOCK_PIN_WEAK",
        "UNLOCK_PIN_WRONG",
        "UNLOCK_PIN_WAIT",
        "UNLOCK_PIN_LOCKED",
        "UNLOCK_PIN_MISSING",
        "UNLOCK_PIN_SET",
        "UNLOCK_PROOF_NEEDED",
        "UNLOCK_NOT_ALLOWED",
        "UNLOCK_NOT_SET_UP",
        "UNLOCK_UNAVAILABLE",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PinForm => "UNLOCK_PIN_FORM",
            Self::PinWeak(_) => "UNLOCK_PIN_WEAK",
            Self::PinWrong { .. } => "UNLOCK_PIN_WRONG",
            Self::PinWait { .. } => "UNLOCK_PIN_WAIT",
            Self::PinLocked => "UNLOCK_PIN_LOCKED",
            Self::PinMissing => "UNLOCK_PIN_MISSING",
            Self::PinSet => "UNLOCK_PIN_SET",
            Self::ProofNeeded => "UNLOCK_PROOF_NEEDED",
            Self::NotAllowed => "UNLOCK_NOT_ALLOWED",
            Self::NotSetUp => "UNLOCK_NOT_SET_UP",
            Self::Unavailable => "UNLOCK_UNAVAILABLE",
            Self::Wallet(error) => error.code(),
        }
    }

    /// What the holder does. Numbers of tries and seconds stand in the error's own fields.
    pub fn advice(&self) -> Text {
        let (zh, en) = match self {
            Self::PinForm => ("请输入六位数字", "Enter six digits"),
            Self::PinWeak(_) => (
                "此密码容易被猜到，请换一个：不要用重复、连续的数字或生日",
                "This PIN is easy to guess; take one without repeats, sequences or birthdays",
            ),
            Self::PinWrong { .. } => ("密码不对，请核对后再试", "The PIN is wrong; think again"),
            Self::PinWait { .. } => ("请等一会儿再试", "Wait a while before you try again"),
            Self::PinLocked => (
                "密码已锁定，请带证件到服务窗口重新申领",
                "The PIN is locked; apply again at a service counter with your document",
            ),
            Self::PinMissing => ("请先设置数字密码", "Set a PIN first"),
            Self::PinSet => {
                ("已设置密码，请用修改密码", "There is a PIN already; change it instead")
            }
            Self::ProofNeeded => (
                "请先用锁屏密码或指纹面容验证；没有的请到服务窗口重新申领",
                "Unlock with the screen lock, a finger or the face first; without these apply again at a counter",
            ),
            Self::NotAllowed => ("未通过验证，请重试", "You were not recognised; try again"),
            Self::NotSetUp => (
                "请先在手机设置中开启锁屏密码或指纹面容",
                "Set up a screen lock, finger or face in the phone's settings first",
            ),
            Self::Unavailable => ("请稍后再试", "Try again in a moment"),
            Self::Wallet(WalletError::Key(KeyError::Lost)) => (
                "手机已停用原来的指纹面容密钥（例如新录入了指纹）：请用其他方式解锁，再重新开启",
                "The phone has ended this key, as when a finger was added: unlock in another way, then set it up anew",
            ),
            Self::Wallet(error) => return error.advice(),
        };
        Text { zh, en }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_complete_and_every_error_has_advice() {
        let samples = [
            UnlockError::PinForm,
            UnlockError::PinWeak(PinWeakness::Year),
            UnlockError::PinWrong { tries_left: 3, wait: 30 },
            UnlockError::PinWait { tries_left: 3, wait: 30 },
            UnlockError::PinLocked,
            UnlockError::PinMissing,
            UnlockError::PinSet,
            UnlockError::ProofNeeded,
            UnlockError::NotAllowed,
            UnlockError::NotSetUp,
            UnlockError::Unavailable,
        ];
        let codes: Vec<_> = samples.iter().map(UnlockError::code).collect();
        assert_eq!(codes, UnlockError::CODES);
        for error in &samples {
            let text = error.to_string();
            assert!(text.starts_with(|first: char| first.is_lowercase()) && !text.ends_with('.'));
        }
        assert_eq!(UnlockError::from(WalletError::Locked).code(), "WALLET_LOCKED");
    }
}
