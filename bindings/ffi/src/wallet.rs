//! The wallet as an object of the shell's language.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use szid_protocol::key::PublicKey;
use szid_wallet::software::{SystemClock, SystemEntropy};
use szid_wallet::{PresentationOptions, WalletOptions, WalletParts};

use crate::error::WalletError;
use crate::http::{Http, ShellHttp};
use crate::ports::{DeviceKeys, KeyAttester, SealingKey, ShellAttester, ShellKeys, ShellSealing};
use crate::records::{CitizenCode, WalletConfig, WalletStatus};
use crate::runtime;

/// A holder's wallet. Calls may come from several threads; one wallet is open per folder.
///
/// Everything but `enrol` and `refresh` works without network. The ports are called on the caller's thread, and during
/// `enrol` and `refresh` on threads of this library.
#[derive(uniffi::Object)]
pub struct Wallet {
    core: Arc<szid_wallet::Wallet>,
    wiped: AtomicBool,
}

#[uniffi::export]
impl Wallet {
    /// Opens the wallet of a folder, or makes an empty one. Not for the thread that draws: it reads the disk.
    /// Without a key attester, passes say that their keys are software keys.
    /// Without an HTTP client the library's own is used, which builds for phones do not have: they fail here.
    #[uniffi::constructor(default(key_attester = None, http = None))]
    pub fn open(
        config: WalletConfig,
        device_keys: Arc<dyn DeviceKeys>,
        sealing_key: Arc<dyn SealingKey>,
        key_attester: Option<Arc<dyn KeyAttester>>,
        http: Option<Arc<dyn Http>>,
    ) -> Result<Arc<Self>, WalletError> {
        let http = match http {
            Some(shell) => Arc::new(ShellHttp(shell)) as Arc<dyn szid_wallet::Http>,
            None => own_http()?,
        };
        let parts = WalletParts {
            keys: Arc::new(ShellKeys(device_keys)),
            attester: key_attester.map(|attester| Arc::new(ShellAttester(attester)) as _),
            prompt: None,
            sealing: Arc::new(ShellSealing(sealing_key)),
            http,
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
        };
        let options = WalletOptions { demo_mode: config.demo_mode, ..WalletOptions::default() };
        let config = szid_wallet::WalletConfig {
            path: PathBuf::from(config.folder),
            roots: root_keys(&config.root_keys)?,
            days_ahead: config.days_ahead.into(),
            device_name: config.device_name,
        };
        let core = Arc::new(szid_wallet::Wallet::open_with(config, options, parts)?);
        Ok(Arc::new(Self { core, wiped: AtomicBool::new(false) }))
    }

    /// Takes up a credential offer with the transaction code from the counter, and fetches the first day passes; says how
    /// many came. If it was cut short, repeat it with the same offer: it goes on where it stopped.
    pub async fn enrol(&self, offer: String, tx_code: String) -> Result<u32, WalletError> {
        let core = Arc::clone(&self.core);
        let came = runtime::run(async move { core.enrol(&offer, tx_code.trim()).await }).await??;
        Ok(u32::try_from(came).unwrap_or(u32::MAX))
    }

    /// Draws a code for now.
    pub fn code(&self) -> Result<CitizenCode, WalletError> {
        self.check_not_wiped()?;
        match self.core.present(&self.core.app_opened(), &PresentationOptions::default()) {
            Ok(code) => CitizenCode::of(code),
            // An empty wallet has no pass either; what its holder needs is another thing.
            Err(szid_wallet::WalletError::NoPass) if !self.core.status()?.enrolled => {
                Err(szid_wallet::WalletError::NotEnrolled.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the wallet knows by itself.
    pub fn status(&self) -> Result<WalletStatus, WalletError> {
        self.check_not_wiped()?;
        Ok(self.core.status()?.into())
    }

    /// Corrects the time, fetches the trust list, and fills the passes up where they run low; says how many came.
    pub async fn refresh(&self) -> Result<u32, WalletError> {
        self.check_not_wiped()?;
        let core = Arc::clone(&self.core);
        let came = runtime::run(async move { core.refresh().await }).await??;
        Ok(u32::try_from(came).unwrap_or(u32::MAX))
    }

    /// Destroys everything, for good: the sealing key first. Call it again if it fails. This object is of no use
    /// afterwards: its other calls fail, and a new wallet is opened in the same folder with a new sealing key.
    pub fn wipe(&self) -> Result<(), WalletError> {
        // Whatever could be destroyed is, even where the rest fails.
        self.wiped.store(true, Ordering::SeqCst);
        Ok(self.core.wipe()?)
    }
}

impl Wallet {
    fn check_not_wiped(&self) -> Result<(), WalletError> {
        if self.wiped.load(Ordering::SeqCst) {
            return Err(szid_wallet::WalletError::NotEnrolled.into());
        }
        Ok(())
    }
}

#[cfg(feature = "reqwest")]
#[expect(clippy::unnecessary_wraps, reason = "as without the feature")]
fn own_http() -> Result<Arc<dyn szid_wallet::Http>, WalletError> {
    // TLS takes the provider of the process. If there is one already, for instance from an earlier wallet, it stays.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(Arc::new(szid_wallet::ReqwestHttp::new()))
}

#[cfg(not(feature = "reqwest"))]
fn own_http() -> Result<Arc<dyn szid_wallet::Http>, WalletError> {
    Err(WalletError::no_http())
}

/// Wipes a wallet that no longer opens. Call it again if it fails.
#[uniffi::export]
pub fn wipe_closed_wallet(
    folder: String,
    sealing_key: Arc<dyn SealingKey>,
) -> Result<(), WalletError> {
    Ok(szid_wallet::Wallet::wipe_closed(Path::new(&folder), &ShellSealing(sealing_key))?)
}

fn root_keys(keys: &[Vec<u8>]) -> Result<Vec<PublicKey>, WalletError> {
    if keys.is_empty() {
        return Err(WalletError::bad_root());
    }
    keys.iter()
        .map(|key| PublicKey::from_spki_der(key).map_err(|_| WalletError::bad_root()))
        .collect()
}
