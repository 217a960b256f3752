//! A register of an earlier format is taken over whole: what was good is good, what was ended stays ended.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use szid_issuer::keys::{FileSigner, ServiceKeys};
use szid_issuer::{Attester, Running, ServiceParts, default_scenes, start};
use szid_protocol::key::PublicKey;
use szid_protocol::level::KeyProtection;
use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::{Evidence, REGISTRAR};
use szid_tests::city::{TestClock, answer};
use szid_tests::workspace_root;

/// A folder that earlier software left, what it was told meanwhile, and the service on it.
struct Old {
    folder: tempfile::TempDir,
    facts: Value,
    clock: Arc<TestClock>,
    url: String,
    http: reqwest::Client,
}

impl Old {
    fn unpack(format: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let archive = workspace_root().join(format!("tests/registers/{format}.tar.gz"));
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(archive).arg("-C").arg(folder.path());
        assert!(tar.status().unwrap().success());
        let facts = std::fs::read(folder.path().join("facts.json")).unwrap();
        let facts: Value = serde_json::from_slice(&facts).unwrap();
        let clock = Arc::new(TestClock::at(facts["at"].as_u64().unwrap()));
        Self { folder, facts, clock, url: String::new(), http: reqwest::Client::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn fact(&self, pointer: &str) -> &str {
        self.facts.pointer(pointer).and_then(Value::as_str).unwrap()
    }

    async fn start(&mut self) -> Running {
        let public = |path: &Path| PublicKey::from_spki_der(&std::fs::read(path).unwrap()).unwrap();
        let key = |name: &str| FileSigner::read(&self.path(&format!("keys/{name}.pem")));
        let parts = ServiceParts {
            base_url: self.fact("/base_url").to_owned(),
            data_dir: self.path("data"),
            demo_mode: true,
            roots: vec![public(&self.path("root.spki"))],
            trust_list: std::fs::read(self.path("trust-list.cbor")).unwrap(),
            scenes: default_scenes().unwrap(),
            levels: None,
            keys: ServiceKeys::try_from_names(key).unwrap(),
            master_key: MasterKey::read(&self.path("keys/register.key")).unwrap(),
            attesters: vec![Attester {
                kid: "mock-attester".into(),
                key: public(&self.path("attester.spki")),
                at_most: KeyProtection::SecureElement,
            }],
            ..ServiceParts::throw_away(
                self.fact("/base_url"),
                self.path("unused"),
                ServiceKeys::throw_away(&SystemEntropy).unwrap(),
                self.clock.clone(),
                Arc::new(SystemEntropy),
            )
            .unwrap()
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.url = format!("http://{}", listener.local_addr().unwrap());
        start(listener, parts).await.unwrap()
    }

    async fn scan(&self, code: &str) -> Value {
        let body = json!({ "code": code, "operator": "li" });
        let request = self.http.post(format!("{}/v1/scans", self.url)).json(&body);
        answer(request.bearer_auth(self.fact("/secrets/library"))).await.1
    }
}

#[tokio::test]
async fn a_register_of_format_4_is_taken_over_whole() {
    let mut old = Old::unpack("format-4");
    let service = old.start().await;
    let reason = async |code: &str| old.scan(old.fact(code)).await["reason"].clone();
    assert_eq!(reason("/code_lin").await, "OK", "a pass that is out is good until its day ends");
    // Nobody could say which phone was the lost one: a frozen account's are ended.
    assert_eq!(reason("/code_chen").await, "REVOKED");
    assert_eq!(reason("/code_huang").await, "REVOKED");

    let holder = old.http.get(format!("{}/v1/holder", old.url));
    let account = answer(holder.bearer_auth(old.fact("/access_token"))).await;
    assert_eq!((account.0.as_u16(), &account.1["account"]), (200, &json!("active")));
    let form = [("grant_type", "refresh_token"), ("refresh_token", old.fact("/refresh_token"))];
    let tokens = answer(old.http.post(format!("{}/v1/token", old.url)).form(&form)).await;
    assert_eq!(tokens.0.as_u16(), 200, "wallets go on: {}", tokens.1);

    let waiting = old.http.get(format!("{}/v1/registrar/requests", old.url));
    let waiting = answer(waiting.bearer_auth(old.fact("/secrets/counter-2"))).await.1;
    assert_eq!(waiting["requests"][0]["request"], old.fact("/pending"));

    let sealed = service.store().audit_entries(1, 30).await.unwrap();
    assert_eq!(sealed.len(), 30, "the audit goes on where it stood");
    service.shutdown().await.unwrap();

    // Twice taken over is once taken over.
    let service = old.start().await;
    assert_eq!(old.scan(old.fact("/code_chen")).await["reason"], "REVOKED");
    service.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_register_of_format_5_is_taken_over_whole() {
    let mut old = Old::unpack("format-5");
    let service = old.start().await;
    assert_eq!(old.scan(old.fact("/code_lin")).await["reason"], "OK");
    let now = old.clock.time();
    for name in ["lin", "chen", "huang", "sample", "li"] {
        let id = old.fact(&format!("/persons/{name}")).parse().unwrap();
        let person = service.store().person(id).await.unwrap().unwrap();
        assert!(person.sealed.key.is_some(), "{name} has a key");
        let evidence = &person.evidence[..];
        let [Evidence { method, connector, level, at, .. }] = evidence else {
            panic!("{evidence:?}")
        };
        assert_eq!((method.as_str(), connector.as_str()), ("counter", REGISTRAR));
        assert_eq!((*level, *at), (person.claimed_level(now), person.enrolled_at), "{name}");
    }
    let li = old.fact("/persons/li").parse().unwrap();
    assert_eq!(service.store().person(li).await.unwrap().unwrap().claimed_level(now), 3);

    // What was asked for before is confirmed after.
    let path = format!("{}/v1/registrar/requests/{}/confirm", old.url, old.fact("/change"));
    let confirmed = old.http.post(path).bearer_auth(old.fact("/secrets/counter-2"));
    let confirmed = answer(confirmed).await;
    assert_eq!(confirmed.0.as_u16(), 200, "{}", confirmed.1);
    let tokens = [("grant_type", "refresh_token"), ("refresh_token", old.fact("/refresh_token"))];
    let tokens = answer(old.http.post(format!("{}/v1/token", old.url)).form(&tokens)).await;
    assert_eq!(tokens.0.as_u16(), 200, "wallets go on: {}", tokens.1);
    let token = tokens.1["access_token"].as_str().unwrap();
    let holder = old.http.get(format!("{}/v1/holder?masked_name=true", old.url));
    let holder = answer(holder.bearer_auth(token)).await.1;
    assert!(holder["masked_name"].is_string(), "an identity is read as before: {holder}");
    service.shutdown().await.unwrap();

    let service = old.start().await;
    assert_eq!(old.scan(old.fact("/code_huang")).await["reason"], "REVOKED");
    service.shutdown().await.unwrap();
}
