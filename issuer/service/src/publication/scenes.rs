//! Scene policies, signed anew every day, so that what venues hold never runs out while the service is up.

use std::sync::{Arc, PoisonError, RwLock};

use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::scene::{ScenePolicies, ScenePolicy, VerifiedScenePolicies};
use szid_protocol::trust::VerifiedTrustList;

use super::Published;
use crate::start_error::StartError;

/// How long a document is good, seconds.
pub(crate) const SCENES_GOOD_FOR: u64 = 30 * DAY;

/// The policies in force, as they were signed and as they are used.
pub(crate) struct SignedScenes {
    pub(crate) policies: VerifiedScenePolicies,
    pub(crate) document: Published,
}

impl SignedScenes {
    /// A scene's names in Chinese and English; empty for one that is no longer in force.
    pub(crate) fn names(&self, scene: u16) -> (String, String) {
        let policy = self.policies.scene(scene).ok();
        policy.map(|policy| (policy.name_zh.clone(), policy.name_en.clone())).unwrap_or_default()
    }
}

pub(crate) struct ScenePublication {
    scenes: Vec<ScenePolicy>,
    signer: Arc<dyn Signer>,
    current: RwLock<Arc<SignedScenes>>,
}

impl ScenePublication {
    pub(crate) fn new(
        scenes: Vec<ScenePolicy>,
        signer: Arc<dyn Signer>,
        trust: &VerifiedTrustList,
        now: u64,
    ) -> Result<Self, StartError> {
        let current = RwLock::new(Arc::new(sign(&scenes, &*signer, trust, now)?));
        Ok(Self { scenes, signer, current })
    }

    /// How old a trust list may be at most where there is no connection, in the scene that takes the
    /// youngest; nothing where no scene goes without.
    pub(crate) fn youngest_trust(&self) -> Option<u64> {
        let offline = self.scenes.iter().filter(|scene| scene.offline);
        offline.map(|scene| scene.trust_max_age.into()).min()
    }

    /// The policies in force.
    pub(crate) fn current(&self) -> Arc<SignedScenes> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs anew where the last signature is a day old, lies ahead of the clock or was made under another
    /// trust list.
    pub(crate) fn renew(&self, trust: &VerifiedTrustList, now: u64) -> Result<(), StartError> {
        let document = self.current().document.clone();
        let made_at = document.made_at;
        if now >= made_at + DAY || document.is_ahead(now) || trust.issued_at() > made_at {
            let signed = Arc::new(sign(&self.scenes, &*self.signer, trust, now)?);
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = signed;
        }
        Ok(())
    }
}

fn sign(
    scenes: &[ScenePolicy],
    signer: &dyn Signer,
    trust: &VerifiedTrustList,
    now: u64,
) -> Result<SignedScenes, StartError> {
    // The time is the counter: it goes up, and a restart needs no memory of the last one. A document that was
    // signed while the clock was ahead is refused by venues, or given up once the clock is right
    // (docs/adr/0016-checked-time.md).
    let policies = ScenePolicies {
        version: now,
        iat: now,
        exp: now + SCENES_GOOD_FOR,
        scenes: scenes.to_vec(),
    };
    let bytes = policies.sign(signer).map_err(|error| StartError::Scenes(error.into()))?;
    let policies = VerifiedScenePolicies::verify(&bytes, trust, now)
        .map_err(|reason| StartError::Scenes(reason.into()))?;
    Ok(SignedScenes { policies, document: Published::new(bytes, now) })
}
