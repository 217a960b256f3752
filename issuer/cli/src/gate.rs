//! `szid gate`: the gate as a process of its own.

mod config;
#[cfg(unix)]
mod device;
mod input;
mod tasks;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use config::Config;
use input::{Reader, Source};
use szid_gate::{
    Gate, GateError, GateParts, Ports, ServiceClient, SetupError, Turnstile, Webhook, http, sync,
    upload,
};
use szid_issuer::given::GivenFault;
use szid_issuer::keys::FileSigner;
use szid_issuer::serve_locally;
use szid_register::entropy::SystemEntropy;
use tasks::Tasks;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::log::{Log, LogFormat};
use crate::output::LossyOutput;
use crate::{Failure, make_key_files, read_file, read_public_key, say, system};

/// Verdicts of `--input` that may wait for their reader: an old one is of no use.
const VERDICTS: usize = 64;
/// Connections of programs on this machine at once: a console and a few programs. Descriptors must be left for the service, the
/// store and the scanner.
const CONNECTIONS: usize = 64;
/// How long the end of the process waits for what is being written to the disk.
const LAST_WORK: Duration = Duration::from_secs(5);

/// 在场所扫码设备旁核验市民码，断网也可用 · Verify citizen codes beside a venue's scanner, with or without the service
///
/// 联网时下载各清单；断电后仍记得已使用的码；每次核验的签名回执保留到服务收到为止。
/// 本机程序调用 POST /v1/scans；逐行输出的扫码设备用 --input 读取。
/// --input 的核验结果写到标准输出，日志写到标准错误；任一读取方都可以退出。
/// 扫码设备拔出后继续等待并自动重新打开；文件或标准输入结束时，闸机程序结束。
/// 退出码：0 已停止，1 无法继续，2 配置有误。
///
/// It fetches the city's lists when it can, remembers used codes over power cuts, and keeps a signed receipt of every
/// verdict until the service has it. Programs on this machine ask POST /v1/scans; a scanner that sends lines is read with
/// --input. Verdicts of --input go to standard output, logs to standard error; a reader of either may go away.
/// A scanner that is unplugged is waited for and opened again; at the end of a file, or of standard input, the gate ends.
/// Exit code: 0 stopped, 1 it cannot go on, 2 the configuration is wrong.
///
/// 示例 · Example:
///   szid gate --make-key gate-1.pem           and register gate-1.spki: szid admin gate --help
///   szid gate --print-example > gate.toml
///   SZID_CREDENTIAL=... szid gate --config gate.toml --input /dev/ttyACM0
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// 配置文件 · The configuration.
    #[arg(long, env = "SZID_GATE_CONFIG", value_name = "FILE", default_value = "gate.toml")]
    config: PathBuf,
    /// 监听地址，代替配置中的 `listen` · Where to listen, in place of the configuration's `listen`.
    #[arg(long, env = "SZID_GATE_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// 从串口设备逐行读取；`-` 表示标准输入 · Read codes from a serial device, line by line, or from standard input with `-`.
    #[arg(long, value_name = "PATH")]
    input: Option<PathBuf>,
    /// 每次 --input 核验后运行的命令：第一个参数为原因代码，核验结果从其标准输入读取；扫码已逾5秒的不再运行 · A command to run with each verdict of
    /// --input: its first argument is the reason, the verdict is on its standard input; it is not run for a scan of more than 5 s ago.
    #[arg(long, value_name = "COMMAND", requires = "input")]
    exec: Option<String>,
    /// 生成签署回执的密钥，另在旁边写出公钥（.spki），随后结束 · Make the key that signs receipts in FILE, and its public half beside
    /// it with the ending spki; then end.
    #[arg(long, value_name = "FILE")]
    make_key: Option<PathBuf>,
    /// 输出逐项说明的示例配置，随后结束 · Print a configuration with every setting explained, and end.
    #[arg(long)]
    print_example: bool,
}

struct System;

impl Ports for System {
    fn now(&self) -> u64 {
        system::now()
    }

    fn random(&self) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        szid_register::entropy::Entropy::fill(&SystemEntropy, &mut bytes).ok()?;
        Some(bytes)
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.print_example {
        say::text(format_args!("{}", config::EXAMPLE));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &args.make_key {
        say!("{}", make_key_files(path)?.display());
        return Ok(ExitCode::SUCCESS);
    }
    let mut config = Config::read(&args.config)?;
    if let Some(listen) = &args.listen {
        config.listen.clone_from(listen);
    }
    let _log = Log::start(&config.log, LogFormat::Text)?;
    let credential = std::env::var("SZID_CREDENTIAL").ok();
    let credential = credential.filter(|credential| !credential.trim().is_empty());
    let credential = credential.ok_or_else(|| {
        Failure::given(&GivenFault::CredentialUnset(args.config.display().to_string()))
    })?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::system)?;
    let served = runtime.block_on(serve(config, &credential, args));
    runtime.shutdown_timeout(LAST_WORK);
    served
}

