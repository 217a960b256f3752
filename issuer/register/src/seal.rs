//! What marks a register: its id, its mode, and its data secret wrapped under the key in `register.key`
//! (docs/adr/0015-register-key-and-mode.md).

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::StoreError;
use crate::entropy::{Entropy, EntropyError, make_random};
use crate::master_key::MasterKey;

/// What every key of the register is derived from. It never changes; the key that wraps it may.
pub type DataSecret = Zeroizing<[u8; 32]>;

/// For demonstrations, or for a city. A register keeps the mode that it was founded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Takes fictional documents only.
    Demo,
    /// Takes real documents only, and trusts nothing that was made for demonstrations.
    Production,
}

impl Mode {
    /// The mode that the setting `demo_mode` names.
    pub const fn of_setting(demo_mode: bool) -> Self {
        if demo_mode { Self::Demo } else { Self::Production }
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Production => "production",
        }
    }

    /// As the wrapping authenticates it.
    const fn to_byte(self) -> u8 {
        match self {
            Self::Demo => 1,
            Self::Production => 2,
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Tells one register from every other one. Drawn once; every copy and every backup of a register has the
/// same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RegisterId(pub [u8; 16]);

impl RegisterId {
    /// A new one.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub(crate) fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self(make_random(entropy)?))
    }
}

impl std::fmt::Display for RegisterId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for RegisterId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RegisterId({self})")
    }
}

/// Bytes of a check value.
const CHECK: usize = 16;
/// Bytes of a nonce of AES-GCM.
const NONCE: usize = 12;
/// A check value, a nonce, 32 sealed bytes and their tag.
const WRAPPED: usize = CHECK + NONCE + 32 + 16;

/// The data secret under one key. The check value before it tells another key from damage.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedSecret([u8; WRAPPED]);

impl WrappedSecret {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The check value of the key that wraps it, as it stands in the audit.
    pub fn key_name(&self) -> String {
        HEXLOWER.encode(&self.0[..CHECK])
    }

    fn is_under(&self, key: &MasterKey) -> bool {
        self.0[..CHECK].ct_eq(&key.check_value()).into()
    }
}

/// A register's mode, and its data secret: under one key, and under a second one while `register.key` is
/// being replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal {
    /// The mode, which the wrapping authenticates.
    pub mode: Mode,
    /// Under the key in force.
    pub current: WrappedSecret,
    /// Under the key that comes next.
    pub next: Option<WrappedSecret>,
}

impl Seal {
    /// Wraps a data secret.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub(crate) fn new(
        mode: Mode,
        id: RegisterId,
        secret: &DataSecret,
        key: &MasterKey,
        entropy: &dyn Entropy,
    ) -> Result<Self, EntropyError> {
        Ok(Self { mode, current: wrap(mode, id, secret, key, entropy)?, next: None })
    }

    /// The data secret.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] for a key that does not wrap it, [`StoreError::Damaged`] where the row, the
    /// id or the mode was changed.
    pub fn open(&self, id: RegisterId, key: &MasterKey) -> Result<DataSecret, StoreError> {
        let wraps = [Some(&self.current), self.next.as_ref()];
        let wrapped = wraps.into_iter().flatten().find(|wrapped| wrapped.is_under(key));
        let WrappedSecret(bytes) = wrapped.ok_or(StoreError::WrongKey)?;
        let (nonce, sealed) = bytes[CHECK..].split_at(NONCE);
        let aad = context(self.mode, id, key);
        let payload = Payload { msg: sealed, aad: &aad };
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| damaged())?;
        let plain = cipher(key).decrypt(&Nonce::from(nonce), payload).map_err(|_| damaged())?;
        let plain = Zeroizing::new(plain);
        let secret: &[u8; 32] = plain.as_slice().try_into().map_err(|_| damaged())?;
        Ok(Zeroizing::new(*secret))
    }

    /// The same secret under a second key beside the first: either opens it.
    ///
    /// # Errors
    /// As [`open`](Self::open) for the key in force, [`StoreError::Entropy`].
    pub fn with_next(
        &self,
        id: RegisterId,
        key: &MasterKey,
        next: &MasterKey,
        entropy: &dyn Entropy,
    ) -> Result<Self, StoreError> {
        let next = wrap(self.mode, id, &self.open(id, key)?, next, entropy)?;
        Ok(Self { next: Some(next), ..self.clone() })
    }

    /// What is left once the next key is in force.
    #[must_use]
    pub fn finished(self) -> Self {
        let current = self.next.unwrap_or(self.current);
        Self { mode: self.mode, current, next: None }
    }

    /// Whether a key is the next one.
    pub fn is_next(&self, key: &MasterKey) -> bool {
        self.next.as_ref().is_some_and(|next| next.is_under(key))
    }
}

