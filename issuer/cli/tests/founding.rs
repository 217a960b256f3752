//! A register opens where it was founded, with its own key, in its own mode; and nowhere else, with no other,
//! in no other.

use crate::operator::{Operator, done};
/// Changes the one word of the configuration.
fn configure(operator: &Operator, from: &str, to: &str) {
    let config = std::fs::read_to_string(operator.file("szid.toml")).unwrap();
    assert!(config.contains(from));
    std::fs::write(operator.file("szid.toml"), config.replace(from, to)).unwrap();
}

#[test]
fn a_service_founds_nothing_where_a_disk_is_not_mounted() {
    let operator = Operator::set_up();
    std::fs::rename(operator.file("data"), operator.file("elsewhere")).unwrap();
    for mount_point in [false, true] {
        if mount_point {
            std::fs::create_dir(operator.file("data")).unwrap();
        }
        let (exit, told) = operator.refused(&["serve", "--listen", &operator.listen]);
        assert_eq!(exit, Some(2), "{told}");
        assert!(told.contains("STORE_NO_REGISTER") && told.contains("data/register"), "{told}");
        assert!(told.contains("szid admin found"), "{told}");
        let made = std::fs::read_dir(operator.file("data")).map_or(0, Iterator::count);
        assert_eq!(made, 0, "nothing is written under a mount point");
    }
}

#[test]
fn no_register_is_founded_beside_the_witness_of_another() {
    let operator = Operator::set_up();
    std::fs::rename(operator.file("data"), operator.file("elsewhere")).unwrap();
    let found = ["admin", "found", "--data", "data", "--keys", "keys", "--mode", "demo"];
    let (exit, told) = operator.refused(&found);
    assert!(exit == Some(2) && told.contains("ADMIN_WITNESS_THERE"), "{told}");
    assert!(told.contains("data-witness") && !operator.file("data").exists(), "{told}");
}

#[test]
fn a_root_that_was_not_brought_is_told_with_where_it_was_made() {
    let operator = Operator::set_up();
    std::fs::remove_file(operator.file("root.spki")).unwrap();
    let (exit, told) = operator.refused(&["serve", "--listen", &operator.listen]);
    assert!(exit == Some(2) && told.contains("safe/root.spki"), "{told}");
}

