//! One scan at a gate: the total verification with what is held here, a receipt on disk, and then the answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use szid_protocol::crypto::Signer;
use szid_protocol::digits;
use szid_protocol::key::PublicKey;
use szid_protocol::proof::was_fresh;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{Receipt, ScannedCode, derive_receipt_id};
use szid_protocol::verdict::{Verdict, VerdictView};
use szid_verifier::scanner::Scanner;
use szid_verifier::{
    AwsLcBackend, DurableReplay, FolderStore, Verifier, VerifierError, VerifierSetup,
};

use crate::behind::Behind;
use crate::conditions::{Condition, ConditionView, Conditions};
use crate::others::Others;
use crate::queue::{QueueError, ReceiptQueue};
use crate::standing;
use crate::unreadable::UnreadableScans;
use crate::webhook::VerdictNotifier;

/// Seconds that clocks may differ before it is told.
const CLOCK_TOLERANCE: u64 = 30;
/// The most passes and status lists that a gate remembers: memory for a day's visitors.
const PASSES: usize = 20_000;

/// What a gate needs of the system.
pub trait Ports: Send + Sync {
    /// Unix seconds.
    fn now(&self) -> u64;
    /// Random bytes; `None` when there are none.
    fn random(&self) -> Option<[u8; 16]>;
}

/// What a gate is made of.
pub struct GateParts {
    /// Where it keeps lists, used codes and receipts.
    pub folder: PathBuf,
    /// The city's root keys.
    pub roots: Vec<PublicKey>,
    /// The venue's id.
    pub venue: String,
    /// The device's label, as in its credential.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// The key that signs receipts.
    pub signer: Arc<dyn Signer>,
    /// How the scanner is set up.
    pub scanner: Scanner,
    /// The most used codes to remember.
    pub used_codes: usize,
    /// Who is told of each verdict.
    pub notifier: Option<VerdictNotifier>,
    /// The system.
    pub ports: Arc<dyn Ports>,
}

/// Why a gate does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// What was kept cannot be used.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The receipts cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// A gate.
pub struct Gate {
    pub(crate) verifier: Verifier,
    pub(crate) queue: ReceiptQueue,
    pub(crate) replay: Arc<DurableReplay>,
    pub(crate) conditions: Conditions,
    pub(crate) ports: Arc<dyn Ports>,
    /// Where it writes.
    pub(crate) folders: [PathBuf; 3],
    /// What it has to know at its next start.
    pub(crate) kept: FolderStore,
    /// What is known of others that use this gate's numbers.
    pub(crate) others: Others,
    /// Seconds by which the clock is ahead of the service's.
    clock_ahead: AtomicU64,
    behind: Behind,
    signer: Arc<dyn Signer>,
    notifier: Option<VerdictNotifier>,
    unreadable: UnreadableScans,
    venue: String,
    device: String,
    scene: u16,
    /// Whether a round of synchronising was made since the start, whatever came of it.
    has_synchronised: AtomicBool,
    /// Background tasks that have ended and do not run again yet.
    tasks_down: AtomicUsize,
}

/// The answer to a scan; the members of the service's answer, and what only a gate can say.
#[derive(Clone, Debug, Serialize)]
pub struct GateAnswer {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: VerdictView,
    /// Names this scan for both sides; absent where it could not be kept, and for what is no code of this
    /// city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Unix seconds.
    pub at: u64,
    /// Always true: the service was not asked.
    pub offline: bool,
    /// Seconds by which this device's clock is behind the newest signed time it has seen, or, as service and
    /// phones agree, behind the service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_behind: Option<u64>,
    /// Seconds by which it was ahead of the service's when these were last compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_ahead: Option<u64>,
    /// Receipts that wait for their upload.
    pub queued: u64,
}

/// What a gate holds, for whoever looks after it.
#[derive(Clone, Debug, Serialize)]
pub struct GateState {
    /// Versions and ages.
    #[serde(flatten)]
    pub lists: szid_verifier::CacheFreshness,
    /// Receipts that wait for their upload.
    pub queued: u64,
    /// Seconds by which this device's clock is behind the newest signed time it has seen, or, as service and
    /// phones agree, behind the service's.
    pub clock_behind: Option<u64>,
    /// Seconds by which it was ahead of the service's when these were last compared.
    pub clock_ahead: Option<u64>,
    /// Scans since the start of what is no code of this city: they leave no receipt.
    pub unreadable: u64,
    /// What has to be looked at.
    pub conditions: Vec<ConditionView>,
    /// Unix seconds.
    pub at: u64,
}

