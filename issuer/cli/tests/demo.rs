//! The main job as a user runs it: `szid demo`, then `szid verify` on what it left behind, with the service
//! gone.

use std::path::Path;
use std::process::{Command, Output};

fn szid(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_szid")).args(arguments).output().unwrap()
}

/// Verifies with files of the demo's folder; returns exit code, decision and reason.
fn verify(folder: &Path, files: [&str; 3], at: u64, code: &str) -> (i32, String, String) {
    let [root, trust, status] = files.map(|file| folder.join(file).to_str().unwrap().to_owned());
    let at = at.to_string();
    let output = szid(&[
        "verify", "--root", &root, "--trust", &trust, "--status", &status, "--at", &at, code,
    ]);
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |name: &str| verdict[name].as_str().unwrap().to_owned();
    (output.status.code().unwrap(), text("decision"), text("reason"))
}

const GOOD: [&str; 3] = ["root.spki", "trust-list.cbor", "status-list.cbor"];

#[test]
fn what_the_demo_leaves_behind_is_verified_offline() {
    let (out, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut answers = Vec::new();
    for folder in [&out, &other] {
        let output = szid(&["demo", "--once", "--json", "--out", folder.path().to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        answers.push(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap());
    }
    let folder = out.path();
    let at = answers[0]["at"].as_u64().unwrap();
    let code = std::fs::read_to_string(folder.join("code.txt")).unwrap();
    let reason = |files, at, code: &str| verify(folder, files, at, code);
    let refused = |reason: &str| (1, "refuse".to_owned(), reason.to_owned());

    // 603 digits, or a few fewer where the random status index happens to be small.
    assert!((580..=603).contains(&code.len()), "{}", code.len());
    assert_eq!(reason(GOOD, at, &code), (0, "accept".into(), "OK".into()));
    assert_eq!(reason(GOOD, at + 60, &code).0, 0);
    assert_eq!(reason(GOOD, at + 61, &code), refused("CODE_EXPIRED"));
    assert_eq!(
        reason(["root.spki", "trust-list.cbor", "status-list-frozen.cbor"], at, &code),
        refused("FROZEN")
    );
    let foreign_root = other.path().join("root.spki");
    let files = [foreign_root.to_str().unwrap(), GOOD[1], GOOD[2]];
    assert_eq!(reason(files, at, &code), refused("TRUST_SIGNATURE"));
    // The last digits are the end of the device's signature.
    let last: u8 = code[code.len() - 1..].parse().unwrap();
    let flipped = format!("{}{}", &code[..code.len() - 1], if last == 0 { 1 } else { last - 1 });
    assert_eq!(reason(GOOD, at, &flipped), refused("CODE_SIGNATURE"));

    let days = std::fs::read_to_string(folder.join("days/codes.txt")).unwrap();
    assert_eq!(days.lines().count(), 14);
    for line in days.lines() {
        let [at, code, list] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let at = at.parse().unwrap();
        let list = format!("days/{list}");
        assert_eq!(verify(folder, [GOOD[0], GOOD[1], &list], at, code).0, 0, "{at}");
        assert_eq!(verify(folder, [GOOD[0], GOOD[1], "days"], at, code).0, 0, "{at}");
    }
}

#[test]
fn wrong_use_is_told_apart_from_a_refusal() {
    assert_eq!(szid(&["verify"]).status.code(), Some(2));
    let missing =
        szid(&["verify", "--root", "none", "--trust", "none", "--status", "none", "0755"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot read none"));
}
