//! The service under load, as venues see it: `cargo bench -p szid-issuer --bench http`
//!
//! The service runs in a process of its own (this program, started again) over its real store. This process
//! makes codes, scans them over HTTP, checks every answer, and reads the service's CPU time from the system.
//! `SZID_HTTP_PERSONS` is the size of the city (1 000 000 if absent), `SZID_HTTP_DIR` where its store lies: a
//! real disk, for the fsync to count.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use szid_issuer::clock::{Clock, SystemClock};
use szid_issuer::keys::{FileSigner, ServiceKeys};
use szid_issuer::{Limits, ServiceParts, start};
use szid_protocol::code::{CodeClaims, CodeDraft};
use szid_protocol::crypto::{SignatureBackend, Signer};
use szid_protocol::day::end_of_day;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::{
    Bearer, Founding, KeyDigest, Mode, PassAsked, PassesAsked, Register, Store, Venue,
    derive_seeded_id,
};
use szid_verifier::AwsLcBackend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// That of `szid serve`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHILD: &str = "SZID_HTTP_CHILD_DIR";
const SECRET: &str = "the-secret-of-the-gate";
/// Scans of one measurement.
const SCANS: usize = 8_000;
const BATCH: usize = 100;
/// Parts of one measurement: the machine's speed moves, so that the unit is timed before each.
const SLICES: usize = 10;
/// Passes that are given out at once: few enough for the store's queue.
const GIVEN_AT_ONCE: usize = 6_000;
/// Rounds at half load, and how long each lasts.
const PACED_ROUNDS: usize = 10;
const PACED_SECONDS: f64 = 4.0;
/// The service's worker threads. The unit is timed with as many at once, since under load all of them are
/// busy.
const CORES: usize = 2;

fn main() {
    use tokio::runtime::Builder;
    match std::env::var(CHILD) {
        Ok(folder) => {
            let workers = Builder::new_multi_thread().worker_threads(CORES).enable_all().build();
            workers.unwrap().block_on(serve(Path::new(&folder)));
        }
        // One thread makes all the load, so that it is in the service's way as little as it can be on the
        // same cores.
        Err(_) => {
            let thread = Builder::new_current_thread().enable_all().build();
            thread.unwrap().block_on(measure());
        }
    }
}

fn keys(folder: &Path) -> ServiceKeys {
    ServiceKeys::try_from_names(|name| {
        let path = folder.join(name);
        FileSigner::read(&path).or_else(|_| FileSigner::make(&path, &SystemEntropy))
    })
    .unwrap()
}

/// The child's part: serves until its standard input ends.
async fn serve(folder: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let (data, clock, entropy) =
        (folder.join("data"), Arc::new(SystemClock), Arc::new(SystemEntropy));
    let parts = ServiceParts::throw_away(&base_url, data, keys(folder), clock, entropy).unwrap();
    let limits = Limits {
        per_address: None,
        per_credential: None,
        codes_per_credential: None,
        ..Limits::default()
    };
    // The key that the register was founded with when it was filled.
    let master_key = MasterKey::read(&folder.join("register.key")).unwrap();
    let parts = ServiceParts { limits, master_key, ..parts };
    let service = start(listener, parts).await.unwrap();
    println!("{base_url}");
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await.unwrap();
    service.shutdown().await.unwrap();
}

/// A running service.
struct Service {
    child: Child,
    address: String,
    cold_start: Duration,
}

impl Service {
    async fn start(folder: &Path) -> Self {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut base_url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut base_url).unwrap();
        let address = base_url.trim().strip_prefix("http://").unwrap().to_owned();
        let mut connection = Connection::open(&address).await;
        let ready = connection.exchange(b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(ready.starts_with("HTTP/1.1 200"));
        Self { child, address, cold_start: started.elapsed() }
    }

