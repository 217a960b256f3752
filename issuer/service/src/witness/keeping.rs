//! How a running service keeps its witness: a look each second, a signed head each hour and at the end.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::crypto::Signer;
use szid_protocol::day::{DAY, end_of_day};
use szid_register::audit::AuditHead;
use szid_register::private_folder;
use szid_register::{DAYS_AHEAD, DayLists, KEPT_LONGER, RegisterIdentity, Store, StoreError};
use tokio::sync::watch;

use super::{Testimony, Witness, WitnessError};
use crate::health::Condition;
use crate::publication::Published;
use crate::service::Service;

const LOOK: Duration = Duration::from_secs(1);
/// So many looks between two signed heads: an hour.
const LOOKS: u32 = 3600;

/// The witness of a running service, and the newest signed head.
pub(crate) struct WitnessKeeper {
    witness: Witness,
    identity: RegisterIdentity,
    signer: Arc<dyn Signer>,
    published: RwLock<Published>,
    /// One look at a time.
    kept: tokio::sync::Mutex<Kept>,
    /// Keeps other processes of this machine out.
    _lock: File,
}

/// What the witness has been told.
#[derive(Default)]
struct Kept {
    head: Option<AuditHead>,
    /// By day and number, how often the list had changed.
    lists: HashMap<(u64, u32), u64>,
    /// How often registrations had changed.
    registrations: Option<u64>,
    /// The days that may have lists.
    days: BTreeSet<u64>,
    /// The version of the trust list.
    trust: Option<u64>,
}

impl Kept {
    /// How many lists each day has that ends after `since`. Counters change with every pass, and a store may
    /// keep what they were: to read them all is slow, so that it is done once an hour, and in between each
    /// day is asked for by itself.
    async fn day_lists(
        &mut self,
        store: &dyn Store,
        (since, now): (u64, u64),
        all: bool,
    ) -> Result<Vec<DayLists>, StoreError> {
        if all {
            self.days = store.day_lists(since).await?.into_iter().map(|day| day.exp).collect();
        }
        let today = end_of_day(now);
        // Kept until all are read again: a clock that was ahead for a while may have begun later days.
        self.days.extend((0..=DAYS_AHEAD).map(|day| today + day * DAY));
        let mut found = Vec::new();
        for exp in self.days.iter().copied().filter(|exp| *exp > since) {
            found.push(store.lists_of_day(exp).await?);
        }
        Ok(found)
    }
}

impl WitnessKeeper {
    /// Checks the register against its witness, and signs its head.
    pub(crate) async fn open(
        witness: Witness,
        store: &dyn Store,
        signer: Arc<dyn Signer>,
        now: u64,
    ) -> Result<Self, WitnessError> {
        let lock = witness.lock()?;
        private_folder::warn_where_open(witness.folder());
        witness.check(store).await?;
        let identity = store.identity().await?;
        let head = store.audit_head().await?;
        let published = RwLock::new(sign(&identity, head, &*signer, now)?);
        let kept = tokio::sync::Mutex::default();
        Ok(Self { witness, identity, signer, published, kept, _lock: lock })
    }

    /// How often the register was put back from a copy.
    pub(crate) fn epoch(&self) -> u32 {
        self.identity.epoch
    }

    /// The trust list that was in force when the witness was last told, whatever became of the data folder.
    pub(crate) fn trust_list(&self) -> Result<Option<Vec<u8>>, WitnessError> {
        Ok(self.witness.trust_list()?)
    }

    /// Where the witness lies.
    pub(crate) fn folder(&self) -> &Path {
        self.witness.folder()
    }

