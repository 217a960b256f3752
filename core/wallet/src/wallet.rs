//! The wallet itself: what it is opened with, what it knows, and its end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use szid_protocol::day::end_of_day;
use szid_protocol::key::PublicKey;
use szid_protocol::pass::UnverifiedPass;
use szid_vault::{Entropy, OpenReport, SealingKey, Vault, VaultError};

use crate::client::ServiceClient;
use crate::config::{MAX_DAYS_AHEAD, WalletConfig, WalletOptions, WalletParts};
use crate::error::WalletError;
use crate::last_known::LastKnown;
use crate::ports::{Clock, DeviceKeys, HolderPrompt, KeyAttester};
use crate::records::{
    ANCHOR, ASKED_KEYS, DOUBTED, ENROLLED, Enrolled, KEPT_PASSES, LOOSE_KEYS, PASSES, STATE,
    StoredPass, day_name, load,
};
use crate::strip;
use crate::time::{Anchor, CorrectedTime, TimeSource, corrected};
use crate::unlocking::StoredBiometric;

/// A holder's wallet. Calls may come from several threads.
pub struct Wallet {
    pub(crate) vault: Vault,
    pub(crate) keys: Arc<dyn DeviceKeys>,
    pub(crate) attester: Option<Arc<dyn KeyAttester>>,
    pub(crate) prompt: Option<Arc<dyn HolderPrompt>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: ServiceClient,
    pub(crate) roots: Vec<PublicKey>,
    pub(crate) days_ahead: u64,
    pub(crate) device_name: String,
    pub(crate) options: WalletOptions,
    /// One flow at a time: a second one waits here, since it would clean away the first one's unused keys.
    /// Presentation, status and wiping never stand in this queue.
    pub(crate) flow: tokio::sync::Mutex<()>,
    /// Counts the times that the wallet was locked; each unlocking knows the count that it was made at.
    pub(crate) unlockings: Arc<AtomicU64>,
    /// True while a PIN is being checked or set.
    pub(crate) checking_pin: AtomicBool,
    /// Counts the choices whether the masked name is shown, so that the last one counts. Held while the name
    /// is written.
    pub(crate) name_choices: Mutex<u64>,
    entropy: Arc<dyn Entropy>,
    report: OpenReport,
    /// Device keys that a wipe could not delete, for the next try.
    undeleted: Mutex<Vec<String>>,
}

/// What the wallet can say without network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// True once an offer was taken up.
    pub enrolled: bool,
    /// Passes for today and later days.
    pub passes_left: usize,
    /// The ends of the days that have a pass, in order.
    pub days: Vec<u64>,
    /// True when [`Wallet::refresh`] would ask for passes.
    pub refresh_due: bool,
    /// The corrected time.
    pub now: u64,
    /// Corrected time minus wall clock, seconds.
    pub clock_offset: i64,
    /// What the corrected time rests on.
    pub time_source: TimeSource,
    /// True where the corrected time may be wrong, and codes with it: the service says that it is later and
    /// is not believed yet, or the wall clock was set back while the device was off. [`Wallet::refresh`]
    /// settles it.
    pub time_in_doubt: bool,
    /// What the service last said of the account; `None` where it was not asked yet.
    pub last_known: Option<LastKnown>,
    /// What the service calls this device: what a counter asks for, to tell it from the holder's others.
    /// `None` where the service was not asked yet.
    pub device_id: Option<String>,
    /// The identity level that today's pass states, 1 to 4; `None` without a pass for today.
    pub identity_level: Option<u8>,
    /// When the account's identity level is lower next, as the service last told, Unix seconds; a time that
    /// is past has come since. `None` where it does not end, or the service was not asked yet.
    pub level_falls_at: Option<u64>,
    /// True where that is within thirty days or past, or no proof of identity counts any more. It is time to
    /// have the holder prove it again: [`Wallet::account`] tells how.
    pub proof_due: bool,
    /// The holder's masked name, where the holder chose to see it with [`Wallet::show_name`]. It is in no
    /// code.
    pub masked_name: Option<String>,
    /// True where the last pass ends within two days, 48 hours from the corrected time, or an enrolled wallet
    /// has none left. It is time to have the holder go online: nothing was fetched for days.
    pub ends_soon: bool,
}

