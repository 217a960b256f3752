//! One scan at a gate: the total verification with what is held here, a receipt on disk, and then the answer.

use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{Receipt, ScannedCode, receipt_id};
use szid_protocol::verdict::{Verdict, VerdictView};
use szid_protocol::verify::derive_replay_key;
use szid_verifier::scanner::Scanner;
use szid_verifier::{
    AwsLcBackend, DurableReplay, FolderStore, Verifier, VerifierError, VerifierSetup,
};

use crate::queue::{QueueError, ReceiptQueue};
use crate::webhook::Teller;

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
    pub teller: Option<Teller>,
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
    pub(crate) ports: Arc<dyn Ports>,
    signer: Arc<dyn Signer>,
    teller: Option<Teller>,
    venue: String,
    device: String,
    scene: u16,
}

/// The answer to a scan; the members of the service's answer, and what only a gate can say.
#[derive(Clone, Debug, Serialize)]
pub struct GateAnswer {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: VerdictView,
    /// Names this scan for both sides; absent where it could not be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Unix seconds.
    pub at: u64,
    /// Always true: the service was not asked.
    pub offline: bool,
    /// Seconds by which this device's clock is behind the newest signed time it has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_behind: Option<u64>,
    /// Receipts that wait for their upload.
    pub queued: u64,
}

/// What a gate holds, for whoever looks after it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GateState {
    /// Versions and ages.
    #[serde(flatten)]
    pub lists: szid_verifier::CacheFreshness,
    /// Receipts that wait for their upload.
    pub queued: u64,
    /// Seconds by which this device's clock is behind the newest signed time it has seen.
    pub clock_behind: Option<u64>,
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
        let replay = DurableReplay::open(parts.folder.join("used"), parts.used_codes, now)?;
        let store = FolderStore::open(parts.folder.join("lists"))?;
        let mut setup = VerifierSetup::new(parts.roots, Arc::new(AwsLcBackend), Arc::new(replay));
        setup.store = Some(Arc::new(store));
        setup.scanner = parts.scanner;
        setup.passes = PASSES;
        Ok(Self {
            verifier: Verifier::open(setup, now)?,
            queue: ReceiptQueue::open(parts.folder.join("receipts"))?,
            ports: parts.ports,
            signer: parts.signer,
            teller: parts.teller,
            venue: parts.venue,
            device: parts.device,
            scene: parts.scene,
        })
    }

    /// Verifies what the scanner sent. A verdict is answered once its receipt is on disk; without a receipt nobody passes.
    pub fn scan(&self, scanned: &str, operator: &str) -> GateAnswer {
        let now = self.ports.now();
        let operator = format!("{}/{}/{operator}", self.venue, self.device);
        let verdict = self.verifier.verify(scanned, now, Some(self.scene), &operator, None, None);
        let answer = match self.keep(&verdict, now) {
            Ok(receipt) => self.answer(&verdict, Some(receipt), now),
            Err(error) => {
                tracing::error!(%error, "a receipt cannot be kept");
                self.answer(&Verdict::refuse(Reason::ReplayMemory, self.scene), None, now)
            }
        };
        if let Some(teller) = &self.teller {
            teller.tell(&answer);
        }
        answer
    }

    fn keep(&self, verdict: &Verdict, now: u64) -> Result<[u8; 16], QueueError> {
        let id = receipt_id(now, self.ports.random().ok_or(QueueError::Sign)?);
        let code = verdict.holder().map(|holder| ScannedCode {
            device: derive_replay_key(holder).device,
            iat: holder.iat,
            exp: holder.pass.exp,
            status_index: holder.pass.status_index,
        });
        let receipt = |sequence| Receipt {
            at: now,
            id,
            venue: self.venue.clone(),
            device: self.device.clone(),
            sequence,
            scene: self.scene,
            reason: verdict.reason().code().into(),
            code,
        };
        self.queue.append(|sequence| receipt(sequence).sign(&*self.signer).ok())?;
        Ok(id)
    }

    fn answer(&self, verdict: &Verdict, receipt: Option<[u8; 16]>, now: u64) -> GateAnswer {
        let clock_behind = self.clock_behind(now);
        if let Some(seconds) = clock_behind {
            tracing::error!(seconds, "this device's clock is behind: set it");
        }
        GateAnswer {
            verdict: verdict.view(),
            receipt: receipt.map(|id| BASE64URL_NOPAD.encode(&id)),
            at: now,
            offline: true,
            clock_behind,
            queued: self.queue.waiting(),
        }
    }

    fn clock_behind(&self, now: u64) -> Option<u64> {
        let newest = self.verifier.signed_time().newest();
        newest.checked_sub(now).filter(|seconds| *seconds > CLOCK_TOLERANCE)
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
        GateState {
            lists: self.verifier.freshness(now),
            queued: self.queue.waiting(),
            clock_behind: self.clock_behind(now),
            at: now,
        }
    }

    /// True once a code could be accepted: there are a trust list, scene policies and a status list.
    pub fn is_ready(&self) -> bool {
        let lists = self.verifier.freshness(self.ports.now());
        let held = [lists.trust_version, lists.scenes_version];
        held.iter().all(Option::is_some) && lists.status_lists > 0
    }
}
