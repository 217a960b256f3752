//! Which keys vouch for those of a new strip: a token alone is no proof that it is this phone that asks. The
//! offer vouches for the first strip, and a key of each strip for the next one.

use serde_json::Value;
use szid_protocol::key::PublicKey;
use szid_protocol::pass::UnverifiedPass;

use crate::device_keys::FreshKey;
use crate::error::WalletError;
use crate::ports::{KeyError, KeyPolicy};
use crate::records::{ASKED_KEYS, Batch, ENROLLED_ANEW, LOOSE_KEYS, STATE};
use crate::wallet::Wallet;

/// What such a proof says it is: it renews no token and asks for no pass.
const TYPE: &str = "szid-strip-proof+jwt";
/// As many keys whose answer never came are kept: a service gives a device no more passes of a day.
const MAX_ASKED: usize = 8;

/// A key that vouches.
pub(crate) struct Vouching {
    pub(crate) handle: String,
    pub(crate) public: PublicKey,
}

impl Wallet {
    /// The keys that can vouch for a strip: of the passes that are here the first one and the last one, since
    /// a service whose register was put back may know the older ones alone, as well as those that are kept
    /// for that; and those of requests whose answer never came. A key that asks for the holder does so only
    /// where the new ones ask as well, and one does.
    pub(crate) fn vouching_keys(&self) -> Result<Vec<Vouching>, WalletError> {
        self.own_keys(self.options.key_policy == KeyPolicy::HolderPresent)
    }

    /// The same keys, where it `asks` with the first one though that asks for the holder.
    pub(crate) fn own_keys(&self, asks: bool) -> Result<Vec<Vouching>, WalletError> {
        let mut found = Vec::new();
        // Passes of an earlier enrolment are another device's.
        if !self.is_enrolled_anew()? {
            let held = self.passes_of(&[], true)?.into_iter().map(|(_, stored)| stored);
            let mut held = held.filter(|stored| asks || !stored.holder_present);
            let mut by = Vec::from_iter(held.next());
            if !asks {
                by.extend(held.next_back());
            }
            for stored in by.into_iter().chain(self.kept_passes()?) {
                let pass = UnverifiedPass::parse(&stored.pass).map_err(WalletError::Untrusted)?;
                found.push(Vouching { public: pass.device_key(), handle: stored.handle });
            }
        }
        for handle in self.vault.list(ASKED_KEYS)? {
            // Killed before it was made, or lost since: it cannot have helped.
            if let Ok(public) = self.keys.public_key(&handle) {
                found.push(Vouching { handle, public });
            }
        }
        Ok(found)
    }

    /// Proofs by these keys, over the nonce of the request. A key that is lost proves nothing, and the others
    /// go on.
    pub(crate) fn vouch(
        &self,
        by: &[Vouching],
        claims: &Value,
    ) -> Result<Vec<String>, WalletError> {
        let (mut proofs, mut failed) = (Vec::new(), None);
        for key in by {
            match self.prove(TYPE, &key.handle, &key.public, claims) {
                Ok(proof) => proofs.push(proof),
                Err(WalletError::Key(KeyError::Lost)) => {}
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            // The phone is locked, as a rule: a strip that nobody vouches for would be worse than one that
            // comes later.
            Some(error) if proofs.is_empty() => Err(error),
            _ => Ok(proofs),
        }
    }

    /// Keeps one key of a strip that no key of this device vouches for, before it is asked for: if the answer
    /// is lost, this key is the only one that can vouch for the next try.
    pub(crate) fn keep_asked_key(
        &self,
        by: &[Vouching],
        keys: &[FreshKey],
    ) -> Result<(), WalletError> {
        let asked = self.vault.list(ASKED_KEYS)?;
        let is_vouched_for = by.iter().any(|key| !asked.contains(&key.handle));
        let Some(first) = keys.first() else { return Ok(()) };
        if is_vouched_for || asked.len() >= MAX_ASKED {
            return Ok(());
        }
        let mut batch = Batch::default();
        batch.put(ASKED_KEYS, first.handle.clone(), &())?;
        batch.delete(LOOSE_KEYS, first.handle.clone());
        batch.write(&self.vault)
    }

    /// Lets go of such a key, of whose request it is known that nothing came of it.
    pub(crate) fn drop_asked_key(&self, handle: &str) {
        let mut batch = Batch::default();
        if batch.put(LOOSE_KEYS, handle, &()).is_ok() {
            batch.delete(ASKED_KEYS, handle);
            // What fails here is a key that is kept for nothing, until the next strip comes.
            let _ = batch.write(&self.vault);
        }
    }

    /// Once a strip is here, its keys take over.
    pub(crate) fn forget_asked_keys(
        &self,
        batch: &mut Batch,
        kept: &[FreshKey],
    ) -> Result<(), WalletError> {
        for handle in self.vault.list(ASKED_KEYS)? {
            if !kept.iter().any(|key| key.handle == handle) {
                batch.put(LOOSE_KEYS, handle.clone(), &())?;
            }
            batch.delete(ASKED_KEYS, handle);
        }
        Ok(())
    }

    pub(crate) fn is_enrolled_anew(&self) -> Result<bool, WalletError> {
        Ok(self.vault.get(STATE, ENROLLED_ANEW)?.is_some())
    }
}
