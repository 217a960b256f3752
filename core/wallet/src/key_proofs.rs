//! Renewing tokens where a token alone is not enough: after the city's register was put back from a copy, it may be one that was
//! replaced since, in anybody's hands. The device shows that it is there by the keys of its passes.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_protocol::key::PublicKey;
use szid_protocol::pass::UnverifiedPass;

use crate::client::{Endpoints, Tokens, USE_KEY_PROOF};
use crate::error::WalletError;
use crate::jose;
use crate::records::StoredPass;
use crate::wallet::Wallet;

/// As many proofs as a service takes in one request.
const MAX_PROOFS: usize = 16;

impl Wallet {
    /// Renews a refresh token, together with a proof where the service asks for one.
    pub(crate) async fn renew(&self, at: &Endpoints, token: &str) -> Result<Tokens, WalletError> {
        match self.client.refresh(at, token, None).await {
            Err(WalletError::Refused(word)) if word == USE_KEY_PROOF => {
                let proofs = self.key_proofs(at).await?;
                self.client.refresh(at, token, Some(&proofs)).await
            }
            renewed => renewed,
        }
    }

    /// Proofs by the keys of all passes that are here: the copy may not know the newer ones. Keys that ask for the holder are
    /// left out, since a refresh happens while nobody looks.
    async fn key_proofs(&self, at: &Endpoints) -> Result<String, WalletError> {
        let mut held = self.passes_of(&[], true)?;
        held.retain(|(_, stored)| !stored.holder_present);
        held.truncate(MAX_PROOFS);
        if held.is_empty() {
            return Err(WalletError::Refused(USE_KEY_PROOF.into()));
        }
        let claims = json!({
            "aud": at.issuer, "iat": self.now()?, "nonce": self.client.nonce(at).await?,
        });
        let prove = |stored: &StoredPass| {
            let pass = UnverifiedPass::parse(&stored.pass).map_err(WalletError::Untrusted)?;
            self.prove("szid-key-proof+jwt", &stored.handle, &pass.device_key(), &claims)
        };
        let (mut proofs, mut failed) = (Vec::new(), None);
        for (_, stored) in &held {
            match prove(stored) {
                Ok(proof) => proofs.push(proof),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            // The phone is locked, as a rule: with it unlocked, the next refresh goes on.
            Some(error) if proofs.is_empty() => Err(error),
            _ => Ok(proofs.join(" ")),
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
