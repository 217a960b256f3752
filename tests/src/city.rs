//! A small city: the real service on loopback, a clock that tests move, venues, a registrar, and citizens
//! with wallets.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_issuer::keys::{FileSigner, ServiceKeys};
use szid_issuer::{Attester, Limits, Running, ServiceParts, StartError, start};
use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::Signer;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::key::PublicKey;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::scene::{ConsentRule, ReplayRule, ScenePolicy};
use szid_protocol::trust::VerifiedTrustList;
use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::{
    AdminChange, Author, Bearer, KeyDigest, PassAsked, PassesAsked, Store, Venue, credential_id,
    make_credential,
};
use szid_verifier::AwsLcBackend;
use szid_wallet::software::{
    MockHolderPrompt, MockKeyAttester, MockSealingKey, SoftwareDeviceKeys,
};
use szid_wallet::{
    DeviceKeys, Http, KeyAttester, KeyPolicy, PresentationOptions, Reading, Unlocking, Wallet,
    WalletConfig, WalletOptions, WalletParts,
};

/// The library's scene: level 2, desk replay.
pub const LIBRARY: u16 = 2;
/// The scenic spot's: level 1, gate replay.
pub const PARK: u16 = 3;
/// The hotel's: level 3, which software keys do not reach.
pub const HOTEL: u16 = 1;
/// A self-service terminal's: a challenge is required.
pub const TERMINAL: u16 = 10;
/// The hospital's: level 2, and the citizen is asked.
pub const HOSPITAL: u16 = 6;
/// A scene of this city only: level 2, the citizen is asked, and a scan names its case.
pub const CASEWORK: u16 = 701;
/// A scene of this city only: it covers resident identity cards alone.
pub const RESIDENTS_ONLY: u16 = 700;
/// A scene of this city only: a code must answer what the desk shows, and nobody is asked.
pub const KIOSK: u16 = 702;

/// A fictional resident.
pub const LIN: (&str, &str, &str) = ("111", "440399198803150018", "林示例");
/// A fictional visitor.
pub const SAMPLE: (&str, &str, &str) = ("414", "XDEMO0001", "SAMPLE, MARIA");

/// One clock for service and wallets, which stands still until a test moves it.
pub struct TestClock {
    time: AtomicU64,
    panics: AtomicBool,
}

impl TestClock {
    /// A clock that stands at a second.
    pub fn at(seconds: u64) -> Self {
        Self { time: AtomicU64::new(seconds), panics: AtomicBool::new(false) }
    }

    /// The time, Unix seconds.
    pub fn time(&self) -> u64 {
        self.time.load(Ordering::SeqCst)
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Lets whoever asks the service's clock next panic.
    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }

    /// True until somebody has.
    pub fn is_about_to_panic(&self) -> bool {
        self.panics.load(Ordering::SeqCst)
    }

    /// Sets the clock back.
    pub fn set_back(&self, seconds: u64) {
        self.time.fetch_sub(seconds, Ordering::SeqCst);
    }
}

impl szid_issuer::clock::Clock for TestClock {
    fn now(&self) -> u64 {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "a fault that a test asked for");
        self.time()
    }

    fn read(&self) -> szid_issuer::clock::Reading {
        szid_issuer::clock::Reading { wall: self.time(), monotonic: self.time() }
    }
}

/// The clock of the service's machine: the same, unless somebody sets it wrongly.
pub struct MachineClock {
    all: Arc<TestClock>,
    ahead: AtomicI64,
}

impl MachineClock {
    /// Sets it ahead of the others, or behind where negative; 0 is right again. Its monotonic clock goes on.
    pub fn set_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }
}

impl szid_issuer::clock::Clock for MachineClock {
    fn now(&self) -> u64 {
        let now = szid_issuer::clock::Clock::now(&*self.all);
        now.saturating_add_signed(self.ahead.load(Ordering::SeqCst))
    }

    fn read(&self) -> szid_issuer::clock::Reading {
        let reading = szid_issuer::clock::Clock::read(&*self.all);
        let wall = reading.wall.saturating_add_signed(self.ahead.load(Ordering::SeqCst));
        szid_issuer::clock::Reading { wall, ..reading }
    }
}