/// Where a gate stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
}

impl Gate {
    /// Opens a gate with what it kept.
    ///
    /// # Errors
    /// [`GateError`].
    pub fn open(parts: GateParts) -> Result<Self, GateError> {
        let now = parts.ports.now();
        let folders = ["used", "lists", "receipts"].map(|name| parts.folder.join(name));
        let [used, lists, receipts] = &folders;
        let replay = Arc::new(DurableReplay::open(used, parts.used_codes, now)?);
        let store = FolderStore::open(lists)?;
        let kept = FolderStore::open(&parts.folder)?;
        let mut setup = VerifierSetup::new(parts.roots, Arc::new(AwsLcBackend), replay.clone());
        setup.store = Some(Arc::new(store));
        setup.scanner = parts.scanner;
        setup.passes = PASSES;
        let gate = Self {
            verifier: Verifier::open(setup, now)?,
            queue: ReceiptQueue::open(receipts)?,
            folders,
            replay,
            kept,
            conditions: Conditions::default(),
            others: Others::default(),
            clock_ahead: AtomicU64::new(0),
            behind: Behind::default(),
            ports: parts.ports,
            signer: parts.signer,
            notifier: parts.notifier,
            unreadable: UnreadableScans::default(),
            venue: parts.venue,
            device: parts.device,
            scene: parts.scene,
            has_synchronised: AtomicBool::new(false),
            tasks_down: AtomicUsize::new(0),
        };
        // Known before the first code is refused for it.
        gate.try_disk();
        standing::recall(&gate)?;
        Ok(gate)
    }

    /// Notes that one of the tasks around this gate ended, or runs again: without all of them it is not
    /// ready.
    pub fn task_is_down(&self, down: bool) {
        match down {
            true => self.tasks_down.fetch_add(1, Ordering::Relaxed),
            false => self.tasks_down.fetch_sub(1, Ordering::Relaxed),
        };
    }

    /// Notes that the scanner that is read beside this gate is lost, with its name, or is there: without it
    /// the gate is not ready.
    pub fn note_lost_scanner(&self, lost: Option<&str>) {
        self.conditions.set_about(Condition::ScannerLost, lost.is_some(), lost);
    }

    /// Whether a scanner that is read beside this gate is not there.
    pub fn scanner_is_lost(&self) -> bool {
        self.conditions.holds(Condition::ScannerLost)
    }

    /// Whether the command for verdicts could not be run with the last one.
    pub fn command_is_lost(&self) -> bool {
        self.conditions.holds(Condition::CommandLost)
    }

    /// Verifies what the scanner sent. A verdict is answered once its receipt is on disk; without a receipt
    /// nobody passes. What is no code of this city is refused, counted, and leaves no receipt.
    pub fn scan(&self, scanned: &str, operator: &str) -> GateAnswer {
        let now = self.ports.now();
        let operator = format!("{}/{}/{operator}", self.venue, self.device);
        let verdict = if self.is_withdrawn() {
            Verdict::refuse(Reason::ScannerWithdrawn, self.scene)
        } else {
            self.verifier.verify(scanned, now, Some(self.scene), &operator, None, None)
        };
        self.behind.note_verdict(verdict.reason());
        if self.replay.has_failed() {
            self.note_disk_fault();
        }
        let kept = match self.is_unreadable(scanned, &verdict) {
            true => {
                self.unreadable.count(now);
                Ok(None)
            }
            false => self.keep(scanned, &verdict, now).map(Some),
        };
        let answer = match kept {
            Ok(receipt) => self.answer(&verdict, receipt, now),
            Err(error) => {
                tracing::error!(%error, "a receipt cannot be kept");
                if matches!(error, QueueError::Disk(_)) {
                    self.note_disk_fault();
                }
                self.answer(&Verdict::refuse(Reason::ReplayMemory, self.scene), None, now)
            }
        };
        if let Some(notifier) = &self.notifier {
            let random = || self.ports.random().map(|bytes| BASE64URL_NOPAD.encode(&bytes));
            if let Some(id) = answer.receipt.clone().or_else(random) {
                notifier.tell(&answer, id);
            }
        }
        answer
    }

    /// Whether nothing in it is known to be of this city's making. A gate that is withdrawn says so, whatever
    /// it is shown.
    fn is_unreadable(&self, scanned: &str, verdict: &Verdict) -> bool {
        verdict.reason().leaves_a_count() || self.verifier.scanner().read(scanned).is_err()
    }

