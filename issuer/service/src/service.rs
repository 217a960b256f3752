//! The service's state, its start and its end.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::key::{KeyId, PublicKey};
use szid_protocol::scene::{ScenePolicies, ScenePolicy, VerifiedScenePolicies};
use szid_protocol::status::{StatusBits, StatusList, list_uri};
use szid_protocol::trust::{Purpose, VerifiedTrustList};
use szid_protocol::verify::{REPLAY_WINDOW, ReplayKey};
use szid_verifier::{AwsLcBackend, BoundedPassCache, InMemoryReplay};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::http::Problem;
use crate::register_key::RegisterKey;
use crate::status_board::StatusBoard;
use crate::store::embedded::EmbeddedStore;
use crate::store::{Account, PersonId, Store, StoreError};

/// How long a verifier may keep a status list, seconds.
pub const STATUS_TTL: u64 = 60;
/// How long the scene policies are good, seconds.
const SCENES_SECONDS: u64 = 30 * DAY;
const REMEMBERED_PASSES: usize = 50_000;
const REMEMBERED_CODES: usize = 500_000;
const STATUS_BITS: u8 = 2;

/// The keys that sign in the service's name. The root key is not among them.
pub struct ServiceKeys {
    /// Signs passes.
    pub pass: Arc<dyn Signer>,
    /// Signs status lists.
    pub status: Arc<dyn Signer>,
    /// Signs scene policies.
    pub scenes: Arc<dyn Signer>,
    /// Signs the time.
    pub time: Arc<dyn Signer>,
}

/// What a service is started with.
pub struct ServiceParts {
    /// The base URL, which is also the credential issuer identifier; no trailing slash.
    pub base_url: String,
    /// The folder of the register.
    pub data_dir: PathBuf,
    /// Takes fictional documents, and only those.
    pub demo_mode: bool,
    /// The root keys that may have signed the trust list.
    pub roots: Vec<PublicKey>,
    /// The trust list, made offline.
    pub trust_list: Vec<u8>,
    /// The scenes.
    pub scenes: Vec<ScenePolicy>,
    /// The signing keys.
    pub keys: ServiceKeys,
    /// The register's master key.
    pub register_key: RegisterKey,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The register cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The trust list is not good, or does not name one of the service's keys for its purpose.
    #[error("the trust list does not serve this service: {0}")]
    Trust(String),
    /// The address cannot be served.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

/// A running service's state.
pub(crate) struct Service {
    pub(crate) base_url: String,
    pub(crate) demo_mode: bool,
    pub(crate) trust: VerifiedTrustList,
    pub(crate) trust_bytes: Vec<u8>,
    pub(crate) scenes: VerifiedScenePolicies,
    pub(crate) scenes_bytes: Vec<u8>,
    pub(crate) keys: ServiceKeys,
    pub(crate) pass_kid: KeyId,
    status_prefix: String,
    pub(crate) register_key: RegisterKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) statuses: StatusBoard,
    signed_lists: RwLock<HashMap<(u64, u32), SignedList>>,
    pub(crate) replay: InMemoryReplay,
    pub(crate) passes: BoundedPassCache,
}

struct SignedList {
    change: u64,
    made_at: u64,
    bytes: Vec<u8>,
}

/// A service that answers requests until it is shut down.
pub struct Running {
    local_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
    store: Arc<dyn Store>,
}

impl Running {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The register, for the operator's own tasks in the same process.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Takes no new connection, lets open requests finish, and returns.
    ///
    /// # Errors
    /// What the server ended with.
    pub async fn shutdown(mut self) -> std::io::Result<()> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.served.await.map_err(std::io::Error::other)?
    }
}

/// Starts the service on a bound socket.
///
/// # Errors
/// [`StartError`]: nothing is served then.
pub async fn start(listener: TcpListener, parts: ServiceParts) -> Result<Running, StartError> {
    let service = Arc::new(prepare(parts).await?);
    listener.set_nonblocking(true)?;
    let local_addr = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let store = Arc::clone(&service.store);
    let router = crate::http::router(service);
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        // A dropped handle ends the service as well.
        let _ = stopped.await;
    });
    let served = tokio::spawn(serving.into_future());
    Ok(Running { local_addr, stop: Some(stop), served, store })
}

