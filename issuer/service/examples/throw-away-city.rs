//! A whole issuer service for tests in other languages: throw-away keys, demo mode, a free port of this machine.
//!
//! Prints one line of JSON: `base_url`, `root_spki` (base64 of DER), and the secrets of a `registrar` and of a `venue`
//! (the library, scene 2). Runs until its standard input closes, and leaves nothing behind.
#![allow(clippy::print_stdout, reason = "that line is what it is for")]

use std::error::Error;
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::json;
use sha2::{Digest, Sha256};
use szid_issuer::clock::{Clock, SystemClock};
use szid_issuer::entropy::{SystemEntropy, make_random};
use szid_issuer::keys::{FileSigner, ServiceKeys};
use szid_issuer::register_key::RegisterKey;
use szid_issuer::store::{Bearer, Credential, Venue};
use szid_issuer::{Limits, Running, ServiceParts, default_scenes, start};
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::trust::TrustList;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The scene of the venue.
const LIBRARY: u16 = 2;

#[tokio::main]
async fn main() -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let root = make_key()?;
    let service = start(listener, parts(&base_url, &root, data.path())?).await?;
    let (venue, registrar) = register(&service).await?;
    let city = json!({
        "base_url": base_url,
        "root_spki": BASE64.encode(&root.public_key().to_spki_der()?),
        "registrar": registrar,
        "venue": venue,
    });
    println!("{city}");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    service.shutdown().await?;
    Ok(())
}

fn make_key() -> Outcome<Arc<FileSigner>> {
    Ok(Arc::new(FileSigner::throw_away(&SystemEntropy)?))
}

fn parts(base_url: &str, root: &FileSigner, data: &std::path::Path) -> Outcome<ServiceParts> {
    let now = SystemClock.now();
    let keys = ServiceKeys {
        pass: make_key()?,
        status: make_key()?,
        scenes: make_key()?,
        time: make_key()?,
    };
    let trusted = keys.trusted(base_url, now - 60, now + 60 * DAY);
    let trust_list = TrustList { version: 1, iat: now, exp: now + 30 * DAY, keys: trusted };
    Ok(ServiceParts {
        base_url: base_url.to_owned(),
        data_dir: data.join("service"),
        demo_mode: true,
        roots: vec![root.public_key()],
        trust_list: trust_list.sign(root)?,
        scenes: default_scenes()?,
        keys,
        register_key: RegisterKey::derive(&make_random(&SystemEntropy)?),
        audit_months: None,
        limits: Limits::default(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    })
}

/// Registers the library and a registrar; returns their secrets.
async fn register(service: &Running) -> Outcome<(String, String)> {
    let venue = Venue {
        id: "library".into(),
        name: "演示市图书馆".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: vec![LIBRARY],
        suspended: false,
    };
    service.store().put_venue(venue, SystemClock.now()).await?;
    let desk = Bearer::Venue { venue: "library".into(), device: "desk".into() };
    let counter = Bearer::Registrar { registrar: "counter-1".into() };
    Ok((admit(service, desk).await?, admit(service, counter).await?))
}

async fn admit(service: &Running, bearer: Bearer) -> Outcome<String> {
    let secret = BASE64URL_NOPAD.encode(&make_random::<32>(&SystemEntropy)?);
    let credential = Credential { bearer, revoked: false };
    let digest = Sha256::digest(&secret).into();
    service.store().put_credential(digest, credential, SystemClock.now()).await?;
    Ok(secret)
}
