//! `szid serve`: the issuer service as a process of its own.

mod config;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use config::AttesterConfig;
pub(crate) use config::Config;
use szid_identity::connectors::{ConnectorSetting, Guarded, Surroundings};
use szid_issuer::clock::SystemClock;
use szid_issuer::witness::Witness;
use szid_issuer::{Attester, Running, ServiceParts, start};
use szid_protocol::level::KeyProtection;
use szid_register::Mode;
use szid_register::entropy::SystemEntropy;

use crate::admin::{
    KeysInUse, check_keys_mode, naming_kept_of, read_master_key, read_replaced_keys,
    read_service_keys,
};
use crate::log::Log;
use crate::{Failure, read_file, read_public_key, say};

/// How often the trust list's file is looked at.
const TRUST_CHECK: Duration = Duration::from_secs(30);
/// Threads for long look-ups and batches; more would only wait for the same cores.
const BLOCKING_THREADS: usize = 64;

/// 运行签发服务：申领、签发、签名文件、扫码核验 · Run the issuer service: enrolment, issuance, signed documents, scans
///
/// 所需文件由 `szid admin` 生成。收到 Ctrl-C 或 SIGTERM 后，答复完已有请求即停止；
/// 新的信任清单在30秒内或收到 SIGHUP 时读入。日志写到标准错误。
/// 退出码：0 已停止，1 无法继续，2 配置有误。
///
/// What it needs is made by `szid admin`. It stops on Ctrl-C or SIGTERM once open requests are answered, and reads a new
/// trust list within 30 seconds or on SIGHUP. Logs go to standard error.
/// Exit code: 0 stopped, 1 it cannot go on, 2 the configuration is wrong.
///
/// 示例 · Example:
///   szid serve --print-example > szid.toml
///   szid serve --config szid.toml
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// 配置文件 · The configuration.
    #[arg(long, env = "SZID_CONFIG", value_name = "FILE", default_value = "szid.toml")]
    config: PathBuf,
    /// 监听地址，代替配置中的 `listen` · Where to listen, in place of the configuration's `listen`.
    #[arg(long, env = "SZID_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// 代替配置中的 `base_url` · In place of the configuration's `base_url`.
    #[arg(long, env = "SZID_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
    /// 代替配置中的 `data_dir` · In place of the configuration's `data_dir`.
    #[arg(long, env = "SZID_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// 代替配置中的 `witness` · In place of the configuration's `witness`.
    #[arg(long, env = "SZID_WITNESS", value_name = "DIR")]
    witness: Option<PathBuf>,
    /// 代替配置中的 `log` · In place of the configuration's `log`.
    #[arg(long, env = "SZID_LOG", value_name = "LEVEL")]
    log: Option<String>,
    /// 输出逐项说明的示例配置，随后结束 · Print a configuration with every setting explained, and end.
    #[arg(long)]
    print_example: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.print_example {
        say::text(format_args!("{}", config::EXAMPLE));
        return Ok(ExitCode::SUCCESS);
    }
    let mut config = Config::read(&args.config)?;
    if let Some(listen) = &args.listen {
        config.listen.clone_from(listen);
    }
    if let Some(base_url) = &args.base_url {
        config.base_url.clone_from(base_url);
    }
    if let Some(data_dir) = &args.data_dir {
        config.data_dir.clone_from(data_dir);
    }
    if let Some(witness) = &args.witness {
        config.witness = Some(witness.clone());
    }
    if let Some(log) = &args.log {
        config.log.clone_from(log);
    }
    let log = Log::start(&config.log, config.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(Failure::system)?;
    runtime.block_on(serve(config, &log))
}