impl szid_wallet::Clock for TestClock {
    fn read(&self) -> Reading {
        Reading { wall: self.time(), monotonic: self.time(), boot: 1 }
    }
}

/// The city.
pub struct City {
    /// Where the service answers.
    pub base_url: String,
    /// The clock of all.
    pub clock: Arc<TestClock>,
    /// The clock of the service's machine.
    pub machine: Arc<MachineClock>,
    /// The keys that sign in the service's name.
    pub keys: ServiceKeys,
    /// The root's public key.
    pub root: PublicKey,
    /// A device of the library, which is registered for its scene alone.
    pub library: String,
    /// A device of a venue that is registered for every scene.
    pub hall: String,
    /// A registrar.
    pub registrar: String,
    /// Another one: some acts take two.
    pub second_registrar: String,
    /// An HTTP client.
    pub http: reqwest::Client,
    attester: Arc<FileSigner>,
    /// The key store of all phones; each key has a handle of its own.
    phone_keys: Arc<SoftwareDeviceKeys>,
    /// What a service that is started again takes again.
    again: Again,
    service: Option<Running>,
    folder: tempfile::TempDir,
}

struct Again {
    trust_list: Vec<u8>,
    master_key: MasterKey,
    scenes: Vec<ScenePolicy>,
    levels: Option<Vec<u8>>,
    roots: Vec<PublicKey>,
    limits: Limits,
}

impl City {
    /// Founds a city with the usual limits, as far as tests bear them.
    pub async fn found() -> Self {
        Self::changed(|_| {}).await
    }

    /// Founds a city with limits.
    pub async fn with(limits: Limits) -> Self {
        Self::changed(|parts| parts.limits = limits).await
    }

