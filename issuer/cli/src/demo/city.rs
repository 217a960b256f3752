//! A small city in one process: service, venue, registrar and one citizen's wallet.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use szid_identity::connectors::mock::MockPopulationRegister;
use szid_identity::connectors::{Bounds, Guarded};
use szid_issuer::keys::ServiceKeys;
use szid_issuer::{Running, ServiceParts, start};
use szid_protocol::day::end_of_day;
use szid_protocol::key::PublicKey;
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, Venue, make_credential};
use szid_wallet::software::{MockSealingKey, SoftwareDeviceKeys};
use szid_wallet::{Reading, Wallet, WalletConfig, WalletOptions, WalletParts};

use crate::Failure;

/// The scene that the demo's venue scans for: the library.
const LIBRARY: u16 = 2;

/// One clock for service and wallet, which the demo may move.
#[derive(Default)]
pub(super) struct DemoClock(AtomicI64);

impl DemoClock {
    fn time(&self) -> u64 {
        crate::system::now().saturating_add_signed(self.0.load(Ordering::SeqCst))
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Makes it `time` now; never back.
    pub(super) fn move_to(&self, time: u64) {
        let ahead = time.saturating_sub(self.time());
        self.advance(i64::try_from(ahead).unwrap_or(0));
    }
}

impl szid_issuer::clock::Clock for DemoClock {
    fn now(&self) -> u64 {
        self.time()
    }

