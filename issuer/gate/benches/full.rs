//! A gate that remembers a million used codes and holds a status list of 2^20 entries: how long it takes from
//! the digits to the answer, receipt and used code on disk, and how much memory the process has.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "../../../core/verifier/tests/city/mod.rs"]
mod city;

use city::{DEVICE, NOW, ROOT, signer};
use szid_gate::{Gate, GateParts, Ports};
use szid_protocol::crypto::{SignatureBackend, Signer};
use szid_protocol::day::end_of_day;
use szid_protocol::reason::Reason;
use szid_protocol::verify::{ReplayKey, ReplayMemory, Use};
use szid_verifier::scanner::Scanner;
use szid_verifier::{
    AwsLcBackend, DurableReplay, FolderStore, InMemoryReplay, Verifier, VerifierSetup,
};

const REMEMBERED: usize = 1_000_000;
/// Room for them: they do not spread over the memory's parts quite evenly.
const ROOM: usize = REMEMBERED + REMEMBERED / 10;
/// Writers that share each fsync while the memory is filled.
const WRITERS: usize = 256;
/// Devices whose codes are scanned, each with a pass of its own.
const DEVICES: std::ops::Range<u8> = 20..220;

struct Fixed;

impl Ports for Fixed {
    fn now(&self) -> u64 {
        NOW
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark names its receipts by the clock")]
    fn random(&self) -> Option<[u8; 16]> {
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(nanos.as_nanos().to_be_bytes())
    }
}

/// Megabytes of this process that lie in memory.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    let kibibytes: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    kibibytes / 1024.0
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1e3;
    println!("{what:<44} median {:.3} ms  p99 {:.3} ms", at(50), at(99));
}

/// Through the real memory: every use is durable before the next ones are asked for.
fn fill(folder: &Path) {
    let replay = DurableReplay::open(folder, ROOM, NOW).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let replay = &replay;
            scope.spawn(move || {
                for number in (writer..REMEMBERED).step_by(WRITERS) {
                    let mut device = [0; 16];
                    // Keys are digests in life: spread these as well.
                    device[..8].copy_from_slice(
                        &(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes(),
                    );
                    let key = ReplayKey { device, iat: NOW - number as u64 % 60 };
                    assert_eq!(replay.check_and_remember(key, "desk", NOW), Use::First);
                }
            });
        }
    });
}

/// What a synchronisation leaves behind, with one status in fifty set.
fn provide_lists(folder: &Path) {
    let replay = Arc::new(InMemoryReplay::new(1));
    let mut setup =
        VerifierSetup::new(vec![signer(ROOT).public_key()], Arc::new(AwsLcBackend), replay);
    setup.store = Some(Arc::new(FolderStore::open(folder).unwrap()));
    let verifier = Verifier::open(setup, NOW).unwrap();
    verifier.ingest_trust(&city::trust(1), NOW).unwrap();
    verifier.ingest_scenes(&city::scenes(1, NOW + 86_400), NOW).unwrap();
    let set: Vec<(u32, u8)> = (0..1 << 20).step_by(50).map(|position| (position, 1)).collect();
    let list = city::status(&city::uri(end_of_day(NOW)), NOW - 60, &set);
    verifier.ingest_status(&list, None, NOW).unwrap();
}

fn main() {
    // `cargo test` runs benchmarks, too: nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ((), filling) = timed(|| fill(&folder.path().join("used")));
    println!("{REMEMBERED} codes remembered, each durable, in {:.1} s", filling.as_secs_f64());
    provide_lists(&folder.path().join("lists"));
    let codes = |iat| DEVICES.map(|device| city::code(device, iat)).collect::<Vec<_>>();
    let (new, seen) = (codes(NOW - 1), codes(NOW));
    let before = resident();
    let parts = GateParts {
        folder: folder.path().to_owned(),
        roots: vec![signer(ROOT).public_key()],
        venue: "park".into(),
        device: "gate-1".into(),
        scene: 1,
        signer: Arc::new(signer(DEVICE)),
        scanner: Scanner::default(),
        used_codes: ROOM,
        notifier: None,
        ports: Arc::new(Fixed),
    };
    let (gate, opening) = timed(|| Gate::open(parts).unwrap());
    println!("opened again with all of them in {:.2} s", opening.as_secs_f64());

    let message = [7; 195];
    let signature = signer(DEVICE).sign(&message).unwrap();
    let key = AwsLcBackend.verifying_key(&signer(DEVICE).public_key()).unwrap();
    told(
        "one raw verification",
        (0..500).map(|_| timed(|| assert!(key.verify(&message, &signature))).1).collect(),
    );
    let scan = |codes: &[String], expected: Reason| {
        let one = |code: &String| {
            let (answer, time) = timed(|| gate.scan(code, ""));
            assert_eq!(answer.verdict.reason, expected);
            time
        };
        codes.iter().map(one).collect::<Vec<_>>()
    };
    told("accepted, the pass is new", scan(&new, Reason::Ok));
    told("accepted, the pass was seen", scan(&seen, Reason::Ok));
    println!("memory: {:.0} MB, of which {before:.0} MB were the benchmark's own", resident());
}
