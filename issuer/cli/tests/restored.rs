//! `szid admin audit` and `szid admin restored` after a data folder was put back from a copy.
#![allow(clippy::print_stdout)]

use serde_json::Value;

use crate::operator::{Operator, copy, done, put_back, szid};

#[test]
fn entries_that_are_gone_are_told_and_the_register_is_put_in_order_first() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    let audit = || {
        let output = szid(operator.path(), &["admin", "audit", "--data", "data"]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), told)
    };
    copy(&data, &aside);
    operator.credential(&["--registrar", "counter-9"]);
    let (code, told) = audit();
    assert_eq!((code, &told["whole"], &told["witnessed"]), (Some(0), &true.into(), &true.into()));
    std::fs::remove_dir_all(&data).unwrap();
    copy(&aside, &data);

    let (code, told) = audit();
    assert_eq!((code, &told["whole"]), (Some(1), &false.into()), "{told}");
    let register = ["admin", "credential", "--data", "data", "--registrar", "counter-9"];
    let refused = szid(operator.path(), &register);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("REGISTER_BEHIND") && text.contains("szid admin restored"), "{text}");

    let restored = ["admin", "restored", "--data", "data", "--keys", "keys", "--json"];
    let told: Value = serde_json::from_str(&done(operator.path(), &restored)).unwrap();
    assert_eq!((&told["epoch"], &told["unknown_passes"]), (&1.into(), &0.into()), "{told}");
    let (code, told) = audit();
    assert_eq!((code, &told["whole"], &told["epoch"]), (Some(0), &true.into(), &1.into()));
    done(operator.path(), &register);
    let again = szid(operator.path(), &restored);
    assert_eq!(again.status.code(), Some(1), "nothing is lost any more");
}

const RESTORED: [&str; 7] = ["admin", "restored", "--data", "data", "--keys", "keys", "--json"];

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn what_protected_after_the_copy_protects_again_and_the_rest_is_named() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    let admin = |arguments: &[&str]| {
        done(operator.path(), &[&["admin"], arguments, &["--data", "data"]].concat())
    };
    let uscc = "12440399EXAMPLEB3N";
    admin(&["venue", "--id", "park", "--name", "公园", "--uscc", uscc, "--scene", "3"]);
    for id in ["east", "west"] {
        admin(&["site", "--venue", "library", "--id", id, "--name", id]);
    }
    let device = ["device", "--venue", "library", "--device", "desk-1", "--site", "east"];
    admin(&device);
    for name in ["first", "second"] {
        done(operator.path(), &["gate", "--make-key", &format!("{name}.pem")]);
    }
    let gate = ["gate", "--venue", "park", "--device", "gate-1", "--key"];
    admin(&[&gate[..], &["first.spki"]].concat());
    operator.credential(&["--registrar", "counter-1"]);
    let listed: Value = serde_json::from_str(&admin(&["credentials", "--registrars"])).unwrap();
    let id = listed["credential"].as_str().unwrap();
    copy(&data, &aside);

    admin(&["suspend", "--venue", "park"]);
    admin(&["suspend", "--venue", "library", "--site", "west"]);
    admin(&["withdraw", "--id", id]);
    admin(&[&device[..], &["--scene", "2"]].concat());
    admin(&[&gate[..], &["second.spki"]].concat());
    admin(&["site", "--venue", "library", "--id", "new", "--name", "new"]);
    put_back(&aside, &data);

    // Who only looks is told, and sees what lies there.
    let look = ["admin", "credentials", "--data", "data", "--registrars"];
    let looked = szid(operator.path(), &look);
    let (shown, told) = (looked.stdout, String::from_utf8_lossy(&looked.stderr).into_owned());
    assert!(looked.status.success() && told.contains("REGISTER_BEHIND"), "{told}");
    assert_eq!(serde_json::from_slice::<Value>(&shown).unwrap()["state"], "good");

    let told: Value = serde_json::from_str(&done(operator.path(), &RESTORED)).unwrap();
    let shown = done(operator.path(), &[&RESTORED[..6], &["--show-last"]].concat());
    assert!(shown.contains(&format!("{id} (registrar counter-1)")), "whose it is: {shown}");
    assert!(shown.contains("status lists of today: 1"), "{shown}");
    assert_eq!(told["lists_today"], 1);
    assert_eq!(told["registrations_known"], true, "{told}");
    assert_eq!(texts(&told["suspended"]), ["library/west", "park"]);
    assert_eq!(texts(&told["withdrawn"]), [id]);
    let otherwise = ["device library/desk-1", "gate park/gate-1", "site library/new"];
    assert_eq!(texts(&told["otherwise"]), otherwise);
    let looked = szid(operator.path(), &look);
    assert!(looked.status.success() && looked.stderr.is_empty());
    let shown: Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert_eq!(shown["state"], "withdrawn");
    // Where the witness went back with the data, nothing is behind, and nothing tells: the runbook says so.
}

