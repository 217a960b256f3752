//! The wallet as an object of the shell's language: opened, looked at, wiped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use szid_protocol::key::PublicKey;
use szid_wallet::software::{SystemClock, SystemEntropy};
use szid_wallet::{Status, TimeSource, VaultError, WalletOptions, WalletParts};

use crate::errors::{CoreError, OpenError, SyncError, WipeError};
use crate::last_known::LastKnown;
use crate::log::{Log, LogLevel, LogSink};
use crate::ports::{
    DeviceKeys, HolderPrompt, Http, KeyAttester, KeyPolicy, SealingKey, ShellAttester, ShellHttp,
    ShellKeys, ShellPrompt, ShellSealing,
};
use crate::runtime::{self, count};

/// A holder's wallet. Calls may come from several threads; one wallet is open per folder.
///
/// Only asynchronous calls use the network. The ports are called on the caller's thread, and during
/// asynchronous calls on threads of this library.
#[derive(uniffi::Object)]
pub struct Wallet {
    core: Arc<szid_wallet::Wallet>,
    pub(crate) log: Log,
    wiped: AtomicBool,
}

#[uniffi::export]
impl Wallet {
    /// Opens the wallet of a folder, or makes an empty one. Not for the thread that draws: it reads the disk.
    /// Without a key attester, passes say that their keys are software keys.
    /// Without an HTTP client the library's own is used, which builds for phones do not have: they fail here.
    /// Without a prompt, the phone's screen lock is no way to unlock. Without a log sink nothing is logged.
    #[uniffi::constructor(default(key_attester = None, http = None, prompt = None, log = None))]
    pub fn open(
        config: WalletConfig,
        device_keys: Arc<dyn DeviceKeys>,
        sealing_key: Arc<dyn SealingKey>,
        key_attester: Option<Arc<dyn KeyAttester>>,
        http: Option<Arc<dyn Http>>,
        prompt: Option<Arc<dyn HolderPrompt>>,
        log: Option<Arc<dyn LogSink>>,
    ) -> Result<Arc<Self>, OpenError> {
        let log = Log::to(log);
        let http = match http {
            Some(shell) => Arc::new(ShellHttp(shell)) as Arc<dyn szid_wallet::Http>,
            None => own_http()?,
        };
        let clock = match config.boot.as_deref() {
            None | Some("") => SystemClock::new(),
            Some(name) => SystemClock::of_boot(name),
        };
        let parts = WalletParts {
            keys: log.hears(ShellKeys(device_keys)),
            attester: key_attester.map(|attester| log.hears(ShellAttester(attester)) as _),
            prompt: prompt.map(|prompt| log.hears(ShellPrompt(prompt)) as _),
            sealing: log.hears(ShellSealing(sealing_key)),
            http: log.hears(http),
            clock: Arc::new(clock),
            entropy: Arc::new(SystemEntropy),
        };
        let (config, options) = config.read()?;
        let opened = szid_wallet::Wallet::open_with(config, options, parts);
        let core = log.outcome("wallet.open_failed", opened)?;
        log.opened(core.open_report());
        Ok(Arc::new(Self { core: Arc::new(core), log, wiped: AtomicBool::new(false) }))
    }

    /// What the wallet knows by itself.
    pub fn status(&self) -> Result<WalletStatus, SyncError> {
        Ok(self.core()?.status()?.into())
    }

    /// Destroys everything, for good: the sealing key first. Call it again if it fails. This object is of no
    /// use afterwards: its other calls end with `Closed`, and a new wallet is opened in the same folder with
    /// a new sealing key.
    pub fn wipe(&self) -> Result<(), WipeError> {
        // Whatever could be destroyed is, even where the rest fails.
        self.wiped.store(true, Ordering::SeqCst);
        log_wipe(&self.log, self.core.wipe())
    }
}

impl Wallet {
    /// The core's wallet, as long as this one was not wiped.
    pub(crate) fn core(&self) -> Result<&Arc<szid_wallet::Wallet>, CoreError> {
        if self.wiped.load(Ordering::SeqCst) {
            return Err(VaultError::Wiped.into());
        }
        Ok(&self.core)
    }

