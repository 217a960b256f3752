//! The ways to unlock. This is the one table behind `docs/mobile/unlocking.md`, which a test compares with
//! it.

use szid_protocol::level::AuthenticationTier;
use szid_protocol::reason::Text;

/// What happened when the holder unlocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnlockMethod {
    /// The app was opened; nobody was asked for anything.
    AppOpen,
    /// The wallet's own PIN was right.
    Pin,
    /// The phone's screen lock was opened for the wallet.
    DeviceCredential,
    /// The holder's finger or face made a key sign that signs for nothing else.
    Biometric,
}

impl UnlockMethod {
    /// All of them, from the weakest on.
    pub const ALL: [Self; 4] = [Self::AppOpen, Self::Pin, Self::DeviceCredential, Self::Biometric];

    /// The tier that a code states after it.
    pub fn tier(self) -> AuthenticationTier {
        match self {
            Self::AppOpen => AuthenticationTier::AppOpen,
            Self::Pin | Self::DeviceCredential => AuthenticationTier::DeviceCredential,
            Self::Biometric => AuthenticationTier::Biometric,
        }
    }

    /// Seconds without the holder's activity after which it is over.
    pub fn ends_when_idle_for(self) -> u64 {
        match self {
            // As long as phones leave a screen on at most.
            Self::AppOpen => 600,
            // A queue at a desk, and not a phone left on a table.
            Self::Pin | Self::DeviceCredential => 120,
            // "Just now" is what tier 3 says.
            Self::Biometric => 60,
        }
    }

    /// Seconds after which it is over, whatever the holder does.
    pub fn lasts_at_most(self) -> u64 {
        match self {
            Self::AppOpen => 3600,
            Self::Pin | Self::DeviceCredential => 600,
            Self::Biometric => 120,
        }
    }

    /// Its name.
    pub fn text(self) -> Text {
        let (zh, en) = match self {
            Self::AppOpen => ("已打开应用", "app open"),
            Self::Pin => ("输入了数字密码", "PIN"),
            Self::DeviceCredential => ("验证了锁屏密码", "the phone's screen lock"),
            Self::Biometric => ("验证了指纹或面容", "fingerprint or face"),
        };
        Text { zh, en }
    }
}
