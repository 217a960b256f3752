//! What the register holds sealed of a person.

use szid_identity::Identity;
use szid_register::entropy::Entropy;
use szid_register::register_key::RegisterKey;
use szid_register::{Person, PersonId, SealedIdentity};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Opens what is kept of a person.
pub(crate) fn open_identity(key: &RegisterKey, person: &Person) -> Result<Identity, Failure> {
    let opened = key.open_identity(&person.sealed, person.id);
    let identity = opened.and_then(|json| serde_json::from_slice(&json).ok());
    identity.ok_or_else(|| Failure::internal("what is sealed of a person cannot be opened"))
}

/// Seals a person's identity data.
pub(crate) fn seal_identity(
    key: &RegisterKey,
    entropy: &dyn Entropy,
    person: PersonId,
    identity: &Identity,
) -> Result<SealedIdentity, Failure> {
    Ok(key.seal_identity(&as_json(identity)?, person, entropy)?)
}

/// Identity data as they are sealed.
pub(crate) fn as_json(identity: &Identity) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let json = serde_json::to_vec(identity);
    json.map(Zeroizing::new).map_err(|_| Failure::internal("an identity has no JSON form"))
}
