//! The dependency rule: which crate of the workspace may depend on which, what may stand where, and which way
//! round the service's own folders know each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use szid_tests::{cargo_metadata, workspace_root};

/// Normal dependencies that are allowed between our crates. Anything else fails.
const ALLOWED: &[(&str, &[&str])] = &[
    ("szid-protocol", &[]),
    ("szid-api", &["szid-protocol"]),
    ("szid-vault", &[]),
    ("szid-verifier", &["szid-protocol"]),
    ("szid-wallet", &["szid-api", "szid-protocol", "szid-vault"]),
    ("szid-console", &["szid-protocol"]),
    ("szid-register", &["szid-protocol"]),
    ("szid-identity", &["szid-protocol", "szid-register"]),
    (
        "szid-issuer",
        &[
            "szid-api",
            "szid-console",
            "szid-identity",
            "szid-protocol",
            "szid-register",
            "szid-verifier",
        ],
    ),
    ("szid-ffi", &["szid-protocol", "szid-verifier", "szid-wallet"]),
    ("szid-bindgen", &[]),
    ("szid-xtask", &[]),
    ("szid-gate", &["szid-api", "szid-console", "szid-protocol", "szid-verifier"]),
    (
        "szid",
        &[
            "szid-gate",
            "szid-identity",
            "szid-issuer",
            "szid-protocol",
            "szid-register",
            "szid-verifier",
            "szid-wallet",
        ],
    ),
    (
        "szid-tests",
        &[
            "szid-gate",
            "szid-identity",
            "szid-issuer",
            "szid-protocol",
            "szid-register",
            "szid-vault",
            "szid-verifier",
            "szid-wallet",
        ],
    ),
];

/// Crates that must not stand, even indirectly, below a crate of ours.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("szid-protocol", &["tokio", "reqwest", "axum", "uniffi", "sled"]),
    ("szid-api", &["tokio", "reqwest", "axum", "uniffi", "sled"]),
    ("szid-vault", &["tokio", "reqwest", "axum", "uniffi"]),
    ("szid-verifier", &["tokio", "reqwest", "axum", "uniffi", "sled"]),
    ("szid-wallet", &["axum", "uniffi"]),
    ("szid-register", &["axum", "reqwest", "uniffi", "sled"]),
    ("szid-identity", &["axum", "uniffi", "sled"]),
    ("szid-issuer", &["uniffi", "sled"]),
    ("szid-gate", &["uniffi", "sled", "fjall"]),
];

/// Modules of the service that hold rules, and first what rules share; the lowest first: each may name those
/// before it.
const FLOWS: &[&str] = &[
    "shared",
    "access",
    "verification",
    "devices",
    "issuance",
    "numbers",
    "consents",
    "scans",
    "visits",
    "receipts",
    "reports",
    "persons",
    "enrolment",
    "holders",
    "proofs",
    "administration",
    "operators",
];

/// Files beside `http` that name it, axum or its problems all the same, and why.
const OUTSIDE_HTTP: &[(&str, &[&str], &str)] = &[
    ("lib.rs", &["Problem"], "what the crate offers"),
    ("service.rs", &["http::router"], "start-up makes the router and has it served"),
    ("tasks.rs", &["http::admin_router", "axum"], "keeps routers served"),
    ("serving.rs", &["axum"], "serves a router, whatever its routes are"),
    ("publication/mod.rs", &["axum"], "documents are kept as they are handed out"),
    ("commands.rs", &["Problem"], "the command line repeats a problem's advice"),
];

/// Modules that may name the whole service, and why. Every other one is handed the parts that it works with.
const KNOW_THE_SERVICE: &[(&str, &str)] = &[
    ("http", "hands each flow its parts"),
    ("tasks", "hands the service to its periodic jobs"),
    ("housekeeping", "a periodic job"),
    ("health_checks", "a periodic job"),
    ("low_water", "a periodic job"),
    ("witness", "a periodic job"),
    ("throw_away", "makes what a service is started with"),
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
    let root = workspace_root();
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

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, into),
            false if path.extension().is_some_and(|kind| kind == "rs") => into.push(path),
            false => {}
        }
    }
}

/// A source without its comments.
fn code_of(source: &str) -> String {
    let code = source.lines().map(|line| {
        // An address in a text is no comment.
        let mut comments = line.match_indices("//").map(|(at, _)| &line[..at]);
        comments.find(|before| !before.ends_with(':')).unwrap_or(line)
    });
    code.collect::<Vec<_>>().join("\n")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    let words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.filter(|word| !word.is_empty())
}

/// The parts between the braces of a `use`, of which the first one has been read.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                parts.push(&group[start..at]);
                break;
            }
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    // What follows the last comma may be nothing.
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// What a path goes on with, once for each part of its braces.
fn branches(path: &str) -> Vec<&str> {
    path.strip_prefix('{').map_or_else(|| vec![path], parts)
}

fn first_word(code: &str) -> &str {
    words(code).next().unwrap_or_default()
}

/// The modules that code names as `crate::…`; of `http`, what is named of it.
fn modules_named(code: &str) -> BTreeSet<String> {
    let paths = code.match_indices("crate::").map(|(at, path)| &code[at + path.len()..]);
    let mut modules = BTreeSet::new();
    for path in paths.flat_map(branches) {
        match path.trim_start().strip_prefix("http::") {
            Some(rest) => {
                let of_http = branches(rest).into_iter().map(first_word);
                modules.extend(of_http.map(|name| format!("http::{name}")));
            }
            None => {
                modules.insert(first_word(path).to_owned());
            }
        }
    }
    modules
}

