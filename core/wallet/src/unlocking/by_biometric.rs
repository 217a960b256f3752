//! The holder's finger or face: tier 3, proven by a signature that only they can have made.
//!
//! The key signs nothing but these challenges. It asks for the holder each time and ends when another finger
//! or face is added to the phone (`KeyPolicy::HolderPresent`); the shell signs, and the wallet verifies.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use szid_protocol::crypto::{P256Backend, Signature, SignatureBackend};
use szid_protocol::key::PublicKey;
use szid_vault::Vault;

use super::error::UnlockError;
use super::method::UnlockMethod;
use super::proof::{Generation, Unlocking, seconds_between};
use crate::error::WalletError;
use crate::ports::{KeyError, KeyPolicy, Reading};
use crate::presentation::SigningRequest;
use crate::records::{BIOMETRIC, Batch, LOOSE_KEYS, STATE, base64url, load};
use crate::wallet::Wallet;

/// What the key signs begins with this, so that it can be taken for nothing else.
const CONTEXT: &[u8] = b"szid unlock 1\0";
/// Random bytes of a challenge.
const CHALLENGE_BYTES: usize = 32;
/// How long the holder may take, seconds.
const SIGN_WITHIN: u64 = 60;

/// The key that the holder's finger or face unlocks.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredBiometric {
    pub(crate) handle: String,
    #[serde(with = "base64url")]
    public_key: Vec<u8>,
}

impl StoredBiometric {
    pub(crate) fn find(vault: &Vault) -> Result<Option<Self>, WalletError> {
        load(vault, STATE, BIOMETRIC)
    }

    /// Lets go of the key that is there, if one is.
    pub(crate) fn forget(vault: &Vault, batch: &mut Batch) -> Result<(), WalletError> {
        if let Some(stored) = Self::find(vault)? {
            batch.put(LOOSE_KEYS, stored.handle, &())?;
            batch.delete(STATE, BIOMETRIC);
        }
        Ok(())
    }
}

/// An unlocking that waits for the holder's finger or face.
pub struct PendingUnlocking {
    handle: String,
    message: Vec<u8>,
    key: PublicKey,
    asked: Reading,
    generation: Generation,
}

impl PendingUnlocking {
    /// What is to be signed, by which key.
    pub fn signing_request(&self) -> SigningRequest<'_> {
        SigningRequest { handle: &self.handle, message: &self.message }
    }
}

