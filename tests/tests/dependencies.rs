//! What we build on: licences, one generation of cryptography, and no crate with a known advisory that nobody
//! has weighed.
//!
//! `deny.toml` states the same rules for `cargo deny`, which can fetch the advisory database; this test needs
//! no network.

use std::collections::{BTreeMap, BTreeSet};

use szid_tests::cargo_metadata;

const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that may be in the lock file once only: types of two generations do not fit together.
const ONE_GENERATION: &[&str] = &[
    "aead",
    "aes",
    "aes-gcm",
    "argon2",
    "blake2",
    "coset",
    "crypto-bigint",
    "der",
    "digest",
    "ecdsa",
    "elliptic-curve",
    "hkdf",
    "hmac",
    "p256",
    "pkcs8",
    "sec1",
    "sha2",
    "signature",
    "spki",
    "x509-cert",
];

/// Unmaintained crates that come with sled 0.34.7, and why each is bearable; vulnerable ones are never listed
/// here.
const WEIGHED: &[(&str, &str)] = &[
    (
        "sled",
        "0.34.7 is the last release of its line; the vault bounds its faults, see core/vault/README.md",
    ),
    (
        "fxhash",
        "RUSTSEC-2025-0057, unmaintained: a hash function inside sled, on keys that the vault has blinded",
    ),
    (
        "instant",
        "RUSTSEC-2024-0384, unmaintained: a thin layer over std::time inside parking_lot 0.11",
    ),
];

/// Crates and versions (as prefixes) with advisories that would matter here. From the RustSec data known when
/// this was written.
const REFUSED: &[(&str, &str)] = &[
    ("openssl-sys", ""),
    ("md5", ""),
    ("atty", ""),
    ("serde_yaml", ""),
    ("ring", "0.16"),
    ("rsa", ""),
    ("time", "0.1"),
    ("idna", "0.5"),
    ("hashbrown", "0.15.0"),
    ("rustls", "0.20"),
    ("h2", "0.3"),
    ("isomdl", "0.2.0"),
    ("openid4vp", "0.1.0"),
];

#[test]
fn licences_are_permitted() {
    let metadata = cargo_metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some(licence) = package["license"].as_str() else {
            assert!(package["license_file"].is_string(), "{name} states no licence");
            continue;
        };
        // "A OR B" needs one permitted side, "A AND B" both; the old slash means OR.
        let licence = licence.replace('/', " OR ").replace(['(', ')'], "");
        let permitted = licence
            .split(" AND ")
            .all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())));
        assert!(permitted, "{name}: {licence}");
    }
}

#[test]
fn cryptography_is_of_one_generation() {
    let metadata = cargo_metadata();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        versions
            .entry(package["name"].as_str().unwrap())
            .or_default()
            .insert(package["version"].as_str().unwrap());
    }
    for name in ONE_GENERATION {
        let found = versions.get(name).map_or(0, BTreeSet::len);
        assert!(found <= 1, "{name} is locked in {found} versions: {:?}", versions[name]);
    }
    for name in ["aes-gcm", "coset", "der", "hkdf", "p256", "sha2"] {
        assert!(
            versions.contains_key(name),
            "{name} has left the lock file: is the list above still right?"
        );
    }
}

#[test]
fn no_refused_crate_is_locked() {
    let metadata = cargo_metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let (name, version) =
            (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let refused =
            REFUSED.iter().any(|(refused, prefix)| *refused == name && version.starts_with(prefix));
        assert!(!refused, "{name} {version} is refused");
    }
    for (name, why) in WEIGHED {
        let locked =
            metadata["packages"].as_array().unwrap().iter().any(|package| package["name"] == *name);
        assert!(locked, "{name} has left the lock file: take its row out ({why})");
    }
}