    /// The same for what a wiped wallet does, too: it forgets.
    pub(crate) fn core_even_if_wiped(&self) -> &Arc<szid_wallet::Wallet> {
        &self.core
    }

    /// Runs a flow that asks the service as the holder.
    pub(crate) async fn ask<T, F>(
        &self,
        flow: impl FnOnce(Arc<szid_wallet::Wallet>) -> F,
    ) -> Result<T, CoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, CoreError>> + Send + 'static,
    {
        let core = Arc::clone(self.core()?);
        runtime::run(flow(core)).await
    }
}

fn log_wipe(log: &Log, outcome: Result<(), CoreError>) -> Result<(), WipeError> {
    log.outcome("wallet.wipe_failed", outcome)?;
    log.tell(LogLevel::Info, "wallet.wiped", &[]);
    Ok(())
}

/// Wipes a wallet that no longer opens. Call it again if it fails.
#[uniffi::export]
pub fn wipe_closed_wallet(
    folder: String,
    sealing_key: Arc<dyn SealingKey>,
) -> Result<(), WipeError> {
    Ok(szid_wallet::Wallet::wipe_closed(Path::new(&folder), &ShellSealing(sealing_key))?)
}

#[cfg(feature = "reqwest")]
#[expect(clippy::unnecessary_wraps, reason = "as without the feature")]
fn own_http() -> Result<Arc<dyn szid_wallet::Http>, OpenError> {
    // TLS takes the provider of the process. If there is one already, for instance from an earlier wallet, it
    // stays.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(Arc::new(szid_wallet::ReqwestHttp::new()))
}

#[cfg(not(feature = "reqwest"))]
fn own_http() -> Result<Arc<dyn szid_wallet::Http>, OpenError> {
    let detail = "this build has no HTTP client of its own: the shell brings one";
    Err(OpenError::configuration(detail))
}

/// What a wallet is opened with.
#[derive(Clone, Debug, uniffi::Record)]
pub struct WalletConfig {
    /// The vault's folder, private to the app. It is made if it is missing.
    pub folder: String,
    /// The city's root keys, each a DER SubjectPublicKeyInfo; at least one.
    pub root_keys: Vec<Vec<u8>>,
    /// Days that passes are fetched ahead, today not counted; at most 14.
    #[uniffi(default = 14)]
    pub days_ahead: u8,
    /// Talk http without TLS to an issuer on this very machine, for demonstrations.
    #[uniffi(default = false)]
    pub demo_mode: bool,
    /// What the holder's list of devices calls this one, such as the phone's own name; at most 32 bytes are
    /// kept.
    #[uniffi(default = "")]
    pub device_name: String,
    /// What the city decides about PINs; 10 tries, then locked until a counter, where nothing is said.
    #[uniffi(default = None)]
    pub unlock_policy: Option<UnlockPolicy>,
    /// When the keys of passes may sign; `DEVICE_UNLOCKED` where nothing is said. Passes whose keys ask for
    /// the holder are shown with `begin_code`.
    #[uniffi(default = None)]
    pub key_policy: Option<KeyPolicy>,
    /// What names this start of the phone, another one after each: Android's `Settings.Global.BOOT_COUNT`,
    /// iOS's `kern.bootsessionuuid`. Where nothing is said, and the system names no boot to this app, each
    /// start of the app counts as one: a wait for the PIN then begins anew, and codes rest on the phone's
    /// clock until the next refresh.
    #[uniffi(default = None)]
    pub boot: Option<String>,
}

impl WalletConfig {
    fn read(self) -> Result<(szid_wallet::WalletConfig, WalletOptions), OpenError> {
        let roots = root_keys(&self.root_keys).ok_or_else(|| {
            OpenError::configuration("it needs root keys, each a P-256 key in DER")
        })?;
        let defaults = WalletOptions::default();
        let options = WalletOptions {
            demo_mode: self.demo_mode,
            unlock_policy: self.unlock_policy.map_or(defaults.unlock_policy, Into::into),
            key_policy: self.key_policy.map_or(defaults.key_policy, Into::into),
            ..defaults
        };
        let config = szid_wallet::WalletConfig {
            path: PathBuf::from(self.folder),
            roots,
            days_ahead: self.days_ahead.into(),
            device_name: self.device_name,
        };
        Ok((config, options))
    }
}

