//! `szid admin` against a running `szid serve`, over its local socket.
#![allow(clippy::print_stdout)]

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::operator::{Operator, done, szid};

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
    // What was done, the newest first, with who did it; also by whoever names the folder of a running
    // service.
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
    let site = ["site", "--venue", "park", "--id", "north", "--name", "北门"];
    by_two(&operator, [&chen, &zhao], &site);
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
    assert!(exit == Some(5) && error.contains("ADMIN_CREDENTIAL_UNKNOWN"), "{error}");
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

/// What a command says where it is not done: its exit code, its code, and both languages.
fn is_told(operator: &Operator, secret: &str, arguments: &[&str], exit: i32, code: &str) {
    let (found, error) = refused(operator, secret, arguments);
    let first = error.lines().next().unwrap_or_default();
    let chinese = |text: &str| text.chars().any(|one| ('\u{4e00}'..='\u{9fff}').contains(&one));
    assert_eq!(found, Some(exit), "{arguments:?}: {error}");
    assert!(
        first.starts_with(&format!("szid: {code} ")) && chinese(first),
        "{arguments:?}: {error}"
    );
    assert!(error.lines().nth(1).is_some_and(|en| !chinese(en) && en.len() > 20), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_ids_wrong_secrets_and_a_service_that_does_not_run_each_say_what_they_are() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    let desk = operator.credential(&["--venue", "library", "--device", "desk-1"]);
    for counter in ["counter-1", "counter-2"] {
        operator.credential(&["--registrar", counter]);
    }
    let mut serving = operator.serve().await;
    let (request, credential) = ("A".repeat(22), "B".repeat(21) + "A");
    is_told(&operator, &chen, &["confirm", &request], 6, "ADMIN_NO_REQUEST");
    is_told(&operator, &chen, &["reject", &request], 6, "ADMIN_NO_REQUEST");
    is_told(&operator, &chen, &["withdraw", "--id", &credential], 6, "ADMIN_NO_CREDENTIAL");
    is_told(&operator, &chen, &["withdraw", "--registrar", "nobody"], 6, "ADMIN_NONE_OF_NAME");
    for arguments in [["confirm", "counter-2"], ["reject", "1"]] {
        is_told(&operator, &chen, &arguments, 2, "ADMIN_ID");
    }
    is_told(&operator, &chen, &["withdraw", "--id", &desk], 2, "ADMIN_ID");
    for arguments in [
        &["suspend", "--venue", "museum"][..],
        &["resume", "--venue", "library", "--site", "north"],
        &["site", "--venue", "museum", "--id", "north", "--name", "北门"],
        &["device", "--venue", "museum", "--device", "desk-1"],
        &["credential", "--venue", "museum", "--device", "desk-1"],
    ] {
        is_told(&operator, &chen, arguments, 6, "ADMIN_NO_PLACE");
    }

    is_told(&operator, "wrong", &["requests"], 5, "ADMIN_CREDENTIAL_UNKNOWN");
    is_told(&operator, &desk, &["requests"], 5, "ADMIN_CREDENTIAL_ROLE");
    is_told(&operator, &chen, &["contest"], 1, "CONTEST_NONE");
    told(&operator, &chen, &["withdraw", "--registrar", "counter-1"]);
    told(&operator, &chen, &["withdraw", "--administrator", "zhao"]);
    // One alone goes no further, and whom they withdrew answers.
    let (exit, error) = refused(&operator, &chen, &["withdraw", "--registrar", "counter-2"]);
    assert!(exit == Some(3) && error.contains("szid admin confirm"), "{error}");
    is_told(&operator, &zhao, &["requests"], 5, "ADMIN_CREDENTIAL_CONTESTED");
    let contested = admin(&operator, &zhao, &["contest"]);
    let withdrawn = String::from_utf8_lossy(&contested.stdout).into_owned();
    assert!(
        contested.status.success() && withdrawn.contains("credential withdrawn"),
        "{withdrawn}"
    );
    // Nobody is left: that is told at once, and by the service from then on.
    let way = String::from_utf8_lossy(&contested.stderr).into_owned();
    assert!(way.contains("szid admin recover") && way.contains("--new"), "{way}");
    let holds = async || {
        operator
            .get("/readyz")
            .await
            .unwrap()
            .1
            .windows(18)
            .any(|part| part == b"ADMINISTRATOR_NONE")
    };
    for _ in 0..100 {
        if holds().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(holds().await);
    for secret in [&zhao, &chen] {
        is_told(&operator, secret, &["requests"], 5, "ADMIN_CREDENTIAL_WITHDRAWN");
    }

    serving.signal("-KILL");
    serving.end();
    assert!(operator.file("data/admin.sock").exists());
    is_told(&operator, &chen, &["requests"], 4, "ADMIN_NO_SERVICE");
    std::fs::remove_file(operator.file("data/admin.sock")).unwrap();
    is_told(&operator, &chen, &["confirm", &request], 4, "ADMIN_NO_SERVICE");
    let nobody = ["requests", "--service", "http://127.0.0.1:9"];
    is_told(&operator, &chen, &nobody, 4, "ADMIN_NO_ANSWER");
    let offline = ["withdraw", "--data", "data", "--id", &credential];
    is_told(&operator, "", &offline, 6, "ADMIN_NO_CREDENTIAL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_two_credentials_is_withdrawn_whole_or_not_at_all() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let secrets: Vec<_> = ["counter-2", "counter-2", "counter-3"]
        .map(|name| operator.credential(&["--registrar", name]))
        .into();
    let desks: Vec<_> = ["desk-1", "desk-1"]
        .map(|device| operator.credential(&["--venue", "library", "--device", device]))
        .into();
    let _serving = operator.serve().await;
    let good = |scope: &[&str]| {
        let listed = lines(&told(&operator, &chen, &[&["credentials"], scope].concat()));
        listed.iter().filter(|one| one["state"] == "good").count()
    };
    let withdraw = ["withdraw", "--registrar", "counter-2"];
    is_told(&operator, &chen, &withdraw, 2, "ADMIN_AMBIGUOUS");
    let listed = admin(&operator, &chen, &withdraw).stdout;
    let listed = lines(&String::from_utf8(listed).unwrap());
    assert!(listed.len() == 2 && listed.iter().all(|one| one["bearer"]["name"] == "counter-2"));
    assert_eq!(good(&["--registrars"]), 3, "nothing was withdrawn");
    told(&operator, &chen, &[&withdraw[..], &["--all"]].concat());
    assert_eq!(good(&["--registrars"]), 1);
    for (secret, code) in
        secrets.iter().zip(["CREDENTIAL_REVOKED", "CREDENTIAL_REVOKED", "BAD_REQUEST"])
    {
        let answer = operator.post("/v1/registrar/enrolments", secret, json!({})).await;
        assert_eq!(answer["code"], code);
    }
    told(&operator, &chen, &["withdraw", "--venue", "library", "--device", "desk-1", "--all"]);
    assert_eq!(good(&["--venue", "library"]), 0);
    for secret in &desks {
        let answer = operator.post("/v1/scans", secret, json!({ "code": "x" })).await;
        assert_eq!(answer["code"], "CREDENTIAL_REVOKED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_wait_and_each_is_confirmed_by_the_id_that_whoever_asked_was_given() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    let _serving = operator.serve().await;
    let ids = ["counter-2", "counter-3"].map(|name| {
        let asked = admin(&operator, &chen, &["credential", "--registrar", name]);
        assert_eq!(asked.status.code(), Some(3));
        String::from_utf8(asked.stdout).unwrap().trim().to_owned()
    });
    assert_eq!(lines(&told(&operator, &zhao, &["requests"])).len(), 2);
    told(&operator, &zhao, &["reject", &ids[0]]);
    told(&operator, &zhao, &["confirm", &ids[1]]);
    let listed = lines(&told(&operator, &zhao, &["credentials", "--registrars"]));
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["bearer"]["name"], "counter-3");
    is_told(&operator, &zhao, &["confirm", &ids[0]], 6, "ADMIN_NO_REQUEST");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_look_the_same_are_one_person_when_they_are_made_and_when_they_confirm() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let of = |role: &'static str, name: &'static str| ["credential", "--data", "data", role, name];
    is_told(&operator, "", &of("--administrator", "Chen"), 1, "STORE_NAME_TWICE");
    operator.credential(&["--registrar", "wu"]);
    is_told(&operator, "", &of("--registrar", "W.u"), 1, "STORE_NAME_TWICE");
    let recover = ["recover", "--data", "data", "--keys", "keys", "--new", "--administrator"];
    is_told(&operator, "", &[&recover[..], &["CHEN"]].concat(), 1, "STORE_NAME_TWICE");
    // Another one of the same name is the same person's, and a slip that was withdrawn is nobody's.
    operator.credential(&["--administrator", "chen"]);
    operator.credential(&["--registrar", "1iu"]);
    done(operator.path(), &["admin", "withdraw", "--data", "data", "--registrar", "1iu"]);
    operator.credential(&["--registrar", "liu"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    let (_, third) = refused(&operator, "", &of("--administrator", "sun"));
    assert!(third.contains("ADMIN_RECOVER") && third.contains("--new"), "{third}");

    let _serving = operator.serve().await;
    is_told(&operator, &chen, &["credential", "--registrar", "WU"], 1, "NAME_TWICE");
    // Two that look the same are asked for while there is neither of them: the second is outdated.
    let ids = ["he", "HE"].map(|name| {
        let asked = admin(&operator, &chen, &["credential", "--registrar", name]);
        assert_eq!(asked.status.code(), Some(3));
        String::from_utf8(asked.stdout).unwrap().trim().to_owned()
    });
    told(&operator, &zhao, &["confirm", &ids[0]]);
    is_told(&operator, &zhao, &["confirm", &ids[1]], 1, "REQUEST_OUTDATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_last_administrators_secret_needs_the_registers_key() {
    let operator = Operator::set_up();
    let lost = operator.credential(&["--administrator", "chen"]);
    operator.credential(&["--administrator", "zhao"]);
    let third = ["credential", "--data", "data", "--administrator", "wu"];
    is_told(&operator, "", &third, 2, "ADMIN_RECOVER");
    done(operator.path(), &["admin", "withdraw", "--data", "data", "--administrator", "zhao"]);
    is_told(&operator, "", &third, 2, "ADMIN_RECOVER");

    done(operator.path(), &["admin", "keys", "--out", "foreign"]);
    let recover = ["recover", "--data", "data", "--administrator", "chen", "--keys"];
    is_told(&operator, "", &[&recover[..], &["foreign"]].concat(), 1, "STORE_WRONG_KEY");
    let serving = operator.serve().await;
    is_told(&operator, "", &[&recover[..], &["keys"]].concat(), 1, "STORE_IN_USE");
    let (_, in_use) = refused(&operator, "", &[&recover[..], &["keys"]].concat());
    assert!(!in_use.contains("--service") && in_use.contains("stop it first"), "{in_use}");
    assert_eq!(told(&operator, &lost, &["requests"]), "", "nothing was changed");
    drop(serving);

    let secret = done(operator.path(), &[&["admin"], &recover[..], &["keys"]].concat());
    let _serving = operator.serve().await;
    is_told(&operator, &lost, &["requests"], 5, "ADMIN_CREDENTIAL_WITHDRAWN");
    let listed = lines(&told(&operator, &secret, &["credentials", "--administrators"]));
    let good: Vec<_> = listed.iter().filter(|one| one["state"] == "good").collect();
    assert_eq!((good.len(), &good[0]["made_by"]), (1, &json!("offline")));
    let report: Value = serde_json::from_str(&told(&operator, &secret, &["audit"])).unwrap();
    assert_eq!(report["whole"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_place_names_what_changes_and_the_rest_stays() {
    let operator = Operator::set_up();
    let [chen, zhao] = ["chen", "zhao"].map(|name| operator.credential(&["--administrator", name]));
    let files = |arguments: &[&str]| {
        done(operator.path(), &[&["admin"], arguments, &["--data", "data"]].concat())
    };
    // On the files.
    let told_age = files(&["venue", "--id", "library", "--age", "60", "--age", "18"]);
    assert!(told_age.contains("ages [] → [60,18]") && !told_age.contains("name"), "{told_age}");
    let told_name = files(&["venue", "--id", "library", "--name", "市图书馆"]);
    assert!(told_name.contains("图书馆 → 市图书馆") && !told_name.contains("ages"), "{told_name}");
    assert!(
        files(&["site", "--venue", "library", "--id", "east", "--name", "东馆"])
            .contains("registered")
    );
    let told_site = files(&["site", "--venue", "library", "--id", "east", "--name", "新东馆"]);
    assert!(told_site.contains("东馆 → 新东馆"), "{told_site}");
    for unknown in [
        &["venue", "--data", "data", "--id", "park", "--name", "公园"][..],
        &["site", "--data", "data", "--venue", "library", "--id", "west", "--closed"],
    ] {
        is_told(&operator, "", unknown, 6, "ADMIN_NO_PLACE");
    }
    let (exit, _) = refused(&operator, "", &["venue", "--data", "data", "--id", "library"]);
    assert_eq!(exit, Some(2), "nothing is named");

    // On the running service.
    let _serving = operator.serve().await;
    let (exit, waits) = refused(&operator, &chen, &["venue", "--id", "library", "--name", "书城"]);
    assert!(exit == Some(3) && waits.contains("市图书馆 → 书城"), "{waits}");
    let waiting = lines(&told(&operator, &zhao, &["requests"]));
    let wanted = &waiting[0]["wanted"]["wanted"];
    assert_eq!((&wanted["scenes"], &wanted["ages"]), (&json!([2]), &json!([60, 18])), "{wanted}");
    told(&operator, &zhao, &["confirm", waiting[0]["request"].as_str().unwrap()]);
    let less = told(&operator, &chen, &["venue", "--id", "library", "--age", "60"]);
    assert!(less.contains("ages [60,18] → [60]") && !less.contains("name"), "{less}");
    let none = told(&operator, &chen, &["venue", "--id", "library", "--no-ages"]);
    assert!(none.contains("ages [60] → []"), "{none}");
    let same = told(&operator, &chen, &["venue", "--id", "library", "--name", "书城"]);
    assert!(same.contains("nothing changed"), "{same}");
    let site = ["site", "--venue", "library", "--id", "east", "--name", "东馆"];
    let (exit, waits) = refused(&operator, &chen, &site);
    assert!(exit == Some(3) && waits.contains("新东馆 → 东馆"), "{waits}");
    is_told(&operator, &chen, &["venue", "--id", "park", "--age", "60"], 6, "ADMIN_NO_PLACE");
    let new = ["venue", "--id", "park", "--name", "公园", "--uscc", "12440399EXAMPLEB3N"];
    assert_eq!(refused(&operator, &chen, &[&new[..], &["--scene", "3"]].concat()).0, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_last_administrator_is_told_can_be_done() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    operator.credential(&["--administrator", "zhao"]);
    done(operator.path(), &["admin", "withdraw", "--data", "data", "--administrator", "zhao"]);
    let serving = operator.serve().await;
    let (_, last) = refused(&operator, &chen, &["withdraw", "--administrator", "chen"]);
    assert!(last.contains("ADMINISTRATOR_LAST"), "{last}");
    // Nobody can confirm it, and whoever asks is told so.
    let (exit, waits) = refused(&operator, &chen, &["credential", "--registrar", "counter-1"]);
    assert_eq!(exit, Some(3), "{waits}");
    for text in [&last, &waits] {
        assert!(text.contains("szid admin recover") && text.contains("--new"), "{text}");
    }
    drop(serving);
    let recover = ["admin", "recover", "--data", "data", "--keys", "keys", "--administrator"];
    let wu = done(operator.path(), &[&recover[..], &["wu", "--new"]].concat());
    done(operator.path(), &["admin", "withdraw", "--data", "data", "--administrator", "chen"]);
    let _serving = operator.serve().await;
    is_told(&operator, &chen, &["requests"], 5, "ADMIN_CREDENTIAL_WITHDRAWN");
    told(&operator, &wu, &["requests"]);
}

#[test]
fn what_the_running_service_refuses_of_a_venue_is_refused_on_its_files_as_well() {
    let operator = Operator::set_up();
    let venue = [
        "venue",
        "--data",
        "data",
        "--id",
        "park",
        "--name",
        "公园",
        "--uscc",
        "91440399EXAMPLEC1C",
    ];
    let venue = |more: &[&'static str]| [&venue[..], more].concat();
    for (more, code) in [
        (&["--scene", "77"][..], "SCENES_INVALID"),
        (&["--scene", "3", "--scene", "3"], "SCENES_INVALID"),
        (&["--scene", "3", "--age", "0"], "AGES_INVALID"),
        (&["--scene", "3", "--age", "151"], "AGES_INVALID"),
        (&["--scene", "3", "--age", "60", "--age", "60"], "AGES_INVALID"),
    ] {
        is_told(&operator, "", &venue(more), 2, code);
    }
    is_told(&operator, "", &["suspend", "--data", "data", "--venue", "park"], 6, "ADMIN_NO_PLACE");
    let scene = ["venue", "--data", "data", "--id", "library", "--scene", "77"];
    is_told(&operator, "", &scene, 2, "SCENES_INVALID");
    // The scenes are those of the service's configuration, or, where none is known, those that every city
    // starts with.
    let more = json!([{ "id": 77, "name_zh": "演示", "name_en": "Demonstration" }]);
    let scenes = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../service/data/scenes.json"
    ));
    let mut scenes: Vec<Value> = serde_json::from_str(&scenes.unwrap()).unwrap();
    let mut own = scenes[0].clone();
    own.as_object_mut().unwrap().extend(more[0].as_object().unwrap().clone());
    scenes.push(own);
    std::fs::write(operator.file("own.json"), json!(scenes).to_string()).unwrap();
    let config = std::fs::read_to_string(operator.file("szid.toml")).unwrap();
    let config = config.replace("# scenes = \"scenes.json\"", "scenes = \"own.json\"");
    std::fs::write(operator.file("szid.toml"), config).unwrap();
    done(operator.path(), &[&["admin"], &scene[..]].concat());
    std::fs::rename(operator.file("szid.toml"), operator.file("other.toml")).unwrap();
    let (exit, error) = refused(&operator, "", &scene);
    assert!(exit == Some(2) && error.contains("--config"), "{error}");
    done(operator.path(), &[&["admin"], &scene[..], &["--config", "other.toml"]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_suspended_is_not_said_to_be_resumed() {
    let operator = Operator::set_up();
    let [chen, zhao] = ["chen", "zhao"].map(|name| operator.credential(&["--administrator", name]));
    let files = |what: &str| {
        done(operator.path(), &["admin", what, "--data", "data", "--venue", "library"])
    };
    assert!(files("resume").contains("was not suspended"));
    files("suspend");
    assert!(files("resume").contains("resumed"));
    let _serving = operator.serve().await;
    let resume = ["resume", "--venue", "library"];
    assert!(told(&operator, &chen, &resume).contains("was not suspended"));
    told(&operator, &zhao, &["suspend", "--venue", "library"]);
    // Somebody is there who can confirm it: nobody is told to make another one.
    let (exit, waits) = refused(&operator, &chen, &resume);
    assert!(exit == Some(3) && !waits.contains("recover"), "{waits}");
}

#[test]
fn nobody_is_recovered_whom_the_register_does_not_know_unless_they_are_said_to_be_new() {
    let operator = Operator::set_up();
    operator.credential(&["--administrator", "chen"]);
    operator.credential(&["--administrator", "zhao"]);
    let administrators = || {
        let list = ["admin", "credentials", "--data", "data", "--administrators"];
        lines(&done(operator.path(), &list)).len()
    };
    let recover = ["recover", "--data", "data", "--keys", "keys", "--administrator"];
    is_told(&operator, "", &[&recover[..], &["chne"]].concat(), 6, "ADMIN_NAME_UNKNOWN");
    assert_eq!(administrators(), 2, "nothing was given");
    done(operator.path(), &[&["admin"], &recover[..], &["wu", "--new"]].concat());
    assert_eq!(administrators(), 3);
    // Known from now on, and once withdrawn as well: what was cut short is done again.
    done(operator.path(), &["admin", "withdraw", "--data", "data", "--administrator", "wu"]);
    done(operator.path(), &[&["admin"], &recover[..], &["wu"]].concat());
}

#[test]
fn a_kind_that_the_audit_does_not_know_is_refused_with_those_that_it_knows() {
    let operator = Operator::set_up();
    let list = ["audit", "--data", "data", "--list", "--kind"];
    is_told(&operator, "", &[&list[..], &["nosuch"]].concat(), 2, "ADMIN_KIND");
    done(operator.path(), &[&["admin"], &list[..], &["registration"]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_the_keyboard_is_named_as_what_it_is() {
    let operator = Operator::set_up();
    let [chen, zhao] = ["chen", "zhao"].map(|name| operator.credential(&["--administrator", name]));
    let _serving = operator.serve().await;
    by_two(&operator, [&chen, &zhao], &["credential", "--administrator", "wu"]);
    for arguments in [
        &["credentials", "--venue", "libary"][..],
        &["withdraw", "--venue", "libary", "--device", "desk-1"],
        &["device", "--venue", "library", "--device", "desk-1", "--site", "futian"],
    ] {
        is_told(&operator, &chen, arguments, 6, "ADMIN_NO_PLACE");
    }
    let other = ["admin", "found", "--data", "other", "--keys", "keys", "--mode", "demo"];
    done(operator.path(), &other);
    for files in [
        &["credential", "--venue", "libary", "--device", "desk-1", "--data", "other"][..],
        &["operator", "--venue", "libary", "--name", "li", "--role", "manager", "--data", "other"],
    ] {
        let (exit, error) = refused(&operator, "", files);
        assert!(exit == Some(6) && error.contains("ADMIN_NO_PLACE"), "{error}");
        assert!(error.contains("libary"), "{error}");
    }
    let files = ["credentials", "--venue", "libary", "--data", "other"];
    is_told(&operator, "", &files, 6, "ADMIN_NO_PLACE");
    let site = ["device", "--venue", "library", "--device", "desk-1", "--site", "futian"];
    let (_, error) = refused(&operator, &chen, &site);
    assert!(error.contains("library/futian"), "{error}");
    is_told(&operator, "", &["requests"], 2, "ADMIN_CREDENTIAL_UNSET");
    is_told(&operator, " ", &["requests"], 2, "ADMIN_CREDENTIAL_UNSET");
    for arguments in
        [&["requests"][..], &["credentials", "--registrars"], &["suspend", "--venue", "library"]]
    {
        let arguments = [arguments, &["--service", &operator.base_url]].concat();
        is_told(&operator, &chen, &arguments, 4, "ADMIN_NOT_SERVED");
    }
    // What is done, and yet worth a word.
    let hinted = |arguments: &[&str]| {
        let output = admin(&operator, &chen, arguments);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let device = ["device", "--venue", "library", "--device", "desk-9"];
    assert!(hinted(&device).contains("no good credential"), "{}", hinted(&device));
    let (_, waits) =
        refused(&operator, &chen, &["venue", "--id", "library", "--scene", "2", "--scene", "3"]);
    assert!(waits.contains("SCENE_MISSING"), "{waits}");
    let request =
        lines(&told(&operator, &zhao, &["requests"]))[0]["request"].as_str().unwrap().to_owned();
    let confirmed = admin(&operator, &zhao, &["confirm", &request]);
    assert!(String::from_utf8(confirmed.stderr).unwrap().contains("SCENE_MISSING"));
    let clock = told(&operator, &chen, &["clock"]);
    let clock: Value = serde_json::from_str(&clock).unwrap();
    assert_eq!(
        (&clock["state"], clock["seconds_left"].as_u64().is_some()),
        (&json!("unchecked"), true),
        "{clock}"
    );
    let listed = lines(&told(&operator, &chen, &["credentials", "--administrators"]));
    assert!(
        listed.iter().all(|one| one["made"].as_str().is_some_and(|made| made.ends_with("+08:00")))
    );
    // Of three, one goes; then of two.
    assert!(!hinted(&["withdraw", "--administrator", "wu"]).contains("only one administrator"));
    let last = admin(&operator, &zhao, &["withdraw", "--administrator", "zhao"]);
    assert!(last.status.success());
    assert!(String::from_utf8(last.stderr).unwrap().contains("only one administrator"));
}

/// What a QR code in a PNG says, by a reader that did not draw it.
fn read_png(path: &std::path::Path) -> String {
    let mut decoder =
        png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let (width, height) = reader.next_frame(&mut pixels).map(|at| (at.width, at.height)).unwrap();
    let (width, height) = (width as usize, height as usize);
    let grey = |x: usize, y: usize| pixels[y * width + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    image.detect_grids()[0].decode().unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_drawn_for_a_desk_to_scan_and_shown_nowhere_else() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    let desk = ["--venue", "library", "--device"];
    let drawn = operator.credential(&[&desk[..], &["desk-1", "--png", "one.png"]].concat());
    assert_eq!(drawn, "one.png");
    let mode = std::fs::metadata(operator.file("one.png")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nothing is made that would have no place, and no place is left behind for nothing.
    let again =
        ["admin", "credential", "--data", "data", "--venue", "library", "--device", "desk-1"];
    let again = szid(operator.path(), &[&again[..], &["--png", "one.png"]].concat());
    assert!(!again.status.success() && again.stdout.is_empty());
    let nowhere =
        ["admin", "credential", "--data", "data", "--venue", "none", "--device", "desk-1"];
    let nowhere = szid(operator.path(), &[&nowhere[..], &["--png", "none.png"]].concat());
    assert!(!nowhere.status.success() && !operator.file("none.png").exists());

    let _serving = operator.serve().await;
    let ask = [&["credential"][..], &desk, &["desk-2"]].concat();
    let (exit, told_at_once) =
        refused(&operator, &chen, &[&ask[..], &["--png", "two.png"]].concat());
    assert!(exit == Some(2) && told_at_once.contains("confirm"), "{exit:?} {told_at_once}");
    assert_eq!(refused(&operator, &chen, &ask).0, Some(3));
    let waiting = lines(&told(&operator, &zhao, &["requests"]));
    let request = waiting[0]["request"].as_str().unwrap();
    let confirmed = told(&operator, &zhao, &["confirm", request, "--png", "two.png"]);
    assert_eq!(confirmed, "two.png");
    for picture in ["one.png", "two.png"] {
        let credential = read_png(&operator.file(picture));
        assert_eq!(credential.len(), 43);
        let session = operator.http.post(format!("{}/console/session", operator.base_url));
        let answer = session.json(&json!({ "credential": credential })).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{picture}");
    }
}
