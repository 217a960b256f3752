//! Every key of a service is replaced on its own, and who was enrolled before is known and let through
//! afterwards.

use std::path::Path;

use serde_json::Value;

use crate::operator::{IN_FORCE, Operator, Serving, copy, done, szid};

/// A citizen with a wallet, a desk and a running service.
struct Before {
    operator: Operator,
    venue: String,
    registrars: [String; 2],
    person: String,
    serving: Serving,
}

impl Before {
    async fn set_up() -> Self {
        let operator = Operator::set_up();
        let venue = operator.credential(&["--venue", "library", "--device", "desk-1"]);
        let registrars =
            ["counter-1", "counter-2"].map(|id| operator.credential(&["--registrar", id]));
        let serving = operator.serve().await;
        let person = operator.enrol(&registrars[0], "wallet").await;
        Self { operator, venue, registrars, person, serving }
    }

    /// The same citizen in a second wallet.
    async fn enrol_again(&self) -> String {
        let registrars = self.registrars.each_ref().map(String::as_str);
        self.operator.enrol_again(registrars, "second").await
    }

    async fn restart(&mut self) {
        self.stop();
        self.serving = self.operator.serve().await;
    }

    fn stop(&mut self) {
        self.serving.signal("-TERM");
        assert_eq!(self.serving.end(), Some(0));
    }

    async fn scan(&self) -> String {
        self.operator.scan(&self.venue, &self.operator.code("wallet"), "a").await
    }

    /// A code is good, or was a moment ago: two that are drawn in one second are one.
    async fn is_let_through(&self) -> bool {
        ["OK", "OK_AGAIN"].contains(&self.scan().await.as_str())
    }
}

const ACTIVATE: [&str; 8] = [
    "admin",
    "keys",
    "--out",
    "keys",
    "--activate",
    "--trust-list",
    "trust-list.cbor",
    "--root=root.spki",
];

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_are_replaced_one_by_one_and_a_wallet_from_before_goes_on() {
    let mut before = Before::set_up().await;
    let mut version = 1;
    for name in ["pass", "status", "scenes", "time", "venue", "receipt"] {
        let operator = &before.operator;
        let files =
            ["pass", "status", "scenes", "time", "venue", "receipt", "register"].map(|name| {
                let ending = if name == "register" { "key" } else { "pem" };
                operator.file("keys").join(name).with_extension(ending)
            });
        let read = || files.clone().map(|file| std::fs::read(file).unwrap());
        let old = read();
        let rotate = ["admin", "keys", "--out", "keys", "--rotate", name];
        done(operator.path(), &[&rotate[..], &IN_FORCE].concat());
        let (_, told) = operator.refused(&ACTIVATE);
        assert!(told.contains("does not name the new") && told.contains(name), "{told}");
        assert_eq!(read(), old, "no key signs before the trust list names it");

        version += 1;
        operator.sign_trust_list(version);
        done(operator.path(), &ACTIVATE);
        let changed = read().iter().zip(&old).filter(|(new, old)| new != old).count();
        assert_eq!(changed, 1, "{name} alone");
        before.restart().await;
        assert!(before.is_let_through().await, "{name}");
    }
    // What was enrolled with the new keys is good, and so is what the next list says of the old ones.
    before.operator.sign_trust_list(version + 1);
    before.restart().await;
    assert_eq!(before.enrol_again().await, before.person);
    let code = before.operator.code("second");
    assert_eq!(before.operator.scan(&before.venue, &code, "b").await, "OK");
    assert!(before.is_let_through().await);

    // After a theft the old key is forgotten: no list names it again, and what it signed is refused.
    let forget = ["admin", "keys", "--out", "keys", "--forget-previous", "pass"];
    done(before.operator.path(), &forget);
    for list in 2..4 {
        let told = before.operator.sign_trust_list(version + list);
        let kept = told.lines().filter(|line| line.contains("keeps a replaced key"));
        let kept: Vec<_> = kept.map(|line| line.split(' ').nth(6).unwrap().to_owned()).collect();
        assert_eq!(kept, ["status", "scenes", "time", "venue", "receipt"], "{told}");
        before.restart().await;
        assert_eq!(before.scan().await, "ISSUER_UNKNOWN");
    }
}