impl Wallet {
    /// Opens a wallet, or makes an empty one. One that is open elsewhere, as in another program, is waited
    /// for, two seconds at most.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn open(config: WalletConfig, parts: WalletParts) -> Result<Self, WalletError> {
        Self::open_with(config, WalletOptions::default(), parts)
    }

    /// The same with other than the default options.
    ///
    /// # Errors
    /// [`WalletError::Vault`]. [`WalletError::WipedAfterLastTry`], once, where the last try of the PIN was
    /// over and the app ended before the wipe that the city's policy asks for: opened again, the wallet is
    /// empty.
    pub fn open_with(
        config: WalletConfig,
        options: WalletOptions,
        parts: WalletParts,
    ) -> Result<Self, WalletError> {
        let (vault, report) = once_it_is_free(|| {
            Vault::open(&config.path, Arc::clone(&parts.sealing), Arc::clone(&parts.entropy))
        })?;
        let wallet = Self {
            vault,
            keys: parts.keys,
            attester: parts.attester,
            prompt: parts.prompt,
            clock: parts.clock,
            client: ServiceClient::new(&options, parts.http),
            roots: config.roots,
            days_ahead: config.days_ahead.min(MAX_DAYS_AHEAD),
            device_name: config.device_name,
            options,
            flow: tokio::sync::Mutex::default(),
            unlockings: Arc::default(),
            checking_pin: AtomicBool::default(),
            name_choices: Mutex::default(),
            entropy: parts.entropy,
            report,
            undeleted: Mutex::default(),
        };
        if wallet.finish_wipe()? { Err(WalletError::WipedAfterLastTry) } else { Ok(wallet) }
    }

    /// What the vault found when it was opened: whether records had to be repaired, or are gone.
    pub fn open_report(&self) -> &OpenReport {
        &self.report
    }

    /// The corrected time, Unix seconds.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn now(&self) -> Result<u64, WalletError> {
        Ok(self.corrected_time()?.seconds)
    }

    /// How many passes are there for today and later days.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn passes_left(&self) -> Result<usize, WalletError> {
        Ok(self.status()?.passes_left)
    }

    /// What the wallet knows by itself.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn status(&self) -> Result<Status, WalletError> {
        let wall = self.clock.read().wall;
        let time = self.corrected_time()?;
        let today = end_of_day(time.seconds);
        let mut days = self.held_days()?;
        days.retain(|day| *day >= today);
        let enrolled = self.enrolled()?;
        let refresh_due = enrolled.as_ref().is_some_and(|enrolled| {
            enrolled.replace_strip
                || strip::runs_low(&days, today, self.days_ahead, self.options.refill_below)
        });
        let level = self.known_level()?.filter(|_| enrolled.is_some());
        let offset = i128::from(time.seconds) - i128::from(wall);
        Ok(Status {
            enrolled: enrolled.is_some(),
            passes_left: days.len(),
            ends_soon: enrolled.is_some() && strip::ends_soon(&days, time.seconds),
            days,
            refresh_due,
            now: time.seconds,
            clock_offset: i64::try_from(offset).unwrap_or(i64::MAX),
            time_source: time.source,
            time_in_doubt: self.is_in_doubt(&time)?,
            last_known: self.last_known()?,
            device_id: self.this_device()?,
            identity_level: self.level_of(today)?,
            level_falls_at: level.and_then(|level| level.falls_at),
            proof_due: level.is_some_and(|level| level.is_proof_due(time.seconds)),
            masked_name: self.masked_name()?,
        })
    }

    /// Forgets everything, for good: the vault's key first, then files, then device keys.
    ///
    /// # Errors
    /// [`WalletError::Vault`] or [`WalletError::Key`]; whatever could be destroyed is. Call again until it
    /// succeeds.
    pub fn wipe(&self) -> Result<(), WalletError> {
        // A record that cannot be read any more must not stand in the way of the rest.
        let mut handles = self.known_handles().unwrap_or_default();
        self.lock();
        handles.append(&mut self.undeleted.lock().unwrap_or_else(PoisonError::into_inner));
        let wiped = self.vault.wipe();
        let mut outcome = Ok(());
        handles.retain(|handle| match self.keys.delete(handle) {
            Ok(()) => false,
            Err(error) => {
                outcome = Err(error);
                true
            }
        });
        *self.undeleted.lock().unwrap_or_else(PoisonError::into_inner) = handles;
        wiped?;
        Ok(outcome?)
    }

    /// Wipes a wallet that no longer opens. Its device keys stay in the key store, unusable for any code:
    /// what named them is gone.
    ///
    /// # Errors
    /// [`WalletError::Vault`]; call again until it succeeds.
    pub fn wipe_closed(path: &Path, sealing: &dyn SealingKey) -> Result<(), WalletError> {
        Ok(once_it_is_free(|| Vault::wipe_closed(path, sealing))?)
    }

    pub(crate) fn corrected_time(&self) -> Result<CorrectedTime, WalletError> {
        let anchor: Option<Anchor> = load(&self.vault, STATE, ANCHOR)?;
        Ok(corrected(anchor.as_ref(), self.clock.read()))
    }

    /// Whether the wallet's time is one that the service contradicts, or rests on a clock that was set back.
    pub(crate) fn is_in_doubt(&self, time: &CorrectedTime) -> Result<bool, WalletError> {
        Ok(time.was_set_back || load::<Anchor>(&self.vault, STATE, DOUBTED)?.is_some())
    }

    pub(crate) fn enrolled(&self) -> Result<Option<Enrolled>, WalletError> {
        load(&self.vault, STATE, ENROLLED)
    }

    /// The days that have a pass, past ones too, in order.
    pub(crate) fn held_days(&self) -> Result<Vec<u64>, WalletError> {
        let mut days: Vec<u64> =
            self.vault.list(PASSES)?.iter().filter_map(|day| day.parse().ok()).collect();
        days.sort_unstable();
        Ok(days)
    }

    pub(crate) fn stored_pass(&self, day: u64) -> Result<Option<StoredPass>, WalletError> {
        load(&self.vault, PASSES, &day_name(day))
    }

    /// The level that the pass of a day states. It was verified when it came.
    fn level_of(&self, day: u64) -> Result<Option<u8>, WalletError> {
        let stored = self.stored_pass(day)?;
        let level = stored.and_then(|stored| {
            let pass = UnverifiedPass::parse(&stored.pass).ok()?;
            u8::try_from(pass.identity_level()).ok()
        });
        Ok(level)
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], WalletError> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn known_handles(&self) -> Result<Vec<String>, WalletError> {
        let mut handles = self.vault.list(LOOSE_KEYS)?;
        handles.extend(self.vault.list(ASKED_KEYS)?);
        for passes in [PASSES, KEPT_PASSES] {
            for day in self.vault.list(passes)? {
                // One damaged record costs its own handle, not the others'.
                if let Ok(Some(stored)) = load::<StoredPass>(&self.vault, passes, &day) {
                    handles.push(stored.handle);
                }
            }
        }
        if let Ok(Some(stored)) = StoredBiometric::find(&self.vault) {
            handles.push(stored.handle);
        }
        Ok(handles)
    }
}

/// How often a vault that is open elsewhere is tried, and the pause in between: two seconds in all. What
/// another program does with a wallet is mostly done by then; a refresh on a bad network is not, and nobody
/// waits that long for a code.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

fn once_it_is_free<T>(open: impl Fn() -> Result<T, VaultError>) -> Result<T, VaultError> {
    for _ in 1..TRIES {
        match open() {
            Err(VaultError::InUse) => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    open()
}