async fn prepare(parts: ServiceParts) -> Result<Service, StartError> {
    let now = parts.clock.now();
    let trust_fault = |reason: &dyn std::fmt::Display| StartError::Trust(reason.to_string());
    let trust = VerifiedTrustList::verify(&parts.trust_list, &parts.roots, &AwsLcBackend)
        .map_err(|reason| trust_fault(&reason))?;
    let keys = &parts.keys;
    for (key, purpose) in [
        (&keys.pass, Purpose::Pass),
        (&keys.status, Purpose::Status),
        (&keys.scenes, Purpose::Scenes),
        (&keys.time, Purpose::Time),
    ] {
        if !trust.lists(&key.public_key(), purpose, now) {
            return Err(StartError::Trust(format!(
                "its {purpose:?} key is not listed or not valid now"
            )));
        }
    }
    let pass_key = keys.pass.public_key();
    let status_prefix = trust.status_prefix(&pass_key).unwrap_or_default().to_owned();
    let pass_kid = pass_key.key_id().map_err(|error| trust_fault(&error))?;
    let policies =
        ScenePolicies { version: now, iat: now, exp: now + SCENES_SECONDS, scenes: parts.scenes };
    let scenes_bytes = policies.sign(&*keys.scenes).map_err(|error| trust_fault(&error))?;
    let scenes = VerifiedScenePolicies::verify(&scenes_bytes, &trust, now)
        .map_err(|reason| trust_fault(&reason))?;

    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&parts.data_dir, &*parts.entropy)?);
    let statuses = StatusBoard::default();
    statuses.apply(&store.statuses(now).await?);
    let replay = InMemoryReplay::new(REMEMBERED_CODES);
    for used in store.used_codes(now.saturating_sub(REPLAY_WINDOW)).await? {
        replay.restore(ReplayKey { device: used.device, iat: used.iat }, used.operator);
    }
    Ok(Service {
        base_url: parts.base_url,
        demo_mode: parts.demo_mode,
        trust,
        trust_bytes: parts.trust_list,
        scenes,
        scenes_bytes,
        keys: parts.keys,
        pass_kid,
        status_prefix,
        register_key: parts.register_key,
        clock: parts.clock,
        entropy: parts.entropy,
        store,
        statuses,
        signed_lists: RwLock::default(),
        replay,
        passes: BoundedPassCache::new(REMEMBERED_PASSES),
    })
}

impl Service {
    /// Changes an account; online scans see it from the moment that it is on disk.
    pub(crate) async fn set_account(
        &self,
        id: PersonId,
        account: Account,
        actor: String,
        reason: String,
    ) -> Result<(), Problem> {
        let now = self.clock.now();
        let changes = self.store.set_account(id, account, actor, reason, now).await?;
        self.statuses.apply(&changes);
        Ok(())
    }

    /// The signed status list of a day, `None` where there is none. Signed anew when it changed or half its time to live is over.
    pub(crate) async fn status_list(
        &self,
        exp: u64,
        list: u32,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let now = self.clock.now();
        let known_day =
            szid_protocol::day::is_end_of_day(exp) && exp > now && exp <= now + 16 * DAY;
        if !known_day || list >= self.store.status_lists(exp).await? {
            return Ok(None);
        }
        let change = self.statuses.change();
        {
            let lists = self.signed_lists.read().unwrap_or_else(PoisonError::into_inner);
            let fresh = |known: &&SignedList| {
                known.change == change && now < known.made_at + STATUS_TTL / 2
            };
            if let Some(known) = lists.get(&(exp, list)).filter(fresh) {
                return Ok(Some(known.bytes.clone()));
            }
        }
        let mut statuses = StatusBits::new(szid_protocol::pass::STATUS_LIST_ENTRIES, STATUS_BITS)
            .ok_or(Problem::Busy)?;
        for (position, status) in self.statuses.list(exp, list) {
            statuses.set(position, status);
        }
        let uri = list_uri(&self.status_prefix, exp, list);
        let document = StatusList { uri, iat: now, exp: exp + 60, ttl: STATUS_TTL, statuses };
        let bytes = document.sign(&*self.keys.status).map_err(|_| Problem::Busy)?;
        let mut lists = self.signed_lists.write().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|(day, _), _| *day > now);
        lists.insert((exp, list), SignedList { change, made_at: now, bytes: bytes.clone() });
        Ok(Some(bytes))
    }
}
