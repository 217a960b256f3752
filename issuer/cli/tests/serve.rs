//! `szid admin` and `szid serve` as an operator uses them: every part a process of its own.
#![allow(clippy::print_stdout)]

#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::gates::{GateProcess, city_with_a_lonely_gate, receipts_that_arrive};
use crate::operator::{Operator, done, szid};

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn from_keys_to_a_scan_and_nothing_acknowledged_is_lost_when_it_is_killed() {
    let operator = Operator::set_up();
    let venue = operator.credential(&["--venue", "library", "--device", "desk-1"]);
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    let mut serving = operator.serve().await;

    let in_use = szid(operator.path(), &["admin", "audit", "--data", "data"]);
    assert_eq!(in_use.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&in_use.stderr).contains("STORE_IN_USE"));

    let person = operator.enrol(&registrar, "wallet").await;
    let code = operator.code("wallet");
    assert_eq!(operator.scan(&venue, &code, "a").await, "OK");

    // Killed the hard way, the service knows the used code and the person when it is back.
    serving.signal("-KILL");
    serving.end();
    let mut serving = operator.serve().await;
    assert_eq!(operator.scan(&venue, &code, "a").await, "OK_AGAIN");
    assert_eq!(operator.scan(&venue, &code, "b").await, "REPLAY");
    let freeze = format!("/v1/registrar/persons/{person}/freeze");
    let frozen = operator.post(&freeze, &registrar, json!({ "reason": "test" })).await;
    assert_eq!(frozen["account"], "frozen");
    serving.signal("-KILL");
    serving.end();
    let mut serving = operator.serve().await;
    let other = operator.code("wallet");
    assert_eq!(operator.scan(&venue, &other, "a").await, "FROZEN");

    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
    let audit = done(operator.path(), &["admin", "audit", "--data", "data"]);
    let audit: Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["whole"], true);
    let head = audit["head"].as_str().unwrap();
    done(operator.path(), &["admin", "audit", "--data", "data", "--from", head]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_new_trust_list_needs_no_restart_and_an_old_one_is_refused() {
    let operator = Operator::set_up();
    let old = std::fs::read(operator.file("trust-list.cbor")).unwrap();
    operator.sign_trust_list(7);
    let new = std::fs::read(operator.file("trust-list.cbor")).unwrap();
    std::fs::write(operator.file("trust-list.cbor"), &old).unwrap();
    let mut serving = operator.serve().await;
    assert_eq!(operator.get("/v1/trust").await, Some((200, old.clone())));
    for (laid, expected) in [(&new, &new), (&old, &new)] {
        std::fs::write(operator.file("trust-list.cbor"), laid).unwrap();
        serving.signal("-HUP");
        let mut held = Vec::new();
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            held = operator.get("/v1/trust").await.unwrap().1;
            if laid == expected && held == *expected {
                break;
            }
        }
        assert!(held == *expected);
    }
    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
    // Over a restart, too: the older list in its place is passed over.
    let mut again = operator.serve().await;
    assert_eq!(operator.get("/v1/trust").await, Some((200, new)));
    again.signal("-TERM");
    assert_eq!(again.end(), Some(0));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_level_policy_is_signed_offline_and_never_goes_back() {
    let operator = Operator::set_up();
    let path = operator.path();
    let sign = ["admin", "levels", "--root", "safe/root.pem", "--policy-version"];
    let sign = |version: &str, out: &str, more: &[&str]| {
        szid(path, &[&sign[..], &[version, "--out", out], more].concat())
    };
    assert!(sign("2", "levels.cbor", &[]).status.success());
    let again = sign("2", "levels.cbor", &[]);
    assert_eq!(again.status.code(), Some(2), "its version is the one before");
    for version in ["0", "100000000", "18446744073709551615"] {
        let slip = sign(version, "slip.cbor", &[]);
        let told = String::from_utf8_lossy(&slip.stderr).into_owned();
        assert_eq!(slip.status.code(), Some(2), "{told}");
        assert!(told.contains("99999999"), "none could follow: {told}");
    }
    std::fs::write(operator.file("policy.json"), r#"{ "ways": [], "sums": [] }"#).unwrap();
    let empty = sign("3", "new.cbor", &["--policy", "policy.json"]);
    assert_eq!(empty.status.code(), Some(2), "nobody would have a level");
    let own = r#"{ "ways": [{ "id": 1, "connector": "registrar", "method": "counter", "cap": 4,
        "name_zh": "服务窗口核验", "name_en": "Service counter", "classes": [111] }], "sums": [] }"#;
    std::fs::write(operator.file("policy.json"), own).unwrap();
    assert!(sign("1", "older.cbor", &["--policy", "policy.json"]).status.success());

    let config = std::fs::read_to_string(operator.file("szid.toml")).unwrap();
    let naming = |file: &str| {
        let config = format!("levels = \"{file}\"\n{config}");
        std::fs::write(operator.file("szid.toml"), config).unwrap();
    };
    naming("levels.cbor");
    let mut serving = operator.serve().await;
    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
    naming("older.cbor");
    let refused = szid(path, &["serve"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("START_LEVELS"), "{told}");
}