#[test]
fn the_public_half_of_the_root_is_told_to_be_that_and_no_secret_that_lay_open() {
    let operator = Operator::set_up();
    let sign = ["admin", "trust", "--root", "root.spki", "--keys", "keys/public-keys.json"];
    let out = ["--base-url", &operator.base_url, "--out", "other.cbor"];
    let (exit, told) = operator.refused(&[&sign[..], &out].concat());
    assert!(exit == Some(2) && told.contains("the public half"), "{told}");
    assert!(!told.contains("chmod"), "{told}");
}

#[test]
fn no_list_is_signed_that_a_service_would_refuse() {
    let operator = Operator::set_up();
    let sign = |arguments: &[&str]| {
        let sign = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
        operator.refused(&[&sign[..], arguments, &["--out", "trust-list.cbor"]].concat())
    };
    for wrong in ["id.example.cn", "https://id.example.cn/?a", "ftp://id.example.cn", ""] {
        let (exit, told) = sign(&["--base-url", wrong, "--list-version", "9"]);
        assert!(exit == Some(2) && told.contains("START_BASE_URL"), "{wrong}: {told}");
    }
    let url = operator.base_url.clone();
    let (exit, told) = sign(&["--base-url", &url, "--list-version", "1"]);
    assert!(exit == Some(2) && told.contains("version 1 already"), "{told}");
    let short = ["--base-url", &url, "--list-version", "9", "--days", "30", "--key-days", "40"];
    let (exit, told) = sign(&short);
    assert!(exit == Some(2) && told.contains("16 days longer"), "{told}");
    let (exit, _) =
        sign(&["--base-url", &url, "--list-version", "9", "--days", "99999999999999999"]);
    assert_eq!(exit, Some(2));
}

#[test]
fn without_a_number_the_next_list_counts_on_from_the_one_that_lies_there() {
    let operator = Operator::set_up();
    let sign = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
    let sign = [&sign[..], &["--base-url", &operator.base_url, "--out"]].concat();
    let told = done(operator.path(), &[&sign[..], &["trust-list.cbor"]].concat());
    assert!(told.contains("version 2"), "{told}");
    let (exit, told) = operator.refused(&[&sign[..], &["elsewhere.cbor"]].concat());
    assert!(exit == Some(2) && told.contains("--list-version 1"), "{told}");
    assert!(!operator.file("elsewhere.cbor").exists());
}