    fn keep(&self, scanned: &str, verdict: &Verdict, now: u64) -> Result<[u8; 16], QueueError> {
        let key = self.signer.public_key();
        let code = self.proof(scanned, verdict, now);
        let receipt = |sequence| Receipt {
            at: now,
            id: derive_receipt_id(now, &key, sequence),
            venue: self.venue.clone(),
            device: self.device.clone(),
            sequence,
            scene: self.scene,
            reason: verdict.reason().code().into(),
            code,
        };
        let number = self.queue.append(|sequence| receipt(sequence).sign(&*self.signer).ok())?;
        Ok(derive_receipt_id(now, &key, number))
    }

    /// The code, where it proves that its holder was here now: a stale one proves nothing.
    fn proof(&self, scanned: &str, verdict: &Verdict, now: u64) -> Option<ScannedCode> {
        verdict.holder().filter(|holder| was_fresh(holder.iat, now))?;
        let code = self.verifier.scanner().read(scanned).ok()?;
        digits::decode(&code).ok().map(ScannedCode::Whole)
    }

    /// The id of the key that signs receipts.
    pub(crate) fn key_id(&self) -> Option<[u8; 8]> {
        self.signer.public_key().key_id().ok().map(|id| id.0)
    }

    /// Whether a receipt was signed by the key that signs now.
    pub(crate) fn has_signed(&self, receipt: &[u8]) -> bool {
        Receipt::verify(receipt, &self.signer.public_key(), &AwsLcBackend).is_ok()
    }

    fn answer(&self, verdict: &Verdict, receipt: Option<[u8; 16]>, now: u64) -> GateAnswer {
        let clock_behind = self.clock_behind(now);
        GateAnswer {
            verdict: verdict.view(),
            receipt: receipt.map(|id| BASE64URL_NOPAD.encode(&id)),
            at: now,
            offline: true,
            clock_behind,
            clock_ahead: self.clock_ahead(),
            queued: self.queue.waiting(),
        }
    }

    /// Notes by how many seconds the clock is ahead of the service's, and behind it; 0 where it is not.
    pub(crate) fn note_clock(&self, ahead: u64, behind: u64) {
        self.clock_ahead.store(ahead, Ordering::Relaxed);
        self.behind.note_said(behind, self.ports.now());
        self.conditions.set(Condition::ClockAhead, ahead > 0);
    }

    fn clock_ahead(&self) -> Option<u64> {
        Some(self.clock_ahead.load(Ordering::Relaxed)).filter(|seconds| *seconds > 0)
    }

    /// By what was signed, as the verifier sees it with each code; or by what the service said last, where
    /// phones are ahead of this clock as well. The service alone may be the one that is wrong; and of a clock
    /// that is behind nothing newer is taken, so that what was signed is not ahead of it for long.
    fn clock_behind(&self, now: u64) -> Option<u64> {
        let signed = self.verifier.signed_time().newest().checked_sub(now);
        let signed = signed.filter(|seconds| *seconds > CLOCK_TOLERANCE);
        // A gate that has no lists yet cannot judge a phone's time, and lets nobody pass either way.
        let said = self.behind.said(now).filter(|_| !self.has_lists());
        let behind = signed.max(self.behind.agreed(now)).max(said);
        self.conditions.set(Condition::ClockBehind, behind.is_some());
        behind
    }

    /// Whether codes are refused for the age of what the service signed. A trust list's counts from its
    /// signing: one that nobody signs anew grows too old with a connection as well.
    fn lists_are_too_old(&self, now: u64) -> bool {
        let lists = self.verifier.freshness(now);
        let is_past = |age: Option<u64>, most: u32| age.is_some_and(|age| age > u64::from(most));
        // Before the first synchronisation there is nothing that could be too old, and in the midst of it not
        // all is there.
        let is_missing = self.has_synchronised.load(Ordering::Relaxed) && lists.status_lists == 0;
        let policy = self.verifier.scene(self.scene, now).filter(|policy| policy.offline);
        // No list is new enough for a scene that is online alone: that is told as what it is.
        let is_too_old = policy.is_some_and(|policy| {
            is_past(lists.trust_age, policy.trust_max_age)
                || is_past(lists.status_age, policy.status_max_age)
                || is_missing
        });
        self.conditions.set(Condition::ListsTooOld, is_too_old);
        is_too_old
    }

