//! A change in an administrator's name: done at once, or kept for a second one.

use szid_register::entropy::make_random;
use szid_register::{AdminChange, Administered, Author};

use super::AdministrationFault;
use super::requests::WaitingAct;
use crate::failure::Failure;
use crate::shared::Common;

/// What a change came to.
pub(crate) enum Acted<T> {
    /// It is done: how things stand now.
    Done(T),
    /// It waits for a second administrator.
    Waits(Box<WaitingAct>),
}

/// How something stands, and how it stood.
pub(crate) struct Before<T> {
    pub(crate) now: T,
    pub(crate) before: T,
}

impl<T> Acted<T> {
    pub(crate) fn map<U>(self, done: impl FnOnce(T) -> U) -> Acted<U> {
        match self {
            Self::Done(now) => Acted::Done(done(now)),
            Self::Waits(request) => Acted::Waits(request),
        }
    }
}

/// Makes a change in an administrator's name, or keeps it for a second one.
pub(super) async fn administer(
    common: &Common,
    name: String,
    change: AdminChange,
) -> Result<Acted<()>, AdministrationFault> {
    let author = Author::Administrator { name, request: make_random(&*common.entropy)? };
    match common.store.administer(change, author, common.clock.now()).await?? {
        Administered::Done => Ok(Acted::Done(())),
        Administered::Waits(request) => {
            let waits = WaitingAct::of(request, common.clock.now());
            let waits = waits.ok_or_else(|| Failure::internal("a request of another approvers"))?;
            Ok(Acted::Waits(Box::new(waits)))
        }
    }
}
