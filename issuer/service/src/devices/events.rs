//! What happened to a holder's account.

use szid_register::{AccountEvent, EventId, EventKind, PersonId, Store, StoreError};

/// The most events that one answer holds, and that are counted as unseen.
pub(crate) const MAX_EVENTS: usize = 100;

/// How many events are newer than the one that a wallet has shown last; as many as are counted at most.
pub(crate) async fn count_unseen(
    store: &dyn Store,
    person: PersonId,
    seen: Option<EventId>,
) -> Result<usize, StoreError> {
    let newest = store.events(person, None, MAX_EVENTS).await?;
    Ok(newest.iter().filter(|event| seen.is_none_or(|seen| event.id > seen)).count())
}

/// The newest freeze of an account, as far as its events go.
pub(crate) async fn newest_freeze(
    store: &dyn Store,
    person: PersonId,
) -> Result<Option<AccountEvent>, StoreError> {
    let events = store.events(person, None, MAX_EVENTS).await?;
    Ok(events.into_iter().find(|event| event.kind == EventKind::Frozen))
}