    fn read(&self) -> szid_issuer::clock::Reading {
        // What the demo moves is time itself.
        szid_issuer::clock::Reading { wall: self.time(), monotonic: self.time() }
    }
}

impl szid_wallet::Clock for DemoClock {
    fn read(&self) -> Reading {
        Reading { wall: self.time(), monotonic: self.time(), boot: 1 }
    }
}

/// Everything that the demo runs.
pub(super) struct City {
    pub(super) wallet: Wallet,
    pub(super) clock: Arc<DemoClock>,
    service: Option<Running>,
    base_url: String,
    root: PublicKey,
    venue_secret: String,
    registrar_secret: String,
    second_registrar_secret: String,
    http: reqwest::Client,
    _data: tempfile::TempDir,
}

impl City {
    /// Makes keys, signs the trust list, and starts the service on a free port.
    pub(super) async fn found() -> Result<Self, Failure> {
        let clock = Arc::new(DemoClock::default());
        let data = tempfile::tempdir().map_err(Failure::system)?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(Failure::system)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(Failure::system)?);
        let keys = ServiceKeys::throw_away(&SystemEntropy).map_err(Failure::system)?;
        let entropy = Arc::new(SystemEntropy);
        let folder = data.path().join("service");
        let mut parts = ServiceParts::throw_away(&base_url, folder, keys, clock.clone(), entropy)
            .map_err(Failure::system)?;
        let people = MockPopulationRegister::new().map_err(Failure::system)?;
        parts.connectors = vec![Guarded::new(Box::new(people), Bounds::default())];
        parts.found_register().map_err(Failure::system)?;
        let root = parts.roots[0];
        let service = start(listener, parts).await.map_err(Failure::system)?;
        let (venue_secret, registrar_secret, second_registrar_secret) =
            register(&service, clock.time()).await?;
        let config = WalletConfig {
            path: data.path().join("wallet"),
            roots: vec![root],
            days_ahead: 13,
            device_name: "演示手机".into(),
        };
        let entropy = Arc::new(szid_wallet::software::SystemEntropy);
        let parts = WalletParts {
            keys: Arc::new(SoftwareDeviceKeys::new(entropy.clone())),
            attester: None,
            prompt: None,
            sealing: Arc::new(MockSealingKey::default()),
            http: Arc::new(szid_wallet::ReqwestHttp::new()),
            clock: clock.clone(),
            entropy,
        };
        let options = WalletOptions { demo_mode: true, ..WalletOptions::default() };
        let wallet = Wallet::open_with(config, options, parts).map_err(Failure::system)?;
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(10))
            .build()
            .map_err(Failure::system)?;
        let service = Some(service);
        Ok(Self {
            wallet,
            clock,
            service,
            base_url,
            root,
            venue_secret,
            registrar_secret,
            second_registrar_secret,
            http,
            _data: data,
        })
    }

    async fn post(&self, path: &str, secret: &str, body: Value) -> Result<Value, Failure> {
        let request =
            self.http.post(format!("{}{path}", self.base_url)).bearer_auth(secret).json(&body);
        let response = request.send().await.map_err(Failure::system)?;
        let status = response.status();
        let answer: Value = response.json().await.map_err(Failure::system)?;
        if status.is_success() {
            Ok(answer)
        } else {
            Err(Failure::system(format_args!("{path}: {answer}")))
        }
    }

    /// The registrar enrols a fictional person, whose wallet takes the offer up. Returns the person's opaque
    /// id.
    pub(super) async fn enrol_citizen(&self) -> Result<String, Failure> {
        let enrolment = json!({
            "document": { "type": "111", "number": "440399198803150018" },
            "name": "林示例",
            "identity_level": 1,
            "method": "counter",
        });
        let answer =
            self.post("/v1/registrar/enrolments", &self.registrar_secret, enrolment).await?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        self.wallet
            .enrol(&text("credential_offer"), &text("tx_code"))
            .await
            .map_err(Failure::system)?;
        Ok(text("person"))
    }

    /// Has the venue scan; the answer says which step of the demo it is.
    pub(super) async fn judge(
        &self,
        (zh, en): (&str, &str),
        code: &str,
        operator: &str,
    ) -> Result<Value, Failure> {
        let body = json!({ "code": code, "scene": LIBRARY, "operator": operator });
        let mut verdict = self.post("/v1/scans", &self.venue_secret, body).await?;
        verdict["step"] = json!({ "zh": zh, "en": en });
        Ok(verdict)
    }

    /// The citizen reports a loss: the account is frozen, and this device, which shows its keys, stays.
    pub(super) async fn report_lost(&self) -> Result<(), Failure> {
        self.wallet.report_lost().await.map(drop).map_err(Failure::system)
    }

    /// Lifts the freeze. What gives rights back waits for a second registrar.
    pub(super) async fn unfreeze(&self, person: &str) -> Result<(), Failure> {
        let path = format!("/v1/registrar/persons/{person}/unfreeze");
        let asked = self.post(&path, &self.registrar_secret, json!({ "reason": "demo" })).await?;
        let request = asked["request"].as_str().unwrap_or_default();
        let path = format!("/v1/registrar/requests/{request}/confirm");
        self.post(&path, &self.second_registrar_secret, json!({})).await.map(drop)
    }

    /// A signed document of the service.
    pub(super) async fn document(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let response = self
            .http
            .get(format!("{}{path}", self.base_url))
            .send()
            .await
            .map_err(Failure::system)?;
        let response = response.error_for_status().map_err(Failure::system)?;
        Ok(response.bytes().await.map_err(Failure::system)?.to_vec())
    }

    pub(super) fn today(&self) -> Result<u64, Failure> {
        Ok(end_of_day(self.wallet.now().map_err(Failure::system)?))
    }

    pub(super) fn status_path(&self, day: u64) -> String {
        super::status_path(day)
    }

    pub(super) fn root_spki(&self) -> Result<Vec<u8>, Failure> {
        self.root.to_spki_der().map_err(Failure::system)
    }

    /// Stops the service; wallet and clock go on.
    pub(super) async fn stop_service(mut self) -> Result<Self, Failure> {
        if let Some(service) = self.service.take() {
            service.shutdown().await.map_err(Failure::system)?;
        }
        Ok(self)
    }
}

/// Registers the library and two registrars; returns their secrets.
async fn register(service: &Running, now: u64) -> Result<(String, String, String), Failure> {
    let store = service.store();
    let venue = Venue {
        id: "library".into(),
        name: "演示市图书馆".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: vec![LIBRARY],
        suspended: false,
        ages: vec![60],
    };
    store.put_venue(venue, now).await.map_err(Failure::system)?;
    let desk = Bearer::Venue { venue: "library".into(), device: "desk".into() };
    let counter = |registrar: &str| Bearer::Registrar { registrar: registrar.into() };
    let admit = async |bearer| {
        make_credential(&*store, bearer, &SystemEntropy, now).await.map_err(Failure::system)
    };
    Ok((admit(desk).await?, admit(counter("counter-1")).await?, admit(counter("counter-2")).await?))
}
