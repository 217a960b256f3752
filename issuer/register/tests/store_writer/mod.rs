//! The process that is killed or cut off: it writes to a store and says what was acknowledged. It is the test
//! program itself, started again with an environment variable.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::Use;
use szid_register::audit::{AuditEvent, ChainReport};
use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::{
    Enrolment, Evidence, Founding, Kept, KeyDigest, Mode, PassAsked, PassesAsked, Register,
    ScanOutcome, ScanRecord, SealedIdentity, Store, StoreError, UsedCode, derive_seeded_id,
};

const DIR: &str = "SZID_STORE_WRITER_DIR";
const START: &str = "SZID_STORE_WRITER_START";
/// Writers in the child, which share groups.
const LANES: u64 = 8;
const NOW: u64 = 1_768_449_600;
const TODAY: u64 = 1_768_492_800;

/// Opens the store in a folder, and founds it before where there is none: founding is interrupted as well.
pub(crate) fn open(path: &Path) -> Result<Register, StoreError> {
    match Register::open(path, &SystemEntropy) {
        Err(StoreError::NoRegister(_)) => {
            let key = MasterKey::throw_away(&SystemEntropy).unwrap();
            let founding = Founding::new(&key, Mode::Demo, &SystemEntropy)?;
            Register::found(path, &founding, &SystemEntropy)?;
            Register::open(path, &SystemEntropy)
        }
        other => other,
    }
}

/// The child's part. Returns at once in any other process.
pub(crate) fn write_until_killed() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let start: u64 = std::env::var(START).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(open(Path::new(&dir)).unwrap());
        let next = Arc::new(AtomicU64::new(start));
        let mut lanes = tokio::task::JoinSet::new();
        for _ in 0..LANES {
            let (store, next) = (store.clone(), next.clone());
            lanes.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    write_step(&*store, number).await.unwrap();
                    let line = format!("acknowledged {number}\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
        lanes.join_all().await;
    });
}

/// One in four enrols and issues, the others scan.
async fn write_step(store: &dyn Store, number: u64) -> Result<(), StoreError> {
    if number.is_multiple_of(4) {
        let id = store.enrol(enrolment(number)).await?;
        let passes = vec![PassAsked { exp: TODAY, key: KeyDigest(id.0) }];
        store
            .allocate_passes(PassesAsked {
                person: id,
                device: None,
                passes,
                proven: Vec::new(),
                at: NOW,
            })
            .await?;
    } else {
        assert_eq!(store.record_scans(vec![scan(number)]).await?, [Kept::New(Use::First)]);
    }
    Ok(())
}

fn enrolment(number: u64) -> Enrolment {
    let mut lookup = [5; 32];
    lookup[..8].copy_from_slice(&number.to_be_bytes());
    Enrolment {
        candidate: derive_seeded_id(number),
        lookup,
        document_class: 111,
        evidence: Evidence::of_registrar("counter".into(), 3, 111, NOW),
        sealed: SealedIdentity { key: None, content: vec![number as u8; 150] },
        actor: "clerk".into(),
        at: NOW,
        offer: None,
    }
}

fn scan(number: u64) -> ScanRecord {
    let device = derive_seeded_id(number).0;
    ScanRecord {
        receipt: device,
        venue: "library".into(),
        device: "gate".into(),
        site: None,
        scene: 2,
        outcome: ScanOutcome::Good {
            used: UsedCode { device, iat: NOW + number, operator: [1; 8] },
            rule: ReplayRule::Gate,
        },
        subject: None,
        matter: None,
        retry: None,
        grounds: None,
        at: NOW,
    }
}

/// A running child.
pub(crate) struct Writing {
    pub(crate) child: Child,
    reader: JoinHandle<Vec<u64>>,
    #[allow(dead_code, reason = "a kill needs no such moment, a power cut does")]
    stopped: Arc<AtomicBool>,
}

impl Writing {
    pub(crate) fn start(dir: &Path, first: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer", "--exact", "--nocapture"])
            .env(DIR, dir)
            .env(START, first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let stopped = Arc::new(AtomicBool::new(false));
        let counting = stopped.clone();
        let reader = std::thread::spawn(move || {
            let mut acknowledged = Vec::new();
            for line in lines.map_while(Result::ok) {
                // The harness's own output may stand before the first one on a line.
                if let Some((_, number)) = line.split_once("acknowledged ")
                    && !counting.load(Ordering::SeqCst)
                {
                    acknowledged.push(number.parse().unwrap());
                }
            }
            acknowledged
        });
        Self { child, reader, stopped }
    }

    /// What comes from now on is not counted as acknowledged.
    #[allow(dead_code, reason = "a kill needs no such moment, a power cut does")]
    pub(crate) fn count_no_more(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Kills the child and returns what it acknowledged.
    pub(crate) fn kill(mut self) -> Vec<u64> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.join().unwrap()
    }
}

/// Everything acknowledged is there, with its audit entry, and the chain is whole. Returns the highest number
/// seen.
pub(crate) fn assert_kept(dir: &Path, acknowledged: &[u64]) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = open(dir).unwrap();
        let head = store.audit_head().await.unwrap();
        assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
        let entries = store.audit_entries(0, usize::MAX).await.unwrap();
        let receipts = entries.into_iter().filter_map(|entry| match entry.event {
            AuditEvent::Scan { receipt, .. } => Some(receipt),
            _ => None,
        });
        let receipts: HashSet<String> = receipts.collect();
        let (mut used, mut number, mut since) = (HashSet::new(), 1, 0);
        // What was on its way at a kill left a gap, the longer the slower the disk: until all that the audit
        // tells of is found, and a thousand numbers more.
        let is_sought = |number: u64, found: usize| {
            found < receipts.len() || acknowledged.iter().any(|last| number <= *last)
        };
        while since < 1_000 || (is_sought(number, used.len()) && number < 10_000_000) {
            let device = derive_seeded_id(number).0;
            let code = UsedCode { device, iat: NOW + number, operator: [1; 8] };
            let is_used = store.seen(code).await.unwrap() != Use::First;
            let is_audited = receipts.contains(&BASE64URL_NOPAD.encode(&device));
            assert_eq!(is_used, is_audited, "a used code and its audit entry come together");
            since = if is_used { used.insert(number).into() } else { since + 1 };
            number += 1;
        }
        assert_eq!(used.len(), receipts.len());
        let mut highest = used.iter().copied().max().unwrap_or(0);
        for &number in acknowledged {
            highest = highest.max(number);
            if number.is_multiple_of(4) {
                let person = store.person(derive_seeded_id(number)).await.unwrap();
                assert_eq!(person.unwrap().sealed.content, vec![number as u8; 150]);
            } else {
                assert!(used.contains(&number), "scan {number} is lost");
            }
        }
        highest
    })
}