async fn serve(config: Config, log: &Log) -> Result<ExitCode, Failure> {
    let listener = TcpListener::bind(&config.listen)
        .map_err(|error| Failure::unlistened(&config.listen, &error))?;
    let trust_file = config.trust_list.clone();
    let (data, keys) = (config.data_dir.clone(), config.keys_dir.clone());
    let parts = parts(config, log)?;
    let base_url = parts.base_url.clone();
    let mut trust = parts.trust_list.clone();
    // Before anything is served: a signal that comes early must not end the process its own way.
    let mut signals = Signals::new()?;
    let service = start(listener, parts).await.map_err(|error| {
        let failure = Failure::told(error).with_exit(2);
        if failure.is("STORE_WRONG_KEY") {
            naming_kept_of(failure, &data, &keys)
        } else if failure.is("START_TRUST") {
            failure.at(&trust_file)
        } else {
            failure
        }
    })?;
    if let Err(error) = KeysInUse::note(&data, &keys) {
        tracing::warn!(%error, "which keys are in use could not be noted in the data folder");
    }
    tracing::info!(address = %service.local_addr(), base_url, "serving");
    loop {
        match signals.next().await {
            Signal::Stop => break,
            Signal::Look => look_at_trust(&service, &trust_file, &mut trust),
        }
    }
    tracing::info!("stopping");
    service.shutdown().await.map_err(Failure::system)?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn parts(config: Config, log: &Log) -> Result<ServiceParts, Failure> {
    let roots = config.roots.iter().map(|path| {
        read_public_key(path).map_err(|failure| match path.exists() {
            true => failure,
            false => failure.with_more(
                "根公钥由 szid admin root 写在其 --out 目录（如 safe/root.spki），须复制到 szid.toml 的 roots 所指之处",
                "szid admin root wrote the root's public key into its --out folder, as safe/root.spki: copy it to where roots in szid.toml has it",
            ),
        })
    });
    let scenes = config.read_scenes()?;
    let attesters = config.attesters.iter().map(attester).collect::<Result<_, _>>()?;
    check_keys_mode(&config.keys_dir, Mode::of_setting(config.demo_mode))?;
    let connectors = connectors(&config)?;
    Ok(ServiceParts {
        roots: roots.collect::<Result<_, _>>()?,
        trust_list: read_file(&config.trust_list)?,
        scenes,
        levels: config.levels.as_deref().map(read_file).transpose()?,
        keys: read_service_keys(&config.keys_dir)?,
        replaced_keys: read_replaced_keys(&config.keys_dir)?,
        master_key: read_master_key(&config.keys_dir)?,
        base_url: config.base_url,
        witness: config.witness.map_or_else(|| Witness::beside(&config.data_dir), Witness::new),
        data_dir: config.data_dir.clone(),
        demo_mode: config.demo_mode,
        attesters,
        connectors,
        audit_months: config.audit_months,
        codeless_receipts: config.codeless_receipts,
        limits: config.limits,
        admin_socket: Some(
            config.admin_socket.unwrap_or_else(|| config.data_dir.join("admin.sock")),
        ),
        admin_over_http: config.admin_over_http,
        log_lines_dropped: log.dropped(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    })
}

fn connectors(config: &Config) -> Result<Vec<Guarded>, Failure> {
    let with = Surroundings {
        folder: &config.folder,
        return_to: format!("{}{}", config.base_url, szid_issuer::PROOF_RETURN),
        demo_mode: config.demo_mode,
        entropy: Arc::new(SystemEntropy),
    };
    let connect = |set: &ConnectorSetting| {
        set.connect(&with).map_err(|fault| Failure::told(fault).with_exit(2))
    };
    config.connectors.iter().map(connect).collect()
}

fn attester(config: &AttesterConfig) -> Result<Attester, Failure> {
    let at_most = KeyProtection::try_from(u64::from(config.at_most)).map_err(|_| {
        Failure::usage(
            format_args!("证明方 {}：at_most 须为1至4", config.kid),
            format_args!("attester {}: at_most goes from 1 to 4", config.kid),
        )
    })?;
    Ok(Attester { kid: config.kid.clone(), key: read_public_key(&config.key)?, at_most })
}

/// Puts a trust list in force that was laid into the file's place.
fn look_at_trust(service: &Running, file: &Path, held: &mut Vec<u8>) {
    let found = match std::fs::read(file) {
        Ok(found) => found,
        Err(error) => {
            service.trust_list_is_unreadable();
            // So that it is looked at again once it is back.
            held.clear();
            return tracing::warn!(%error, "the trust list's file cannot be read");
        }
    };
    if found == *held {
        return;
    }
    match service.replace_trust_list(&found) {
        Ok(()) => tracing::info!("a new trust list is in force"),
        Err(error) => tracing::error!(%error, "the new trust list is refused"),
    }
    // A refused list is not tried again until its file changes.
    *held = found;
}

enum Signal {
    Stop,
    Look,
}

/// What the operator and the clock tell this process.
struct Signals {
    ticks: tokio::time::Interval,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            ticks: tokio::time::interval(TRUST_CHECK),
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate()).map_err(Failure::system)?,
            #[cfg(unix)]
            hang_up: signal(SignalKind::hangup()).map_err(Failure::system)?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Look,
            _ = self.ticks.tick() => Signal::Look,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Signal::Stop,
            _ = self.ticks.tick() => Signal::Look,
        }
    }
}