#[test]
fn wrong_set_ups_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let refused = |arguments: &[&str], word: &str| {
        let output = szid(path, arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(word), "{told}");
    };
    refused(&["serve"], "szid.toml");
    done(path, &["admin", "root", "--out", "safe"]);
    refused(&["admin", "root", "--out", "safe"], "root.pem");
    refused(&["admin", "credential", "--data", "data"], "--venue");
    let venue =
        ["admin", "venue", "--data", "d", "--id", "Library!", "--name", "x", "--scene", "2"];
    refused(&[&venue[..], &["--uscc", "12440399EXAMPLEB3N"]].concat(), "id");
    let venue = ["admin", "venue", "--data", "d", "--id", "x", "--name", "x", "--scene", "2"];
    refused(&[&venue[..], &["--uscc", "12440399EXAMPLEB3M"]].concat(), "last character");
    let head = ["admin", "audit", "--data", "data", "--from", "nonsense"];
    refused(&head, "head");

    // Nothing but founding makes a register.
    let venue = ["admin", "venue", "--data", "d", "--id", "x", "--name", "x", "--scene", "2"];
    let venue = [&venue[..], &["--uscc", "12440399EXAMPLEB3N"]].concat();
    refused(&venue, "STORE_NO_REGISTER");
    assert!(!path.join("d").exists());
    done(path, &["admin", "keys", "--out", "keys"]);
    let found = ["admin", "found", "--data", "d", "--keys", "keys", "--mode", "demo"];
    done(path, &found);
    refused(&found, "STORE_OCCUPIED");

    // A secret is withdrawn under the name that it was given to, and under no other.
    done(path, &venue);
    let device = ["admin", "credential", "--data", "d", "--venue", "x", "--device"];
    let secret = done(path, &[&device[..], &["desk-1"]].concat());
    let withdraw = |name: &str| {
        let arguments = [&device[..], &[name, "--withdraw"]].concat();
        let mut command = Command::new(env!("CARGO_BIN_EXE_szid"));
        command.current_dir(path).args(arguments).env("SZID_SECRET", &secret);
        command.output().unwrap().status.code()
    };
    assert_eq!([withdraw("desk-2"), withdraw("desk-1")], [Some(6), Some(0)]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_killed_again_and_again_keeps_every_receipt_and_each_arrives_once() {
    let (operator, secret) = city_with_a_lonely_gate().await;

    let mut receipts = Vec::new();
    for round in 0..10 {
        let code = done(operator.path(), &["wallet", "--dir", "wallet", "code", "--digits"]);
        let mut gate = GateProcess::start(&operator, &secret).await;
        assert!(gate.queued(&operator).await >= receipts.len() as u64, "round {round}");
        let id = gate.serving.0.id().to_string();
        // At any point of a later scan, however slow this machine is just now.
        let mut kill = None;
        for answered in 1.. {
            let Some(answer) = gate.scan(&operator, &code).await else { break };
            assert_eq!(answer["decision"], "accept", "{answer}");
            receipts.push(answer["receipt"].as_str().unwrap().to_owned());
            if answered == 3 {
                let id = id.clone();
                kill = Some(tokio::task::spawn_blocking(move || {
                    std::thread::sleep(Duration::from_millis(7 * round));
                    Command::new("kill").args(["-KILL", &id]).status().unwrap()
                }));
            }
            // So many in all that one page of the citizen's list holds them.
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        kill.unwrap().await.unwrap();
        gate.serving.end();
    }
    assert!(receipts.len() > 10, "{}", receipts.len());

    let mut serving = operator.serve().await;
    let gate = GateProcess::start(&operator, &secret).await;
    let uses = receipts_that_arrive(&operator, &gate).await;
    let seen: Vec<_> = uses.iter().map(|one| one["receipt"].as_str().unwrap()).collect();
    // A receipt that was kept and not answered for may be among them.
    assert!(seen.len() < 100, "{}", seen.len());
    let mut arrived =
        receipts.iter().map(|receipt| seen.iter().filter(|one| *one == receipt).count());
    assert!(arrived.all(|times| times == 1));
    assert!(uses.iter().all(|one| one["offline"] == true));
    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
    let audit = done(operator.path(), &["admin", "audit", "--data", "data"]);
    let audit: Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["whole"], true, "{audit}");
}

/// A disk of two megabytes for the gate, gone with the test.
#[cfg(target_os = "linux")]
struct SmallDisk(PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// Nothing where this user may not mount.
    fn mount(folder: PathBuf) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "szid"]).arg(&folder).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        while std::io::Write::write(&mut file, &[0; 512]).is_ok_and(|written| written > 0) {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_a_gate_lets_nobody_pass_and_loses_no_receipt() {
    let (operator, secret) = city_with_a_lonely_gate().await;
    // The lists that it has lie on the small disk as well.
    let data = operator.file("gate-data");
    let kept = operator.file("kept");
    std::fs::rename(&data, &kept).unwrap();
    std::fs::create_dir(&data).unwrap();
    let Some(disk) = SmallDisk::mount(data.clone()) else {
        println!("skipped: this user may not mount");
        return;
    };
    let copied = Command::new("cp").arg("-a").arg(kept.join(".")).arg(&data).status().unwrap();
    assert!(copied.success());
    let code = || done(operator.path(), &["wallet", "--dir", "wallet", "code", "--digits"]);
    let gate = GateProcess::start(&operator, &secret).await;
    let mut accepted = Vec::new();
    let mut scan = async |code: &str| {
        let answer = gate.scan(&operator, code).await.unwrap();
        if answer["decision"] == "accept" {
            accepted.push(answer["receipt"].as_str().unwrap().to_owned());
        }
        answer["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(scan(&code()).await, "OK");
    for _ in 0..2 {
        disk.fill();
        // The last block of each file has room left for some.
        let shown = code();
        let mut reason = String::from("OK");
        for _ in 0..100 {
            reason = scan(&shown).await;
            if !reason.starts_with("OK") {
                break;
            }
        }
        assert_eq!(reason, "REPLAY_MEMORY");
        assert_eq!(scan(&shown).await, "REPLAY_MEMORY");
        disk.free();
        // Another second, another code.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(scan(&code()).await, "OK");
    }
    let _serving = operator.serve().await;
    let uses = receipts_that_arrive(&operator, &gate).await;
    let arrived = uses.iter().map(|one| one["receipt"].as_str().unwrap());
    let (mut arrived, mut accepted): (Vec<_>, Vec<_>) = (arrived.collect(), accepted);
    // Receipts of one second have no order among themselves in the citizen's list.
    arrived.sort_unstable();
    accepted.sort_unstable();
    assert_eq!(arrived, accepted, "each once, and no other");
    drop(gate);
}