#[test]
fn where_nothing_is_known_of_registrations_that_is_said() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    copy(&data, &aside);
    operator.credential(&["--registrar", "counter-1"]);
    put_back(&aside, &data);
    let protections = operator.file("data-witness/protections.json");
    let whole = std::fs::read(&protections).unwrap();
    for torn in [&whole[..20.min(whole.len() - 1)], &[]] {
        std::fs::write(&protections, torn).unwrap();
        let (_, told) = operator.refused(&RESTORED[..6]);
        assert!(told.contains("WITNESS_DAMAGED") && told.contains("protections.json"), "{told}");
    }
    std::fs::remove_file(&protections).unwrap();
    let told = done(operator.path(), &RESTORED[..6]);
    assert!(told.contains("nothing is known of suspensions"), "{told}");
}

#[test]
fn keys_of_another_register_change_nothing() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    copy(&data, &aside);
    operator.credential(&["--registrar", "counter-1"]);
    put_back(&aside, &data);
    done(operator.path(), &["admin", "keys", "--out", "other"]);
    let witness = || std::fs::read(operator.file("data-witness/head-durable.json")).unwrap();
    let before = witness();
    // A copy of the service's, such as a backup has, is another folder too.
    copy(&operator.file("keys"), &operator.file("keys-aside"));
    for keys in ["other", "keys-aside"] {
        let (exit, told) =
            operator.refused(&["admin", "restored", "--data", "data", "--keys", keys]);
        assert!(exit == Some(2) && told.contains("ADMIN_KEYS_ELSEWHERE"), "{told}");
    }
    std::fs::rename(operator.file("szid.toml"), operator.file("aside.toml")).unwrap();
    let (_, told) = operator.refused(&["admin", "restored", "--data", "data", "--keys", "other"]);
    assert!(told.contains("STORE_WRONG_KEY"), "{told}");
    assert_eq!(witness(), before);
    let told: Value = serde_json::from_str(&done(operator.path(), &RESTORED)).unwrap();
    assert_eq!(told["epoch"], 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_by_a_replaced_key_count_until_it_is_forgotten() {
    let operator = Operator::set_up();
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    let mut serving = operator.serve().await;
    let person = operator.enrol(&registrar, "wallet").await;
    serving.signal("-TERM");
    serving.end();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    copy(&data, &aside);
    let mut serving = operator.serve().await;
    let freeze = format!("/v1/registrar/persons/{person}/freeze");
    operator.post(&freeze, &registrar, serde_json::json!({ "reason": "lost_phone" })).await;
    serving.signal("-TERM");
    serving.end();
    // The witness holds a list by the old key; the service has not run with the new one.
    let rotate = ["admin", "keys", "--out", "keys", "--rotate", "status"];
    done(operator.path(), &[&rotate[..], &crate::operator::IN_FORCE].concat());
    operator.sign_trust_list(2);
    let activate = ["admin", "keys", "--out", "keys", "--activate"];
    let by = ["--trust-list", "trust-list.cbor", "--root=root.spki"];
    done(operator.path(), &[&activate[..], &by].concat());

    put_back(&aside, &data);
    let (witness, kept) = (operator.file("data-witness"), operator.file("kept-witness"));
    copy(&witness, &kept);
    let told = done(operator.path(), &RESTORED[..6]);
    assert!(told.contains(&person), "{told}");
    assert!(told.contains("frozen after the copy: frozen again"), "{told}");

    // The same once the old key is forgotten: its lists count for nothing, and that is said.
    put_back(&aside, &data);
    put_back(&kept, &witness);
    done(operator.path(), &["admin", "keys", "--out", "keys", "--forget-previous", "status"]);
    let told = done(operator.path(), &[&RESTORED[..6], &["--keys-are-new"]].concat());
    assert!(
        !told.contains(&person) && told.contains("not signed by a key that is trusted"),
        "{told}"
    );
}

/// The audit's head as it is published now, by a service that starts and stops.
#[cfg(unix)]
async fn publish_head(operator: &Operator) {
    let mut serving = operator.serve().await;
    let (_, head) = operator.get("/v1/audit/head").await.unwrap();
    std::fs::write(operator.file("head.cwt"), head).unwrap();
    serving.signal("-TERM");
    serving.end();
}

/// What `szid admin audit --published` answers: the exit code, its JSON, and what it says in words.
fn compare_head(operator: &Operator) -> (Option<i32>, Value, String) {
    let audit = ["admin", "audit", "--data", "data", "--published", "head.cwt"];
    let trust = ["--trust", "trust-list.cbor", "--root", "root.spki"];
    let output = szid(operator.path(), &[&audit[..], &trust].concat());
    let told = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), told, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_after_the_copy_is_of_what_went_with_the_restoration_and_a_cut_is_still_one() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    publish_head(&operator).await;
    copy(&data, &aside);
    operator.credential(&["--registrar", "counter-1"]);
    publish_head(&operator).await;
    assert_eq!(compare_head(&operator).0, Some(0));
    put_back(&aside, &data);
    let (exit, told, _) = compare_head(&operator);
    assert_eq!((exit, &told["put_back"]), (Some(1), &Value::Null), "not before restored: {told}");

    done(operator.path(), &RESTORED);
    let (exit, told, words) = compare_head(&operator);
    assert_eq!((exit, &told["whole"]), (Some(0), &true.into()), "{told} {words}");
    let gap = &told["put_back"];
    assert!(gap["to"].as_u64() < gap["published"].as_u64() && gap["epoch"] == 1, "{told}");
    assert!(words.contains("was put back to audit entry"), "{words}");

    // A running service says the same, and a head of since is compared as ever.
    let admin = operator.credential(&["--administrator", "chen"]);
    let mut serving = operator.serve().await;
    let asked = std::process::Command::new(env!("CARGO_BIN_EXE_szid"))
        .current_dir(operator.path())
        .args(["admin", "audit", "--published", "head.cwt", "--trust", "trust-list.cbor"])
        .args(["--root", "root.spki"])
        .env("SZID_CREDENTIAL", admin)
        .env("SZID_SERVICE", "unix:data/admin.sock")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(asked.status.success() && words.contains("was put back"), "{words}");
    serving.signal("-TERM");
    serving.end();
    copy(&data, &operator.file("later"));
    operator.credential(&["--registrar", "counter-2"]);
    publish_head(&operator).await;
    put_back(&operator.file("later"), &data);
    let (exit, told, _) = compare_head(&operator);
    assert_eq!((exit, &told["put_back"]), (Some(1), &Value::Null), "{told}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_went_back_with_the_data_knows_nothing_of_later_and_that_is_said() {
    let operator = Operator::set_up();
    let folders = [("data", "aside"), ("data-witness", "aside-witness")];
    let folders = folders.map(|(from, to)| (operator.file(from), operator.file(to)));
    publish_head(&operator).await;
    for (from, to) in &folders {
        copy(from, to);
    }
    done(operator.path(), &["admin", "suspend", "--data", "data", "--venue", "library"]);
    publish_head(&operator).await;
    for (folder, aside) in &folders {
        put_back(aside, folder);
    }
    // The witness does not show it, and what does is named, before anybody looks for a thief.
    let (exit, told, words) = compare_head(&operator);
    assert!(exit == Some(1) && told["first_broken"].is_u64(), "{told}");
    assert!(words.contains("szid admin restored --published"), "{words}");
    let output = szid(operator.path(), &RESTORED);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("RESTORE_NOTHING_LOST") && words.contains("--published"), "{words}");
    let by_head = [&RESTORED[..], &["--published", "head.cwt"]].concat();
    let told: Value = serde_json::from_str(&done(operator.path(), &by_head)).unwrap();
    assert_eq!(told["registrations_known"], false, "{told}");
    assert!(told["known_through"].as_u64().is_some(), "{told}");
    let again = ["admin", "restored", "--data", "data", "--keys", "keys", "--show-last"];
    let told = done(operator.path(), &again);
    assert!(told.contains("nothing is known of suspensions"), "{told}");
    assert!(told.contains("put back together with the data"), "{told}");
    // Where the head was not brought, nobody has looked at what it is of.
    for (folder, aside) in &folders {
        put_back(aside, folder);
    }
    let without = ["--without-witness", "--epoch", "0"];
    std::fs::remove_dir_all(operator.file("data-witness")).unwrap();
    done(operator.path(), &[&RESTORED[..], &without].concat());
    let (exit, told, words) = compare_head(&operator);
    assert_eq!(
        (exit, &told["whole"], &told["put_back"]["recorded"]),
        (Some(1), &false.into(), &false.into())
    );
    assert!(words.contains("did not know of entry"), "{words}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_before_the_copy_is_said_to_tell_nothing_of_later() {
    let operator = Operator::set_up();
    publish_head(&operator).await;
    operator.credential(&["--registrar", "counter-1"]);
    copy(&operator.file("data"), &operator.file("aside"));
    operator.credential(&["--registrar", "counter-2"]);
    put_back(&operator.file("aside"), &operator.file("data"));
    std::fs::remove_dir_all(operator.file("data-witness")).unwrap();
    let lost = ["--without-witness", "--published", "head.cwt"];
    let output = szid(operator.path(), &[&RESTORED[..6], &lost].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("nothing of what came after"), "{told}");
}
