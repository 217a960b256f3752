//! Twenty thousand scans that wait for their citizens, in one process and without sockets: more than a test
//! may open.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_identity::Identity;
use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::Signer;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_register::entropy::SystemEntropy;
use szid_register::{
    Bearer, DeviceRule, Enrolment, Evidence, Grant, KeyDigest, PassAsked, PassesAsked, PersonId,
    TokenPair, Venue, make_credential,
};
use tower::Service as _;

use crate::clock::{Clock, Reading};
use crate::keys::{FileSigner, ServiceKeys};
use crate::limits::Limits;
use crate::scans::MAX_CONSENT_SECONDS;
use crate::service::{Service, ServiceParts, prepare};

const WAITING: usize = 20_000;
/// As many as one venue may have of a person, each with a code of its own.
const SCANS_PER_PERSON: usize = 2;
const PERSONS: usize = WAITING / SCANS_PER_PERSON;
/// The hospital's scene asks the citizen, the library's does not.
const HOSPITAL: u16 = 6;
const LIBRARY: u16 = 2;
/// Noon of a day in Shenzhen.
const NOW: u64 = 20_468 * DAY + 4 * 3600;
/// What one waiting scan may take, without its connection.
const MAX_BYTES_PER_SCAN: usize = 32 * 1024;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> u64 {
        NOW
    }

    fn read(&self) -> Reading {
        Reading { wall: NOW, monotonic: 0 }
    }
}

/// A service without sockets, a hospital, and citizens with a device key each: no two have one code.
struct City {
    service: Arc<Service>,
    router: Router,
    venue_secret: String,
    devices: Vec<FileSigner>,
    passes: Vec<Vec<u8>>,
    _folder: tempfile::TempDir,
}

fn person(number: usize) -> PersonId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    PersonId(id)
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

impl City {
    async fn found() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = ServiceKeys::throw_away(&SystemEntropy).unwrap();
        let (data, entropy) = (folder.path().join("service"), Arc::new(SystemEntropy));
        let base_url = "http://127.0.0.1:1";
        let mut parts =
            ServiceParts::throw_away(base_url, data, keys.clone(), Arc::new(Noon), entropy)
                .unwrap();
        let (per_address, per_credential) = (None, None);
        let connections = 2 * WAITING;
        let codes_per_credential = None;
        let limits = Limits {
            per_address,
            per_credential,
            codes_per_credential,
            connections,
            ..Limits::default()
        };
        parts.limits = limits.clone();
        for scene in parts.scenes.iter_mut().filter(|scene| scene.id == HOSPITAL) {
            scene.consent_seconds = MAX_CONSENT_SECONDS;
        }
        parts.found_register().unwrap();
        let service = Arc::new(prepare(parts).await.unwrap());
        let venue = Venue {
            id: "hospital".into(),
            name: "人民医院".into(),
            uscc: "12440399EXAMPLEB3N".into(),
            scenes: vec![HOSPITAL, LIBRARY],
            suspended: false,
            ages: Vec::new(),
        };
        service.common.store.put_venue(venue, NOW).await.unwrap();
        let bearer = Bearer::Venue { venue: "hospital".into(), device: "desk".into() };
        let venue_secret =
            make_credential(&*service.common.store, bearer, &SystemEntropy, NOW).await.unwrap();
        let registrar = Bearer::Registrar { registrar: "counter".into() };
        service.common.store.put_credential([7; 32], registrar, NOW).await.unwrap();
        let device = |_| FileSigner::throw_away(&SystemEntropy).unwrap();
        let devices: Vec<_> = (0..PERSONS).map(device).collect();
        let passes = enrol_all(&service, &keys, &devices).await;
        let router = super::router(Arc::clone(&service), &limits, false);
        Self { service, router, venue_secret, devices, passes, _folder: folder }
    }

    fn code(&self, number: usize, iat: u64, challenge: Option<Challenge>) -> String {
        let tier = AuthenticationTier::Biometric;
        let claims = CodeClaims { iat, tier, scene: 0, challenge };
        let draft = CodeDraft::new(&self.passes[number], &claims).unwrap();
        let signature = self.devices[number].sign(&draft.to_be_signed()).unwrap();
        draft.finish_as_digits(&signature)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        secret: &str,
        body: &Value,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {secret}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.router.clone().call(request)
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        secret: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        read(self.send(method, path, secret, &body).await.unwrap()).await
    }

    /// An access token of a person.
    async fn token(&self, number: usize) -> String {
        let (secret, store) = (format!("token-{number}"), &self.service.common.store);
        let grant = Grant {
            person: person(number),
            code_hash: hash(&secret),
            tx_code_hash: hash("tx"),
            sealed_offer: Vec::new(),
            expires_at: NOW + 600,
            attempts_left: 1,
            devices: DeviceRule::Adds,
            made_by: "counter".into(),
            approved_on: None,
            ended: false,
            retry_hash: None,
        };
        store.put_grant(hash(&secret), grant).await.unwrap();
        let tokens = TokenPair {
            access_hash: hash(&secret),
            access_expires_at: NOW + 600,
            refresh_hash: hash("refresh"),
            refresh_expires_at: NOW + 600,
            salt: [0; 32],
        };
        let name = "phone".into();
        store.redeem(hash(&secret), hash("tx"), name, tokens, NOW).await.unwrap().unwrap();
        secret
    }

    /// The first question that a person is asked, and the bytes of its id.
    async fn question(&self, token: &str) -> (String, Vec<u8>) {
        let (_, asked) = self.ask("GET", "/v1/holder/consents?wait=25", token, json!({})).await;
        let id = asked["consents"][0]["id"].as_str().unwrap().to_owned();
        let bytes = BASE64URL_NOPAD.decode(id.as_bytes()).unwrap();
        (format!("/v1/holder/consents/{id}"), bytes)
    }
}