    /// Founds a city whose service is set up as a test wants it, with the usual limits, as far as tests bear
    /// them.
    pub async fn changed(change: impl FnOnce(&mut ServiceParts)) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let now = szid_issuer::clock::Clock::now(&szid_issuer::clock::SystemClock);
        // Noon of a day, so that no test runs over its end.
        let now = now / DAY * DAY + 4 * 3600;
        let clock = Arc::new(TestClock::at(now));
        let machine = Arc::new(MachineClock { all: clock.clone(), ahead: AtomicI64::new(0) });
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let keys = ServiceKeys::throw_away(&SystemEntropy).expect("keys");
        let service = folder.path().join("service");
        let entropy = Arc::new(SystemEntropy);
        let mut parts =
            ServiceParts::throw_away(&base_url, service, keys.clone(), machine.clone(), entropy)
                .expect("parts");
        parts.found_register().expect("a register");
        let attester = Arc::new(FileSigner::throw_away(&SystemEntropy).expect("a key"));
        parts.attesters.push(attested_by(&attester));
        parts.admin_over_http = true;
        parts.admin_socket = Some(folder.path().join("admin.sock"));
        parts.limits = Limits {
            per_address: None,
            per_credential: None,
            codes_per_credential: None,
            ..Limits::default()
        };
        change(&mut parts);
        let root = parts.roots[0];
        parts.scenes.push(ScenePolicy {
            id: RESIDENTS_ONLY,
            name_zh: "居民专用".into(),
            name_en: "residents only".into(),
            classes: vec![111],
            ..ScenePolicy::any()
        });
        parts.scenes.push(ScenePolicy {
            id: KIOSK,
            name_zh: "自助机".into(),
            name_en: "kiosk".into(),
            challenge: true,
            replay: ReplayRule::Gate,
            ..ScenePolicy::any()
        });
        parts.scenes.push(ScenePolicy {
            id: CASEWORK,
            name_zh: "办件".into(),
            name_en: "casework".into(),
            min_level: 2,
            claims: vec![2, 5],
            consent: ConsentRule::Ask,
            consent_seconds: 1,
            consent_tier: 3,
            case: true,
            offline: false,
            ..ScenePolicy::any()
        });
        let again = Again {
            trust_list: parts.trust_list.clone(),
            master_key: parts.master_key.clone(),
            scenes: parts.scenes.clone(),
            levels: parts.levels.clone(),
            roots: parts.roots.clone(),
            limits: parts.limits.clone(),
        };
        let service = start(listener, parts).await.expect("the service starts");
        let store = service.store();
        let library = venue(&*store, "library", vec![LIBRARY], now).await;
        let all = vec![HOTEL, LIBRARY, PARK, TERMINAL, HOSPITAL, RESIDENTS_ONLY, CASEWORK, KIOSK];
        let hall = venue(&*store, "hall", all, now).await;
        let admit = async |registrar: &str| {
            let bearer = Bearer::Registrar { registrar: registrar.into() };
            credential(&*store, bearer, now).await
        };
        let (registrar, second_registrar) = (admit("counter-1").await, admit("counter-2").await);
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            base_url,
            clock,
            machine,
            keys,
            root,
            library,
            hall,
            registrar,
            second_registrar,
            http,
            attester,
            again,
            service: Some(service),
            phone_keys: Arc::new(SoftwareDeviceKeys::new(Arc::new(
                szid_wallet::software::SystemEntropy,
            ))),
            folder,
        }
    }

    /// The register.
    pub fn store(&self) -> Arc<dyn Store> {
        self.service.as_ref().expect("a running service").store()
    }

    /// The service's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("service")
    }

    /// One round of the service's periodic jobs.
    pub async fn tidy(&self) {
        self.service.as_ref().expect("a running service").tidy().await;
    }

    /// An operator's word that the service's clock is right.
    pub async fn confirm_clock(&self) -> i64 {
        let service = self.service.as_ref().expect("a running service");
        service.confirm_clock("operator".into()).await.expect("a confirmed clock")
    }

    /// Ends the service and starts it again, with what it has on disk.
    pub async fn restart(&mut self) {
        self.halt().await;
        self.start().await.expect("the service starts");
    }

    /// Ends the service.
    pub async fn stop(mut self) {
        self.halt().await;
    }

    /// Ends the service, which may be started again.
    pub async fn halt(&mut self) {
        let service = self.service.take().expect("a running service");
        service.shutdown().await.expect("the service stops");
    }

    /// Lays another level policy for the service's next start, or none.
    pub fn lay_levels(&mut self, policy: Option<Vec<u8>>) {
        self.again.levels = policy;
    }

    /// Changes the limits of the service from its next start on.
    pub fn change_limits(&mut self, change: impl FnOnce(&mut Limits)) {
        change(&mut self.again.limits);
    }

    /// Starts a service that was ended, with what it has on disk.
    pub async fn start(&mut self) -> Result<(), StartError> {
        let address = self.base_url.trim_start_matches("http://");
        let listener = TcpListener::bind(address).expect("the same port");
        let (keys, entropy) = (self.keys.clone(), Arc::new(SystemEntropy));
        let clock = self.machine.clone();
        let mut parts =
            ServiceParts::throw_away(&self.base_url, self.data(), keys, clock, entropy)?;
        parts.roots.clone_from(&self.again.roots);
        parts.trust_list.clone_from(&self.again.trust_list);
        parts.master_key = self.again.master_key.clone();
        parts.scenes.clone_from(&self.again.scenes);
        parts.levels.clone_from(&self.again.levels);
        parts.limits = self.again.limits.clone();
        parts.attesters.push(attested_by(&self.attester));
        parts.admin_over_http = true;
        self.service = Some(start(listener, parts).await?);
        Ok(())
    }

    /// Has the service sign its audit's head now.
    pub async fn publish_audit_head(&self) {
        let service = self.service.as_ref().expect("a running service");
        service.publish_audit_head().await.expect("a signed head");
    }

    /// Lays another trust list in the place of the one in force.
    pub fn replace_trust_list(&self, list: &[u8]) -> Result<(), StartError> {
        self.service.as_ref().expect("a running service").replace_trust_list(list)
    }

    /// The trust list in force, verified.
    pub fn trust(&self) -> VerifiedTrustList {
        VerifiedTrustList::verify(&self.again.trust_list, &[self.root], &AwsLcBackend)
            .expect("a trust list")
    }

    /// A request to a path of the service.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base_url))
    }

    /// A request to a path of the service.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base_url))
    }

    /// Enrols a person at level 4: somebody new as one registrar, somebody known as two, with a device in
    /// addition.
    pub async fn enrol(&self, who: (&str, &str, &str)) -> Value {
        self.enrol_at(4, who).await
    }

    /// The same at another level.
    pub async fn enrol_at(&self, level: u8, (kind, number, name): (&str, &str, &str)) -> Value {
        let body = json!({ "document": { "type": kind, "number": number }, "name": name,
            "identity_level": level, "method": "counter", "devices": "adds" });
        let request = self.post("/v1/registrar/enrolments").bearer_auth(&self.registrar);
        let (status, asked) = answer(request.json(&body)).await;
        if status == StatusCode::CREATED {
            return asked;
        }
        assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
        let (status, enrolled) = self.confirm(&asked).await;
        assert_eq!(status, StatusCode::CREATED, "{enrolled}");
        enrolled
    }

    /// Confirms as the second registrar what the first one asked for.
    pub async fn confirm(&self, asked: &Value) -> (StatusCode, Value) {
        let request = asked["request"].as_str().expect("a request");
        let path = format!("/v1/registrar/requests/{request}/confirm");
        answer(self.post(&path).bearer_auth(&self.second_registrar)).await
    }

    /// Enrols a person and lets a new wallet take the offer up. Returns the person's id as well.
    pub async fn citizen(&self, who: (&str, &str, &str)) -> (String, Wallet) {
        self.citizen_at(4, who).await
    }

    /// The same at another level.
    pub async fn citizen_at(&self, level: u8, who: (&str, &str, &str)) -> (String, Wallet) {
        let offer = self.enrol_at(level, who).await;
        let text = |name: &str| offer[name].as_str().expect(name).to_owned();
        let wallet = self.wallet(&text("person"));
        wallet.enrol(&text("credential_offer"), &text("tx_code")).await.expect("enrolled");
        (text("person"), wallet)
    }

    /// An access token of a person, for requests past the wallet.
    pub async fn access_token(&self, who: (&str, &str, &str)) -> String {
        self.tokens(who).await["access_token"].as_str().expect("a token").to_owned()
    }

    /// The tokens of a new device of a person.
    pub async fn tokens(&self, who: (&str, &str, &str)) -> Value {
        let enrolled = self.enrol(who).await;
        let offer = enrolled["credential_offer_uri"].as_str().expect("an offer");
        let offer = self.http.get(offer).send().await.expect("an answer");
        let offer: Value = offer.json().await.expect("an offer");
        let grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
        let code = offer["grants"][grant]["pre-authorized_code"].as_str().expect("a code");
        let tx_code = enrolled["tx_code"].as_str().expect("a transaction code");
        let form = [("grant_type", grant), ("pre-authorized_code", code), ("tx_code", tx_code)];
        let (status, tokens) = answer(self.post("/v1/token").form(&form)).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        tokens
    }

    /// The same with a wallet whose keys are attested.
    pub async fn attested_citizen(&self, who: (&str, &str, &str)) -> (String, Wallet) {
        let offer = self.enrol(who).await;
        let text = |name: &str| offer[name].as_str().expect(name).to_owned();
        let attester = MockKeyAttester::new(self.attester.clone(), self.clock.clone());
        let wallet = self.wallet_with(&text("person"), Some(Arc::new(attester)));
        wallet.enrol(&text("credential_offer"), &text("tx_code")).await.expect("enrolled");
        (text("person"), wallet)
    }

    /// An empty wallet.
    pub fn wallet(&self, name: &str) -> Wallet {
        self.wallet_with(name, None)
    }

    /// An empty wallet with somebody who attests its keys.
    pub fn wallet_with(&self, name: &str, attester: Option<Arc<dyn KeyAttester>>) -> Wallet {
        self.open_wallet(
            name,
            attester,
            Arc::new(szid_wallet::ReqwestHttp::new()),
            KeyPolicy::default(),
        )
    }

    /// An empty wallet whose keys ask for the holder at each signature.
    pub fn wallet_of_a_finger(&self, name: &str) -> Wallet {
        let http = Arc::new(szid_wallet::ReqwestHttp::new());
        self.open_wallet(name, None, http, KeyPolicy::HolderPresent)
    }

    /// A wallet that reaches the service by this way: the one of this name, if there is one.
    pub fn wallet_over(&self, name: &str, http: Arc<dyn Http>) -> Wallet {
        self.open_wallet(name, None, http, KeyPolicy::default())
    }

    fn open_wallet(
        &self,
        name: &str,
        attester: Option<Arc<dyn KeyAttester>>,
        http: Arc<dyn Http>,
        key_policy: KeyPolicy,
    ) -> Wallet {
        let config = WalletConfig {
            path: self.folder.path().join(name),
            roots: vec![self.root],
            days_ahead: 13,
            device_name: name.into(),
        };
        let entropy = Arc::new(szid_wallet::software::SystemEntropy);
        let parts = WalletParts {
            keys: self.phone_keys.clone(),
            attester,
            prompt: Some(Arc::new(MockHolderPrompt::default())),
            sealing: Arc::new(MockSealingKey::default()),
            http,
            clock: self.clock.clone(),
            entropy,
        };
        let options = WalletOptions { demo_mode: true, key_policy, ..WalletOptions::default() };
        Wallet::open_with(config, options, parts).expect("a wallet")
    }

    /// The holder's finger on a wallet of this city: its software key signs for whoever asks.
    pub fn finger(&self, wallet: &Wallet) -> Unlocking {
        if !wallet.has_biometric().expect("a wallet") {
            wallet.enable_biometric(&screen_lock(wallet)).expect("a key for the finger");
        }
        let pending = wallet.begin_biometric().expect("a challenge");
        let request = pending.signing_request();
        let signature = self.phone_keys.sign(request.handle, request.message);
        wallet.finish_biometric(pending, &signature.expect("a signature")).expect("tier 3")
    }

    /// Scans as a device; the answer, whatever it is.
    pub async fn scan(&self, device: &str, body: Value) -> (StatusCode, Value) {
        answer(self.post("/v1/scans").bearer_auth(device).json(&body)).await
    }

    /// The reason that a scan in the hall comes to.
    pub async fn reason(&self, code: &str, scene: u16, operator: &str) -> String {
        let body = json!({ "code": code, "scene": scene, "operator": operator });
        let (status, verdict) = self.scan(&self.hall, body).await;
        assert_eq!(status, StatusCode::OK, "{verdict}");
        let accepted = verdict["decision"] == "accept";
        let reason = verdict["reason"].as_str().expect("a reason").to_owned();
        assert_eq!(accepted, reason.starts_with("OK"), "{verdict}");
        reason
    }

    /// Changes an account's state: as the registrar, and where it takes two, as both. The last answer. A
    /// freeze keeps the person's only device, or none of several.
    pub async fn set_account(&self, person: &str, action: &str) -> (StatusCode, Value) {
        let mut body = json!({ "reason": "test" });
        if let ("freeze", [device]) = (action, self.devices(person).await.as_slice()) {
            body["keep_device"] = device["id"].clone();
        }
        let (status, asked) = self.act(person, action, body).await;
        if asked["request"].is_string() { self.confirm(&asked).await } else { (status, asked) }
    }

    /// What the first registrar does to an account: `freeze`, `unfreeze` or `revoke`.
    pub async fn act(&self, person: &str, action: &str, body: Value) -> (StatusCode, Value) {
        let path = format!("/v1/registrar/persons/{person}/{action}");
        answer(self.post(&path).bearer_auth(&self.registrar).json(&body)).await
    }

    /// A person's devices, as a registrar sees them.
    pub async fn devices(&self, person: &str) -> Vec<Value> {
        let path = format!("/v1/registrar/persons/{person}/devices");
        let (_, listed) = answer(self.get(&path).bearer_auth(&self.registrar)).await;
        listed["devices"].as_array().cloned().unwrap_or_default()
    }
}

