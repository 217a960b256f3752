//! A register of format 4 that was used with two keys, one after the other: older software took any key and
//! then neither found nor read who was sealed under the other one. Those are sealed anew under the key that
//! stays, before the register is marked.

use crate::entropy::Entropy;
use crate::master_key::MasterKey;
use crate::register::Register;
use crate::register_key::RegisterKey;
use crate::sealed_document::SealedDocument;
use crate::{PersonId, Resealed, StoreError};

/// What became of those who were sealed under the other key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Identities that were sealed anew.
    pub resealed: u64,
    /// Second records of one document: revoked, since a freeze of the first would leave their codes good.
    pub revoked: Vec<PersonId>,
}

/// Seals under `key` whoever only `other` opens. Interrupted, it is done again. Venues know these persons by
/// other pairwise ids from then on.
///
/// # Errors
/// [`StoreError::WrongKey`] where neither opens an identity: nothing was changed.
pub async fn merge_keys(
    store: &Register,
    key: &MasterKey,
    other: &MasterKey,
    now: u64,
    entropy: &dyn Entropy,
) -> Result<Merged, StoreError> {
    let [own, other] = [key, other].map(|key| RegisterKey::derive(&key.as_data_secret()));
    for person in store.persons()? {
        let person = person?;
        let opens = |key: &RegisterKey| key.open_identity(&person.sealed, person.id).is_some();
        if !opens(&own) && !opens(&other) {
            return Err(StoreError::WrongKey);
        }
    }
    let mut merged = Merged::default();
    for person in store.persons()? {
        let person = person?;
        let Some(plain) = other.open_identity(&person.sealed, person.id) else { continue };
        let document = SealedDocument::read(&plain)?;
        let lookup =
            |key: &RegisterKey| key.derive_lookup(&document.document_type, &document.number);
        let resealed = Resealed {
            person: person.id,
            sealed: own.seal_identity(&plain, person.id, entropy)?,
            lookup: lookup(&own),
            lookup_before: lookup(&other),
        };
        merged.resealed += 1;
        if !store.reseal(resealed, now).await? {
            merged.revoked.push(person.id);
        }
    }
    Ok(merged)
}
