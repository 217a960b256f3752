//! Gives identities data keys of their own, where a register of format 5 or older has them sealed with the
//! register's key itself. It is done before anything else is asked of the register; interrupted, it goes on
//! with those that have none.

use std::collections::HashMap;

use crate::entropy::Entropy;
use crate::register::Register;
use crate::register_key::RegisterKey;
use crate::rules::{Keyed, WaitingChange};
use crate::{Approval, Person, PersonId, SealedIdentity, StoreError};

/// Identities that are written at once.
const AT_ONCE: usize = 1_000;
/// After how many it is said how far it has come.
const TOLD_EACH: u64 = 100_000;

/// Gives every identity a key that has none.
pub(crate) async fn give_keys(
    store: &Register,
    key: &RegisterKey,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    if store.is_keyed()? {
        return Ok(());
    }
    let mut waiting: HashMap<PersonId, Vec<WaitingChange>> = HashMap::new();
    for (row, request) in store.waiting_changes()? {
        if let Approval::Change(change) = &request.act {
            waiting.entry(change.person).or_default().push((row, request));
        }
    }
    let (mut batch, mut given, mut unread) = (Vec::with_capacity(AT_ONCE), 0_u64, 0_u64);
    for person in store.persons()? {
        let person = person?;
        if person.sealed.key.is_some() {
            continue;
        }
        let requests = waiting.remove(&person.id).unwrap_or_default();
        let Some(keyed) = keyed(key, &person, requests, entropy)? else {
            // It stays as it is, and is told of when somebody asks for it.
            unread += 1;
            continue;
        };
        batch.push(keyed);
        given += 1;
        if batch.len() == AT_ONCE {
            store.put_keyed(std::mem::take(&mut batch)).await?;
        }
        if given.is_multiple_of(TOLD_EACH) {
            tracing::info!(given, "identities get keys of their own");
        }
    }
    store.put_keyed(batch).await?;
    store.set_keyed().await?;
    if given > 0 {
        tracing::info!(given, "identities have keys of their own");
    }
    if unread > 0 {
        tracing::warn!(unread, "sealed identities do not open and were left as they are");
    }
    Ok(())
}

/// The identity under a key of its own, and what waits to change it. Nothing where it does not open.
fn keyed(
    key: &RegisterKey,
    person: &Person,
    mut requests: Vec<WaitingChange>,
    entropy: &dyn Entropy,
) -> Result<Option<Keyed>, StoreError> {
    let anew = |sealed: &SealedIdentity| -> Result<Option<SealedIdentity>, StoreError> {
        let Some(plain) = key.open_identity(sealed, person.id) else { return Ok(None) };
        Ok(Some(key.seal_identity(&plain, person.id, entropy)?))
    };
    let Some(sealed) = anew(&person.sealed)? else { return Ok(None) };
    let [before, now] = [&person.sealed, &sealed].map(SealedIdentity::digest);
    for (_, request) in &mut requests {
        let Approval::Change(change) = &mut request.act else { continue };
        if let Some(sealed) = anew(&change.sealed)? {
            change.sealed = sealed;
        }
        if change.made_from == before {
            change.made_from = now;
        }
    }
    Ok(Some(Keyed { person: person.id, sealed, requests }))
}
