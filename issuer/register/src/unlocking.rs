//! Opens a register with its key and in its mode, and marks one that is older than the marks.

use crate::audit::AuditEvent;
use crate::entropy::Entropy;
use crate::fictional::{is_demo_document, is_fictional_uscc};
use crate::keying::give_keys;
use crate::master_key::MasterKey;
use crate::register::Register;
use crate::register_key::RegisterKey;
use crate::sealed_document::SealedDocument;
use crate::{Mode, Seal, StoreError};

/// The register's keys, if `key` is its own and `mode` is the one that it was founded in.
///
/// # Errors
/// [`StoreError`]: a key or a mode that is another one's, or what the store says.
pub async fn unlock(
    store: &Register,
    key: &MasterKey,
    mode: Mode,
    now: u64,
    entropy: &dyn Entropy,
) -> Result<RegisterKey, StoreError> {
    let id = store.register_id()?;
    let seal = match store.seal()? {
        Some(seal) => seal,
        None => mark(store, key, mode, now, entropy).await?,
    };
    // The key first: only with it is the mode known to be the one that was written.
    let secret = seal.open(id, key)?;
    if seal.mode != mode {
        return Err(StoreError::WrongMode { register: seal.mode, service: mode });
    }
    if seal.next.is_some() {
        tracing::warn!(
            "register.key is being replaced: run szid admin register-key --rotate to its end"
        );
    }
    let register_key = RegisterKey::derive(&secret);
    give_keys(store, &register_key, entropy).await?;
    Ok(register_key)
}

/// Marks a register of format 4 or older, whose data secret was the key itself. A key that does not open what
/// is there is refused, never adopted; and so is a mode that does not fit what is there.
async fn mark(
    store: &Register,
    key: &MasterKey,
    mode: Mode,
    now: u64,
    entropy: &dyn Entropy,
) -> Result<Seal, StoreError> {
    let secret = key.as_data_secret();
    let register_key = RegisterKey::derive(&secret);
    let found = |register| StoreError::WrongMode { register, service: mode };
    let (mut opened, mut other) = (0, 0);
    let mut foreign = None;
    for person in store.persons()? {
        let person = person?;
        let Some(plain) = register_key.open_identity(&person.sealed, person.id) else {
            other += 1;
            continue;
        };
        opened += 1;
        let document = SealedDocument::read(&plain)?;
        let register = match is_demo_document(&document.document_type, &document.number) {
            true => Mode::Demo,
            false => Mode::Production,
        };
        if register != mode {
            foreign = Some(register);
        }
    }
    match (opened, other) {
        (_, 0) => {}
        (0, _) => return Err(StoreError::WrongKey),
        _ => return Err(StoreError::MixedKeys { opened, other }),
    }
    if let Some(register) = foreign {
        return Err(found(register));
    }
    for venue in store.venues()? {
        if mode == Mode::Production && is_fictional_uscc(&venue?.uscc) {
            return Err(found(Mode::Demo));
        }
    }
    let id = store.register_id()?;
    let seal = Seal::new(mode, id, &secret, key, entropy)?;
    let event = AuditEvent::Register {
        act: "marked".into(),
        mode: mode.word().into(),
        key: seal.current.key_name(),
        name: None,
    };
    store.put_seal(seal.clone(), Some(event), now).await?;
    tracing::info!(%mode, register = %id, "the register is marked with its mode and its key");
    Ok(seal)
}
