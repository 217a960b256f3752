//! Codes without a border, for the benchmarks of the bindings: the same library, called from Rust.
//!
//!     codes-in-rust FOLDER ROOT_KEY_FILE OFFER TX_CODE
//!
//! Enrols a wallet in the folder, then does what each line of its standard input says, and answers each with
//! a line: the nanoseconds of a processor that one code took, whatever other programs took of it meanwhile.
//! From the enrolment on the key store answers at once, with a signature that is none.
//!
//! | line | draws so many codes by |
//! |---|---|
//! | `core N` | the wallet's own call, which answers with digits and modules |
//! | `border N` | the call that shells make, without leaving Rust: the same, as the record that crosses |
#![allow(clippy::print_stdout, reason = "a program for a pipe")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use szid_protocol::crypto::Signature;
use szid_protocol::key::PublicKey;
use szid_wallet::software::{MockSealingKey, SoftwareDeviceKeys, SystemClock, SystemEntropy};
use szid_wallet::{
    DeviceKeys as _, Http, HttpAnswer, HttpError, HttpFuture, HttpMethod, HttpRequest, KeyError,
    KeyPolicy, PresentationOptions, SealingKey as _, WalletOptions, WalletParts,
};
use zeroize::Zeroizing;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, root, offer, tx_code] = arguments.as_slice() else {
        return Err("codes-in-rust FOLDER ROOT_KEY_FILE OFFER TX_CODE".into());
    };
    let (folder, root) = (Path::new(folder), fs::read(root)?);
    let keys = Arc::new(BenchKeys::new());
    let sealing = Arc::new(MockSealingKey::default());

    let (for_core, for_border) = (folder.join("core"), folder.join("border"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(open(&for_core, &root, &keys, &sealing)?.enrol(offer, tx_code))?;
    keys.answers_at_once.store(true, Ordering::Relaxed);
    // The same passes twice, as one wallet is open per folder.
    copy_folder(&for_core, &for_border)?;
    let core = open(&for_core, &root, &keys, &sealing)?;
    let border = szid_ffi::Wallet::open(
        shell_config(&for_border, &root),
        Arc::new(ShellKeys(Arc::clone(&keys))),
        Arc::new(ShellSealing(sealing)),
        None,
        Some(Arc::new(NoHttp)),
        None,
        None,
    )?;

    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (way, number) = line.split_once(' ').ok_or("a way and a number")?;
        let number: u32 = number.parse()?;
        let begun = processor_time();
        for _ in 0..number {
            match way {
                "core" => {
                    let code = core.present(&core.app_opened(), &PresentationOptions::default())?;
                    std::hint::black_box(code.qr.modules.len());
                }
                "border" => {
                    let code = border.code(border.app_opened(), None)?;
                    std::hint::black_box(code.digits.len());
                }
                _ => return Err("core or border".into()),
            }
        }
        println!("{}", (processor_time() - begun) / u64::from(number.max(1)));
    }
    Ok(())
}

/// Nanoseconds that this thread had of a processor.
fn processor_time() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(now.tv_sec * 1_000_000_000 + now.tv_nsec).unwrap_or(0)
}

fn open(
    folder: &Path,
    root: &[u8],
    keys: &Arc<BenchKeys>,
    sealing: &Arc<MockSealingKey>,
) -> Outcome<szid_wallet::Wallet> {
    let config = szid_wallet::WalletConfig {
        path: PathBuf::from(folder),
        roots: vec![PublicKey::from_spki_der(root).map_err(|_| "not a root key")?],
        days_ahead: 6,
        device_name: "measured".into(),
    };
    let parts = WalletParts {
        keys: Arc::clone(keys) as _,
        attester: None,
        prompt: None,
        sealing: Arc::clone(sealing) as _,
        http: Arc::new(PlainHttp),
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(SystemEntropy),
    };
    let options = WalletOptions { demo_mode: true, ..WalletOptions::default() };
    Ok(szid_wallet::Wallet::open_with(config, options, parts)?)
}

fn shell_config(folder: &Path, root: &[u8]) -> szid_ffi::WalletConfig {
    szid_ffi::WalletConfig {
        folder: folder.display().to_string(),
        root_keys: vec![root.to_vec()],
        days_ahead: 6,
        demo_mode: true,
        device_name: "measured".into(),
        boot: None,
        unlock_policy: None,
        key_policy: None,
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let into = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &into)?;
        } else {
            fs::copy(entry.path(), into)?;
        }
    }
    Ok(())
}