fn attested_by(key: &FileSigner) -> Attester {
    Attester {
        kid: MockKeyAttester::KID.into(),
        key: key.public_key(),
        at_most: KeyProtection::SecureElement,
    }
}

/// A phone whose key lies in secure hardware, as an attestation would say it: a pass of its own for today.
pub struct StrongPhone {
    device: FileSigner,
    pass: Vec<u8>,
}

impl StrongPhone {
    /// Issues a pass of this level to a person, past the wallet.
    pub async fn of(city: &City, person: &str, level: IdentityLevel) -> Self {
        let now = city.clock.time();
        let person = person.parse().expect("a person's id");
        let device = FileSigner::throw_away(&SystemEntropy).expect("a key");
        let key = KeyDigest::of(&device.public_key());
        let passes = vec![PassAsked { exp: end_of_day(now), key }];
        let asked = PassesAsked { person, device: None, passes, proven: Vec::new(), at: now };
        let given = city.store().allocate_passes(asked).await;
        Self::with_key(city, device, given.expect("an index").indices[0], level)
    }

    /// The same with an index that the register may never have given out.
    pub fn with_index(city: &City, status_index: u32, level: IdentityLevel) -> Self {
        let device = FileSigner::throw_away(&SystemEntropy).expect("a key");
        Self::with_key(city, device, status_index, level)
    }

