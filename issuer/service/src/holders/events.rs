//! What happened to a holder's account.

use szid_register::{AccountEvent, EventId, PersonId, Store};

use super::HolderFault;
use crate::devices::MAX_EVENTS;

/// Events, the newest first, older than the one that is named.
pub(crate) async fn events(
    store: &dyn Store,
    person: PersonId,
    before: Option<EventId>,
) -> Result<Vec<AccountEvent>, HolderFault> {
    Ok(store.events(person, before, MAX_EVENTS).await?)
}
