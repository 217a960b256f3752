//! Renewing tokens where a token alone is not enough: after the city's register was put back from a copy, it
//! may be one that was replaced since, in anybody's hands. The device shows that it is there by the keys of
//! its passes.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_api::issuance::tokens::Tokens;
use szid_api::limits::MAX_KEY_PROOFS;
use szid_protocol::key::PublicKey;
use szid_protocol::pass::UnverifiedPass;
use szid_protocol::verify::derive_device_digest;

use crate::client::{Endpoints, USE_KEY_PROOF};
use crate::error::WalletError;
use crate::jose;
use crate::records::StoredPass;
use crate::wallet::Wallet;

/// What is sent with a refresh token from before.
pub(crate) struct Shown {
    /// A proof by each key, with a space between them.
    pub(crate) proofs: String,
    /// The passes that the keys are of: where the register has lost the token, it finds the device by them.
    pub(crate) passes: String,
}

/// A pass as the service looks it up: day, index, and the digest of the device key.
pub(crate) fn name_pass(exp: u64, index: u32, key: &PublicKey) -> Vec<u8> {
    [&exp.to_be_bytes()[..], &index.to_be_bytes(), &derive_device_digest(key)].concat()
}

impl Wallet {
    /// Renews a refresh token, together with a proof where the service asks for one.
    pub(crate) async fn renew(&self, at: &Endpoints, token: &str) -> Result<Tokens, WalletError> {
        let (renewed, freeze) = match self.client.refresh(at, token, None).await {
            (Err(WalletError::Refused(word)), _) if word == USE_KEY_PROOF => {
                let shown = self.key_proofs(at).await?;
                self.client.refresh(at, token, Some(&shown)).await
            }
            renewed => renewed,
        };
        if matches!(renewed, Err(WalletError::Frozen)) {
            self.keep_freeze(freeze)?;
        }
        renewed
    }

    /// Proofs by the keys of the passes that are here, and of kept ones: the copy may not know the newer
    /// ones. Keys that ask for the holder are left out, since a refresh happens while nobody looks.
    async fn key_proofs(&self, at: &Endpoints) -> Result<Shown, WalletError> {
        let mut held = self.passes_of(&[], true)?;
        held.retain(|(_, stored)| !stored.holder_present);
        let mut held: Vec<StoredPass> = held.into_iter().map(|(_, stored)| stored).collect();
        let kept = self.kept_passes()?;
        held.truncate(MAX_KEY_PROOFS.saturating_sub(kept.len()));
        held.extend(kept);
        if held.is_empty() {
            return Err(WalletError::Refused(USE_KEY_PROOF.into()));
        }
        let claims = json!({
            "aud": at.issuer, "iat": self.now()?, "nonce": self.client.nonce(at).await?,
        });
        let prove = |stored: &StoredPass| {
            let pass = UnverifiedPass::parse(&stored.pass).map_err(WalletError::Untrusted)?;
            let index = u32::try_from(pass.status_index()).unwrap_or(u32::MAX);
            let key = pass.device_key();
            let proof = self.prove("szid-key-proof+jwt", &stored.handle, &key, &claims)?;
            Ok((proof, name_pass(pass.exp(), index, &key)))
        };
        let (mut proofs, mut passes, mut failed) = (Vec::new(), Vec::new(), None);
        for stored in &held {
            match prove(stored) {
                Ok((proof, name)) => {
                    proofs.push(proof);
                    passes.extend(name);
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            // The phone is locked, as a rule: with it unlocked, the next refresh goes on.
            Some(error) if proofs.is_empty() => Err(error),
            _ => Ok(Shown { proofs: proofs.join(" "), passes: BASE64URL_NOPAD.encode(&passes) }),
        }
    }

    /// A JWT of this type by a device key.
    pub(crate) fn prove(
        &self,
        typ: &str,
        handle: &str,
        public: &PublicKey,
        claims: &Value,
    ) -> Result<String, WalletError> {
        let header = json!({ "typ": typ, "alg": "ES256", "jwk": jose::jwk(public)? });
        let message = jose::message(&header, claims);
        let signature = self.keys.sign(handle, message.as_bytes())?;
        Ok(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
    }
}
