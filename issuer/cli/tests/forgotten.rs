//! A key that was forgotten after a theft stays forgotten, whatever comes back from a copy; and no list is
//! signed or put in force that the one before, or the service, contradicts.

use std::time::Duration;

use crate::operator::{IN_FORCE, Operator, copy, done, put_back, szid};

fn keys(operator: &Operator, arguments: &[&str]) -> (bool, String) {
    let output = szid(operator.path(), &[&["admin", "keys", "--out", "keys"], arguments].concat());
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn rotate(operator: &Operator, name: &str) -> (bool, String) {
    keys(operator, &[&["--rotate", name][..], &IN_FORCE].concat())
}

fn activate(operator: &Operator) -> (bool, String) {
    keys(operator, &[&["--activate"][..], &IN_FORCE].concat())
}

/// Signs the list that follows the one that lies there, with further arguments.
fn sign(operator: &Operator, more: &[&str]) -> (bool, String) {
    let url = operator.base_url.clone();
    let has = |name: &str| more.contains(&name);
    let mut arguments = vec!["admin", "trust"];
    for (name, value) in [
        ("--root", "safe/root.pem"),
        ("--keys", "keys/public-keys.json"),
        ("--base-url", &url),
        ("--out", "trust-list.cbor"),
    ] {
        if !has(name) {
            arguments.extend([name, value]);
        }
    }
    arguments.extend(more);
    let output = szid(operator.path(), &arguments);
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}

fn well((done, told): (bool, String)) {
    assert!(done, "{told}");
}

#[track_caller]
fn refused((done, told): (bool, String), code: &str) -> String {
    assert!(!done && told.contains(code), "{code}: {told}");
    told
}

/// Replaces the pass key, and keeps a copy of the keys of before it was forgotten.
fn forget_a_stolen_key(operator: &Operator) {
    well(rotate(operator, "pass"));
    well(sign(operator, &[]));
    well(activate(operator));
    copy(&operator.file("keys"), &operator.file("before"));
    well(keys(operator, &["--forget-previous", "pass"]));
    well(sign(operator, &[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_keys_from_before_one_was_forgotten_does_not_bring_it_back() {
    let operator = Operator::set_up();
    forget_a_stolen_key(&operator);
    copy(&operator.file("keys"), &operator.file("after"));
    let list = std::fs::read(operator.file("trust-list.cbor")).unwrap();
    put_back(&operator.file("before"), &operator.file("keys"));
    let (exit, told) = operator.refused(&["serve", "--listen", &operator.listen]);
    assert!(exit == Some(2) && told.contains("START_KEY_FORGOTTEN"), "{told}");
    refused(rotate(&operator, "pass"), "ADMIN_KEY_FORGOTTEN");
    refused(rotate(&operator, "time"), "ADMIN_KEY_FORGOTTEN");
    let told = sign(&operator, &[]).1;
    let (again, back) = (told.find("--forget-previous").unwrap(), told.find("--with-previous"));
    assert!(back.is_some_and(|back| again < back), "{told}");
    refused(sign(&operator, &[]), "ADMIN_KEY_FORGOTTEN");
    // Where a rotation had begun in the copy.
    let lists = [std::fs::read(operator.file("trust-list.cbor")).unwrap(), list];
    assert_eq!(lists[0], lists[1], "nothing was signed");
    // An older public-keys.json on the offline machine does the same.
    put_back(&operator.file("after"), &operator.file("keys"));
    refused(sign(&operator, &["--keys", "before/public-keys.json"]), "ADMIN_KEY_FORGOTTEN");
    // Who means it says so; forgetting the key once more puts an older folder in order.
    put_back(&operator.file("before"), &operator.file("keys"));
    well(keys(&operator, &["--forget-previous", "pass"]));
    well(sign(&operator, &[]));
    let mut serving = operator.serve().await;
    serving.signal("-TERM");
    serving.end();
    let told = sign(&operator, &["--keys", "before/public-keys.json", "--with-previous", "pass"]);
    assert!(told.0 && told.1.contains("keeps a replaced key: pass"), "{}", told.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_copy_beside_the_newest_witness_does_not_bring_it_back() {
    let operator = Operator::set_up();
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    let mut serving = operator.serve().await;
    let person = operator.enrol(&registrar, "wallet").await;
    let freeze = format!("/v1/registrar/persons/{person}/freeze");
    operator.post(&freeze, &registrar, serde_json::json!({ "reason": "lost_phone" })).await;
    serving.signal("-TERM");
    serving.end();
    let all = ["data", "keys", "trust-list.cbor"];
    for name in all {
        let aside = operator.file(&format!("aside-{name}"));
        match operator.file(name).is_dir() {
            true => copy(&operator.file(name), &aside),
            false => drop(std::fs::copy(operator.file(name), aside).unwrap()),
        }
    }
    let lists = operator.file("data-witness/lists");
    copy(&lists, &operator.file("aside-lists"));
    for name in ["pass", "status"] {
        well(rotate(&operator, name));
        well(sign(&operator, &[]));
        well(activate(&operator));
        well(keys(&operator, &["--forget-previous", name]));
        well(sign(&operator, &[]));
    }
    // Something that the copy lacks.
    operator.credential(&["--registrar", "counter-2"]);
    let mut serving = operator.serve().await;
    serving.signal("-TERM");
    serving.end();
    let newest = std::fs::read(operator.file("trust-list.cbor")).unwrap();
    copy(&operator.file("keys"), &operator.file("newest-keys"));

    put_back(&operator.file("aside-data"), &operator.file("data"));
    put_back(&operator.file("aside-keys"), &operator.file("keys"));
    std::fs::copy(operator.file("aside-trust-list.cbor"), operator.file("trust-list.cbor"))
        .unwrap();
    // As whoever has the forgotten key may sign them.
    put_back(&operator.file("aside-lists"), &lists);
    let restored = ["admin", "restored", "--data", "data", "--keys", "keys"];
    let output = szid(operator.path(), &restored);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("ADMIN_KEYS_UNLISTED"), "{told}");
    let told = done(operator.path(), &[&restored[..], &["--keys-are-new"]].concat());
    assert!(told.contains("status lists of the witness are not signed by a key"), "{told}");
    let (exit, told) = operator.refused(&["serve", "--listen", &operator.listen]);
    assert!(exit == Some(2) && told.contains("START_TRUST"), "{told}");
    assert!(
        told.contains("version 5 is in force, which is newer and lies in the witness"),
        "{told}"
    );
    // Nor does a list that is signed anew, as the next of the one in the copy.
    well(sign(&operator, &[]));
    let (exit, told) = operator.refused(&["serve", "--listen", &operator.listen]);
    assert!(exit == Some(2) && told.contains("START_TRUST"), "{told}");
    // The newest list lies in the witness; the newest keys put all in order.
    assert_eq!(std::fs::read(operator.file("data-witness/trust-list.cwt")).unwrap(), newest);
    put_back(&operator.file("newest-keys"), &operator.file("keys"));
    let _serving = operator.serve().await;
}

#[test]
fn a_list_that_is_signed_before_the_list_before_says_so() {
    let Some(library) = faketime() else { return };
    let operator = Operator::set_up();
    let url = operator.base_url.clone();
    let sign = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_szid"))
        .current_dir(operator.path())
        .env("LD_PRELOAD", library)
        .env("FAKETIME", "-8d")
        .args([&sign[..], &["--base-url", &url, "--out", "trust-list.cbor"]].concat())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("one of the two is wrong"), "{told}");
    let (well, told) = self::sign(&operator, &[]);
    assert!(well && !told.contains("one of the two"), "{told}");
}

/// Where the system has it.
fn faketime() -> Option<std::path::PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let library = |folder: std::path::PathBuf| folder.join("faketime/libfaketime.so.1");
    folders.flatten().map(|folder| library(folder.path())).find(|library| library.exists())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_newer_keys_are_lost_as_well_others_are_made_and_the_stolen_one_stays_forgotten()
{
    let operator = Operator::set_up();
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    let mut serving = operator.serve().await;
    operator.enrol(&registrar, "wallet").await;
    serving.signal("-TERM");
    serving.end();
    copy(&operator.file("keys"), &operator.file("stolen-keys"));
    forget_a_stolen_key(&operator);
    let mut serving = operator.serve().await;
    serving.signal("-TERM");
    serving.end();
    // The machine is lost before the next backup of its keys.
    put_back(&operator.file("stolen-keys"), &operator.file("keys"));
    refused(sign(&operator, &[]), "ADMIN_KEY_NEW");
    std::fs::rename(operator.file("keys"), operator.file("lost-keys")).unwrap();
    done(operator.path(), &["admin", "keys", "--out", "keys"]);
    let register_key = operator.file("lost-keys/register.key");
    std::fs::copy(register_key, operator.file("keys/register.key")).unwrap();
    well(sign(&operator, &["--with-new-key", "pass,status,scenes,time,venue,receipt"]));
    let _serving = operator.serve().await;
    done(operator.path(), &["wallet", "--dir", "wallet", "refresh"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_list_in_its_place_keeps_no_service_down() {
    let operator = Operator::set_up();
    let mut serving = operator.serve().await;
    serving.signal("-TERM");
    serving.end();
    let list = std::fs::read(operator.file("trust-list.cbor")).unwrap();
    std::fs::write(operator.file("trust-list.cbor"), &list[..list.len() / 2]).unwrap();
    let _serving = operator.serve().await;
    let (_, ready) = operator.get("/readyz").await.unwrap();
    assert!(String::from_utf8_lossy(&ready).contains("TRUST_REFUSED"));
    assert_eq!(operator.get("/v1/trust").await.unwrap(), (200, list));
}

#[test]
fn keys_that_wait_in_a_copy_from_before_are_not_put_in_force_beside_a_forgotten_one() {
    let operator = Operator::set_up();
    well(rotate(&operator, "pass"));
    well(sign(&operator, &[]));
    well(activate(&operator));
    well(rotate(&operator, "time"));
    well(sign(&operator, &[]));
    copy(&operator.file("keys"), &operator.file("before"));
    well(keys(&operator, &["--forget-previous", "pass"]));
    well(sign(&operator, &[]));
    put_back(&operator.file("before"), &operator.file("keys"));
    refused(activate(&operator), "ADMIN_KEY_FORGOTTEN");
}

#[test]
fn a_list_from_an_older_public_keys_file_drops_no_key_unseen() {
    let operator = Operator::set_up();
    copy(&operator.file("keys"), &operator.file("stale"));
    well(rotate(&operator, "pass,time"));
    well(sign(&operator, &[]));
    let stale = ["--keys", "stale/public-keys.json"];
    let told = refused(sign(&operator, &stale), "ADMIN_KEY_DROPPED");
    assert!(told.contains("names pass "), "{told}");
    let without = [&stale[..], &["--without-key", "pass"]].concat();
    let told = refused(sign(&operator, &without), "ADMIN_KEY_DROPPED");
    assert!(told.contains("names time "), "{told}");
    well(sign(&operator, &[&stale[..], &["--without-key", "pass,time"]].concat()));
    // Keys that were given up go with a word of theirs in public-keys.json.
    well(sign(&operator, &[]));
    well(keys(&operator, &["--discard"]));
    well(sign(&operator, &[]));
    well(rotate(&operator, "status"));
}

#[test]
fn another_base_url_than_that_of_the_list_before_is_meant() {
    let operator = Operator::set_up();
    let other = ["--base-url", "http://127.0.0.1:1"];
    let told = refused(sign(&operator, &other), "ADMIN_BASE_URL");
    assert!(told.contains(&format!("{}/v1/status/", operator.base_url)), "{told}");
    // A list that the service does not take puts no key in force.
    well(rotate(&operator, "pass"));
    well(sign(&operator, &[&other[..], &["--new-base-url"]].concat()));
    let before = std::fs::read(operator.file("keys/pass.pem")).unwrap();
    let told = refused(activate(&operator), "START_TRUST");
    assert!(told.contains("http://127.0.0.1:1/v1/status/"), "{told}");
    assert_eq!(std::fs::read(operator.file("keys/pass.pem")).unwrap(), before);
    // Where no configuration says which service it is, that is said.
    std::fs::rename(operator.file("szid.toml"), operator.file("other.toml")).unwrap();
    let config = [&["--activate", "--config", "other.toml"][..], &IN_FORCE].concat();
    refused(keys(&operator, &config), "START_TRUST");
    let (done, told) = activate(&operator);
    assert!(done && told.contains("--config"), "{told}");
}

#[test]
fn what_lies_in_a_lists_place_and_is_another_roots_or_none_is_told_and_kept() {
    let operator = Operator::set_up();
    done(operator.path(), &["admin", "root", "--out", "other"]);
    let list = std::fs::read(operator.file("trust-list.cbor")).unwrap();
    for version in
        [&["--root", "other/root.pem"][..], &["--root", "other/root.pem", "--list-version", "1"]]
    {
        let told = refused(sign(&operator, version), "another root key");
        assert!(!told.contains("--list-version 1"), "{told}");
        assert_eq!(std::fs::read(operator.file("trust-list.cbor")).unwrap(), list);
    }
    std::fs::write(operator.file("trust-list.cbor"), "no list").unwrap();
    for version in [&[][..], &["--list-version", "1"]] {
        let told = refused(sign(&operator, version), "no trust list");
        assert!(!told.contains("--list-version 1"), "{told}");
    }
    assert_eq!(std::fs::read(operator.file("trust-list.cbor")).unwrap(), b"no list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_passes_a_stolen_key_signed_comes_back_after_a_copy_of_before_it_was_forgotten()
 {
    let operator = Operator::set_up();
    let venue = operator.credential(&["--venue", "library", "--device", "desk-1"]);
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    let mut serving = operator.serve().await;
    operator.enrol(&registrar, "wallet").await;
    serving.signal("-TERM");
    serving.end();
    copy(&operator.file("data"), &operator.file("aside"));

    forget_a_stolen_key(&operator);
    let mut serving = operator.serve().await;
    let refresh = ["wallet", "--dir", "wallet", "refresh"];
    done(operator.path(), &refresh);
    assert_eq!(operator.scan(&venue, &operator.code("wallet"), "a").await, "OK");
    serving.signal("-TERM");
    serving.end();

    put_back(&operator.file("aside"), &operator.file("data"));
    done(operator.path(), &["admin", "restored", "--data", "data", "--keys", "keys"]);
    let _serving = operator.serve().await;
    done(operator.path(), &refresh);
    // Codes of the second in which it was put in order count as used.
    let mut seen = String::new();
    for round in 0..5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        seen = operator.scan(&venue, &operator.code("wallet"), &format!("b{round}")).await;
        if seen != "USES_UNKNOWN" {
            break;
        }
    }
    assert_eq!(seen, "OK");
}

/// Lets the service take the list that lies there, and stops it.
async fn serve_once(operator: &Operator) {
    let mut serving = operator.serve().await;
    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_older_than_what_the_service_took_last_begins_and_ends_no_rotation() {
    let operator = Operator::set_up();
    let lay_aside = |name: &str| {
        std::fs::copy(operator.file("trust-list.cbor"), operator.file(name)).unwrap();
    };
    let with = |list: &str, what: &[&str]| {
        let list = ["--trust-list", list, "--root=root.spki"];
        keys(&operator, &[what, &list].concat())
    };
    lay_aside("stale.cbor");
    copy(&operator.file("keys"), &operator.file("stale"));
    forget_a_stolen_key(&operator);
    copy(&operator.file("keys"), &operator.file("after"));
    serve_once(&operator).await;
    // The keys of before the theft fit the list of their time.
    for folder in ["after", "before", "stale"] {
        put_back(&operator.file(folder), &operator.file("keys"));
        let told = refused(with("stale.cbor", &["--rotate", "time"]), "ADMIN_LIST_BEHIND");
        assert!(told.contains("version 3") && !operator.file("keys/next").exists(), "{told}");
    }
    // The data folder may have gone back as well: the witness remembers.
    std::fs::rename(operator.file("data/trust"), operator.file("trust-aside")).unwrap();
    refused(with("stale.cbor", &["--rotate", "time"]), "ADMIN_LIST_BEHIND");
    std::fs::rename(operator.file("trust-aside"), operator.file("data/trust")).unwrap();
    put_back(&operator.file("after"), &operator.file("keys"));
    well(rotate(&operator, "time"));
    well(sign(&operator, &[]));
    lay_aside("names-it.cbor");
    well(sign(&operator, &[]));
    serve_once(&operator).await;
    refused(with("names-it.cbor", &["--activate"]), "ADMIN_LIST_BEHIND");

    // Where no configuration says where the service keeps it, that is said, or the folder is named.
    std::fs::rename(operator.file("szid.toml"), operator.file("other.toml")).unwrap();
    for named in [["--data", "data"], ["--config", "other.toml"]] {
        for what in [&["--activate"][..], &["--rotate", "pass"]] {
            refused(with("names-it.cbor", &[what, &named].concat()), "ADMIN_LIST_BEHIND");
        }
    }
    well(keys(&operator, &[&["--activate", "--config", "other.toml"][..], &IN_FORCE].concat()));
    let (done, told) = rotate(&operator, "pass");
    assert!(done && told.contains("--data"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_keys_that_somebody_removed_are_told_and_given_up() {
    let operator = Operator::set_up();
    well(rotate(&operator, "pass,time"));
    well(sign(&operator, &[]));
    copy(&operator.file("keys"), &operator.file("before"));
    for removed in [&["pass"][..], &["time"], &["pass", "time"]] {
        put_back(&operator.file("before"), &operator.file("keys"));
        for name in removed {
            std::fs::remove_file(operator.file("keys/next").join(name).with_extension("pem"))
                .unwrap();
        }
        let told = refused(activate(&operator), &removed.join(", "));
        assert!(told.contains("--discard") && told.contains("are not there"), "{told}");
    }
    let told = done(operator.path(), &["admin", "keys", "--out", "keys", "--discard"]);
    assert!(told.contains("given up: pass, time"), "{told}");
    // The list names both: the next one may leave them out, and needs no word for it.
    well(sign(&operator, &[]));
    well(rotate(&operator, "status"));
    serve_once(&operator).await;
    // They come back with a copy.
    copy(&operator.file("before/next"), &operator.file("keys/next"));
    refused(rotate(&operator, "status"), "ADMIN_KEY_FORGOTTEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_goes_on_gives_up_a_waiting_key_that_somebody_removed() {
    let operator = Operator::set_up();
    well(rotate(&operator, "pass,time"));
    well(sign(&operator, &[]));
    std::fs::remove_file(operator.file("keys/next/pass.pem")).unwrap();
    well(rotate(&operator, "status"));
    well(sign(&operator, &[]));
    well(activate(&operator));
    serve_once(&operator).await;
}
