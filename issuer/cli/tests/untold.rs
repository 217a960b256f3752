//! What a command of consequence says is not lost where its output goes nowhere.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::operator::{IN_FORCE, Operator, copy, done, put_back, szid};

/// The exit code of what was done and could not be told.
const UNTOLD: Option<i32> = Some(7);
const RESTORED: [&str; 7] = ["admin", "restored", "--data", "data", "--keys", "keys", "--json"];

fn szid_to(output: impl Into<Stdio>, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_szid"));
    command.current_dir(folder).args(arguments).stdout(output).stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

/// A disk without room.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// A pipe whose reader has gone.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

fn told(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("panicked"), "{told}");
    told
}

/// A register that was put back from before a credential was withdrawn, and that credential's id.
fn put_back_from_before_a_withdrawal(operator: &Operator) -> String {
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    operator.credential(&["--registrar", "counter-1"]);
    let list = ["admin", "credentials", "--data", "data", "--registrars"];
    let listed: Value = serde_json::from_str(&done(operator.path(), &list)).unwrap();
    let id = listed["credential"].as_str().unwrap().to_owned();
    copy(&data, &aside);
    done(operator.path(), &["admin", "withdraw", "--data", "data", "--id", &id]);
    put_back(&aside, &data);
    id
}

#[test]
fn what_a_restore_found_is_told_again_where_nobody_could_read_it() {
    let operator = Operator::set_up();
    let never = [&RESTORED[..], &["--show-last"]].concat();
    let (exit, text) = operator.refused(&never);
    assert!(exit == Some(6) && text.contains("ADMIN_NEVER_RESTORED"), "{text}");
    let id = put_back_from_before_a_withdrawal(&operator);
    let output = szid_to(full(), operator.path(), &RESTORED[..6]);
    let text = told(&output);
    assert!(output.status.code() == UNTOLD && text.contains("ADMIN_UNTOLD"), "{text}");
    assert!(text.contains("--show-last"), "{text}");

    let (_, text) = operator.refused(&RESTORED);
    assert!(text.contains("RESTORE_NOTHING_LOST") && text.contains("--show-last"), "{text}");
    for _ in 0..2 {
        let shown: Value = serde_json::from_str(&done(operator.path(), &never)).unwrap();
        assert_eq!((&shown["epoch"], &shown["withdrawn"][0]), (&1.into(), &id.as_str().into()));
        assert_eq!(shown["registrations_known"], true);
        // A change of the register since does not take it away.
        operator.credential(&["--registrar", "counter-2"]);
    }
}

#[test]
fn a_restore_that_was_killed_before_its_witness_knew_is_ended_and_names_the_same() {
    let operator = Operator::set_up();
    let id = put_back_from_before_a_withdrawal(&operator);
    let (witness, aside) = (operator.file("data-witness"), operator.file("witness-aside"));
    copy(&witness, &aside);
    let first = done(operator.path(), &RESTORED);
    assert!(first.contains(&id), "{first}");
    put_back(&aside, &witness);
    assert_eq!(done(operator.path(), &RESTORED), first);
    let (_, text) = operator.refused(&RESTORED);
    assert!(text.contains("RESTORE_NOTHING_LOST"), "{text}");
}

