//! `szid admin` against a running `szid serve`, over its local socket.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod operator;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use operator::{Operator, done, szid};
use serde_json::{Value, json};

const SOCKET: &str = "unix:data/admin.sock";

/// `szid admin` as an administrator.
fn admin(operator: &Operator, secret: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_szid"))
        .current_dir(operator.path())
        .env("SZID_SERVICE", SOCKET)
        .env("SZID_CREDENTIAL", secret)
        .arg("admin")
        .args(arguments)
        .output()
        .unwrap()
}

/// What it prints where it is done.
fn told(operator: &Operator, secret: &str, arguments: &[&str]) -> String {
    let output = admin(operator, secret, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What comes of it once a second administrator has confirmed.
fn by_two(operator: &Operator, [first, second]: [&str; 2], arguments: &[&str]) -> String {
    let (exit, waits) = refused(operator, first, arguments);
    assert_eq!(exit, Some(3), "{waits}");
    let waiting = lines(&told(operator, second, &["requests"]));
    let request = waiting[0]["request"].as_str().unwrap();
    told(operator, second, &["confirm", request])
}

/// What it says where it is not done, and the exit code.
fn refused(operator: &Operator, secret: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = admin(operator, secret, arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_and_a_desk_come_and_go_while_the_service_runs() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    let mut serving = operator.serve().await;
    let mode = std::fs::metadata(operator.file("data/admin.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let in_use = szid(operator.path(), &["admin", "audit", "--data", "data"]);
    let in_use = String::from_utf8_lossy(&in_use.stderr).into_owned();
    assert!(
        in_use.contains("STORE_IN_USE") && in_use.contains("--service unix:data/admin.sock"),
        "{in_use}"
    );
    // The service's own address knows nothing of it.
    let answer = operator.post("/v1/admin/venues/library/suspend", &chen, json!({})).await;
    assert_eq!(answer["code"], "NOT_FOUND");

    let (exit, waits) = refused(&operator, &chen, &["credential", "--registrar", "counter-1"]);
    assert_eq!(exit, Some(3), "{waits}");
    let request =
        lines(&told(&operator, &zhao, &["requests"]))[0]["request"].as_str().unwrap().to_owned();
    assert!(waits.contains(&request), "{waits}");
    let (exit, own) = refused(&operator, &chen, &["confirm", &request]);
    assert!(exit == Some(1) && own.contains("REQUEST_OWN"), "{own}");
    let registrar = told(&operator, &zhao, &["confirm", &request]);
    let person = operator.enrol(&registrar, "wallet").await;

    let desk = ["credential", "--venue", "library", "--device", "desk-1"];
    let desk = by_two(&operator, [&chen, &zhao], &desk);
    assert_eq!(operator.scan(&desk, &operator.code("wallet"), "a").await, "OK");

    let id_of = |scope: &[&str]| {
        let listed = told(&operator, &chen, &[&["credentials"], scope].concat());
        assert!(!listed.contains(&desk) && !listed.contains(&registrar) && !listed.contains(&chen));
        let listed = lines(&listed);
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0]["state"], "good");
        listed[0]["credential"].as_str().unwrap().to_owned()
    };
    let (registrar_id, desk_id) = (id_of(&["--registrars"]), id_of(&["--venue", "library"]));
    told(&operator, &zhao, &["withdraw", "--id", &registrar_id]);
    told(&operator, &zhao, &["withdraw", "--id", &desk_id]);
    let freeze = format!("/v1/registrar/persons/{person}/freeze");
    let gone = operator.post(&freeze, &registrar, json!({ "reason": "test" })).await;
    assert_eq!(gone["code"], "CREDENTIAL_REVOKED");
    let gone = operator.post("/v1/scans", &desk, json!({ "code": "x" })).await;
    assert_eq!(gone["code"], "CREDENTIAL_REVOKED");
    let listed = lines(&told(&operator, &chen, &["credentials", "--registrars"]));
    assert_eq!((&listed[0]["state"], &listed[0]["made_by"]), (&json!("withdrawn"), &json!("zhao")));
    let report: Value = serde_json::from_str(&told(&operator, &chen, &["audit"])).unwrap();
    assert_eq!(report["whole"], true);
    // What was done, the newest first, with who did it; also by whoever names the folder of a running service.
    let latest = ["audit", "--list", "--kind", "registration", "--limit", "2", "--since", "1h"];
    let listed = lines(&told(&operator, &chen, &latest));
    let acts: Vec<_> =
        listed.iter().map(|one| (&one["actor"], &one["act"], &one["what"])).collect();
    let by_zhao = |what| (json!("zhao"), json!("withdrawn"), json!(what));
    let expected = [by_zhao("credential"), by_zhao("registrar")];
    assert_eq!(acts, expected.each_ref().map(|(actor, act, what)| (actor, act, what)));
    let (local, utc) = (listed[0]["time"].as_str().unwrap(), listed[0]["utc"].as_str().unwrap());
    assert!(local.ends_with("+08:00") && utc.ends_with('Z') && local[..19] != utc[..19]);
    assert_eq!(
        lines(&told(&operator, &chen, &[&latest[..], &["--data", "data"]].concat())),
        listed
    );
    assert_eq!(told(&operator, &chen, &["audit", "--list", "--since", "2099-01-01"]), "");

    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
    assert!(!operator.file("data/admin.sock").exists());
    let from = ["admin", "audit", "--data", "data", "--from", report["head"].as_str().unwrap()];
    done(operator.path(), &from);
    let offline = [&["admin"], &latest[..], &["--data", "data"]].concat();
    assert_eq!(lines(&done(operator.path(), &offline)), listed);
    let offline =
        done(operator.path(), &["admin", "credentials", "--data", "data", "--administrators"]);
    let by: Vec<_> = lines(&offline).iter().map(|one| one["made_by"].clone()).collect();
    assert_eq!(by, ["offline", "offline"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn venues_sites_devices_and_gates_change_while_the_service_runs() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    // What a killed service leaves behind does not keep the next one from starting.
    let mut killed = operator.serve().await;
    killed.signal("-KILL");
    killed.end();
    assert!(operator.file("data/admin.sock").exists());
    let _serving = operator.serve().await;
    let venue =
        ["venue", "--id", "park", "--name", "公园", "--uscc", "12440399EXAMPLEB3N", "--scene", "3"];
    by_two(&operator, [&chen, &zhao], &venue);
    told(&operator, &chen, &["site", "--venue", "park", "--id", "north", "--name", "北门"]);
    told(
        &operator,
        &chen,
        &["device", "--venue", "park", "--device", "gate-1", "--site", "north", "--scene", "3"],
    );
    for name in ["first", "second"] {
        done(operator.path(), &["gate", "--make-key", &format!("{name}.pem")]);
    }
    let gate = ["gate", "--venue", "park", "--device", "gate-1", "--key"];
    by_two(&operator, [&chen, &zhao], &[&gate[..], &["first.spki"]].concat());
    let (exit, _) = refused(&operator, &chen, &[&gate[..], &["second.spki"]].concat());
    assert_eq!(exit, Some(3), "another key in its place takes two");
    told(&operator, &chen, &["suspend", "--venue", "park"]);
    let (exit, _) = refused(&operator, &chen, &["resume", "--venue", "park"]);
    assert_eq!(exit, Some(3));
    for request in lines(&told(&operator, &zhao, &["requests"])) {
        let id = request["request"].as_str().unwrap();
        match request["wanted"]["act"].as_str().unwrap() {
            "gate" => told(&operator, &zhao, &["reject", id]),
            _ => told(&operator, &zhao, &["confirm", id]),
        };
    }
    assert_eq!(told(&operator, &zhao, &["requests"]), "");
    let viewer = ["operator", "--venue", "park", "--name", "li", "--role", "viewer"];
    assert_eq!(by_two(&operator, [&zhao, &chen], &viewer).len(), 43);

    let (exit, error) = refused(&operator, "wrong", &["requests"]);
    assert!(exit == Some(1) && error.contains("CREDENTIAL_MISSING"), "{error}");
    let plain = ["--service", "http://id.example.cn", "requests"];
    let (exit, error) = refused(&operator, &chen, &[plain[2], plain[0], plain[1]]);
    assert!(exit == Some(2) && error.contains("https"), "{error}");
    let unset = szid(operator.path(), &["admin", "requests", "--service", SOCKET]);
    assert_eq!(unset.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_leaves_the_first_ones_socket_alone() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let _serving = operator.serve().await;
    // Another register, the same socket.
    done(
        operator.path(),
        &["admin", "found", "--data", "other", "--keys", "keys", "--mode", "demo"],
    );
    let config = std::fs::read_to_string(operator.file("szid.toml")).unwrap();
    let config = format!("admin_socket = \"data/admin.sock\"\n{config}");
    std::fs::write(operator.file("second.toml"), config).unwrap();
    let serve =
        ["serve", "--config", "second.toml", "--data-dir", "other", "--listen", "127.0.0.1:0"];
    let (exit, error) = operator.refused(&serve);
    assert!(exit == Some(2) && error.contains("another service serves"), "{error}");
    assert_eq!(lines(&told(&operator, &chen, &["credentials", "--administrators"])).len(), 1);
}