/// At least one, all of them readable.
pub(crate) fn root_keys(keys: &[Vec<u8>]) -> Option<Vec<PublicKey>> {
    let keys = keys.iter().map(|key| PublicKey::from_spki_der(key).ok());
    keys.collect::<Option<Vec<_>>>().filter(|keys| !keys.is_empty())
}

/// What the city decides about PINs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct UnlockPolicy {
    /// Wrong PINs in a row before the last consequence; 3 to 10, other numbers count as the nearest of these.
    pub tries: u8,
    /// What happens then.
    pub after_last_try: AfterLastTry,
}

impl From<UnlockPolicy> for szid_wallet::UnlockPolicy {
    fn from(UnlockPolicy { tries, after_last_try }: UnlockPolicy) -> Self {
        let after_last_try = match after_last_try {
            AfterLastTry::Counter => szid_wallet::AfterLastTry::Counter,
            AfterLastTry::Wipe => szid_wallet::AfterLastTry::Wipe,
        };
        Self { tries, after_last_try }
    }
}

/// What happens after the last try of the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AfterLastTry {
    /// The PIN is locked until the person was enrolled anew, which takes a counter.
    Counter,
    /// The wallet is wiped.
    Wipe,
}

/// What the wallet knows without network.
#[derive(Clone, Debug, uniffi::Record)]
pub struct WalletStatus {
    /// True once an offer was taken up.
    pub enrolled: bool,
    /// Passes for today and later days.
    pub passes_left: u32,
    /// The ends of the days that have a pass, Unix seconds, in order.
    pub days: Vec<u64>,
    /// True when a refresh would fetch passes.
    pub refresh_due: bool,
    /// The corrected time, Unix seconds.
    pub now: u64,
    /// Corrected time minus the device's clock, seconds.
    pub clock_offset: i64,
    /// What the corrected time rests on.
    pub time_basis: TimeBasis,
    /// True where the corrected time may be wrong, and codes with it: say that the time is being checked, and
    /// refresh.
    pub time_in_doubt: bool,
    /// What the service last said of the account; nothing where it was not asked yet.
    pub last_known: Option<LastKnown>,
    /// What the service calls this device, for a counter to tell it from the holder's others; nothing where
    /// the service was not asked yet.
    pub device_id: Option<String>,
    /// The identity level that today's pass states, 1 to 4; nothing without a pass for today.
    pub identity_level: Option<u8>,
    /// The holder's masked name, where the holder chose to see it with `show_name`. It is in no code.
    pub masked_name: Option<String>,
    /// True where the last pass ends within two days (48 hours from `now`), or an enrolled wallet has none
    /// left: say that the phone has to go online.
    pub ends_soon: bool,
}

impl From<Status> for WalletStatus {
    fn from(status: Status) -> Self {
        Self {
            enrolled: status.enrolled,
            passes_left: count(status.passes_left),
            days: status.days,
            refresh_due: status.refresh_due,
            now: status.now,
            clock_offset: status.clock_offset,
            time_basis: match status.time_source {
                TimeSource::Signed => TimeBasis::Signed,
                TimeSource::WallClockWithOffset => TimeBasis::WallClockWithOffset,
                _ => TimeBasis::WallClock,
            },
            time_in_doubt: status.time_in_doubt,
            last_known: status.last_known.map(LastKnown::from),
            device_id: status.device_id,
            identity_level: status.identity_level,
            masked_name: status.masked_name,
            ends_soon: status.ends_soon,
        }
    }
}

/// What the corrected time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TimeBasis {
    /// Time signed by the service, carried on by a clock that nobody can set.
    Signed,
    /// The device's clock, with the offset that it had when time was last signed.
    WallClockWithOffset,
    /// The device's clock as it is.
    WallClock,
}