    /// The newest signed head.
    pub(crate) fn document(&self) -> Published {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nobody else writes into the witness: a service on a copy of the register, for instance. Its
    /// freezes would not be known here, nor ours there.
    async fn check_alone(&self, service: &Service) -> Result<(), WitnessError> {
        let witness = self.witness.clone();
        let read = tokio::task::spawn_blocking(move || witness.read());
        let Some(seen) = read.await.map_err(std::io::Error::other)?? else { return Ok(()) };
        let RegisterIdentity { id, epoch, .. } = self.identity;
        let is_ours = seen.register == id && seen.epoch <= epoch;
        // One that was put back has nothing that is not here.
        if is_ours && (seen.epoch < epoch || service.common.store.audit_contains(seen.head).await?)
        {
            return Ok(());
        }
        Err(WitnessError::Other(self.witness.folder().to_owned()))
    }

    /// Tells the witness what is new. The head comes last: one that is kept has nothing before it that is
    /// not.
    async fn look(&self, service: &Service, publish: bool) -> Result<(), WitnessError> {
        let mut kept = self.kept.lock().await;
        self.check_alone(service).await?;
        let now = service.common.clock.now();
        // No day has ended by a clock that is not checked.
        let checked = service.common.checked_time();
        let since = checked.map_or(0, |checked| checked.min(now));
        let head = service.common.store.audit_head().await?;
        let mut lists = Vec::new();
        for (key, changes) in service.publication.statuses.changed_lists() {
            if key.0 <= since || kept.lists.get(&key) == Some(&changes) {
                continue;
            }
            let made = Arc::clone(&service.publication.status_lists);
            let document = made.document(Arc::clone(&service.publication.statuses), key, now).await;
            lists.push((key, changes, document.map_err(std::io::Error::other)?));
        }
        // Counted before they are read: what changes in between is read again.
        let registrations = service.common.store.registrations();
        if publish || kept.registrations != Some(registrations) {
            let protections = service.common.store.protections().await?;
            let witness = self.witness.clone();
            let keep = move || witness.keep_protections(&protections, publish);
            on_blocking_thread(keep).await?;
            kept.registrations = Some(registrations);
        }
        // After what tells a copied device from one that a freeze stopped, and made before: no list suspends
        // one without.
        for (key, changes, document) in lists {
            let witness = self.witness.clone();
            on_blocking_thread(move || witness.keep_list(key, &document.bytes)).await?;
            kept.lists.insert(key, changes);
        }
        // The document is copied where it is new, not in every look.
        let version = service.publication.trust.current().ok().map(|trust| trust.version());
        if version != kept.trust
            && let Some((version, document)) = service.publication.trust.in_force()
        {
            let witness = self.witness.clone();
            on_blocking_thread(move || witness.keep_trust_list(&document)).await?;
            kept.trust = Some(version);
        }
        if publish {
            let signed = sign(&self.identity, head, &*self.signer, now)?;
            *self.published.write().unwrap_or_else(PoisonError::into_inner) = signed;
        }
        if publish && let Some(checked) = checked {
            let past = checked.saturating_sub(KEPT_LONGER);
            kept.lists.retain(|(exp, _), _| *exp >= past);
            let witness = self.witness.clone();
            on_blocking_thread(move || witness.prune(past)).await?;
        }
        if publish || kept.head != Some(head) {
            let testimony = Testimony {
                register: self.identity.id,
                epoch: self.identity.epoch,
                head,
                days: kept.day_lists(&*service.common.store, (since, now), publish).await?,
                published: Some(self.document().bytes.to_vec()),
            };
            let witness = self.witness.clone();
            on_blocking_thread(move || witness.write(&testimony, publish)).await?;
            kept.head = Some(head);
        }
        Ok(())
    }

    /// Signs the head, publishes it, and has the witness on the disk before it returns.
    pub(crate) async fn publish(&self, service: &Service) -> Result<(), WitnessError> {
        self.look(service, true).await
    }
}

fn sign(
    identity: &RegisterIdentity,
    AuditHead { number, digest }: AuditHead,
    signer: &dyn Signer,
    now: u64,
) -> Result<Published, WitnessError> {
    let RegisterIdentity { id, epoch, .. } = *identity;
    let head = SignedAuditHead { signed_at: now, register: id.0, epoch, number, digest };
    let bytes = head.sign(signer).map_err(std::io::Error::other)?;
    Ok(Published::new(bytes, now))
}

async fn on_blocking_thread(
    work: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> Result<(), WitnessError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)??)
}

/// Keeps the witness until the service stops.
pub(crate) async fn run(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    // Counted, so that it does not wait for a wall clock that was set back.
    let mut looks_left = 0;
    loop {
        let publish = looks_left == 0;
        let looked = service.witness.look(&service, publish).await;
        let is_other = matches!(looked, Err(WitnessError::Other(_)));
        service.common.health.set(Condition::WitnessOther, is_other);
        service.common.health.set(Condition::WitnessNotKept, looked.is_err() && !is_other);
        match looked {
            Ok(()) if publish => looks_left = LOOKS,
            Ok(()) => looks_left -= 1,
            Err(error) => tracing::debug!(code = error.code(), %error, "the witness is not kept"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            // A dropped handle ends the service as well.
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}