    /// User and system time so far, in nanoseconds, of all threads.
    fn cpu(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let of = |task: std::fs::DirEntry| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|time| time.parse::<f64>().ok()).unwrap_or(0.0)
        };
        tasks.map(|task| of(task.unwrap())).sum()
    }

    fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A connection that is kept alive.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 256 * 1024] }
    }

    /// Sends one request and reads its whole answer.
    async fn exchange(&mut self, request: &[u8]) -> &str {
        self.stream.write_all(request).await.unwrap();
        let mut length = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[length..]).await.unwrap();
            assert!(read > 0, "the connection was closed");
            length += read;
            let text = std::str::from_utf8(&self.buffer[..length]).unwrap_or_default();
            let Some(head) = text.find("\r\n\r\n") else { continue };
            let line = text[..head].lines().find_map(|line| line.strip_prefix("content-length: "));
            if length >= head + 4 + line.unwrap().parse::<usize>().unwrap() {
                break;
            }
        }
        std::str::from_utf8(&self.buffer[..length]).unwrap()
    }
}

/// A citizen's phone with a pass for today.
struct Phone {
    key: FileSigner,
    pass: Vec<u8>,
    codes_made: u64,
}

impl Phone {
    fn new(keys: &ServiceKeys, key: FileSigner, index: u32, now: u64) -> Self {
        let claims = PassClaims {
            exp: end_of_day(now),
            device_key: key.public_key(),
            identity_level: IdentityLevel::RealPerson,
            key_protection: KeyProtection::Software,
            status_index: index,
            concessions: None,
            masked_name: None,
        };
        let pass = claims.sign(&*keys.pass).unwrap();
        Self { key, pass, codes_made: 0 }
    }

    /// A code that was not made before, good now and for the next half minute.
    fn code(&mut self) -> String {
        self.codes_made += 1;
        let iat = SystemClock.now() - 25 + self.codes_made % 50;
        let tier = AuthenticationTier::Biometric;
        let claims = CodeClaims { iat, tier, scene: 0, challenge: None };
        let draft = CodeDraft::new(&self.pass, &claims).unwrap();
        let signature = self.key.sign(&draft.to_be_signed()).unwrap();
        draft.finish_as_digits(&signature)
    }
}

