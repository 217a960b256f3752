//! The core's ports as a wallet calls them: one that takes its time holds up nobody else, and failures are
//! told to the log: by port, call and fault, and nothing of what was asked.

use std::sync::Arc;

use szid_protocol::crypto::Signature;
use szid_protocol::key::PublicKey;
use szid_wallet::{
    DeviceKeys, HolderPrompt, Http, HttpFuture, HttpRequest, KeyAttester, KeyError, KeyPolicy,
    PromptError, SealingError, SealingKey,
};
use zeroize::Zeroizing;

use crate::log::Log;
use crate::runtime::call_port;

/// A port and the log that hears of it.
pub(crate) struct Logged<P> {
    pub(crate) port: P,
    pub(crate) log: Log,
}

impl<P: DeviceKeys> DeviceKeys for Logged<P> {
    fn create(&self, handle: &str, policy: KeyPolicy) -> Result<PublicKey, KeyError> {
        self.log.port("DeviceKeys", "create", call_port(|| self.port.create(handle, policy)))
    }

    fn public_key(&self, handle: &str) -> Result<PublicKey, KeyError> {
        self.log.port("DeviceKeys", "public_key", call_port(|| self.port.public_key(handle)))
    }

    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError> {
        self.log.port("DeviceKeys", "sign", call_port(|| self.port.sign(handle, message)))
    }

    fn delete(&self, handle: &str) -> Result<(), KeyError> {
        self.log.port("DeviceKeys", "delete", call_port(|| self.port.delete(handle)))
    }
}

impl<P: KeyAttester> KeyAttester for Logged<P> {
    fn attest(
        &self,
        keys: &[(String, PublicKey)],
        nonce: &str,
    ) -> Result<Option<String>, KeyError> {
        self.log.port("KeyAttester", "attest", call_port(|| self.port.attest(keys, nonce)))
    }
}

impl<P: HolderPrompt> HolderPrompt for Logged<P> {
    fn confirm_screen_lock(&self) -> Result<(), PromptError> {
        self.log.port(
            "HolderPrompt",
            "confirm_screen_lock",
            call_port(|| self.port.confirm_screen_lock()),
        )
    }
}

impl<P: SealingKey> SealingKey for Logged<P> {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError> {
        self.log.port("SealingKey", "wrap", call_port(|| self.port.wrap(plain)))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.log.port("SealingKey", "unwrap", call_port(|| self.port.unwrap(wrapped)))
    }

    fn destroy(&self) -> Result<(), SealingError> {
        self.log.port("SealingKey", "destroy_key", call_port(|| self.port.destroy()))
    }
}

impl Http for Logged<Arc<dyn Http>> {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move { self.log.port("Http", "send", self.port.send(request).await) })
    }
}
