//! The real service in this process, with throw-away keys and a fictional citizen.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};
use szid_issuer::clock::{Clock, SystemClock};
use szid_issuer::keys::ServiceKeys;
use szid_issuer::{Running, ServiceParts, start};
use szid_protocol::key::PublicKey;
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, Venue, make_credential};

pub(crate) struct TestService {
    base_url: String,
    root: PublicKey,
    registrar_secret: String,
    running: Running,
    _data: tempfile::TempDir,
}

impl TestService {
    pub(crate) async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let keys = ServiceKeys::throw_away(&SystemEntropy).unwrap();
        let folder = data.path().join("service");
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let parts = ServiceParts::throw_away(&base_url, folder, keys, clock, entropy).unwrap();
        parts.found_register().unwrap();
        let root = parts.roots[0];
        let running = start(listener, parts).await.unwrap();
        let bearer = Bearer::Registrar { registrar: "counter-1".into() };
        let (store, now) = (running.store(), SystemClock.now());
        let registrar_secret = make_credential(&*store, bearer, &SystemEntropy, now).await.unwrap();
        Self { base_url, root, registrar_secret, running, _data: data }
    }

    /// Enrols a fictional citizen; returns the offer and the transaction code.
    pub(crate) async fn enrol_citizen(&self) -> (String, String) {
        let body = json!({ "document": { "type": "111", "number": "440399198803150018" },
            "name": "林示例", "identity_level": 4, "method": "counter" });
        let request = reqwest::Client::new()
            .post(format!("{}/v1/registrar/enrolments", self.base_url))
            .bearer_auth(&self.registrar_secret)
            .json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("credential_offer"), text("tx_code"))
    }

    /// Registers a library with one desk; returns the desk's secret.
    #[allow(dead_code, reason = "not every test has a venue")]
    pub(crate) async fn library(&self) -> String {
        let (store, now) = (self.running.store(), SystemClock.now());
        let venue = Venue {
            id: "library".into(),
            name: "演示市图书馆".into(),
            uscc: "12440399EXAMPLEB3N".into(),
            scenes: vec![2],
            suspended: false,
            ages: vec![],
        };
        store.put_venue(venue, now).await.unwrap();
        let desk = Bearer::Venue { venue: "library".into(), device: "desk".into() };
        make_credential(&*store, desk, &SystemEntropy, now).await.unwrap()
    }

    /// Asks the service as a desk; the answer must be good.
    #[allow(dead_code, reason = "not every test has a venue")]
    pub(crate) async fn ask(&self, desk: &str, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.base_url);
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        let answer = request.bearer_auth(desk).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json().await.unwrap()
    }

    pub(crate) fn root_spki(&self) -> Vec<u8> {
        self.root.to_spki_der().unwrap()
    }

    pub(crate) async fn stop(self) {
        self.running.shutdown().await.unwrap();
    }
}
