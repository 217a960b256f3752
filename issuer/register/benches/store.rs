//! Scans with a durable answer by clients at once; and a store of a city's size.
//! `cargo bench -p szid-register --bench store`
//!
//! With `SZID_STORE_PERSONS=1000000` (and `SZID_STORE_PASSES`, 2 if absent) it fills a store with so many,
//! opens it cold in a process of its own, and prints time, memory and disk. `SZID_STORE_DIR` says where; it
//! must be a real disk for the fsync to count.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::Use;
use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::{
    Founding, Kept, Mode, Register, ScanOutcome, ScanRecord, Store, StoreError, UsedCode,
    derive_seeded_id,
};

const NOW: u64 = 1_768_449_600;
const CITY_DIR: &str = "SZID_STORE_CITY_DIR";

fn scan(number: u64) -> ScanRecord {
    let device = derive_seeded_id(number).0;
    ScanRecord {
        receipt: device,
        venue: "library".into(),
        device: "gate-1".into(),
        site: None,
        scene: 2,
        // A second has some thousand scans, as a busy city has.
        outcome: ScanOutcome::Good {
            used: UsedCode { device, iat: NOW + number / 5_000, operator: [1; 8] },
            rule: ReplayRule::Gate,
        },
        subject: None,
        matter: None,
        retry: None,
        grounds: None,
        at: NOW,
    }
}

fn open(path: &Path) -> Register {
    let open = || Register::open(path, &SystemEntropy);
    match open() {
        Err(StoreError::NoRegister(_)) => {
            let key = MasterKey::throw_away(&SystemEntropy).unwrap();
            let founding = Founding::new(&key, Mode::Demo, &SystemEntropy).unwrap();
            Register::found(path, &founding, &SystemEntropy).unwrap();
            open().unwrap()
        }
        other => other.unwrap(),
    }
}

/// Clients that each wait for their answer before they scan again; `batch` scans a request.
async fn run_clients(
    store: Arc<dyn Store>,
    next: Arc<AtomicU64>,
    clients: u64,
    batch: u64,
    requests: u64,
) {
    let mut tasks = tokio::task::JoinSet::new();
    let left = Arc::new(AtomicU64::new(requests));
    for _ in 0..clients {
        let (store, next, left) = (store.clone(), next.clone(), left.clone());
        tasks.spawn(async move {
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok()
            {
                let first = next.fetch_add(batch, Ordering::Relaxed);
                let new = store.record_scans((first..first + batch).map(scan).collect()).await;
                assert!(new.unwrap().into_iter().all(|kept| kept == Kept::New(Use::First)));
            }
        });
    }
    tasks.join_all().await;
}

/// User and system time of this process so far.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the program's name: user and system time stand 12th and 13th, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    Duration::from_millis(
        fields.skip(11).take(2).map(|field| 10 * field.parse::<u64>().unwrap_or(0)).sum(),
    )
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines =
        status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}

fn folder() -> tempfile::TempDir {
    match std::env::var("SZID_STORE_DIR") {
        Ok(dir) => tempfile::tempdir_in(dir).unwrap(),
        Err(_) => tempfile::tempdir().unwrap(),
    }
}

fn group_commit(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let dir = folder();
    let store: Arc<dyn Store> = Arc::new(open(dir.path()));
    let next = Arc::new(AtomicU64::new(0));
    let mut group = criterion.benchmark_group("record_scans");
    for (clients, batch) in [(2, 1), (16, 1), (64, 1), (256, 1), (4, 100)] {
        let (cpu, first) = (cpu_time(), next.load(Ordering::Relaxed));
        group.throughput(Throughput::Elements(batch));
        let id = BenchmarkId::new(format!("clients-{clients}"), batch);
        group.bench_function(id, |bencher| {
            bencher.iter_custom(|requests| {
                let started = Instant::now();
                let run = run_clients(store.clone(), next.clone(), clients, batch, requests);
                runtime.block_on(run);
                started.elapsed()
            });
        });
        let scans = next.load(Ordering::Relaxed) - first;
        if scans > 0 {
            let each = (cpu_time() - cpu).as_secs_f64() * 1e6 / scans as f64;
            println!(
                "{clients} clients, {batch} a request: {each:.1} us of CPU a scan, clients included"
            );
        }
    }
    group.finish();
}

/// Fills a store, then opens it in a process of its own.
fn city(persons: u64) {
    let passes = std::env::var("SZID_STORE_PASSES").map_or(2, |passes| passes.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let dir = folder();
    let path = dir.path().join("city");
    let started = Instant::now();
    let store = open(&path);
    runtime.block_on(store.seed(persons, passes, NOW)).unwrap();
    println!(
        "{persons} persons with {passes} passes each in {:.1?}, {}",
        started.elapsed(),
        memory()
    );
    drop(store);
    let child = Command::new(std::env::current_exe().unwrap()).env(CITY_DIR, &path).status();
    assert!(child.unwrap().success());
    let disk = Command::new("du").arg("-sm").arg(&path).output().unwrap();
    println!(
        "MB on disk: {}",
        String::from_utf8_lossy(&disk.stdout).split('\t').next().unwrap_or("?")
    );
}

/// What the process of its own does: a cold start, then load.
fn cold_start(path: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    // Twice, since the first start reads the journal of the filling.
    for round in ["first", "second"] {
        let started = Instant::now();
        let store = open(path);
        let statuses = runtime.block_on(store.statuses()).unwrap().len();
        let opened = started.elapsed();
        println!("{round} start {opened:.2?} ({statuses} statuses), {}", memory());
    }
    let store: Arc<dyn Store> = Arc::new(open(path));
    let started = Instant::now();
    runtime.block_on(async {
        for number in 0..20_000u64 {
            let id = derive_seeded_id(number.wrapping_mul(7_919) % 100_000);
            assert!(store.person(id).await.unwrap().is_some());
        }
    });
    println!("a random person in {:.1?}, {}", started.elapsed() / 20_000, memory());
    let (cpu, started) = (cpu_time(), Instant::now());
    runtime.block_on(run_clients(store.clone(), Arc::default(), 64, 1, 300_000));
    let (cpu, wall) = ((cpu_time() - cpu).as_secs_f64(), started.elapsed().as_secs_f64());
    println!(
        "300000 scans by 64 clients: {:.0} a second, {:.1} us of CPU each, {}",
        300_000.0 / wall,
        cpu * 1e6 / 300_000.0,
        memory()
    );
}

fn main() {
    if let Some(path) = std::env::var_os(CITY_DIR) {
        return cold_start(&PathBuf::from(path));
    }
    if let Ok(persons) = std::env::var("SZID_STORE_PERSONS") {
        return city(persons.parse().unwrap());
    }
    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(4))
        .warm_up_time(Duration::from_secs(1))
        .sample_size(10)
        .configure_from_args();
    group_commit(&mut criterion);
    criterion.final_summary();
}
