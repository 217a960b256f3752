//! The register: its rules over a database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use crate::backend::{Backend, Change, View};
use crate::rows::{All, IndexSecret, Persons, Venues};
use crate::rules::{Shared, Transaction, register};
use crate::{AdminChange, Answer, Person, StoreError, Venue};

/// What an operator may choose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How many months audit entries are kept; for ever when `None`.
    pub audit_months: Option<u32>,
}

/// The register. Its operations are those of [`Store`](crate::Store).
pub struct Register {
    backend: Box<dyn Backend>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) secret: [u8; 32],
    pub(crate) options: Options,
    /// True while room is scarce, see [`Store::spare_room`](crate::Store::spare_room).
    pub(crate) sparing: AtomicBool,
}

impl Register {
    /// Over a database that has one, which is told what its transactions share.
    pub(crate) fn over<B: Backend + 'static>(
        start: impl FnOnce(Arc<Shared>) -> Result<B, StoreError>,
        options: Options,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::new());
        let backend = Box::new(start(Arc::clone(&shared))?);
        let secret = backend.hold()?.find::<IndexSecret>(&())?;
        let secret = secret.ok_or(StoreError::Damaged("secret"))?;
        Ok(Self { backend, shared, secret, options, sparing: AtomicBool::new(false) })
    }

    /// Every person, in no order that means anything.
    pub(crate) fn persons(
        &self,
    ) -> Result<impl Iterator<Item = Result<Person, StoreError>> + use<>, StoreError> {
        Ok(self.backend.hold()?.scan::<Persons>(&All).map(|row| Ok(row?.1)))
    }

    /// Every venue.
    pub(crate) fn venues(
        &self,
    ) -> Result<impl Iterator<Item = Result<Venue, StoreError>> + use<>, StoreError> {
        Ok(self.backend.hold()?.scan::<Venues>(&All).map(|row| Ok(row?.1)))
    }

    /// What there is, for a longer walk.
    #[cfg(any(test, feature = "contract"))]
    pub(crate) fn hold(&self) -> Result<Arc<dyn View>, StoreError> {
        self.backend.hold()
    }

    /// Looks at once: it seldom reaches the disk and is over in microseconds.
    pub(crate) fn look<T>(
        &self,
        look: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut look, mut found) = (Some(look), None);
        self.backend.look(&mut |view| found = look.take().map(|look| look(view)))?;
        found.unwrap_or(Err(StoreError::Closed))
    }

    /// A look-up, done at once.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Answer<'_, T> {
        Box::pin(std::future::ready(self.look(read)))
    }

    /// Has a change applied by the one who writes. It sees all changes before it; if it fails, nothing of it
    /// is kept.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let (sender, receiver) = oneshot::channel();
        let boxed: Change = Box::new(move |transaction| {
            let result = match transaction {
                Some(transaction) => transaction.apply(change),
                None => Err(StoreError::ReadOnly),
            };
            Box::new(move |durable| {
                // A caller that has gone away needs no answer.
                let _ = sender.send(durable.and(result));
            })
        });
        let taken = self.backend.submit(boxed);
        Box::pin(async move {
            taken?;
            receiver.await.unwrap_or(Err(StoreError::Closed))
        })
    }

    /// A change that makes the register grow and protects nobody: not taken while room is scarce.
    pub(crate) fn grow<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        self.grow_or_protect(false, change)
    }

    /// A change that is not taken while room is scarce, unless it protects somebody.
    pub(crate) fn grow_or_protect<T: Send + 'static>(
        &self,
        protects: bool,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        if !protects && self.sparing.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(StoreError::LowWater)));
        }
        self.submit(change)
    }

    /// A change of registrations by whoever holds the files.
    pub(crate) fn register(&self, change: AdminChange, at: u64) -> Answer<'_, ()> {
        self.submit(move |transaction| register(transaction, change, at))
    }

    /// A walk over many rows: it must not hold up the thread that answers others.
    pub(crate) fn walk<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return self.read(read) };
        let tables = self.backend.hold();
        let walking = runtime.spawn_blocking(move || read(&*tables?));
        Box::pin(async move { walking.await.unwrap_or(Err(StoreError::Closed)) })
    }
}
