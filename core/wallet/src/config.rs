//! What a wallet is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use szid_protocol::key::PublicKey;
use szid_vault::{Entropy, SealingKey};

use crate::http::Http;
use crate::ports::{Clock, DeviceKeys, HolderPrompt, KeyAttester, KeyPolicy};
use crate::unlocking::UnlockPolicy;

/// What has to be chosen for each deployment.
#[derive(Clone, Debug)]
pub struct WalletConfig {
    /// The vault's folder.
    pub path: PathBuf,
    /// The city's root keys.
    pub roots: Vec<PublicKey>,
    /// Days that the strip reaches ahead, today not counted; at most [`MAX_DAYS_AHEAD`].
    pub days_ahead: u64,
    /// What the holder's list of devices calls this one, told at enrolment. The service keeps 32 bytes of it.
    pub device_name: String,
}

/// The furthest that passes are issued ahead, days.
pub const MAX_DAYS_AHEAD: u64 = 14;

/// What has a safe default.
#[derive(Clone, Copy, Debug)]
pub struct WalletOptions {
    /// When the device keys may sign.
    pub key_policy: KeyPolicy,
    /// The city's policy of unlocking, until a signed document carries it.
    pub unlock_policy: UnlockPolicy,
    /// The strip is filled up when fewer passes than this remain.
    pub refill_below: usize,
    /// The longest wait for a whole answer.
    pub total_timeout: Duration,
    /// Talk http without TLS to an issuer on this very machine, for demonstrations. Never to another machine.
    pub demo_mode: bool,
}

impl Default for WalletOptions {
    fn default() -> Self {
        Self {
            key_policy: KeyPolicy::default(),
            unlock_policy: UnlockPolicy::default(),
            refill_below: 5,
            total_timeout: Duration::from_secs(10),
            demo_mode: false,
        }
    }
}

/// What the device gives.
pub struct WalletParts {
    /// The key store.
    pub keys: Arc<dyn DeviceKeys>,
    /// Who says where the keys lie; without one, passes say key protection 1.
    pub attester: Option<Arc<dyn KeyAttester>>,
    /// Who asks for the phone's screen lock; without one, that way of unlocking is not offered.
    pub prompt: Option<Arc<dyn HolderPrompt>>,
    /// The key that wraps the vault's.
    pub sealing: Arc<dyn SealingKey>,
    /// The way to the service; [`ReqwestHttp`](crate::ReqwestHttp) where there is no other.
    pub http: Arc<dyn Http>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}