impl Wallet {
    /// True where a finger or face can unlock.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn has_biometric(&self) -> Result<bool, WalletError> {
        Ok(StoredBiometric::find(&self.vault)?.is_some())
    }

    /// Lets the holder's finger or face unlock from now on. Needs tier 2, or that the person enrolled just
    /// now; a key of before is replaced.
    ///
    /// # Errors
    /// [`UnlockError::ProofNeeded`]; [`WalletError::Key`] where the phone makes no such key;
    /// [`UnlockError::Unavailable`] while another flow goes on.
    pub fn enable_biometric(&self, by: &Unlocking) -> Result<(), UnlockError> {
        self.expect_proof(by)?;
        // The other flows delete loose keys when they begin.
        let _flow = self.flow.try_lock().map_err(|_| UnlockError::Unavailable)?;
        let handle = format!("unlock-{}", HEXLOWER.encode(&self.random::<8>()?));
        let mut batch = Batch::default();
        batch.put(LOOSE_KEYS, handle.clone(), &())?;
        batch.write(&self.vault)?;
        let made = self.keys.create(&handle, KeyPolicy::HolderPresent);
        let made = made.inspect_err(|_| self.discard(std::slice::from_ref(&handle)));
        let public_key = made.map_err(WalletError::from)?.to_compressed().to_vec();
        let mut batch = Batch::default();
        StoredBiometric::forget(&self.vault, &mut batch)?;
        batch.delete(LOOSE_KEYS, handle.clone());
        batch.put(STATE, BIOMETRIC, &StoredBiometric { handle, public_key })?;
        batch.write(&self.vault)?;
        Ok(self.delete_loose_keys()?)
    }

    /// Ends unlocking by finger or face, for instance where the phone has invalidated the key. Needs no
    /// proof.
    ///
    /// # Errors
    /// As [`Wallet::enable_biometric`].
    pub fn disable_biometric(&self) -> Result<(), UnlockError> {
        let _flow = self.flow.try_lock().map_err(|_| UnlockError::Unavailable)?;
        let mut batch = Batch::default();
        StoredBiometric::forget(&self.vault, &mut batch)?;
        batch.write(&self.vault)?;
        Ok(self.delete_loose_keys()?)
    }

    /// Begins an unlocking by finger or face: the shell has the key store sign, which asks the holder.
    ///
    /// # Errors
    /// [`UnlockError::NotSetUp`] where [`Wallet::enable_biometric`] was not called.
    pub fn begin_biometric(&self) -> Result<PendingUnlocking, UnlockError> {
        let stored = StoredBiometric::find(&self.vault)?.ok_or(UnlockError::NotSetUp)?;
        let key = stored.public_key.as_slice().try_into().ok();
        let key = key.and_then(|bytes| PublicKey::from_compressed(bytes).ok());
        let key = key.ok_or(UnlockError::NotSetUp)?;
        let message = [CONTEXT, &self.random::<CHALLENGE_BYTES>()?].concat();
        let (asked, generation) = (self.clock.read(), Generation::now(&self.unlockings));
        Ok(PendingUnlocking { handle: stored.handle, message, key, asked, generation })
    }

    /// Unlocks by the signature that the holder's finger or face released: tier 3.
    ///
    /// # Errors
    /// [`WalletError::Key`] with [`KeyError::WrongSignature`] for another key's or another challenge's
    /// signature, and with [`KeyError::TooLate`] after a minute; [`WalletError::Locked`] where the wallet was
    /// locked meanwhile.
    pub fn finish_biometric(
        &self,
        pending: PendingUnlocking,
        signature: &Signature,
    ) -> Result<Unlocking, UnlockError> {
        if !pending.generation.goes_on(&self.unlockings) {
            return Err(WalletError::Locked.into());
        }
        let took = seconds_between(pending.asked, self.clock.read());
        if took.is_none_or(|took| took > SIGN_WITHIN) {
            return Err(WalletError::Key(KeyError::TooLate).into());
        }
        let key = P256Backend.verifying_key(&pending.key);
        if !key.is_ok_and(|key| key.verify(&pending.message, signature)) {
            return Err(WalletError::Key(KeyError::WrongSignature).into());
        }
        Ok(self.unlocked_by(UnlockMethod::Biometric, pending.generation))
    }

    /// Ends an unlocking that the key store did not sign, and gives the error to tell. Where the key is lost,
    /// unlocking by finger or face is no longer set up: [`Wallet::enable_biometric`] makes a new key, after
    /// another proof.
    pub fn fail_biometric(&self, pending: PendingUnlocking, fault: KeyError) -> UnlockError {
        if fault == KeyError::Lost {
            self.drop_lost_biometric(&pending.handle);
        }
        match fault {
            KeyError::NotAllowed => UnlockError::NotAllowed,
            fault => WalletError::Key(fault).into(),
        }
    }

    /// While a flow runs, or where this fails, it is done at the next try.
    fn drop_lost_biometric(&self, handle: &str) {
        let Ok(_flow) = self.flow.try_lock() else { return };
        let stored = StoredBiometric::find(&self.vault);
        if stored.is_ok_and(|stored| stored.is_some_and(|stored| stored.handle == handle)) {
            let mut batch = Batch::default();
            if StoredBiometric::forget(&self.vault, &mut batch).is_ok() {
                let _ = batch.write(&self.vault);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_keeps_its_bytes() {
        let bytes = r#"{"handle":"unlock-00ff","public_key":"AgMEBQ"}"#;
        let read: StoredBiometric = serde_json::from_str(bytes).unwrap();
        assert_eq!(
            (read.handle.as_str(), &read.public_key[..]),
            ("unlock-00ff", &[2, 3, 4, 5][..])
        );
        assert_eq!(serde_json::to_string(&read).unwrap(), bytes);
    }
}