fn request(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {SECRET}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn single(phone: &mut Phone) -> Vec<u8> {
    request("/v1/scans", &format!(r#"{{"code":"{}","operator":"gate"}}"#, phone.code()))
}

fn batches(phones: &mut [Phone]) -> Vec<Vec<u8>> {
    let batch = |phones: &mut [Phone]| {
        let scans: Vec<_> =
            phones.iter_mut().map(|phone| format!(r#"{{"code":"{}"}}"#, phone.code())).collect();
        request("/v1/scans/batch", &format!(r#"{{"scans":[{}]}}"#, scans.join(",")))
    };
    phones.chunks_mut(BATCH).map(batch).collect()
}

/// What a load came to.
struct Load {
    wall: Duration,
    latencies: Vec<Duration>,
    cpu_per_scan: f64,
}

fn quantile(sorted: &[Duration], part: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

/// Opens so many connections, which stay open as those of venues' systems do.
async fn connect(service: &Service, connections: usize) -> Vec<Connection> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(&service.address).await);
    }
    open
}

/// Sends requests over these connections, and checks that each answer accepts `scans_each` codes; with a
/// rate, each at its own time, whatever became of the one before.
async fn load(
    service: &Service,
    requests: Vec<Vec<u8>>,
    connections: &mut Vec<Connection>,
    scans_each: usize,
    per_second: Option<f64>,
) -> Load {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let (before, started) = (service.cpu(), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for mut connection in std::mem::take(connections) {
        let (requests, next) = (requests.clone(), next.clone());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(at) else { return (latencies, connection) };
                let mut due = Instant::now();
                if let Some(rate) = per_second {
                    due = started + Duration::from_secs_f64(at as f64 / rate);
                    tokio::time::sleep_until(due.into()).await;
                }
                let answer = connection.exchange(request).await;
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                if scans_each > 0 {
                    assert_eq!(answer.matches(r#""reason":"OK""#).count(), scans_each, "{answer}");
                }
                latencies.push(due.elapsed());
            }
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (of_one, connection) = done.unwrap();
        latencies.extend(of_one);
        connections.push(connection);
    }
    let (wall, cpu) = (started.elapsed(), service.cpu() - before);
    latencies.sort();
    Load { wall, latencies, cpu_per_scan: cpu / (requests.len() * scans_each.max(1)) as f64 }
}

/// Nanoseconds of one verification with a parsed key: the median of many, on so many threads at once.
fn raw_verification(threads: usize) -> f64 {
    let key = FileSigner::throw_away(&SystemEntropy).unwrap();
    let signature = key.sign(&[7; 300]).unwrap();
    let parsed = AwsLcBackend.verifying_key(&key.public_key()).unwrap();
    let one = || {
        let started = Instant::now();
        (0..5).for_each(|_| assert!(parsed.verify(&[7; 300], &signature)));
        started.elapsed().as_nanos() as f64 / 5.0
    };
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| (0..400).map(|_| one()).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Fills the register and returns phones with passes for today.
async fn city(folder: &Path, persons: u64, phones: usize) -> Vec<Phone> {
    let now = SystemClock.now();
    let key = MasterKey::make(&folder.join("register.key"), &SystemEntropy).unwrap();
    let founding = Founding::new(&key, Mode::Demo, &SystemEntropy).unwrap();
    let register = folder.join("data/register");
    Register::found(&register, &founding, &SystemEntropy).unwrap();
    let store = Register::open(&register, &SystemEntropy).unwrap();
    store.seed(persons, 1, now).await.unwrap();
    let uscc = "12440399EXAMPLEB3N".into();
    let name = "图书馆".into();
    let venue = Venue {
        id: "library".into(),
        name,
        uscc,
        scenes: vec![2],
        suspended: false,
        ages: vec![60],
    };
    store.put_venue(venue, now).await.unwrap();
    let bearer = Bearer::Venue { venue: "library".into(), device: "gate".into() };
    store.put_credential(Sha256::digest(SECRET).into(), bearer, now).await.unwrap();
    let keys = keys(folder);
    let mut made = Vec::new();
    for chunk in (0..phones as u64).collect::<Vec<_>>().chunks(GIVEN_AT_ONCE) {
        let allocate = |number: &u64| {
            let person = derive_seeded_id(number % persons);
            let key = FileSigner::throw_away(&SystemEntropy).unwrap();
            let pass = PassAsked { exp: end_of_day(now), key: KeyDigest::of(&key.public_key()) };
            let asked = PassesAsked {
                person,
                device: None,
                passes: vec![pass],
                proven: Vec::new(),
                at: now,
            };
            (key, store.allocate_passes(asked))
        };
        for (key, given) in chunk.iter().map(allocate).collect::<Vec<_>>() {
            made.push(Phone::new(&keys, key, given.await.unwrap().indices[0], now));
        }
    }
    made
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Measures one row of the table and prints it.
async fn row(
    service: &Service,
    what: &str,
    requests: Vec<Vec<u8>>,
    connections: usize,
    scans_each: usize,
) {
    let (mut cpu, mut raw, mut wall, mut latencies) = (0.0, 0.0, Duration::ZERO, Vec::new());
    let mut open = connect(service, connections).await;
    for slice in requests.chunks(requests.len() / SLICES) {
        raw += raw_verification(CORES);
        let load = load(service, slice.to_vec(), &mut open, scans_each, None).await;
        cpu += load.cpu_per_scan;
        wall += load.wall;
        latencies.extend(load.latencies);
    }
    latencies.sort();
    let rate = SCANS as f64 / wall.as_secs_f64();
    println!(
        "| {what} | {connections} | {:.0} | {:.2} | {rate:.0} | {:.1} | {:.1} |",
        cpu / SLICES as f64 / 1e3,
        cpu / raw,
        ms(quantile(&latencies, 0.5)),
        ms(quantile(&latencies, 0.99))
    );
}

async fn measure() {
    let place = std::env::var_os("SZID_HTTP_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("http-bench"),
        PathBuf::from,
    );
    let persons =
        std::env::var("SZID_HTTP_PERSONS").map_or(1_000_000, |text| text.parse().unwrap());
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(&place).unwrap();
    say(&format!("filling a register with {persons} persons"));
    let mut phones = city(&place, persons, 5 * SCANS).await;
    let service = Service::start(&place).await;
    let resident = service.resident_mb();
    println!(
        "one raw verification: {:.0} µs alone, {:.0} µs with every core busy",
        raw_verification(1) / 1e3,
        raw_verification(CORES) / 1e3
    );
    println!(
        "city of {persons}: cold start to ready {:.2} s, {resident:.0} MB",
        service.cold_start.as_secs_f64()
    );
    println!(
        "| scans | connections | CPU per scan, µs | raw verifications | scans/s | p50, ms | p99, ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    let (warming, rest) = phones.split_at_mut(SCANS);
    let (of_8, rest) = rest.split_at_mut(SCANS);
    let (of_64, rest) = rest.split_at_mut(SCANS);
    let (batched, _) = rest.split_at_mut(SCANS);
    // Memory, caches and the register's tables as they are after a while.
    let mut open = connect(&service, 64).await;
    let _ = load(&service, batches(warming), &mut open, BATCH, None).await;
    let _ = load(&service, warming.iter_mut().map(single).collect(), &mut open, 1, None).await;
    for (what, request) in [
        ("no scan: /healthz", b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()),
        ("no code: refused, counted", request("/v1/scans", r#"{"code":"1"}"#)),
    ] {
        row(&service, what, vec![request; SCANS], 64, 0).await;
    }
    for round in ["new pass", "seen pass", "seen pass"] {
        let what = format!("one a request, {round}");
        for (phones, connections) in [(&mut *of_8, 8), (&mut *of_64, 64)] {
            let requests = phones.iter_mut().map(single).collect();
            row(&service, &what, requests, connections, 1).await;
        }
        let what = format!("{BATCH} a request, {round}");
        row(&service, &what, batches(batched), 8, BATCH).await;
    }
    println!(
        "half load, each scan at its own time, {PACED_ROUNDS} rounds of {PACED_SECONDS:.0} s, each after one at full load:"
    );
    let mut all = Vec::new();
    for _ in 0..PACED_ROUNDS {
        // The machine's speed moves, and with it what half of its load is.
        let full: Vec<_> = phones.iter_mut().take(SCANS).map(single).collect();
        let mut open = connect(&service, 64).await;
        let wall = load(&service, full, &mut open, 1, None).await.wall;
        let rate = SCANS as f64 / wall.as_secs_f64() / 2.0;
        let scans = (rate * PACED_SECONDS) as usize;
        let paced: Vec<_> = phones.iter_mut().take(scans).map(single).collect();
        // Connections that wait while codes are made would be closed.
        let mut open = connect(&service, 64).await;
        let load = load(&service, paced, &mut open, 1, Some(rate)).await;
        println!(
            "{rate:.0} scans/s: p50 {:.2} ms, p99 {:.2} ms, slowest {:.2} ms",
            ms(quantile(&load.latencies, 0.5)),
            ms(quantile(&load.latencies, 0.99)),
            ms(quantile(&load.latencies, 1.0)),
        );
        all.extend(load.latencies);
    }
    all.sort();
    println!(
        "all rounds: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
        ms(quantile(&all, 0.5)),
        ms(quantile(&all, 0.99)),
        ms(quantile(&all, 0.999)),
    );
    println!("memory at the end {:.0} MB", service.resident_mb());
    drop(service);
    let _ = std::fs::remove_dir_all(&place);
}

/// Long work says what it does, beside the table.
#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text} …");
}
