//! The service's state, its start and its end.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use szid_protocol::error::EncodeError;
use szid_protocol::key::{KeyId, PublicKey};
use szid_protocol::reason::{Reason, Text};
use szid_protocol::scene::ScenePolicy;
use szid_protocol::told::{Particulars, Tell, Told, catalogue};
use szid_protocol::trust::VerifiedTrustList;
use szid_register::entropy::Entropy;
use szid_register::key_file::KeyFileError;
use szid_register::master_key::MasterKey;
use szid_register::private_folder;
use szid_register::register_key::RegisterKey;
use szid_register::unlock;
use szid_register::{Mode, Options, Register, Store, StoreError};
use szid_verifier::{BoundedPassCache, VerifierError};

use crate::access::{CodeRates, KnownDevices, Sessions};
use crate::attesters::{self, Attester, MOCK_ATTESTER};
use crate::clock::Clock;
use crate::clock_guard::Known;
use crate::clock_watch::ClockWatch;
use crate::consents::ConsentDesk;
use crate::health::{Condition, Health};
use crate::issuance::nonces::Nonces;
use crate::keys::{ReplacedKey, ServiceKeys, status_prefix};
use crate::levels::Levels;
use crate::limits::Limits;
use crate::low_water::LowWater;
use crate::metrics::Metrics;
use crate::numbers::NumberDesk;
use crate::publication::{ScenePublication, StatusBoard, StatusLists, TrustPublication};
use crate::scans::ScansInFlight;
use crate::tasks::Tasks;
use crate::unreadable::UnreadableScans;
use crate::visits::VisitDesk;
use crate::witness::{self, Witness, WitnessError, WitnessKeeper};
use crate::{health_checks, housekeeping, low_water, unreadable};

/// An entry takes about 600 bytes.
const REMEMBERED_PASSES: usize = 50_000;

