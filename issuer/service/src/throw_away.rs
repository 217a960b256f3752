//! A service that nothing is kept of: for demonstrations and tests.

use std::path::PathBuf;
use std::sync::Arc;

use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::trust::TrustList;

use crate::clock::Clock;
use crate::default_scenes;
use crate::entropy::{Entropy, make_random};
use crate::keys::{FileSigner, ServiceKeys};
use crate::limits::Limits;
use crate::register_key::RegisterKey;
use crate::service::{ServiceParts, StartError};
use crate::store::StoreError;

impl ServiceParts {
    /// Takes fictional documents only. The root key and the register's key are forgotten; the root's public half is the one
    /// entry of `roots`. The trust list is good for 30 days. Scenes and limits are the default ones; there is no attester.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn throw_away(
        base_url: &str,
        data_dir: PathBuf,
        keys: ServiceKeys,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StartError> {
        let now = clock.now();
        let root = FileSigner::throw_away(&*entropy)?;
        let trusted = keys.trusted(base_url, now - 60, now + 60 * DAY);
        let list = TrustList { version: 1, iat: now, exp: now + 30 * DAY, keys: trusted };
        let trust_list = list.sign(&root).map_err(|error| StartError::Trust(error.to_string()))?;
        let scenes = default_scenes().map_err(|error| StartError::Scenes(error.to_string()))?;
        let master = make_random(&*entropy).map_err(StoreError::from)?;
        Ok(Self {
            base_url: base_url.to_owned(),
            data_dir,
            demo_mode: true,
            roots: vec![root.public_key()],
            trust_list,
            scenes,
            keys,
            register_key: RegisterKey::derive(&master),
            attesters: Vec::new(),
            audit_months: None,
            limits: Limits::default(),
            clock,
            entropy,
        })
    }
}