#[test]
fn a_register_is_founded_in_an_empty_folder_alone() {
    let operator = Operator::set_up();
    std::fs::create_dir_all(operator.file("disk/lost+found")).unwrap();
    std::fs::create_dir(operator.file("used")).unwrap();
    std::fs::write(operator.file("used/file"), "x").unwrap();
    let found = |data: &str| {
        ["admin", "found", "--keys", "keys", "--mode", "demo", "--data"]
            .into_iter()
            .chain([data])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for data in ["used", "data"] {
        let arguments = found(data);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let (exit, told) = operator.refused(&arguments);
        assert!(exit == Some(2) && told.contains("STORE_OCCUPIED"), "{told}");
    }
    let arguments = found("disk");
    done(operator.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_register_key_is_refused_and_the_right_one_finds_the_same_person() {
    let operator = Operator::set_up();
    let venue = operator.credential(&["--venue", "library", "--device", "desk-1"]);
    let [registrar, second] =
        ["counter-1", "counter-2"].map(|id| operator.credential(&["--registrar", id]));
    let mut serving = operator.serve().await;
    let person = operator.enrol(&registrar, "wallet").await;
    serving.signal("-TERM");
    serving.end();

    done(operator.path(), &["admin", "keys", "--out", "other"]);
    std::fs::rename(operator.file("keys/register.key"), operator.file("kept")).unwrap();
    std::fs::copy(operator.file("other/register.key"), operator.file("keys/register.key")).unwrap();
    let (exit, told) = operator.refused(&["serve", "--listen", &operator.listen]);
    assert_eq!(exit, Some(2), "{told}");
    assert!(told.contains("STORE_WRONG_KEY"), "{told}");

    std::fs::rename(operator.file("kept"), operator.file("keys/register.key")).unwrap();
    let _serving = operator.serve().await;
    assert_eq!(operator.scan(&venue, &operator.code("wallet"), "a").await, "OK");
    let again = operator.enrol_again([&registrar, &second], "second").await;
    assert_eq!(again, person, "one document, one person");
}

#[test]
fn production_refuses_a_demo_register_mock_attesters_and_open_wires() {
    let operator = Operator::set_up();
    let serve = ["serve", "--listen", &operator.listen];
    let told = |word: &str| {
        let (exit, told) = operator.refused(&serve);
        assert_eq!(exit, Some(2), "{told}");
        assert!(told.contains(word), "{told}");
    };
    configure(&operator, "demo_mode = true", "demo_mode = false");
    told("are for demo, not for production: demo_mode in szid.toml");
    std::fs::remove_file(operator.file("keys/mode")).unwrap();
    told("https://");
    let secure = operator.base_url.replace("http://", "https://");
    configure(&operator, &operator.base_url, &secure);
    told("STORE_WRONG_MODE");
    done(operator.path(), &["wallet", "mock-attester", "attester.pem"]);
    let attester =
        "[[attesters]]\nkid = \"mock-attester\"\nkey = \"attester.spki\"\nat_most = 3\n[limits]";
    configure(&operator, "[limits]", attester);
    told("mock attester");
}

#[test]
fn a_production_register_has_keys_of_its_own_and_no_fictional_venue() {
    let operator = Operator::set_up();
    let found = ["admin", "found", "--data", "city", "--mode", "production", "--keys"];
    let (exit, told) = operator.refused(&[&found[..], &["keys"]].concat());
    assert!(exit == Some(2) && told.contains("are for demo, not for production"), "{told}");
    assert!(!operator.file("city").exists());
    done(operator.path(), &["admin", "keys", "--out", "own"]);
    done(operator.path(), &[&found[..], &["own"]].concat());
    let venue = ["admin", "venue", "--data", "city", "--id", "x", "--name", "x", "--scene", "2"];
    let (_, told) = operator.refused(&[&venue[..], &["--uscc", "12440399EXAMPLEB3N"]].concat());
    assert!(told.contains("STORE_FICTIONAL"), "{told}");
    done(operator.path(), &[&venue[..], &["--uscc", "11100000000013127D"]].concat());
}

/// The commands of a help text: indented, each on a line or on two.
fn commands(help: &str) -> String {
    let lines = help.lines().map(str::trim).skip_while(|line| !line.starts_with("offline "));
    let lines = lines.take_while(|line| !line.is_empty());
    lines.fold(String::new(), |text, line| {
        let line =
            ["offline ", "service "].iter().fold(line, |line, of| line.trim_start_matches(of));
        text + line.trim() + "\n"
    })
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_sequence_of_the_help_runs_as_it_is_printed() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let commands = commands(&done(folder.path(), &["admin", "--help"]));
    let (made, serve) = commands.trim().rsplit_once('\n').unwrap();
    assert!(
        made.contains("szid admin found") && serve == "szid serve --config szid.toml",
        "{commands}"
    );
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_szid")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let run = |script: &str| {
        let mut sh = std::process::Command::new("sh");
        sh.arg("-c").arg(script).current_dir(folder.path()).env("PATH", &path);
        sh
    };
    let output = run(&format!("set -e\n{made}")).output().unwrap();
    assert!(output.status.success(), "{commands}{}", String::from_utf8_lossy(&output.stderr));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve =
        run(&format!("exec {serve}")).env("SZID_LISTEN", format!("127.0.0.1:{port}")).spawn();
    let mut serving = crate::operator::Serving(serve.unwrap());
    for _ in 0..200 {
        if reqwest::get(format!("http://127.0.0.1:{port}/healthz")).await.is_ok() {
            serving.signal("-TERM");
            assert_eq!(serving.end(), Some(0));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the service does not start");
}