    /// Whether there are scene policies and this gate's scene is none of theirs.
    pub fn scene_is_unknown(&self) -> bool {
        let is_unknown = self.verifier.lacks_scene(self.scene, self.ports.now());
        let about = is_unknown.then(|| self.scene.to_string());
        self.conditions.set_about(Condition::SceneUnknown, is_unknown, about.as_deref());
        is_unknown
    }

    /// Whether the service says that key and credential are another device's than this gate names.
    pub fn device_differs(&self) -> bool {
        self.conditions.holds(Condition::DeviceDiffers)
    }

    /// Whether this gate's scene may be verified online alone, so that nobody passes here.
    pub fn scene_is_online_only(&self) -> bool {
        let policy = self.verifier.scene(self.scene, self.ports.now());
        let is_online_only = policy.is_some_and(|policy| !policy.offline);
        let about = is_online_only.then(|| self.scene.to_string());
        self.conditions.set_about(Condition::SceneOnlineOnly, is_online_only, about.as_deref());
        is_online_only
    }

    /// Whether the service says that the venue is not registered for this gate's scene.
    pub fn scene_is_foreign(&self) -> bool {
        self.conditions.holds(Condition::SceneNotRegistered)
    }

    /// What a page beside the scanner has to know: whose gate it is, and what its scene asks.
    pub fn place(&self) -> Place {
        let policy = self.verifier.scene(self.scene, self.ports.now());
        let names = policy.as_ref().map(|policy| (policy.name_zh.clone(), policy.name_en.clone()));
        // Before the first synchronisation only the number is known.
        let unnamed = || (format!("场景{}", self.scene), format!("scene {}", self.scene));
        let (name_zh, name_en) = names.unwrap_or_else(unnamed);
        Place {
            venue: self.venue.clone(),
            device: self.device.clone(),
            scene: self.scene,
            name_zh,
            name_en,
        }
    }

    /// What the gate holds now.
    pub fn state(&self) -> GateState {
        let now = self.ports.now();
        // First: they are among the conditions.
        let clock_behind = self.clock_behind(now);
        self.lists_are_too_old(now);
        self.scene_is_unknown();
        self.scene_is_online_only();
        GateState {
            lists: self.verifier.freshness(now),
            queued: self.queue.waiting(),
            clock_behind,
            clock_ahead: self.clock_ahead(),
            unreadable: self.unreadable.counted_since_start(),
            conditions: self.conditions.held(),
            at: now,
        }
    }

    pub(crate) fn note_synchronised(&self) {
        self.has_synchronised.store(true, Ordering::Relaxed);
    }

    /// How many of the tasks around this gate have ended and do not run again yet.
    pub fn tasks_down(&self) -> usize {
        self.tasks_down.load(Ordering::Relaxed)
    }

    /// Whether the service has said that this gate must not scan, and nothing else since: its venue or site
    /// is suspended, or its credential was withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        [Condition::VenueSuspended, Condition::CredentialWithdrawn]
            .into_iter()
            .any(|condition| self.conditions.holds(condition))
    }

    /// True once a code could be accepted, there are a trust list, scene policies and a status list, and
    /// while all tasks run, the scanner is there, the disk takes what is used, it is known what was, no code
    /// is refused since the clock is behind, the lists are too old or the scene is unknown, and the service
    /// has not said that this gate must not scan, or is another one.
    pub fn is_ready(&self) -> bool {
        let now = self.ports.now();
        let (is_behind, is_stale) = (self.clock_behind(now).is_some(), self.lists_are_too_old(now));
        let takes_uses = !self.disk_is_full() && !self.uses_are_unknown();
        let is_well = takes_uses && !is_behind && !is_stale && !self.is_withdrawn();
        let has_scene =
            !self.scene_is_unknown() && !self.scene_is_foreign() && !self.scene_is_online_only();
        let is_itself = !self.device_differs() && has_scene;
        let is_there = self.tasks_down() == 0 && !self.scanner_is_lost() && !self.command_is_lost();
        is_there && is_well && is_itself && self.has_lists()
    }

    /// Whether a code that is drawn now is refused, since it is not known which were used.
    pub fn uses_are_unknown(&self) -> bool {
        self.replay.unknown_to() >= self.ports.now()
    }

    /// Whether the disk took a write no more, so that nobody passes whose receipt does not fit any more.
    pub fn disk_is_full(&self) -> bool {
        self.conditions.holds(Condition::DiskFull)
    }

    pub(crate) fn has_lists(&self) -> bool {
        let lists = self.verifier.freshness(self.ports.now());
        let held = [lists.trust_version, lists.scenes_version];
        held.iter().all(Option::is_some) && lists.status_lists > 0
    }
}