    fn with_key(city: &City, device: FileSigner, status_index: u32, level: IdentityLevel) -> Self {
        let pass = PassClaims {
            exp: end_of_day(city.clock.time()),
            device_key: device.public_key(),
            identity_level: level,
            key_protection: KeyProtection::SecureElement,
            status_index,
            concessions: None,
            masked_name: None,
        };
        let pass = pass.sign(&*city.keys.pass).expect("a pass");
        Self { device, pass }
    }

    /// A code for now, drawn with a fingerprint.
    pub fn code(&self, city: &City, challenge: Option<Challenge>) -> String {
        let tier = AuthenticationTier::Biometric;
        let claims = CodeClaims { iat: city.clock.time(), tier, scene: 0, challenge };
        let draft = CodeDraft::new(&self.pass, &claims).expect("a draft");
        let signature = self.device.sign(&draft.to_be_signed()).expect("a signature");
        draft.finish_as_digits(&signature)
    }
}

/// The screen lock of a phone that has a mock for it: tier 2.
pub fn screen_lock(wallet: &Wallet) -> Unlocking {
    wallet.unlock_with_screen_lock().expect("tier 2")
}

/// Today's code of a wallet.
pub fn code(wallet: &Wallet) -> String {
    wallet.present(&wallet.app_opened(), &PresentationOptions::default()).expect("a code").digits
}

