//! The service's state, its start and its end.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use szid_identity::connectors::Guarded;
use szid_protocol::error::EncodeError;
use szid_protocol::key::{KeyId, PublicKey};
use szid_protocol::reason::Text;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::trust::VerifiedTrustList;
use szid_register::entropy::Entropy;
use szid_register::master_key::MasterKey;
use szid_register::private_folder;
use szid_register::unlock;
use szid_register::{Mode, Options, Register, Store, StoreError};

use crate::access::{Access, CodeRates, KnownDevices, Sessions};
use crate::accounts::Accounts;
use crate::attesters::{self, Attester, MOCK_ATTESTER};
use crate::clock::Clock;
use crate::clock_guard::Known;
use crate::clock_watch::ClockWatch;
use crate::consents::{ConsentDesk, Consents};
use crate::health::{Condition, Health};
use crate::issuance::Issuance;
use crate::issuance::nonces::Nonces;
use crate::keys::{ReplacedKey, ServiceKeys, status_prefix};
use crate::levels::Levels;
use crate::limits::Limits;
use crate::low_water::LowWater;
use crate::metrics::Metrics;
use crate::numbers::{NumberDesk, Numbers};
use crate::proofs::{Connectors, Proofs};
use crate::publication::{
    Publication, ScenePublication, StatusBoard, StatusLists, TrustPublication,
};
use crate::receipts::Receipts;
use crate::scans::{Scans, ScansInFlight};
use crate::shared::Common;
use crate::start_error::StartError;
use crate::tasks::Tasks;
use crate::unreadable::UnreadableScans;
use crate::verification::Verification;
use crate::visits::{VisitDesk, Visits};
use crate::witness::{self, Witness, WitnessError, WitnessKeeper};
use crate::{health_checks, housekeeping, low_water, unreadable};

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
    /// Parties that prove who somebody is.
    pub connectors: Vec<Guarded>,
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

/// A running service's parts. All of them are known to `http`, to start-up and to the periodic jobs, which
/// hand each flow its own.
pub(crate) struct Service {
    roots: Vec<PublicKey>,
    pub(crate) keys: ServiceKeys,
    pub(crate) witness: WitnessKeeper,
    pub(crate) common: Arc<Common>,
    pub(crate) access: Arc<Access>,
    pub(crate) publication: Arc<Publication>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) levels: Arc<Levels>,
    pub(crate) issuance: Arc<Issuance>,
    pub(crate) consents: Arc<Consents>,
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) scans: Arc<Scans>,
    pub(crate) visits: Visits,
    pub(crate) receipts: Receipts,
    pub(crate) proofs: Proofs,
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
        Arc::clone(&self.service.common.store)
    }

    /// Puts a new trust list in force, without a restart.
    ///
    /// # Errors
    /// [`StartError::Trust`] for a list that is older, not signed by the root, or does not name the service's
    /// keys: the one before stays in force.
    pub fn replace_trust_list(&self, bytes: &[u8]) -> Result<(), StartError> {
        let service = &self.service;
        let now = service.common.clock.now();
        let prefix = status_prefix(&service.common.base_url);
        let replaced =
            service.publication.trust.replace(bytes, &service.roots, &service.keys, &prefix, now);
        let in_force =
            service.publication.trust.document().is_some_and(|held| *held.bytes == *bytes);
        service.common.health.set(Condition::TrustRefused, !in_force);
        replaced?;
        service.publication.scenes.renew(&*service.publication.trusted()?, now)
    }

    /// Tells that the trust list cannot be read where it was laid: the one before stays in force.
    pub fn trust_list_is_unreadable(&self) {
        self.service.common.health.set(Condition::TrustRefused, true);
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
        self.service.common.confirm_clock(actor).await
    }

    /// Takes no new connection, lets open requests finish, and returns once everything is on disk.
    ///
    /// # Errors
    /// When a part of the service had failed before.
    pub async fn shutdown(mut self) -> std::io::Result<()> {
        self.tasks.stop();
        // Scans that wait for citizens end now: they would outlive the time that open requests have.
        self.service.consents.desk.close();
        self.tasks.ended().await?;
        unreadable::tell(&self.service.common, &self.service.scans.unreadable).await;
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
    let behind_proxy =
        service.common.base_url.starts_with("https://") && limits.per_address.is_some();
    service.common.health.set(Condition::ProxyUnnamed, behind_proxy && limits.proxies.is_empty());
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
    let levels = Levels::open(parts.levels.as_deref(), &roots, &parts.data_dir, witness.folder())?;
    levels.tell(&*store, &parts.data_dir, now).await?;
    let connectors = Connectors::new(parts.connectors).ok_or(StartError::Connectors)?;
    let levels = Arc::new(levels.offering(connectors.ways()));
    let statuses = StatusBoard::default();
    statuses.apply(&store.statuses().await?);
    let known = Known { last, settled, signed: list.issued_at() };
    let trust = Arc::new(trust);
    let clock_watch = ClockWatch::start(&*parts.clock, known, Arc::clone(&trust));
    let nonces = Nonces::new(&*parts.entropy).map_err(StoreError::from)?;
    let common = Arc::new(Common {
        base_url: parts.base_url,
        demo_mode: parts.demo_mode,
        store,
        register_key,
        clock: parts.clock,
        clock_watch,
        entropy: parts.entropy,
        metrics: Metrics::new(parts.log_lines_dropped),
        health: Health::default(),
    });
    let publication = Arc::new(Publication {
        trust,
        scenes,
        statuses: Arc::new(statuses),
        status_lists: Arc::new(StatusLists::new(prefix, Arc::clone(&keys.status))),
    });
    let service = hand_out(Opened {
        roots,
        keys,
        witness,
        common,
        publication,
        levels,
        connectors,
        attesters: parts.attesters,
        pass_kid,
        nonces,
        code_rates: CodeRates::new(parts.limits.codes_per_credential),
        codeless_receipts: parts.codeless_receipts,
    });
    if !is_laid {
        tracing::error!(
            "the trust list laid in its place is refused, and the one before stays in force"
        );
    }
    service.common.health.set(Condition::TrustRefused, !is_laid);
    service.common.look_at_clock();
    Ok(service)
}

