//! A whole issuer service for tests in other languages: throw-away keys, demo mode, a free port of this
//! machine.
//!
//! Prints one line of JSON: `base_url`, `root_spki` (base64 of DER), and the secrets of a `registrar`, of a
//! `second_registrar`, of a `venue` (the library, scene 2), of a `hall` with several scenes, of the hall's
//! `operators`: two managers and a viewer, and of a `gate` of the park (scene 3) with its receipts' key, PKCS
//! #8 as PEM; and the key of a mock `attester` that the service believes, PEM as well. Runs until its
//! standard input closes, and leaves nothing behind.
//!
//! With `SZID_CONNECTORS`, a JSON file as `[[connectors]]` has it, these prove who people are; their files
//! lie beside it.
//!
//! With `--gate PROGRAM`, the path of `szid`, that gate runs as `szid gate`, and `gate` has its `base_url`,
//! too. It asks nobody who they are: `POST /v1/scans` there with `{"code": "..."}`. What the service changes
//! it hears within a minute.
#![allow(clippy::print_stdout, reason = "that line is what it is for")]

mod gate;

use std::error::Error;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::json;
use szid_identity::connectors::{ConnectorSetting, Guarded, Surroundings};
use szid_issuer::clock::{Clock, SystemClock};
use szid_issuer::keys::{FileSigner, ServiceKeys};
use szid_issuer::{Attester, PROOF_RETURN, Running, ServiceParts, start};
use szid_protocol::crypto::Signer;
use szid_protocol::level::KeyProtection;
use szid_protocol::scene::ScenePolicy;
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, OperatorRole, Site, Station, Venue, make_credential};

use crate::gate::RunningGate;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The scene of the venue.
const LIBRARY: u16 = 2;
/// The scene of the gate.
const PARK: u16 = 3;
/// A scene of this city only, within reach of software keys: a scan names its case.
const CASEWORK: u16 = 701;
/// The scenes of the hall: hotel, library, scenic spot, hospital, casework.
const HALL: [u16; 5] = [1, LIBRARY, 3, 6, CASEWORK];

#[tokio::main]
async fn main() -> Outcome<()> {
    let program = gate::program()?;
    let data = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let keys = ServiceKeys::throw_away(&SystemEntropy)?;
    let folder = data.path().join("service");
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let mut parts = ServiceParts::throw_away(&base_url, folder, keys, clock, entropy)?;
    parts.scenes.push(ScenePolicy {
        id: CASEWORK,
        name_zh: "办件".into(),
        name_en: "casework".into(),
        min_level: 2,
        claims: vec![2],
        offline: false,
        case: true,
        ..ScenePolicy::any()
    });
    let attester = data.path().join("attester.pem");
    parts.attesters.push(Attester {
        kid: "mock-attester".into(),
        key: FileSigner::make(&attester, &SystemEntropy)?.public_key(),
        at_most: KeyProtection::SecureElement,
    });
    if let Some(file) = std::env::var_os("SZID_CONNECTORS") {
        parts.connectors = connectors(Path::new(&file), &base_url)?;
    }
    parts.found_register()?;
    let root = parts.roots[0];
    let service = start(listener, parts).await?;
    let (venue, hall, [registrar, second_registrar]) = register(&service).await?;
    let operators = register_operators(&service).await?;
    let (secret, key) = register_gate(&service, &data.path().join("gate.pem")).await?;
    let mut gate = json!({ "secret": secret, "key": key });
    let mut running = None;
    if let Some(program) = program {
        let started = RunningGate::start(&program, data.path(), &base_url, &root, &secret).await?;
        gate["base_url"] = started.base_url().into();
        running = Some(started);
    }
    let city = json!({
        "base_url": base_url,
        "root_spki": BASE64.encode(&root.to_spki_der()?),
        "registrar": registrar,
        "second_registrar": second_registrar,
        "venue": venue,
        "hall": hall,
        "operators": operators,
        "gate": gate,
        "attester": std::fs::read_to_string(attester)?,
    });
    println!("{city}");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    if let Some(gate) = running {
        gate.end().await?;
    }
    service.shutdown().await?;
    Ok(())
}

fn connectors(file: &Path, base_url: &str) -> Outcome<Vec<Guarded>> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let set: Vec<ConnectorSetting> = serde_json::from_slice(&std::fs::read(file)?)?;
    let with = Surroundings {
        folder: file.parent().unwrap_or(Path::new("")),
        return_to: format!("{base_url}{PROOF_RETURN}"),
        demo_mode: true,
        entropy: Arc::new(SystemEntropy),
    };
    Ok(set.iter().map(|one| one.connect(&with)).collect::<Result<_, _>>()?)
}

/// Registers the library, the hall and two registrars; returns their secrets.
async fn register(service: &Running) -> Outcome<(String, String, [String; 2])> {
    let (store, now) = (service.store(), SystemClock.now());
    let admit = async |bearer| make_credential(&*store, bearer, &SystemEntropy, now).await;
    let venue = async |id: &str, name: &str, scenes: &[u16]| {
        let (id, name, scenes) = (id.to_owned(), name.to_owned(), scenes.to_vec());
        let uscc = "12440399EXAMPLEB3N".into();
        let desk = Bearer::Venue { venue: id.clone(), device: "desk".into() };
        store
            .put_venue(Venue { id, name, uscc, scenes, suspended: false, ages: vec![60] }, now)
            .await?;
        admit(desk).await
    };
    let library = venue("library", "演示市图书馆", &[LIBRARY]).await?;
    let hall = venue("hall", "演示市综合服务大厅", &HALL).await?;
    let (at, id, name) = ("hall".to_owned(), "nanshan".to_owned(), "南山分厅".to_owned());
    store.put_site(Site { venue: at.clone(), id: id.clone(), name, closed: false }, now).await?;
    let (device, site, scenes) = ("desk".into(), Some(id), Vec::new());
    store.put_station(Station { venue: at, device, site, scenes }, now).await?;
    let registrar = |id: &str| Bearer::Registrar { registrar: id.into() };
    let registrars = [admit(registrar("counter-1")).await?, admit(registrar("counter-2")).await?];
    Ok((library, hall, registrars))
}

/// A gate of the park; returns its bearer secret and the key that signs its receipts.
async fn register_gate(service: &Running, key: &Path) -> Outcome<(String, String)> {
    let (store, now) = (service.store(), SystemClock.now());
    let (id, name, uscc) = ("park".into(), "演示山海公园".into(), "91440399EXAMPLEC1C".into());
    let park = Venue { id, name, uscc, scenes: vec![PARK], suspended: false, ages: vec![60] };
    store.put_venue(park, now).await?;
    let signer = FileSigner::make(key, &SystemEntropy)?;
    store.put_gate("park", "gate-1", signer.public_key().to_compressed(), now).await?;
    let bearer = Bearer::Venue { venue: "park".into(), device: "gate-1".into() };
    let secret = make_credential(&*store, bearer, &SystemEntropy, now).await?;
    Ok((secret, std::fs::read_to_string(key)?))
}

/// The hall's operators; returns their secrets.
async fn register_operators(service: &Running) -> Outcome<[String; 3]> {
    let (store, now) = (service.store(), SystemClock.now());
    let admit = async |name: &str, duty| {
        let bearer = Bearer::Operator { venue: "hall".into(), name: name.into(), duty };
        make_credential(&*store, bearer, &SystemEntropy, now).await
    };
    Ok([
        admit("li", OperatorRole::Manager).await?,
        admit("wang", OperatorRole::Manager).await?,
        admit("zhao", OperatorRole::Viewer).await?,
    ])
}