async fn serve(config: Config, credential: &str, args: &Args) -> Result<ExitCode, Failure> {
    let client = ServiceClient::new(&config.service, credential).map_err(unusable)?;
    let client = Arc::new(client);
    let turnstile = args.exec.as_deref().map(Turnstile::find).transpose().map_err(unusable)?;
    let listen = &config.listen;
    let address: std::net::SocketAddr =
        listen.parse().map_err(|_| Failure::given(&GivenFault::ListenAddress(listen.clone())))?;
    if !address.ip().is_loopback() {
        return Err(Failure::given(&GivenFault::NotLoopback(listen.clone())));
    }
    let source = args.input.as_deref().map(Source::named).transpose()?;
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener = listener.map_err(|error| Failure::unlistened(&config.listen, &error))?;
    let mut parts = parts(&config)?;
    let (notifier, telling) = webhook(&config)?.map(Webhook::start).unzip();
    parts.notifier = notifier;
    let gate = Arc::new(Gate::open(parts).map_err(|error| unopened(error, &config.data_dir))?);
    let local = listener.local_addr().map_err(Failure::system)?;
    tracing::info!(address = %local, queued = gate.state().queued, "the gate is open");
    let mut tasks = Tasks::new(Arc::clone(&gate));
    let parts = (Arc::clone(&gate), Arc::clone(&client));
    tasks.keep_running("sync", move || sync::run(Arc::clone(&parts.0), Arc::clone(&parts.1)));
    let parts = (Arc::clone(&gate), client);
    tasks.keep_running("upload", move || upload::run(Arc::clone(&parts.0), Arc::clone(&parts.1)));
    if let Some(telling) = telling.map(Arc::new) {
        tasks.keep_running("webhook", move || {
            let telling = Arc::clone(&telling);
            async move { telling.run(system::now).await }
        });
    }
    let mut stop = tasks.stopped();
    let stopping = async move { _ = stop.wait_for(|stop| *stop).await };
    let router = http::router(Arc::clone(&gate));
    // Dropped once it ends, whatever ends it.
    let (serves, end_of_serving) = oneshot::channel::<()>();
    tasks.start(async {
        serve_locally(listener, router, CONNECTIONS, stopping).await;
        drop(serves);
    });
    let output = LossyOutput::start("szid-verdicts", VERDICTS, io::stdout());
    let output = output.map_err(Failure::system)?;
    let (reads, end_of_input) = oneshot::channel();
    let endless = match source {
        None => Some(reads),
        Some(source) => {
            let (gate, output) = (Arc::clone(&gate), output.clone());
            let reader = Reader { gate, output, turnstile, stopped: tasks.stopped() };
            if source.ends() {
                tasks.start(async { _ = reads.send(reader.read(source).await) });
                None
            } else {
                tasks.keep_until_done("input", move || {
                    let reading = reader.clone().read(source.clone());
                    async { _ = reading.await }
                });
                Some(reads)
            }
        }
    };
    let ended = tokio::select! {
        () = stopped() => Ok(()),
        read = end_of_input => read.map_err(io::Error::other).flatten(),
        served = end_of_serving => served.map_err(io::Error::other),
    };
    drop(endless);
    tasks.end().await;
    output.finish();
    tracing::info!(
        queued = gate.state().queued,
        "the gate is closed; receipts wait for the next start"
    );
    ended.map(|()| ExitCode::SUCCESS).map_err(Failure::system)
}

fn webhook(config: &Config) -> Result<Option<Webhook>, Failure> {
    let Some(url) = &config.webhook else { return Ok(None) };
    let secret = config.webhook_secret.as_ref().map(|path| read_file(path)).transpose()?;
    let secret = Zeroizing::new(secret.unwrap_or_default());
    let text = std::str::from_utf8(&secret).map_err(Failure::unusable)?;
    let secret = config.webhook_secret.is_some().then_some(text);
    Webhook::new(url, secret)
        .map(Some)
        .map_err(|error| Failure::usage(format_args!("webhook 设置有误：{error}"), &error))
}

/// What it was given cannot be right.
fn unusable(error: SetupError) -> Failure {
    Failure::told(error).with_exit(2)
}

/// Why a gate does not open.
fn unopened(error: GateError, folder: &Path) -> Failure {
    match error {
        GateError::Verifier(error) => Failure::told(error).at(folder),
        GateError::Queue(error) => {
            let advice = error.advice();
            Failure::failed(advice.zh, format_args!("{error}: {}", advice.en))
        }
        other => Failure::system(other),
    }
}

fn parts(config: &Config) -> Result<GateParts, Failure> {
    Ok(GateParts {
        folder: config.data_dir.clone(),
        roots: config.roots.iter().map(|path| read_public_key(path)).collect::<Result<_, _>>()?,
        venue: config.venue.clone(),
        device: config.device.clone(),
        scene: config.scene,
        signer: Arc::new(
            FileSigner::read(&config.key)
                .map_err(|error| Failure::told(error).at(&config.key).with_exit(2))?,
        ),
        scanner: config.scanner(),
        used_codes: config.used_codes,
        notifier: None,
        ports: Arc::new(System),
    })
}

async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminated) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = interrupted.await;
}
