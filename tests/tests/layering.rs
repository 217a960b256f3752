//! The dependency rule: which crate of the workspace may depend on which, and what may stand where.

use std::collections::{BTreeMap, BTreeSet};

use szid_tests::cargo_metadata;

/// Normal dependencies that are allowed between our crates. Anything else fails.
const ALLOWED: &[(&str, &[&str])] = &[
    ("szid-protocol", &[]),
    ("szid-vault", &[]),
    ("szid-verifier", &["szid-protocol"]),
    ("szid-wallet", &["szid-protocol", "szid-vault"]),
    ("szid-console", &["szid-protocol"]),
    ("szid-issuer", &["szid-console", "szid-protocol", "szid-verifier"]),
    ("szid-ffi", &["szid-protocol", "szid-verifier", "szid-wallet"]),
    ("szid-bindgen", &[]),
    ("szid-xtask", &[]),
    ("szid-gate", &["szid-console", "szid-protocol", "szid-verifier"]),
    ("szid", &["szid-gate", "szid-issuer", "szid-protocol", "szid-verifier", "szid-wallet"]),
    (
        "szid-tests",
        &[
            "szid-gate",
            "szid-issuer",
            "szid-protocol",
            "szid-vault",
            "szid-verifier",
            "szid-wallet",
        ],
    ),
];

/// Crates that must not stand, even indirectly, below a crate of ours.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("szid-protocol", &["tokio", "reqwest", "axum", "uniffi", "sled"]),
    ("szid-vault", &["tokio", "reqwest", "axum", "uniffi"]),
    ("szid-verifier", &["tokio", "reqwest", "axum", "uniffi", "sled"]),
    ("szid-wallet", &["axum", "uniffi"]),
    ("szid-issuer", &["uniffi", "sled"]),
    ("szid-gate", &["uniffi", "sled", "fjall"]),
];

fn is_normal(kinds: &serde_json::Value) -> bool {
    kinds.as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
}

#[test]
fn crates_depend_only_downwards() {
    let metadata = cargo_metadata();
    let ours: BTreeSet<&str> = metadata["workspace_members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let mut names = BTreeMap::new();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        names.insert(package["id"].as_str().unwrap(), package["name"].as_str().unwrap());
    }
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let normal =
            node["deps"].as_array().unwrap().iter().filter(|dep| is_normal(&dep["dep_kinds"]));
        edges.insert(
            node["id"].as_str().unwrap(),
            normal.map(|dep| dep["pkg"].as_str().unwrap()).collect(),
        );
    }
    for id in &ours {
        let name = names[id];
        let may =
            allowed.get(name).unwrap_or_else(|| panic!("{name} has no row in the dependency rule"));
        for dependency in edges[id].iter().filter(|dependency| ours.contains(*dependency)) {
            assert!(
                may.contains(&names[dependency]),
                "{name} must not depend on {}",
                names[dependency]
            );
        }
        if name != "szid-ffi" && name != "szid-bindgen" {
            assert!(
                !edges[id].iter().any(|dependency| names[dependency] == "uniffi"),
                "{name} must not name uniffi"
            );
        }
    }
    for (name, forbidden) in FORBIDDEN {
        let start = ours.iter().find(|id| names[*id] == *name).unwrap();
        let mut seen = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(&edges[id]);
            }
        }
        for id in seen {
            assert!(!forbidden.contains(&names[id]), "{name} must not reach {}", names[id]);
        }
    }
}

#[test]
fn every_file_of_tests_is_part_of_its_program() {
    let root = szid_tests::workspace_root();
    for folder in ["core/wallet/tests", "issuer/cli/tests", "tests/tests"] {
        let program = std::fs::read_to_string(root.join(folder).join("all.rs")).unwrap();
        let named: BTreeSet<&str> = program
            .lines()
            .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
            .collect();
        let mut there = 0;
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some(name) = name.strip_suffix(".rs").filter(|name| *name != "all") else {
                continue;
            };
            assert!(
                named.contains(name),
                "{folder}/{name}.rs is not in all.rs, so nothing in it runs"
            );
            there += 1;
        }
        assert!(there > 5, "{folder}");
    }
}
