//! Gates of the park, registered with a [`City`]'s service.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use szid_gate::{Gate, GateError, GateParts, Ports, ServiceClient, VerdictNotifier, sync};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;
use szid_register::entropy::{Entropy, SystemEntropy};
use szid_register::{Bearer, Venue};
use szid_verifier::VerifierError;
use szid_verifier::scanner::Scanner;

use crate::city::{City, PARK, SAMPLE, TestClock, code, credential};

struct TestPorts {
    clock: Arc<TestClock>,
    ahead: Arc<AtomicI64>,
}

impl Ports for TestPorts {
    fn now(&self) -> u64 {
        self.clock.time().saturating_add_signed(self.ahead.load(Ordering::SeqCst))
    }

    fn random(&self) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        SystemEntropy.fill(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Somebody's code that is too old, a minute later: it is refused, with a receipt that proves nobody's use.
pub async fn old_code(city: &City) -> String {
    let (_, wallet) = city.citizen(SAMPLE).await;
    let old = code(&wallet);
    city.clock.advance(61);
    old
}

/// A gate of the park that is registered with the service.
pub struct Device {
    /// Its label.
    pub name: &'static str,
    /// Signs its receipts.
    pub signer: Arc<dyn Signer>,
    /// Its bearer secret.
    pub secret: String,
    /// Where it keeps what it keeps.
    pub folder: tempfile::TempDir,
    /// The scene that it is set to.
    pub scene: u16,
    /// The root key that it was given.
    pub root: PublicKey,
    ahead: Arc<AtomicI64>,
}

impl Device {
    /// Sets its clock ahead of the others, or behind where negative; 0 is right again.
    pub fn set_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }

    /// A gate that was registered and has synchronised once, with its device and its way to the service.
    pub async fn at_work(city: &City) -> (Self, ServiceClient, Gate) {
        let device = Self::register(city, "gate-1").await;
        let (client, gate) = (device.client(&city.base_url), device.open_synchronised(city).await);
        (device, client, gate)
    }

    /// Opens it, and synchronises once without a fault.
    pub async fn open_synchronised(&self, city: &City) -> Gate {
        let gate = self.open(city);
        let round = sync::once(&gate, &self.client(&city.base_url)).await;
        assert!(round.faults.is_empty(), "{round:?}");
        gate
    }

    /// Registers it, and the park.
    pub async fn register(city: &City, name: &'static str) -> Self {
        let now = city.clock.time();
        let venue = Venue {
            id: "park".into(),
            name: "演示山海公园".into(),
            uscc: "91440399EXAMPLEC1C".into(),
            scenes: vec![PARK],
            suspended: false,
            ages: vec![60],
        };
        let store = city.store();
        store.put_venue(venue, now).await.expect("it is registered");
        let bearer = Bearer::Venue { venue: "park".into(), device: name.into() };
        let secret = credential(&*store, bearer, now).await;
        let signer = Arc::new(FileSigner::throw_away(&SystemEntropy).expect("a key"));
        store
            .put_gate("park", name, signer.public_key().to_compressed(), now)
            .await
            .expect("it is registered");
        let folder = tempfile::tempdir().expect("a folder");
        let (scene, root) = (PARK, city.root);
        Self { name, signer, secret, folder, scene, root, ahead: Arc::default() }
    }

    /// Opens the gate.
    pub fn open(&self, city: &City) -> Gate {
        self.open_in(city, self.folder.path())
    }

    /// The same in another folder.
    pub fn open_in(&self, city: &City, folder: &Path) -> Gate {
        self.open_with(city, folder, None)
    }

    /// The same with somebody who is told of each verdict.
    pub fn open_with(&self, city: &City, folder: &Path, notifier: Option<VerdictNotifier>) -> Gate {
        let parts = |notifier| GateParts {
            folder: folder.to_owned(),
            roots: vec![self.root],
            venue: "park".into(),
            device: self.name.into(),
            scene: self.scene,
            signer: Arc::clone(&self.signer),
            scanner: Scanner::default(),
            used_codes: 10_000,
            notifier,
            ports: Arc::new(TestPorts {
                clock: Arc::clone(&city.clock),
                ahead: Arc::clone(&self.ahead),
            }),
        };
        let mut last = Gate::open(parts(notifier.clone()));
        // A process that another test is starting holds the locks of this one until its program runs.
        for _ in 0..100 {
            if !matches!(last, Err(GateError::Verifier(VerifierError::ReplayInUse))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
            last = Gate::open(parts(notifier.clone()));
        }
        last.expect("a gate")
    }

    /// The service as this gate reaches it.
    pub fn client(&self, base_url: &str) -> ServiceClient {
        ServiceClient::new(base_url, &self.secret).expect("a client")
    }
}