/// What a start has opened: the parts of each flow are made of it.
struct Opened {
    roots: Vec<PublicKey>,
    keys: ServiceKeys,
    witness: WitnessKeeper,
    common: Arc<Common>,
    publication: Arc<Publication>,
    levels: Arc<Levels>,
    connectors: Connectors,
    attesters: Vec<Attester>,
    pass_kid: KeyId,
    nonces: Nonces,
    code_rates: CodeRates,
    codeless_receipts: bool,
}

/// Hands each flow its parts.
fn hand_out(opened: Opened) -> Service {
    let Opened { keys, common, publication, levels, .. } = opened;
    let access = Arc::new(Access {
        common: Arc::clone(&common),
        devices: KnownDevices::default(),
        sessions: Sessions::default(),
        operator_sessions: Sessions::default(),
        code_rates: opened.code_rates,
    });
    let statuses = Arc::clone(&publication.statuses);
    let accounts = Arc::new(Accounts { common: Arc::clone(&common), statuses });
    let verification = Arc::new(Verification::new(Arc::clone(&common), Arc::clone(&publication)));
    let issuance = Arc::new(Issuance {
        common: Arc::clone(&common),
        access: Arc::clone(&access),
        accounts: Arc::clone(&accounts),
        levels: Arc::clone(&levels),
        attesters: opened.attesters,
        signer: Arc::clone(&keys.pass),
        pass_kid: opened.pass_kid,
        nonces: opened.nonces,
    });
    let consents = Arc::new(Consents {
        common: Arc::clone(&common),
        publication: Arc::clone(&publication),
        verification: Arc::clone(&verification),
        desk: ConsentDesk::default(),
    });
    let numbers = Arc::new(Numbers {
        common: Arc::clone(&common),
        verification: Arc::clone(&verification),
        desk: NumberDesk::default(),
    });
    let scans = Arc::new(Scans {
        common: Arc::clone(&common),
        access: Arc::clone(&access),
        publication: Arc::clone(&publication),
        verification: Arc::clone(&verification),
        consents: Arc::clone(&consents),
        numbers: Arc::clone(&numbers),
        in_flight: ScansInFlight::default(),
        unreadable: UnreadableScans::default(),
    });
    let visits = Visits {
        scans: Arc::clone(&scans),
        desk: VisitDesk::default(),
        signer: Arc::clone(&keys.venue),
    };
    let proofs = Proofs::new(Arc::clone(&common), Arc::clone(&levels), opened.connectors);
    let receipts = Receipts {
        common: Arc::clone(&common),
        access: Arc::clone(&access),
        publication: Arc::clone(&publication),
        verification: Arc::clone(&verification),
        codeless: opened.codeless_receipts,
    };
    Service {
        roots: opened.roots,
        keys,
        witness: opened.witness,
        common,
        access,
        publication,
        verification,
        accounts,
        levels,
        issuance,
        consents,
        numbers,
        scans,
        visits,
        receipts,
        proofs,
        tasks_down: Mutex::default(),
    }
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
    if parts.connectors.iter().any(Guarded::is_mock) {
        return Err(StartError::Production(Text {
            zh: "请去掉模拟的认证方式",
            en: "a mock connector proves nothing: take it out",
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
        self.common.health.set(Condition::TaskEnded, *count > 0);
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