/// Status and JSON body of an answer.
pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// Checks that an answer is a problem with this code, in the form of RFC 9457.
pub fn assert_problem((status, body): (StatusCode, Value), code: &str) {
    assert_eq!(body["code"], code, "{status} {body}");
    assert_eq!(body["status"], status.as_u16());
    assert_eq!(body["type"], format!("urn:szid:problem:{}", code.to_ascii_lowercase()));
    for member in ["title", "title_zh", "detail"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {body}");
    }
}

async fn venue(store: &dyn Store, id: &str, scenes: Vec<u16>, now: u64) -> String {
    let uscc = "12440399EXAMPLEB3N".into();
    let venue =
        Venue { id: id.into(), name: id.into(), uscc, scenes, suspended: false, ages: vec![60] };
    store.put_venue(venue, now).await.expect("a venue");
    credential(store, Bearer::Venue { venue: id.into(), device: "desk".into() }, now).await
}

/// Withdraws the credential that has this secret.
pub async fn withdraw(store: &dyn Store, secret: &str, now: u64) {
    let id = credential_id(&Sha256::digest(secret).into());
    let withdrawn = store.administer(AdminChange::Withdraw(id), Author::Offline, now).await;
    withdrawn.expect("a credential").expect("no fault");
}

/// Makes a bearer credential and returns its secret.
pub async fn credential(store: &dyn Store, bearer: Bearer, now: u64) -> String {
    make_credential(store, bearer, &SystemEntropy, now).await.expect("a credential")
}
