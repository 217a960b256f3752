//! What stands in for a wallet backend that looks at a phone's own evidence.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;

use crate::jose;
use crate::ports::{Clock, KeyAttester, KeyError};

/// Says of any key, without looking, that it lies in a secure element. For tests and demonstrations: whoever
/// lists its public key as an attester believes software keys.
pub struct MockKeyAttester {
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
}

impl MockKeyAttester {
    /// What its attestations call its key.
    pub const KID: &str = "mock-attester";

    /// An attester with this key.
    pub fn new(signer: Arc<dyn Signer>, clock: Arc<dyn Clock>) -> Self {
        Self { signer, clock }
    }
}

impl KeyAttester for MockKeyAttester {
    fn attest(
        &self,
        keys: &[(String, PublicKey)],
        nonce: &str,
    ) -> Result<Option<String>, KeyError> {
        let keys = keys.iter().map(|(_, key)| jose::jwk(key)).collect::<Result<Vec<_>, _>>()?;
        let now = self.clock.read().wall;
        let header = json!({ "typ": "key-attestation+jwt", "alg": "ES256", "kid": Self::KID });
        let claims = json!({ "iat": now, "exp": now + 300, "nonce": nonce, "attested_keys": keys,
            "key_storage": ["iso_18045_moderate"] });
        let message = jose::message(&header, &claims);
        let signature = self.signer.sign(message.as_bytes()).map_err(|_| KeyError::Unavailable)?;
        Ok(Some(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))))
    }
}
