//! A whole issuer service for tests in other languages: throw-away keys, demo mode, a free port of this machine.
//!
//! Prints one line of JSON: `base_url`, `root_spki` (base64 of DER), and the secrets of a `registrar` and of a `venue`
//! (the library, scene 2). Runs until its standard input closes, and leaves nothing behind.
#![allow(clippy::print_stdout, reason = "that line is what it is for")]

use std::error::Error;
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::json;
use szid_issuer::clock::{Clock, SystemClock};
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::keys::ServiceKeys;
use szid_issuer::store::{Bearer, Venue, make_credential};
use szid_issuer::{Running, ServiceParts, start};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The scene of the venue.
const LIBRARY: u16 = 2;

#[tokio::main]
async fn main() -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let keys = ServiceKeys::throw_away(&SystemEntropy)?;
    let folder = data.path().join("service");
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let parts = ServiceParts::throw_away(&base_url, folder, keys, clock, entropy)?;
    let root = parts.roots[0];
    let service = start(listener, parts).await?;
    let (venue, registrar) = register(&service).await?;
    let city = json!({
        "base_url": base_url,
        "root_spki": BASE64.encode(&root.to_spki_der()?),
        "registrar": registrar,
        "venue": venue,
    });
    println!("{city}");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    service.shutdown().await?;
    Ok(())
}

/// Registers the library and a registrar; returns their secrets.
async fn register(service: &Running) -> Outcome<(String, String)> {
    let venue = Venue {
        id: "library".into(),
        name: "演示市图书馆".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: vec![LIBRARY],
        suspended: false,
        ages: vec![60],
    };
    let (store, now) = (service.store(), SystemClock.now());
    store.put_venue(venue, now).await?;
    let desk = Bearer::Venue { venue: "library".into(), device: "desk".into() };
    let counter = Bearer::Registrar { registrar: "counter-1".into() };
    let admit = async |bearer| make_credential(&*store, bearer, &SystemEntropy, now).await;
    Ok((admit(desk).await?, admit(counter).await?))
}