/// Copies the files of one folder into another.
fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Signs a list in the place of the one before, with further arguments.
fn sign(operator: &Operator, version: &str, more: &[&str]) -> (bool, String) {
    let keys = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
    let rest = ["--base-url", &operator.base_url, "--list-version", version];
    let out = ["--out", "trust-list.cbor"];
    let output = szid(operator.path(), &[&keys[..], &rest, &out, more].concat());
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn keys_that_are_put_back_from_before_a_theft_do_not_bring_the_stolen_one_into_a_list() {
    let operator = Operator::set_up();
    let (keys, aside) = (operator.file("keys"), operator.file("keys-aside"));
    let admin = |arguments: &[&str]| {
        done(operator.path(), &[&["admin", "keys", "--out", "keys"], arguments].concat())
    };
    copy_files(&keys, &aside);
    let rotate = |name: &'static str| [&["--rotate", name][..], &IN_FORCE].concat();
    admin(&rotate("pass"));
    operator.sign_trust_list(2);
    done(operator.path(), &ACTIVATE);
    admin(&["--forget-previous", "pass"]);
    let told = operator.sign_trust_list(3);
    assert!(!told.contains("keeps a replaced key"), "{told}");
    copy_files(&keys, &operator.file("keys-new"));
    let before = std::fs::read(operator.file("trust-list.cbor")).unwrap();

    // The stolen key's file alone: public-keys.json remembers.
    std::fs::copy(aside.join("pass.pem"), keys.join("pass.pem")).unwrap();
    for what in [vec!["--discard"], rotate("time")] {
        let keys = ["admin", "keys", "--out", "keys"];
        let (exit, told) = operator.refused(&[&keys[..], &what].concat());
        assert!(exit == Some(2) && told.contains("ADMIN_KEY_FORGOTTEN"), "{told}");
    }
    // All of the folder: the list that is to be replaced remembers, wherever it lies.
    copy_files(&aside, &keys);
    admin(&["--discard"]);
    let (done, told) = sign(&operator, "4", &[]);
    assert!(!done && told.contains("ADMIN_KEY_NEW") && told.contains("pass"), "{told}");
    assert!(told.contains("put the newer ones in place"), "{told}");
    std::fs::rename(operator.file("trust-list.cbor"), operator.file("last.cbor")).unwrap();
    let (done, told) = sign(&operator, "4", &["--before", "last.cbor"]);
    assert!(!done && told.contains("ADMIN_KEY_NEW"), "{told}");
    let (done, told) = sign(&operator, "3", &["--before", "last.cbor"]);
    assert!(!done && told.contains("version 3 already"), "{told}");
    assert!(!operator.file("trust-list.cbor").exists());
    std::fs::write(operator.file("trust-list.cbor"), before).unwrap();
    let (done, told) = sign(&operator, "4", &["--with-new-key", "status,time"]);
    assert!(!done && told.contains("ADMIN_KEY_NEW"), "{told}");
    // The newer ones in place, and who means it is believed.
    copy_files(&operator.file("keys-new"), &keys);
    let (done, told) = sign(&operator, "4", &[]);
    assert!(done && told.is_empty(), "{told}");
    copy_files(&aside, &keys);
    let (done, told) = sign(&operator, "5", &["--with-new-key", "pass"]);
    assert!(done, "{told}");
}

/// Every file of a folder and the folders in it, with its content.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(contents(&path));
            found.push((path, Vec::new()));
        } else {
            found.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_of_keys_that_is_behind_the_list_in_force_begins_no_rotation() {
    let operator = Operator::set_up();
    let (keys, aside) = (operator.file("keys"), operator.file("keys-aside"));
    let rotate = |name: &str, more: &[&str]| {
        let rotate = ["admin", "keys", "--out", "keys", "--rotate", name];
        szid(operator.path(), &[&rotate[..], &IN_FORCE, more].concat())
    };
    copy(&keys, &aside);
    assert!(rotate("pass", &[]).status.success());
    operator.sign_trust_list(2);
    done(operator.path(), &ACTIVATE);
    // The list names both keys alike until the next one is signed.
    for version in [2, 3] {
        if version == 3 {
            operator.sign_trust_list(3);
        }
        assert!(rotate("time", &[]).status.success(), "where it belongs it goes on");
        done(operator.path(), &["admin", "keys", "--out", "keys", "--discard"]);
        let newer = operator.file(&format!("keys-{version}"));
        std::fs::rename(&keys, &newer).unwrap();
        copy(&aside, &keys);
        let before = contents(&keys);
        for name in ["pass", "time"] {
            let refused = rotate(name, &[]);
            let told = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(
                refused.status.code() == Some(2) && told.contains("ADMIN_KEYS_BEHIND"),
                "{told}"
            );
            assert!(told.contains("put the newer keys in place"), "{told}");
        }
        assert_eq!(contents(&keys), before, "nothing was written");
        // Keys that another service of the list has are not this folder's.
        let other = newer.join("public-keys.json");
        let other = ["--other-service", other.to_str().unwrap()];
        assert!(rotate("time", &other).status.success());
        std::fs::remove_dir_all(&keys).unwrap();
        std::fs::rename(&newer, &keys).unwrap();
    }
}

#[test]
fn a_list_that_is_compared_with_none_before_says_so() {
    let operator = Operator::set_up();
    std::fs::remove_file(operator.file("trust-list.cbor")).unwrap();
    let (done, told) = sign(&operator, "2", &[]);
    assert!(done && told.contains("--before"), "{told}");
    let (done, told) = sign(&operator, "3", &["--before", "safe/root.spki"]);
    assert!(!done && told.contains("TRUST_MALFORMED"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_may_end_with_a_slash() {
    let operator = Operator::set_up();
    let (sign, url) =
        (["admin", "trust", "--root", "safe/root.pem"], format!("{}/", operator.base_url));
    let rest =
        ["--keys", "keys/public-keys.json", "--list-version", "2", "--out", "trust-list.cbor"];
    done(operator.path(), &[&sign[..], &rest, &["--base-url", &url]].concat());
    operator.serve().await;
}

#[test]
fn a_folder_with_keys_is_not_touched() {
    let operator = Operator::set_up();
    let make = ["admin", "keys", "--out", "keys"];
    std::fs::remove_file(operator.file("keys/pass.pem")).unwrap();
    let (exit, told) = operator.refused(&make);
    assert!(exit == Some(2) && told.contains("--rotate"), "{told}");
    assert!(
        !operator.file("keys/pass.pem").exists(),
        "no key beside others that it was not made with"
    );
    let (exit, told) =
        operator.refused(&[&make[..], &["--rotate", "register"], &IN_FORCE].concat());
    assert!(exit == Some(2) && told.contains("szid admin register-key"), "{told}");
}

#[test]
fn keys_whose_making_was_stopped_are_made_anew_and_not_replaced() {
    let operator = Operator::set_up();
    let make = ["admin", "keys", "--out", "half"];
    std::fs::create_dir(operator.file("half")).unwrap();
    std::fs::copy(operator.file("keys/pass.pem"), operator.file("half/pass.pem")).unwrap();
    let (exit, told) = operator.refused(&make);
    assert!(exit == Some(2) && told.contains("remove the folder"), "{told}");
    assert!(!told.contains("--rotate"), "there is nothing to replace: {told}");
    std::fs::remove_dir_all(operator.file("half")).unwrap();
    done(operator.path(), &make);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registers_key_is_replaced_and_everybody_is_known_as_before() {
    let mut before = Before::set_up().await;
    before.stop();
    let path = before.operator.path().to_owned();
    let register_key = ["admin", "register-key", "--data", "data", "--keys", "keys"];
    let told = |arguments: &[&str]| -> Value {
        serde_json::from_str(&done(&path, &[&register_key[..], arguments].concat())).unwrap()
    };
    let (old, new) = (told(&[]), told(&["--rotate"]));
    assert_eq!((&old["register"], &old["mode"]), (&new["register"], &new["mode"]));
    assert_ne!(old["key"], new["key"]);
    assert_eq!(new["rotating"], false);
    let audit: Value =
        serde_json::from_str(&done(&path, &["admin", "audit", "--data", "data"])).unwrap();
    assert_eq!(audit["whole"], true);

    before.serving = before.operator.serve().await;
    assert!(before.is_let_through().await);
    assert_eq!(before.enrol_again().await, before.person);
    before.stop();
    let kept = before.operator.file("keys/previous/register.key.1");
    let newest = before.operator.file("keys/register.key");
    std::fs::copy(&newest, before.operator.file("keys/previous/register.key.7")).unwrap();
    std::fs::copy(kept, newest).unwrap();
    let (_, told) = before.operator.refused(&["serve", "--listen", &before.operator.listen]);
    assert!(told.contains("STORE_WRONG_KEY"), "{told}");
    assert!(told.contains("keys/previous/register.key.7"), "the one that opens it: {told}");
}

#[test]
fn a_backup_of_before_the_registers_key_was_replaced_is_opened_by_the_key_that_is_kept() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    copy(&data, &aside);
    let register_key = ["admin", "register-key", "--data", "data", "--keys", "keys"];
    let run = |arguments: &[&str]| done(operator.path(), arguments);
    let with = |more: &'static str| [&register_key[..], &[more]].concat();
    run(&with("--rotate"));
    run(&with("--rotate"));
    let newest = std::fs::read(operator.file("keys/register.key")).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    copy(&aside, &data);

    let restored = ["admin", "restored", "--data", "data", "--keys", "keys"];
    for refused in [&restored[..], &register_key] {
        let (_, told) = operator.refused(refused);
        assert!(told.contains("STORE_WRONG_KEY"), "{refused:?}: {told}");
        let told_of = ["keys/previous/register.key.1", "--from-previous"];
        assert!(told_of.iter().all(|text| told.contains(text)), "{refused:?}: {told}");
    }
    run(&with("--from-previous"));
    run(&restored);
    run(&with("--from-previous"));
    let keys = || {
        let names = std::fs::read_dir(operator.file("keys/previous")).unwrap();
        names.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect::<Vec<_>>()
    };
    assert!(keys().contains(&newest), "no key is written over");
    assert_eq!(keys().len(), 3, "where the right key lies in its place nothing is done");
    assert!(!operator.file("keys/register.key.back").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_by_a_key_that_was_forgotten_is_told_apart_from_a_trust_list_that_is_forged() {
    let mut before = Before::set_up().await;
    let (_, head) = before.operator.get("/v1/audit/head").await.unwrap();
    let operator = &before.operator;
    std::fs::write(operator.file("head.cwt"), head).unwrap();
    std::fs::copy(operator.file("trust-list.cbor"), operator.file("then.cbor")).unwrap();
    before.stop();
    let operator = &before.operator;
    let keys = ["admin", "keys", "--out", "keys"];
    done(operator.path(), &[&keys[..], &["--rotate", "receipt"], &IN_FORCE].concat());
    operator.sign_trust_list(2);
    done(operator.path(), &ACTIVATE);
    let audit = |list: &str| {
        let audit = ["admin", "audit", "--data", "data", "--published", "head.cwt"];
        szid(operator.path(), &[&audit[..], &["--trust", list, "--root", "root.spki"]].concat())
    };
    assert!(audit("trust-list.cbor").status.success(), "the list still names the old key");
    done(operator.path(), &[&keys[..], &["--forget-previous", "receipt"]].concat());
    operator.sign_trust_list(3);
    let refused = audit("trust-list.cbor");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("ADMIN_HEAD_KEY") && told.contains("head.cwt"), "{told}");
    assert!(!told.contains("TRUST_SIGNATURE") && told.contains("--trust"), "{told}");
    assert!(audit("then.cbor").status.success(), "the list of its time does");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_keys_replaces_no_register_key() {
    let operator = Operator::set_up();
    let rotate = |keys: &'static str| {
        let rotate = ["admin", "register-key", "--data", "data", "--rotate", "--keys", keys];
        let output = szid(operator.path(), &rotate);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), told, String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let start = async || {
        let mut serving = operator.serve().await;
        serving.signal("-TERM");
        serving.end();
    };
    // A copy of now, and then one of before signing keys were replaced.
    start().await;
    copy(&operator.file("keys"), &operator.file("copy"));
    for replaced in [false, true] {
        if replaced {
            let replace = ["admin", "keys", "--out", "keys", "--rotate", "pass"];
            done(operator.path(), &[&replace[..], &IN_FORCE].concat());
            operator.sign_trust_list(2);
            done(operator.path(), &ACTIVATE);
            start().await;
            std::fs::rename(operator.file("keys"), operator.file("moved")).unwrap();
        }
        let (done, told, _) = rotate("copy");
        assert!(!done && told.contains("ADMIN_KEYS_ELSEWHERE"), "{told}");
        assert!(told.contains(operator.file("keys").to_str().unwrap()), "{told}");
        assert!(!operator.file("copy/previous/register.key.1").exists());
    }
    // A folder that moved with its keys goes on, and says where the new key is.
    let (done, told, json) = rotate("moved");
    let key = operator.file("moved").canonicalize().unwrap().join("register.key");
    let key = key.to_str().unwrap();
    assert!(done && told.contains(key) && json.contains(key), "{told} {json}");
    // Who has only an older register.key is told where the new one was made.
    copy(&operator.file("moved"), &operator.file("keys"));
    std::fs::remove_dir_all(operator.file("keys/previous")).unwrap();
    std::fs::copy(operator.file("copy/register.key"), operator.file("keys/register.key")).unwrap();
    let (_, told) = operator.refused(&["serve", "--listen", &operator.listen]);
    assert!(told.contains("STORE_WRONG_KEY") && told.contains(key), "{told}");
}
