//! A holder's device and a mock issuer, for the flow tests.
#![allow(dead_code, clippy::unwrap_used, reason = "every test file uses its own part of this")]

pub(crate) mod device;
pub(crate) mod mock_issuer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use szid_protocol::crypto::P256Backend;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::status::Status;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verdict::Verdict;
use szid_protocol::verify::{
    Evidence, NoCache, NoReplayMemory, Question, StatusAnswer, StatusReference, StatusSource,
    verify,
};
use szid_wallet::software::{MockHolderPrompt, MockSealingKey, SystemEntropy};
use szid_wallet::{
    Entropy, KeyAttester, Wallet, WalletConfig, WalletError, WalletOptions, WalletParts,
};

use device::{TestClock, TrackedKeys};
use mock_issuer::MockIssuer;

/// 2026-01-15 12:00 in Shenzhen.
pub(crate) const NOON: u64 = 1_768_449_600;

/// A phone, and the issuer it talks to.
pub(crate) struct Scenery {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) keys: Arc<TrackedKeys>,
    pub(crate) issuer: MockIssuer,
    pub(crate) sealing: Arc<MockSealingKey>,
    pub(crate) prompt: Option<MockHolderPrompt>,
    pub(crate) options: WalletOptions,
    pub(crate) attester: Option<Arc<dyn KeyAttester>>,
    folder: tempfile::TempDir,
}

impl Scenery {
    pub(crate) async fn new() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let clock = Arc::new(TestClock::new(NOON));
        let issuer = MockIssuer::start(clock.clone()).await;
        let options = WalletOptions {
            total_timeout: Duration::from_secs(2),
            demo_mode: true,
            ..WalletOptions::default()
        };
        Self {
            clock,
            keys: Arc::new(TrackedKeys::default()),
            issuer,
            sealing: Arc::new(MockSealingKey::default()),
            prompt: Some(MockHolderPrompt::default()),
            options,
            attester: None,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("wallet")
    }

    /// Opens the wallet, as after a start of the app.
    pub(crate) fn open(&self) -> Wallet {
        self.open_at(self.path(), Arc::new(SystemEntropy))
    }

    /// The same from another folder, or with another randomness.
    pub(crate) fn open_at(&self, path: PathBuf, entropy: Arc<dyn Entropy>) -> Wallet {
        self.try_open(path, entropy).unwrap()
    }

    /// The same where it may fail.
    pub(crate) fn try_open(
        &self,
        path: PathBuf,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Wallet, WalletError> {
        let config = WalletConfig {
            path,
            roots: vec![self.issuer.root()],
            days_ahead: 13,
            device_name: "test phone".into(),
        };
        let parts = WalletParts {
            keys: self.keys.clone(),
            attester: self.attester.clone(),
            prompt: self.prompt.map(|prompt| Arc::new(prompt) as _),
            sealing: self.sealing.clone(),
            http: Arc::new(szid_wallet::ReqwestHttp::new()),
            clock: self.clock.clone(),
            entropy,
        };
        Wallet::open_with(config, self.options, parts)
    }

    pub(crate) async fn enrolled(&self) -> Wallet {
        let wallet = self.open();
        wallet.enrol(&self.issuer.offer(), "493536").await.unwrap();
        wallet
    }

    /// What a venue says, whose clock is right.
    pub(crate) fn verdict(&self, digits: &str) -> Verdict {
        let trust = self.issuer.trust_list();
        let trust = VerifiedTrustList::verify(&trust, &[self.issuer.root()], &P256Backend).unwrap();
        let question = Question {
            code: digits,
            now: self.clock.truth(),
            newest_signed_time: 0,
            scene: &ScenePolicy::any(),
            challenge: None,
            online: true,
            operator: "",
        };
        let evidence = Evidence {
            backend: &P256Backend,
            trust: &trust,
            status: &AllAreValid,
            replay: &NoReplayMemory,
            passes: &NoCache,
        };
        verify(&question, &evidence)
    }
}

struct AllAreValid;

impl StatusSource for AllAreValid {
    fn status(&self, _: &StatusReference<'_>) -> StatusAnswer {
        StatusAnswer::Known { status: Status::Valid, issued_at: 0, expires_at: u64::MAX }
    }
}