/// What a register begins with.
pub struct Founding {
    pub(crate) id: RegisterId,
    pub(crate) seal: Seal,
}

impl Founding {
    /// Draws an id and a data secret, and wraps the secret.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn new(key: &MasterKey, mode: Mode, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let id = RegisterId::draw(entropy)?;
        let secret = Zeroizing::new(make_random(entropy)?);
        Ok(Self { id, seal: Seal::new(mode, id, &secret, key, entropy)? })
    }
}

fn wrap(
    mode: Mode,
    id: RegisterId,
    secret: &DataSecret,
    key: &MasterKey,
    entropy: &dyn Entropy,
) -> Result<WrappedSecret, EntropyError> {
    let nonce = make_random::<NONCE>(entropy)?;
    let aad = context(mode, id, key);
    let payload = Payload { msg: secret.as_slice(), aad: &aad };
    let sealed = cipher(key).encrypt(&Nonce::from(nonce), payload).map_err(|_| EntropyError)?;
    let bytes = [key.check_value().as_slice(), &nonce, &sealed].concat();
    WrappedSecret::from_bytes(&bytes).ok_or(EntropyError)
}

fn cipher(key: &MasterKey) -> Aes256Gcm {
    Aes256Gcm::new((&*key.derive("szid data secret wrapping v1")).into())
}

/// What the wrapping authenticates besides the secret: neither id nor mode can be changed in the register's
/// files.
fn context(mode: Mode, id: RegisterId, key: &MasterKey) -> Vec<u8> {
    [b"szid data secret v1\0".as_slice(), &id.0, &[mode.to_byte()], &key.check_value()].concat()
}

const fn damaged() -> StoreError {
    StoreError::Damaged("the wrapped data secret")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn founding(key: &MasterKey) -> Founding {
        Founding::new(key, Mode::Demo, &SystemEntropy).unwrap()
    }

    #[test]
    fn a_wrong_key_is_told_from_damage() {
        let key = MasterKey::throw_away(&SystemEntropy).unwrap();
        let Founding { id, seal } = founding(&key);
        seal.open(id, &key).unwrap();
        let other = MasterKey::throw_away(&SystemEntropy).unwrap();
        assert_eq!(seal.open(id, &other).err(), Some(StoreError::WrongKey));
        for at in CHECK..WRAPPED {
            let mut changed = seal.clone();
            changed.current.0[at] ^= 1;
            assert_eq!(changed.open(id, &key).err(), Some(damaged()), "{at}");
        }
    }

    #[test]
    fn neither_mode_nor_id_can_be_exchanged() {
        let key = MasterKey::throw_away(&SystemEntropy).unwrap();
        let Founding { id, seal } = founding(&key);
        let production = Seal { mode: Mode::Production, ..seal.clone() };
        assert_eq!(production.open(id, &key).err(), Some(damaged()));
        assert_eq!(seal.open(RegisterId([0; 16]), &key).err(), Some(damaged()));
    }

    #[test]
    fn while_a_key_is_replaced_either_opens_and_afterwards_the_new_one_alone() {
        let [old, new] = [(); 2].map(|()| MasterKey::throw_away(&SystemEntropy).unwrap());
        let Founding { id, seal } = founding(&old);
        let secret = seal.open(id, &old).unwrap();
        let both = seal.with_next(id, &old, &new, &SystemEntropy).unwrap();
        assert!(both.is_next(&new) && !both.is_next(&old));
        assert_eq!([&old, &new].map(|key| both.open(id, key).unwrap()), [secret.clone(), secret]);
        let after = both.finished();
        after.open(id, &new).unwrap();
        assert_eq!(after.open(id, &old).err(), Some(StoreError::WrongKey));
        let stranger = seal.with_next(id, &new, &old, &SystemEntropy);
        assert_eq!(stranger.err(), Some(StoreError::WrongKey));
    }
}