#[test]
fn a_credential_whose_secret_nobody_saw_is_named_to_be_withdrawn() {
    let operator = Operator::set_up();
    for (number, output) in [Stdio::from(full()), Stdio::from(closed())].into_iter().enumerate() {
        let name = format!("counter-{number}");
        let make = ["admin", "credential", "--data", "data", "--registrar", &name];
        let output = szid_to(output, operator.path(), &make);
        let text = told(&output);
        assert!(output.status.code() == UNTOLD && text.contains("ADMIN_SECRET_UNTOLD"), "{text}");
        let list = ["admin", "credentials", "--data", "data", "--registrars"];
        let listed = done(operator.path(), &list);
        let listed = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let made = listed.into_iter().find(|one| one["state"] == "good").unwrap();
        let id = made["credential"].as_str().unwrap();
        assert!(text.contains(id), "{id}: {text}");
        done(operator.path(), &["admin", "withdraw", "--data", "data", "--id", id]);
    }
    let (data, keys) = (["--data", "data"], ["--keys", "keys"]);
    let recover = ["admin", "recover", "--administrator", "chen", "--new"];
    let output = szid_to(full(), operator.path(), &[&recover[..], &data, &keys].concat());
    let text = told(&output);
    assert!(output.status.code() == UNTOLD && text.contains("ADMIN_SECRET_UNTOLD"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_is_confirmed_whose_secret_would_be_thrown_away() {
    let operator = Operator::set_up();
    let chen = operator.credential(&["--administrator", "chen"]);
    let zhao = operator.credential(&["--administrator", "zhao"]);
    let _serving = operator.serve().await;
    let socket = format!("unix:{}", operator.path().join("data/admin.sock").display());
    let by = |secret: &str, args: &[&str], output: Stdio| {
        Command::new(env!("CARGO_BIN_EXE_szid"))
            .arg("admin")
            .args(args)
            .env("SZID_SERVICE", &socket)
            .env("SZID_CREDENTIAL", secret)
            .current_dir(operator.path())
            .stdout(output)
            .stderr(Stdio::piped())
            .output()
            .unwrap()
    };
    let ask = ["credential", "--registrar", "counter-1"];
    let asked = by(&chen, &ask, Stdio::piped());
    assert_eq!(asked.status.code(), Some(3), "{}", told(&asked));
    let id = String::from_utf8(asked.stdout).unwrap();
    let output = by(&zhao, &["confirm", id.trim()], Stdio::null());
    let text = told(&output);
    assert!(output.status.code() == Some(2) && text.contains("ADMIN_NOWHERE"), "{text}");
    assert_eq!(by(&zhao, &["credentials", "--registrars"], Stdio::piped()).stdout, b"");
    let confirmed = by(&zhao, &["confirm", id.trim()], Stdio::piped());
    assert!(confirmed.status.success() && !confirmed.stdout.is_empty(), "{}", told(&confirmed));
    // What tells no secret goes on.
    let said = ["--name", "档案馆", "--uscc", "12440399EXAMPLEB3N", "--scene", "2"];
    let asked = by(&chen, &[&["venue", "--id", "archive"], &said[..]].concat(), Stdio::piped());
    let id = String::from_utf8(asked.stdout).unwrap();
    let output = by(&zhao, &["confirm", id.trim()], Stdio::null());
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn no_secret_is_made_that_would_be_thrown_away() {
    let operator = Operator::set_up();
    let list = ["admin", "credentials", "--data", "data", "--registrars"];
    let make = ["admin", "credential", "--data", "data", "--registrar", "counter-1"];
    let output = szid_to(Stdio::null(), operator.path(), &make);
    let text = told(&output);
    assert!(output.status.code() == Some(2) && text.contains("ADMIN_NOWHERE"), "{text}");
    // As a shell does with >&-, where the system puts the same in its place.
    let shell = format!("'{}' {} >&-", env!("CARGO_BIN_EXE_szid"), make.join(" "));
    let output =
        Command::new("sh").args(["-c", &shell]).current_dir(operator.path()).output().unwrap();
    assert!(output.status.code() == Some(2), "{}", told(&output));
    assert_eq!(done(operator.path(), &list), "");
}

#[test]
fn commands_whose_output_cannot_be_written_say_so_and_do_not_panic() {
    let operator = Operator::set_up();
    let uscc = "12440399EXAMPLEB3N";
    let data = ["--data", "data"];
    let trust = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
    let out = ["--base-url", &operator.base_url, "--list-version", "2", "--out", "two.cbor"];
    let venue = ["admin", "venue", "--id", "library", "--name", "公园", "--uscc", uscc];
    let commands: [Vec<&str>; 8] = [
        vec!["admin", "root", "--out", "other"],
        vec!["admin", "keys", "--out", "more"],
        [&["admin", "keys", "--out", "keys", "--rotate", "time"][..], &IN_FORCE].concat(),
        vec!["admin", "keys", "--out", "keys", "--discard"],
        [&trust[..], &out].concat(),
        [&venue[..], &["--scene", "2"], &data].concat(),
        [&["admin", "suspend", "--venue", "library"][..], &data].concat(),
        [&["admin", "audit"][..], &data].concat(),
    ];
    for command in commands {
        let output = szid_to(full(), operator.path(), &command);
        let text = told(&output);
        assert_eq!(output.status.code(), UNTOLD, "{command:?}: {text}");
        assert!(text.contains("ADMIN_UNTOLD"), "{command:?}: {text}");
    }
    assert!(operator.file("two.cbor").exists(), "it was done");
    // Who throws away on purpose what is no secret is not told of a fault.
    let output = szid_to(Stdio::null(), operator.path(), &["admin", "audit", "--data", "data"]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(szid(operator.path(), &["admin", "audit", "--data", "data"]).status.success());
}

/// Runs a command whose output, or whose words beside it, nobody reads any more.
fn unread(folder: &Path, arguments: &[&str], beside: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_szid"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    if beside {
        command.stderr(closed())
    } else {
        command.stdout(closed())
    };
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_panics_when_its_reader_goes_and_those_that_only_look_end_quietly() {
    let operator = Operator::set_up();
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    let serving = operator.serve().await;
    operator.enrol(&registrar, "wallet").await;
    drop(serving);
    let data = ["--data", "data"];
    let wallet = ["wallet", "--dir", "wallet"];
    let looks: [Vec<&str>; 12] = [
        [&["admin", "audit", "--list", "--limit", "500"][..], &data].concat(),
        [&["admin", "audit"][..], &data].concat(),
        [&["admin", "credentials", "--registrars"][..], &data].concat(),
        [&["admin", "clock"][..], &data].concat(),
        [&["admin", "register-key", "--keys", "keys"][..], &data].concat(),
        vec!["serve", "--print-example"],
        vec!["gate", "--print-example"],
        vec!["simulate", "--list"],
        vec!["--help"],
        [&wallet[..], &["status"]].concat(),
        [&wallet[..], &["code", "--digits"]].concat(),
        vec!["demo", "--once", "--json"],
    ];
    for command in &looks {
        let output = unread(operator.path(), command, false);
        let text = told(&output);
        assert!(
            output.status.success() && text.is_empty(),
            "{command:?}: {:?} {text}",
            output.status
        );
    }
    // A terminal's picture that is renewed for ever ends as well.
    let output = unread(operator.path(), &["demo"], false);
    assert!(output.status.success(), "{}", told(&output));
    for command in looks.iter().chain([&vec!["admin", "nonsense"], &vec!["wallet", "pin", "set"]]) {
        let code = unread(operator.path(), command, true).status.code();
        assert!(matches!(code, Some(0..=7)), "{command:?}: {code:?}");
    }
    // What was done and cannot be told says so all the same.
    let suspend = [&["admin", "suspend", "--venue", "library"][..], &data].concat();
    let output = unread(operator.path(), &suspend, false);
    assert!(output.status.code() == UNTOLD && told(&output).contains("ADMIN_UNTOLD"));
}
