//! A server on this very machine that answers in known ways, well-behaved and not, and remembers what it was
//! asked.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The longest request that is read, bytes.
const MAX_REQUEST: u64 = 256 * 1024;
/// The longest that a client is waited for, and the longest that one is kept waiting.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between two bytes of a server that drips.
const DRIP: Duration = Duration::from_millis(50);
/// What a server pours out whose answer has no end, bytes: more than the buffers on the way take.
pub(super) const POUR: u64 = 16 * 1024 * 1024;
/// The pause after each chunk: some clients hear of what came a moment later, and stop then.
const POUR_PAUSE: Duration = Duration::from_millis(1);

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    /// All values under this name, in whichever case it came.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let same = self.headers.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }
}

/// What a server does with a request.
pub(super) enum Answer {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then one that comes again and again, a little later each time.
    Drip(Vec<u8>, u8),
    /// These bytes, then chunks as long as somebody takes them, up to [`POUR`].
    Pour(Vec<u8>),
    /// Nothing, and the connection stays open.
    Silence,
}

/// The server. It ends with this value.
pub(super) struct Loopback {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: fn(&Seen, usize) -> Answer,
    seen: Mutex<Vec<Seen>>,
    poured: AtomicU64,
    ended: AtomicBool,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loopback {
    /// Starts a server that answers a request by this function, which is told how many came before.
    pub(super) fn start(answer: fn(&Seen, usize) -> Answer) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            answer,
            seen: Mutex::default(),
            poured: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.ended.load(SeqCst) {
                    break;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&serving)) else { continue };
                // One that a client ends before its time is no fault of the server's.
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Ok(Self { address, shared })
    }

    /// The address of something here.
    pub(super) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// What was asked for under this path, in order.
    pub(super) fn seen(&self, path: &str) -> Vec<Seen> {
        let is_it = |seen: &&Seen| seen.target.split('?').next() == Some(path);
        self.shared.seen().iter().filter(is_it).cloned().collect()
    }

    /// How many requests came in all.
    pub(super) fn count(&self) -> usize {
        self.shared.seen().len()
    }

    /// Bytes that were taken of answers without an end.
    pub(super) fn poured(&self) -> u64 {
        self.shared.poured.load(SeqCst)
    }

    /// An address at which nobody listens.
    pub(super) fn nobody() -> Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(format!("http://{}/", listener.local_addr()?))
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, shared: &Shared) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let Some(seen) = read(stream)? else { return Ok(()) };
    let before = {
        let mut held = shared.seen();
        held.push(seen.clone());
        held.iter().filter(|other| other.target == seen.target).count() - 1
    };
    let mut out = stream;
    match (shared.answer)(&seen, before) {
        Answer::Bytes(bytes) => out.write_all(&bytes),
        Answer::Drip(first, byte) => {
            out.write_all(&first)?;
            waiting(shared, || out.write_all(&[byte]))
        }
        Answer::Pour(first) => {
            out.write_all(&first)?;
            let chunk = chunk(&[b'x'; 16 * 1024]);
            while shared.poured.load(SeqCst) < POUR && !shared.ended.load(SeqCst) {
                out.write_all(&chunk)?;
                shared.poured.fetch_add(chunk.len() as u64, SeqCst);
                thread::sleep(POUR_PAUSE);
            }
            Ok(())
        }
        Answer::Silence => waiting(shared, || Ok(())),
    }
}

/// Does something again and again for as long as a client is kept waiting.
fn waiting(shared: &Shared, mut each: impl FnMut() -> Result<()>) -> Result<()> {
    for _ in 0..PATIENCE.as_millis() / DRIP.as_millis() {
        if shared.ended.load(SeqCst) {
            break;
        }
        each()?;
        thread::sleep(DRIP);
    }
    Ok(())
}

/// One chunk of an answer that says its length bit by bit (RFC 9112, section 7.1).
pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// A request whose body, if it has one, comes with its length; nothing where no whole one came.
fn read(stream: &TcpStream) -> Result<Option<Seen>> {
    let mut lines = BufReader::new(stream.take(MAX_REQUEST));
    let line = |lines: &mut BufReader<_>| -> Result<String> {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    };
    let first = line(&mut lines)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let line = line(&mut lines)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut seen = Seen { method, target, headers, body: Vec::new() };
    let length = seen.header("content-length").first().and_then(|length| length.parse().ok());
    let length = usize::try_from(length.unwrap_or(0).min(MAX_REQUEST)).unwrap_or(0);
    seen.body.resize(length, 0);
    lines.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}