#[test]
fn modules_are_found_in_every_form_of_a_path() {
    let named = |code: &str| modules_named(code).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(named("use crate::{a, b::{c, d}, e};\nuse crate::f::g;"), "a b e f");
    assert_eq!(named("pub(in crate::http) fn a() { crate::b::c() }"), "b http");
    assert_eq!(named("use crate::http::{A, b::C};\ncrate::http::d();"), "http::A http::b http::d");
    assert_eq!(named("use crate::{\n    http::A,\n    b,\n};"), "b http::A");
    let code = code_of("let a = \"https://b\"; // crate::c\n//! d");
    assert_eq!(code, "let a = \"https://b\"; \n");
}

/// Whether a handler asks the register itself. It hands the register to a flow, and that is all.
fn asks_the_register(code: &str) -> bool {
    let joined: String = code.split_whitespace().collect();
    joined.contains("store.") || joined.contains("dynStore")
}

#[test]
fn inside_the_service_http_asks_flows_and_never_the_register() {
    for asks in ["service\n    .store\n    .venue(id)", "let store: &dyn Store;"] {
        assert!(asks_the_register(asks), "{asks}");
    }
    assert!(!asks_the_register("operators::trail(&*service.store, id)"));
    let root = workspace_root().join("issuer/service/src/http");
    let mut all = Vec::new();
    sources(&root, &mut all);
    // Their tests fill a register and look at it.
    let is_test = |path: &PathBuf| path.to_str().unwrap().ends_with("tests.rs");
    let asking = all.into_iter().filter(|path| !is_test(path)).filter(|path| {
        let code = code_of(&std::fs::read_to_string(path).unwrap());
        asks_the_register(code.split("#[cfg(test)]\nmod tests {").next().unwrap())
    });
    assert_eq!(asking.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn inside_the_service_http_knows_the_flows_and_no_flow_knows_http() {
    let root = workspace_root().join("issuer/service/src");
    let (mut all, mut seen, mut excepted) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    sources(&root, &mut all);
    let mut wrong = Vec::new();
    for path in all {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        if module == "http" {
            continue;
        }
        seen.insert(module.to_owned());
        let code = code_of(&std::fs::read_to_string(&path).unwrap());
        let modules = modules_named(&code);
        let mut above: BTreeSet<_> =
            words(&code).filter(|word| ["axum", "Problem"].contains(word)).collect();
        let of_http = modules.iter().map(String::as_str);
        above.extend(of_http.filter(|name| *name == "http" || name.starts_with("http::")));
        if code.contains("super::http") {
            above.insert("http");
        }
        let may = OUTSIDE_HTTP.iter().find(|(name, ..)| *name == file);
        let may = may.map_or(&[][..], |(_, may, _)| may);
        for name in above {
            if may.contains(&name) {
                excepted.insert(format!("{file} {name}"));
            } else {
                wrong.push(format!("{file} names {name}"));
            }
        }
        let Some(place) = FLOWS.iter().position(|flow| *flow == module) else { continue };
        for higher in FLOWS[place + 1..].iter().filter(|flow| modules.contains(**flow)) {
            wrong.push(format!("{file} names {higher}, which stands above {module}"));
        }
    }
    assert!(wrong.is_empty(), "the order inside the service:\n{}", wrong.join("\n"));
    for flow in FLOWS {
        assert!(seen.contains(*flow), "{flow} is no module of the service");
    }
    for (file, names, why) in OUTSIDE_HTTP {
        for name in *names {
            let is_used = excepted.contains(&format!("{file} {name}"));
            assert!(is_used, "{file} names no {name} any more ({why}): take the exception out");
        }
    }
}

#[test]
fn inside_the_service_no_flow_knows_the_whole_service() {
    let root = workspace_root().join("issuer/service/src");
    let (mut all, mut knowing) = (Vec::new(), BTreeSet::new());
    sources(&root, &mut all);
    let mut wrong = Vec::new();
    for path in all {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        let code = code_of(&std::fs::read_to_string(&path).unwrap());
        let names_it = modules_named(&code).contains("service") || code.contains("super::service");
        if !names_it {
            continue;
        }
        match KNOW_THE_SERVICE.iter().find(|(may, _)| *may == module) {
            Some((may, _)) => {
                knowing.insert(*may);
            }
            None => wrong.push(file.to_owned()),
        }
    }
    assert!(wrong.is_empty(), "these name crate::service:\n{}", wrong.join("\n"));
    for (module, why) in KNOW_THE_SERVICE {
        assert!(knowing.contains(module), "{module} ({why}) names it no more: take it out");
    }
}

#[test]
fn the_registers_rules_and_rows_know_no_database() {
    let root = workspace_root().join("issuer/register/src");
    let mut all = Vec::new();
    sources(&root, &mut all);
    let mut looked_at = BTreeSet::new();
    for path in all {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        if module == "embedded" {
            continue;
        }
        looked_at.insert(module.to_owned());
        let code = code_of(&std::fs::read_to_string(&path).unwrap());
        let names = |wanted: &str| words(&code).any(|word| word == wanted);
        assert!(!names("fjall"), "{file} names fjall");
        // The crate has it among its modules, and no more.
        let declared = file == "lib.rs" && code.contains("\nmod embedded;");
        assert!(declared || !names("embedded"), "{file} names the embedded backend");
        let rule = modules_named(&code).contains("rules");
        assert!(!(module == "rows" && rule), "{file} names rules, which stand above it");
    }
    for module in ["rules", "rows", "backend", "register"] {
        assert!(looked_at.contains(module), "{module} is no module of the register");
    }
}