async fn enrol_all(service: &Service, keys: &ServiceKeys, devices: &[FileSigner]) -> Vec<Vec<u8>> {
    let enrol = |number: usize| {
        let id = person(number);
        let identity = Identity::of_document("111", "440399198803150018", "林示例");
        let plain = serde_json::to_vec(&identity).unwrap();
        let mut lookup = [0; 32];
        lookup[..16].copy_from_slice(&id.0);
        service.common.store.enrol(Enrolment {
            candidate: id,
            lookup,
            document_class: 111,
            evidence: Evidence::of_registrar("counter".into(), 4, 111, NOW),
            sealed: service.common.register_key.seal_identity(&plain, id, &SystemEntropy).unwrap(),
            actor: "counter-1".into(),
            at: NOW,
            offer: None,
        })
    };
    let exp = end_of_day(NOW);
    let allocate = |number: usize| {
        let asked = PassAsked { exp, key: KeyDigest::of(&devices[number].public_key()) };
        let person = person(number);
        let (passes, proven) = (vec![asked], Vec::new());
        service.common.store.allocate_passes(PassesAsked {
            person,
            device: None,
            passes,
            proven,
            at: NOW,
        })
    };
    // All are on their way before the first is waited for: they share their fsyncs.
    let enrolled: Vec<_> = (0..PERSONS).map(enrol).collect();
    for answer in enrolled {
        answer.await.unwrap();
    }
    let allocated: Vec<_> = (0..PERSONS).map(allocate).collect();
    let mut passes = Vec::with_capacity(PERSONS);
    for (answer, device) in allocated.into_iter().zip(devices) {
        let claims = PassClaims {
            exp,
            device_key: device.public_key(),
            identity_level: IdentityLevel::InPerson,
            key_protection: KeyProtection::SecureElement,
            status_index: answer.await.unwrap().indices[0],
            concessions: None,
            masked_name: None,
        };
        passes.push(claims.sign(&*keys.pass).unwrap());
    }
    passes
}

async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// What the process holds in memory, bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread")]
async fn with_twenty_thousand_scans_waiting_citizens_still_answer_and_all_else_is_served() {
    let city = City::found().await;
    let (approver, denier) = (city.token(0).await, city.token(1).await);
    let of_person = |number| (0..SCANS_PER_PERSON as u64).map(move |age| (number, NOW - age));
    let codes = (0..PERSONS).flat_map(of_person);
    let codes: Vec<_> = codes.map(|(number, iat)| city.code(number, iat, None)).collect();
    let before = resident();
    let mut scans = Vec::with_capacity(WAITING);
    for code in &codes {
        let body = json!({ "code": code, "scene": HOSPITAL, "operator": "desk" });
        scans.push(tokio::spawn(city.send("POST", "/v1/scans", &city.venue_secret, &body)));
    }
    while city.service.consents.desk.waiting() < WAITING {
        if let Some(ended) = scans.iter().position(tokio::task::JoinHandle::is_finished) {
            panic!("{:?}", read(scans.swap_remove(ended).await.unwrap().unwrap()).await);
        }
        tokio::task::yield_now().await;
    }
    let each = resident().saturating_sub(before) / WAITING;
    assert!(each < MAX_BYTES_PER_SCAN, "{each} bytes each");

    // One more question to somebody who has two of this venue is refused, not queued.
    let body = json!({ "code": city.code(0, NOW - 9, None), "scene": HOSPITAL, "operator": "x" });
    let (status, _) = city.ask("POST", "/v1/scans", &city.venue_secret, body).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(city.ask("GET", path, "", json!({})).await.0, StatusCode::OK, "{path}");
    }
    let body = json!({ "code": city.code(2, NOW + 1, None), "scene": LIBRARY });
    let (_, other) = city.ask("POST", "/v1/scans", &city.venue_secret, body).await;
    assert_eq!(other["reason"], "OK", "a scene that asks nobody is served: {other}");

    let (path, _) = city.question(&denier).await;
    let denied = city.ask("POST", &path, &denier, json!({ "approve": false })).await;
    assert_eq!(denied, (StatusCode::OK, json!({ "approved": false, "reported": false })));
    let (path, nonce) = city.question(&approver).await;
    let challenge = Challenge { audience: "hospital".into(), nonce };
    let body = json!({ "approve": true, "code": city.code(0, NOW, Some(challenge)) });
    let approved = city.ask("POST", &path, &approver, body).await;
    assert_eq!(approved, (StatusCode::OK, json!({ "approved": true, "reported": false })));

    // Those two are answered; the service stops, and the others hear that at once.
    let mut told = Vec::new();
    let answered = |scans: &[tokio::task::JoinHandle<_>]| {
        scans.iter().filter(|scan| scan.is_finished()).count()
    };
    while answered(&scans) < 2 {
        tokio::task::yield_now().await;
    }
    city.service.consents.desk.close();
    for scan in scans {
        let (status, answer) = read(scan.await.unwrap().unwrap()).await;
        match status {
            StatusCode::OK => {
                told.push((answer["reason"].clone(), answer["claims"]["name"].clone()))
            }
            other => assert_eq!(other, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    told.sort_by_key(|(reason, _)| reason.to_string());
    assert_eq!(told, [(json!("CONSENT_DENIED"), Value::Null), (json!("OK"), json!("林示例"))]);
}
