//! The real service in this process, with throw-away keys and a fictional citizen.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_issuer::clock::{Clock, SystemClock};
use szid_issuer::entropy::{SystemEntropy, make_random};
use szid_issuer::keys::{FileSigner, ServiceKeys};
use szid_issuer::register_key::RegisterKey;
use szid_issuer::store::{Bearer, Credential};
use szid_issuer::{Limits, Running, ServiceParts, default_scenes, start};
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::trust::TrustList;

pub(crate) struct TestService {
    base_url: String,
    root: Arc<FileSigner>,
    registrar_secret: String,
    running: Running,
    _data: tempfile::TempDir,
}

impl TestService {
    pub(crate) async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let key = || Arc::new(FileSigner::throw_away(&SystemEntropy).unwrap());
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let root = key();
        let keys = ServiceKeys { pass: key(), status: key(), scenes: key(), time: key() };
        let now = SystemClock.now();
        let list = TrustList {
            version: 1,
            iat: now,
            exp: now + 30 * DAY,
            keys: keys.trusted(&base_url, now - 60, now + 60 * DAY),
        };
        let parts = ServiceParts {
            base_url: base_url.clone(),
            data_dir: data.path().join("service"),
            demo_mode: true,
            roots: vec![root.public_key()],
            trust_list: list.sign(&*root).unwrap(),
            scenes: default_scenes().unwrap(),
            keys,
            register_key: RegisterKey::derive(&make_random(&SystemEntropy).unwrap()),
            audit_months: None,
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let running = start(listener, parts).await.unwrap();
        let registrar_secret = BASE64URL_NOPAD.encode(&make_random::<32>(&SystemEntropy).unwrap());
        let bearer = Bearer::Registrar { registrar: "counter-1".into() };
        let credential = Credential { bearer, revoked: false };
        let hash = Sha256::digest(&registrar_secret).into();
        running.store().put_credential(hash, credential, now).await.unwrap();
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

    pub(crate) fn root_spki(&self) -> Vec<u8> {
        self.root.public_key().to_spki_der().unwrap()
    }

    pub(crate) async fn stop(self) {
        self.running.shutdown().await.unwrap();
    }
}