/// What a service is started with.
pub struct ServiceParts {
    /// The base URL, which is also the credential issuer identifier; no trailing slash.
    pub base_url: String,
    /// The folder of the register.
    pub data_dir: PathBuf,
    /// Where the register's witness lies: not in the data folder, and not in a copy of it.
    pub witness: Witness,
    /// Takes fictional documents, and only those.
    pub demo_mode: bool,
    /// The root keys that may have signed the trust list.
    pub roots: Vec<PublicKey>,
    /// The trust list, made offline.
    pub trust_list: Vec<u8>,
    /// The scenes.
    pub scenes: Vec<ScenePolicy>,
    /// The level policy as the root signed it; the bundled one without.
    pub levels: Option<Vec<u8>>,
    /// The signing keys.
    pub keys: ServiceKeys,
    /// Keys that were replaced and that, by what lies beside the signing keys, trust lists still name.
    pub replaced_keys: Vec<ReplacedKey>,
    /// The key that wraps the register's data secret.
    pub master_key: MasterKey,
    /// Who may say where wallets' keys lie; at most [`MAX_ATTESTERS`](crate::MAX_ATTESTERS).
    pub attesters: Vec<Attester>,
    /// How many months audit entries are kept; for ever when `None`.
    pub audit_months: Option<u32>,
    /// Whether receipts of gates that do not hold the scanned code are taken: into the audit, and no
    /// citizen's list.
    pub codeless_receipts: bool,
    /// What the service takes on.
    pub limits: Limits,
    /// Where the local socket of the administration lies; none without it.
    pub admin_socket: Option<PathBuf>,
    /// Whether the administration is served on the service's own address as well.
    pub admin_over_http: bool,
    /// How many lines of the log were not written, for the metrics.
    pub log_lines_dropped: Arc<AtomicU64>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl ServiceParts {
    /// The mode that the service runs in.
    pub(crate) fn mode(&self) -> Mode {
        Mode::of_setting(self.demo_mode)
    }

    /// The register's own folder.
    pub(crate) fn register(&self) -> PathBuf {
        self.data_dir.join("register")
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The register cannot be opened.
    #[error("{code} {0}", code = .0.code())]
    Store(#[from] StoreError),
    /// The register is not what its witness says, or there is no witness.
    #[error("{code} {0}", code = .0.code())]
    Witness(#[from] WitnessError),
    /// The trust list that was kept cannot be read.
    #[error(transparent)]
    Kept(#[from] VerifierError),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The trust list is not good, or does not name one of the service's keys for its purpose.
    #[error("the trust list does not serve this service: {0}")]
    Trust(Particulars),
    /// A replaced key lies beside those that sign, and the trust list does not name it any more.
    #[error("the replaced {0} lies in keys_dir, and the trust list names it no more")]
    KeyForgotten(String),
    /// The scenes cannot be signed.
    #[error("the scenes cannot be signed: {0}")]
    Scenes(Particulars),
    /// The level policy is not taken.
    #[error("the level policy is not taken: {0}")]
    Levels(Particulars),
    /// The base URL is not one.
    #[error("base_url is not one")]
    BaseUrl,
    /// Something that was made for demonstrations, or no TLS.
    #[error("not in production (demo_mode = false): {}", .0.en)]
    Production(Text),
    /// Two attesters share a `kid`, one has none, or there are too many.
    #[error("attesters are not told apart, or too many")]
    Attesters,
    /// The administration's socket cannot be served.
    #[error("cannot serve the administration's socket: {0}")]
    AdminSocket(std::io::Error),
    /// The address cannot be served.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

catalogue! { StartError:
    Self::Trust(_) => "START_TRUST", "信任清单不适用于本服务", "请核对 trust_list、roots 与 keys_dir；密钥是从备份放回的，请改为放回较新的密钥，不要为旧密钥签发清单；本机时钟慢的，请先校准；确实需要时用 szid admin trust 签发新清单", "compare trust_list, roots and keys_dir; if keys were put back from a backup, put the newer ones in place instead, and sign no list for the older ones; if this machine's clock is behind, set it; else sign a new list with szid admin trust where it needs one";
    Self::KeyForgotten(_) => "START_KEY_FORGOTTEN", "keys_dir 中有信任清单已不再列出的旧密钥", "密钥目录是从剔除（--forget-previous）之前的备份放回的，请改为放回较新的；没有较新的，用 szid admin keys --forget-previous 再次剔除", "if the folder was put back from before a key was forgotten, put the newer one in place instead; where that is lost, forget the key again with szid admin keys --forget-previous";
    Self::Scenes(_) => "START_SCENES", "无法签发场景规则", "请更正 scenes 指向的文件；不设 scenes 则使用随软件提供的规则", "correct the file that scenes names; without scenes those of the software are used";
    Self::Levels(_) => "START_LEVELS", "级别规则不被接受", "请更正 levels 所指的文件：须由 roots 中的根密钥签署，版本不低于曾生效的；用 szid admin levels 签署更高的版本", "correct the file that levels names: a root of roots has to sign it, with a version that is not lower than before; sign a higher one with szid admin levels";
    Self::BaseUrl => "START_BASE_URL", "base_url 有误", "请写成 http 或 https 地址，不带参数、片段和结尾的斜杠", "write an http or https address without query, fragment or trailing slash";
    Self::Production(_) => "START_PRODUCTION", "正式服务（demo_mode = false）不能这样启动", "请更正该设置；演示请将 demo_mode 设为 true", "correct that setting; for a demonstration set demo_mode to true";
    Self::Attesters => "START_ATTESTERS", "attesters 有误", "每个证明方须有各自的 kid，最多32个", "give each attester a kid of its own; there may be 32";
    Self::AdminSocket(_) => "START_ADMIN_SOCKET", "无法提供管理套接字", "请检查 admin_socket 的目录和权限；另一服务正在使用的，请另设 admin_socket", "check the folder of admin_socket and who may write to it; where another service has it, name another one";
    Self::Io(_) => "START_IO", "无法提供服务", "请检查 listen 和系统资源", "check listen and the system's resources";
}

impl Tell for StartError {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Store(error) => return error.tell(),
            Self::Witness(error) => return error.tell(),
            Self::Key(error) => return error.tell(),
            Self::Kept(error) => return error.tell(),
            Self::Trust(what) | Self::Scenes(what) | Self::Levels(what) => what.zh.clone(),
            Self::Production(what) => what.zh.into(),
            Self::KeyForgotten(what) => what.clone(),
            Self::AdminSocket(error) | Self::Io(error) => error.to_string(),
            Self::BaseUrl | Self::Attesters => String::new(),
        };
        Told::of(self.row(), self, &particulars)
    }
}

/// A running service's state.
pub(crate) struct Service {
    pub(crate) base_url: String,
    pub(crate) demo_mode: bool,
    pub(crate) codeless_receipts: bool,
    roots: Vec<PublicKey>,
    pub(crate) trust: TrustPublication,
    pub(crate) scenes: ScenePublication,
    pub(crate) levels: Levels,
    pub(crate) keys: ServiceKeys,
    pub(crate) pass_kid: KeyId,
    pub(crate) register_key: RegisterKey,
    pub(crate) attesters: Vec<Attester>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clock_watch: ClockWatch,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) witness: WitnessKeeper,
    pub(crate) statuses: Arc<StatusBoard>,
    pub(crate) status_lists: Arc<StatusLists>,
    pub(crate) passes: BoundedPassCache,
    pub(crate) consents: ConsentDesk,
    pub(crate) scans_in_flight: ScansInFlight,
    pub(crate) code_rates: CodeRates,
    pub(crate) unreadable: UnreadableScans,
    pub(crate) numbers: NumberDesk,
    pub(crate) nonces: Nonces,
    /// Verdicts as they are sent to desks.
    pub(crate) visits: VisitDesk<serde_json::Value>,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    pub(crate) devices: KnownDevices,
    pub(crate) sessions: Sessions,
    pub(crate) operator_sessions: Sessions,
    /// Background tasks that have ended and do not run again yet.
    tasks_down: Mutex<usize>,
}

/// A service that answers requests until it is shut down.
pub struct Running {
    local_addr: SocketAddr,
    tasks: Tasks,
    service: Arc<Service>,
}

impl Running {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The register, for the operator's own tasks in the same process.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.service.store)
    }

    /// Puts a new trust list in force, without a restart.
    ///
    /// # Errors
    /// [`StartError::Trust`] for a list that is older, not signed by the root, or does not name the service's
    /// keys: the one before stays in force.
    pub fn replace_trust_list(&self, bytes: &[u8]) -> Result<(), StartError> {
        let service = &self.service;
        let now = service.clock.now();
        let prefix = status_prefix(&service.base_url);
        let replaced = service.trust.replace(bytes, &service.roots, &service.keys, &prefix, now);
        let in_force = service.trust.document().is_some_and(|held| *held.bytes == *bytes);
        service.health.set(Condition::TrustRefused, !in_force);
        replaced?;
        service.scenes.renew(&*service.trusted()?, now)
    }

    /// Tells that the trust list cannot be read where it was laid: the one before stays in force.
    pub fn trust_list_is_unreadable(&self) {
        self.service.health.set(Condition::TrustRefused, true);
    }

    /// One round of the periodic jobs, now and not when their turn comes.
    pub async fn tidy(&self) {
        housekeeping::tidy(&self.service, &self.tasks.stopped()).await;
    }

    /// Takes an operator's word that the clock, which stepped, is right. Answers by how many seconds it had
    /// been off.
    ///
    /// # Errors
    /// [`StoreError`] where the word cannot be kept: it does not count then.
    pub async fn confirm_clock(&self, actor: String) -> Result<i64, StoreError> {
        self.service.confirm_clock(actor).await
    }

    /// Takes no new connection, lets open requests finish, and returns once everything is on disk.
    ///
    /// # Errors
    /// When a part of the service had failed before.
    pub async fn shutdown(mut self) -> std::io::Result<()> {
        self.tasks.stop();
        // Scans that wait for citizens end now: they would outlive the time that open requests have.
        self.service.consents.close();
        self.tasks.ended().await?;
        unreadable::tell(&self.service).await;
        // Nothing is written any more: this is the last head.
        self.service.witness.publish(&self.service).await.map_err(std::io::Error::other)
    }

    /// Signs and publishes the audit's head, now and not when its hour comes; the witness is on the disk
    /// after it.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub async fn publish_audit_head(&self) -> Result<(), WitnessError> {
        self.service.witness.publish(&self.service).await
    }
}

/// Starts the service on a bound socket.
///
/// # Errors
/// [`StartError`]: nothing is served then.
pub async fn start(listener: TcpListener, parts: ServiceParts) -> Result<Running, StartError> {
    let limits = parts.limits.clone();
    let (admin_socket, admin_over_http) = (parts.admin_socket.clone(), parts.admin_over_http);
    let low_water = Arc::new(LowWater::of(&parts));
    let service = Arc::new(prepare(parts).await?);
    let behind_proxy = service.base_url.starts_with("https://") && limits.per_address.is_some();
    service.health.set(Condition::ProxyUnnamed, behind_proxy && limits.proxies.is_empty());
    listener.set_nonblocking(true)?;
    let local_addr = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut tasks = Tasks::new(Arc::clone(&service));
    if let Some(path) = admin_socket {
        tasks.administer(&path, &limits)?;
    }
    let router = crate::http::router(Arc::clone(&service), &limits, admin_over_http);
    tasks.keep_serving("serving", listener, router, &limits);
    tasks.keep_running("housekeeping", housekeeping::run);
    tasks.keep_running("witness", witness::run);
    tasks.keep_running("health_checks", health_checks::run);
    tasks.keep_running("low_water", move |service, stopped| {
        low_water::run(service, Arc::clone(&low_water), stopped)
    });
    Ok(Running { local_addr, tasks, service })
}

pub(crate) async fn prepare(parts: ServiceParts) -> Result<Service, StartError> {
    if !is_base_url(&parts.base_url) {
        return Err(StartError::BaseUrl);
    }
    if !attesters::are_good(&parts.attesters) {
        return Err(StartError::Attesters);
    }
    let mode = parts.mode();
    if mode == Mode::Production {
        check_production(&parts)?;
    }
    let now = parts.clock.now();
    // The register and its lock come first: nothing is written to a folder that holds none, such as a disk
    // that is not mounted, and another service on this folder keeps its trust list as it is.
    let options = Options { audit_months: parts.audit_months };
    private_folder::warn_where_open(&parts.register());
    let store = Register::open_with(&parts.register(), &*parts.entropy, options)?;
    // Before anything is written by this start's clock.
    let last = store.checked_time().await?;
    let settled = store.settled_time().await?;
    let receipt = Arc::clone(&parts.keys.receipt);
    let witness = WitnessKeeper::open(parts.witness.clone(), &store, receipt, now).await?;
    let register_key = unlock(&store, &parts.master_key, mode, now, &*parts.entropy).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let ServiceParts { keys, roots, .. } = parts;
    let pass_key = keys.pass.public_key();
    let trust = TrustPublication::open(roots.clone(), &parts.data_dir)?;
    if let Some(witnessed) = witness.trust_list()? {
        trust.take_up(&witnessed);
    }
    let prefix = status_prefix(&parts.base_url);
    let is_laid = trust.begin(&parts.trust_list, &roots, &keys, &prefix, now)?;
    let list = trust.current().map_err(|reason| StartError::Trust(reason.into()))?;
    check_replaced(&parts.replaced_keys, &list, now)?;
    let pass_kid = pass_key.key_id().map_err(|_| StartError::Trust(EncodeError::Key.into()))?;
    let scenes = ScenePublication::new(parts.scenes, Arc::clone(&keys.scenes), &list, now)?;
    let levels = Levels::open(parts.levels.as_deref(), &roots, &parts.data_dir)?;
    let statuses = StatusBoard::default();
    statuses.apply(&store.statuses().await?);
    let known = Known { last, settled, signed: list.issued_at() };
    let clock_watch = ClockWatch::start(&*parts.clock, known);
    let status_lists = StatusLists::new(prefix, Arc::clone(&keys.status));
    let nonces = Nonces::new(&*parts.entropy).map_err(StoreError::from)?;
    let service = Service {
        base_url: parts.base_url,
        demo_mode: parts.demo_mode,
        codeless_receipts: parts.codeless_receipts,
        roots,
        trust,
        scenes,
        levels,
        keys,
        pass_kid,
        register_key,
        attesters: parts.attesters,
        clock: parts.clock,
        clock_watch,
        entropy: parts.entropy,
        store,
        witness,
        statuses: Arc::new(statuses),
        status_lists: Arc::new(status_lists),
        passes: BoundedPassCache::new(REMEMBERED_PASSES),
        consents: ConsentDesk::default(),
        scans_in_flight: ScansInFlight::default(),
        code_rates: CodeRates::new(parts.limits.codes_per_credential),
        unreadable: UnreadableScans::default(),
        numbers: NumberDesk::default(),
        nonces,
        visits: VisitDesk::default(),
        metrics: Metrics::new(parts.log_lines_dropped),
        health: Health::default(),
        devices: KnownDevices::default(),
        sessions: Sessions::default(),
        operator_sessions: Sessions::default(),
        tasks_down: Mutex::default(),
    };
    if !is_laid {
        tracing::error!(
            "the trust list laid in its place is refused, and the one before stays in force"
        );
    }
    service.health.set(Condition::TrustRefused, !is_laid);
    service.look_at_clock();
    Ok(service)
}

/// Refuses keys that were put back from before one of them was forgotten: the next list would name it again.
fn check_replaced(
    replaced: &[ReplacedKey],
    list: &VerifiedTrustList,
    now: u64,
) -> Result<(), StartError> {
    let mut needed = replaced.iter().filter(|replaced| replaced.until > now);
    let Some(forgotten) = needed.find(|replaced| replaced.is_forgotten_by(list)) else {
        return Ok(());
    };
    let id = forgotten.key.key_id().map_err(|_| StartError::Trust(EncodeError::Key.into()))?;
    Err(StartError::KeyForgotten(format!("{:?} key {id:?}", forgotten.purpose)))
}

/// Refuses what belongs to demonstrations, and citizens' secrets on an open wire.
fn check_production(parts: &ServiceParts) -> Result<(), StartError> {
    if !parts.base_url.starts_with("https://") {
        return Err(StartError::Production(Text {
            zh: "base_url 须以 https:// 开头",
            en: "base_url must begin with https://",
        }));
    }
    if parts.attesters.iter().any(|attester| attester.kid == MOCK_ATTESTER) {
        return Err(StartError::Production(Text {
            zh: "请去掉模拟的证明方",
            en: "a mock attester attests nothing: take it out",
        }));
    }
    Ok(())
}

/// Whether a service can be served under a URL: http or https, without query, fragment or trailing slash.
pub fn is_base_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.ends_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>".contains(&byte))
    })
}

impl Service {
    pub(crate) fn task_is_down(&self, down: bool) {
        let mut count = self.tasks_down.lock().unwrap_or_else(PoisonError::into_inner);
        *count = if down { *count + 1 } else { count.saturating_sub(1) };
        self.health.set(Condition::TaskEnded, *count > 0);
    }

    /// The trust list in force.
    pub(crate) fn trusted(&self) -> Result<Arc<VerifiedTrustList>, StartError> {
        self.trust.current().map_err(|reason: Reason| StartError::Trust(reason.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::is_base_url;

    #[test]
    fn base_urls_are_plain() {
        for good in ["https://id.example.cn", "http://127.0.0.1:8080", "https://example.cn/szid"] {
            assert!(is_base_url(good), "{good}");
        }
        for bad in ["", "id.example.cn", "https://", "https://a/", "https://a?b", "https://u@a"] {
            assert!(!is_base_url(bad), "{bad}");
        }
    }
}