/// A software key store that stops signing, so that its time is left out.
struct BenchKeys {
    keys: SoftwareDeviceKeys,
    answers_at_once: AtomicBool,
}

impl BenchKeys {
    fn new() -> Self {
        Self {
            keys: SoftwareDeviceKeys::new(Arc::new(SystemEntropy)),
            answers_at_once: AtomicBool::new(false),
        }
    }
}

impl szid_wallet::DeviceKeys for BenchKeys {
    fn create(&self, handle: &str, policy: KeyPolicy) -> Result<PublicKey, KeyError> {
        self.keys.create(handle, policy)
    }

    fn public_key(&self, handle: &str) -> Result<PublicKey, KeyError> {
        self.keys.public_key(handle)
    }

    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError> {
        if self.answers_at_once.load(Ordering::Relaxed) {
            return Ok([1; 64]);
        }
        self.keys.sign(handle, message)
    }

    fn delete(&self, handle: &str) -> Result<(), KeyError> {
        self.keys.delete(handle)
    }
}

/// The same key store as a shell's.
struct ShellKeys(Arc<BenchKeys>);

impl szid_ffi::DeviceKeys for ShellKeys {
    fn create(
        &self,
        handle: String,
        _policy: szid_ffi::KeyPolicy,
    ) -> Result<Vec<u8>, szid_ffi::KeyPortError> {
        let made = self.0.create(&handle, KeyPolicy::DeviceUnlocked);
        made.ok().and_then(|key| key.to_spki_der().ok()).ok_or(szid_ffi::KeyPortError::Unavailable)
    }

    fn public_key(&self, handle: String) -> Result<Vec<u8>, szid_ffi::KeyPortError> {
        let key = self.0.public_key(&handle);
        key.ok().and_then(|key| key.to_spki_der().ok()).ok_or(szid_ffi::KeyPortError::Lost)
    }

    fn sign(&self, handle: String, message: Vec<u8>) -> Result<Vec<u8>, szid_ffi::KeyPortError> {
        let signature = self.0.sign(&handle, &message);
        signature.map(|bytes| bytes.to_vec()).map_err(|_| szid_ffi::KeyPortError::Unavailable)
    }

    fn delete(&self, handle: String) -> Result<bool, szid_ffi::KeyPortError> {
        self.0.delete(&handle).map(|()| true).map_err(|_| szid_ffi::KeyPortError::Unavailable)
    }
}

/// The same sealing key as a shell's.
struct ShellSealing(Arc<MockSealingKey>);

impl szid_ffi::SealingKey for ShellSealing {
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, szid_ffi::SealingPortError> {
        self.0.wrap(&plain).map_err(|_| szid_ffi::SealingPortError::Unavailable)
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, szid_ffi::SealingPortError> {
        let plain = self.0.unwrap(&wrapped);
        plain.map(|bytes| bytes.to_vec()).map_err(|_| szid_ffi::SealingPortError::Rejected)
    }

    fn destroy_key(&self) -> Result<bool, szid_ffi::SealingPortError> {
        self.0.destroy().map(|()| true).map_err(|_| szid_ffi::SealingPortError::Unavailable)
    }
}

/// Codes need no service.
struct NoHttp;

impl szid_ffi::Http for NoHttp {
    fn send(
        &self,
        _request: szid_ffi::HttpRequest,
    ) -> Result<szid_ffi::HttpAnswer, szid_ffi::HttpPortError> {
        Err(szid_ffi::HttpPortError::Unreachable)
    }
}

/// HTTP to this very machine, without TLS: enough for a throw-away city.
struct PlainHttp;

impl Http for PlainHttp {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move { exchange(&request).map_err(|_| HttpError::Unreachable) })
    }
}

fn exchange(request: &HttpRequest) -> Outcome<HttpAnswer> {
    let (host, path) = request
        .url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or("not an address of this machine")?;
    let method = match request.method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
    };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(request.timeout))?;
    write!(stream, "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n")?;
    for (name, value) in &request.headers {
        write!(stream, "{name}: {}\r\n", value.as_str())?;
    }
    write!(stream, "content-length: {}\r\n\r\n", request.body.len())?;
    stream.write_all(&request.body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no end of the head")?;
    let head = std::str::from_utf8(&answer[..end])?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(HttpAnswer { status, body: Zeroizing::new(answer[end + 4..].to_vec()) })
}
