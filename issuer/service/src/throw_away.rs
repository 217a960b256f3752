//! A service that nothing is kept of: for demonstrations and tests.

use std::path::PathBuf;
use std::sync::Arc;

use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::reason::Reason;
use szid_protocol::trust::TrustList;
use szid_register::entropy::Entropy;
use szid_register::master_key::MasterKey;
use szid_register::{Founding, Register, StoreError};

use crate::clock::Clock;
use crate::default_scenes;
use crate::keys::{FileSigner, ServiceKeys};
use crate::levels;
use crate::limits::Limits;
use crate::service::ServiceParts;
use crate::start_error::StartError;
use crate::witness::Witness;

impl ServiceParts {
    /// Takes fictional documents only. The root key is forgotten; its public half is the one entry of
    /// `roots`. The trust list is good for 30 days. Scenes, limits and level policy are the default ones;
    /// there is no attester and no administration.
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
        let trusted = keys.trusted(base_url, now - 60, now + 400 * DAY);
        let list = TrustList { version: 1, iat: now, exp: now + 30 * DAY, keys: trusted };
        let trust_list = list.sign(&root).map_err(|error| StartError::Trust(error.into()))?;
        let scenes =
            default_scenes().map_err(|_| StartError::Scenes(Reason::ScenesMalformed.into()))?;
        let levels = levels::bundled()?.sign(1, now, &root);
        let levels = levels.map_err(|error| StartError::Levels(error.into()))?;
        Ok(Self {
            base_url: base_url.to_owned(),
            witness: Witness::beside(&data_dir),
            data_dir,
            demo_mode: true,
            roots: vec![root.public_key()],
            trust_list,
            scenes,
            levels: Some(levels),
            keys,
            replaced_keys: Vec::new(),
            master_key: MasterKey::throw_away(&*entropy)?,
            attesters: Vec::new(),
            connectors: Vec::new(),
            audit_months: None,
            codeless_receipts: true,
            limits: Limits::default(),
            admin_socket: None,
            admin_over_http: false,
            log_lines_dropped: Arc::default(),
            clock,
            entropy,
        })
    }

    /// Founds the register that these parts are started on, in an empty place.
    ///
    /// # Errors
    /// [`StartError::Store`].
    pub fn found_register(&self) -> Result<(), StartError> {
        let founding = Founding::new(&self.master_key, self.mode(), &*self.entropy);
        let founding = founding.map_err(StoreError::from)?;
        Ok(Register::found(&self.register(), &founding, &*self.entropy)?)
    }
}
