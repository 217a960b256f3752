//! What of a gate's settings cannot be right is refused at its start, with what to do.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::operator::{done, szid};

/// A gate's folder: its key, and a root of the same form.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), &["gate", "--make-key", "gate-1.pem"]);
    std::fs::copy(folder.path().join("gate-1.spki"), folder.path().join("root.spki")).unwrap();
    folder
}

/// Writes the example with another service, and a line more.
fn configure(folder: &Path, service: &str, more: &str) {
    let example = done(folder, &["gate", "--print-example"]);
    let config = example.replace("https://id.example.cn", service);
    assert!(config.contains(service));
    std::fs::write(folder.join("gate.toml"), format!("{config}\n{more}\n")).unwrap();
}

fn gate(folder: &Path, credential: &str, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_szid"))
        .current_dir(folder)
        .args(["gate", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .env("SZID_CREDENTIAL", credential)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How a gate ends that is not told to; one that goes on is killed after a while.
fn end(mut gate: Child) -> Output {
    // Held, so that its input does not end.
    let input = gate.stdin.take();
    for _ in 0..100 {
        if gate.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = gate.kill();
    drop(input);
    gate.wait_with_output().unwrap()
}

/// It ends with exit code 2, and says all of this.
fn is_refused(gate: Child, words: &[&str]) {
    let output = end(gate);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
    assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
}

/// The first credential that comes to a service that knows nothing; none within some seconds.
fn credential_sent(credential: &str) -> Option<String> {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(folder.path(), &format!("http://{}", listener.local_addr().unwrap()), "");
    let (sends, sent) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            let header = head.iter().find_map(|line| line.strip_prefix("authorization: "));
            if header.is_some_and(|header| sends.send(header.to_owned()).is_err()) {
                return;
            }
            let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let mut gate = gate(folder.path(), credential, &[]);
    let sent = sent.recv_timeout(Duration::from_secs(20)).ok();
    gate.kill().unwrap();
    gate.wait().unwrap();
    sent
}

#[test]
fn white_space_around_a_credential_is_left_out() {
    for around in ["secret", "secret\n", "secret\r\n", " secret\r"] {
        assert_eq!(credential_sent(around).as_deref(), Some("Bearer secret"), "{around:?}");
    }
}

#[test]
fn a_credential_that_cannot_be_sent_is_refused() {
    let folder = folder();
    configure(folder.path(), "http://127.0.0.1:9", "");
    for credential in ["sec\nret", "Bearer secret", "\"secret\"", "凭据", "\u{feff}secret"] {
        is_refused(gate(folder.path(), credential, &[]), &["GATE_CREDENTIAL_FORM"]);
    }
}

#[test]
fn a_service_that_is_no_web_address_is_refused() {
    let folder = folder();
    for service in ["id.example.cn:8080", "ftp://id.example.cn", "http://", "https://id?x"] {
        configure(folder.path(), service, "");
        is_refused(gate(folder.path(), "secret", &[]), &["GATE_SERVICE_ADDRESS", "https://"]);
    }
}

#[test]
fn a_level_of_the_log_that_is_none_is_refused_by_gate_and_service() {
    let folder = folder();
    let settings = done(folder.path(), &["gate", "--print-example"]);
    for word in ["warning", "verbose"] {
        let log = format!("\nlog = \"{word}\"\n");
        std::fs::write(folder.path().join("gate.toml"), format!("{settings}{log}")).unwrap();
        is_refused(gate(folder.path(), "secret", &[]), &[word, "error", "warn", "info", "debug"]);
    }
    let settings = done(folder.path(), &["serve", "--print-example"]);
    assert!(settings.contains("log = \"info\""));
    let settings = settings.replace("log = \"info\"", "log = \"warning\"");
    std::fs::write(folder.path().join("szid.toml"), settings).unwrap();
    let served = szid(folder.path(), &["serve"]);
    let told = String::from_utf8_lossy(&served.stderr);
    assert!(served.status.code() == Some(2) && told.contains("warn、info"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_command_that_cannot_be_run_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    configure(folder.path(), "http://127.0.0.1:9", "");
    let script = folder.path().join("open.sh");
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o644)).unwrap();
    for command in ["./nonexistent", "no-such-command", "./open.sh", "."] {
        let gate = gate(folder.path(), "secret", &["--input", "-", "--exec", command]);
        is_refused(gate, &["GATE_COMMAND", command]);
    }
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    for text in ["echo open\n", "#!/no/such/interpreter\n", "#!/bin/sh\r\n", ""] {
        std::fs::write(&script, text).unwrap();
        let gate = gate(folder.path(), "secret", &["--input", "-", "--exec", "./open.sh"]);
        is_refused(gate, &["GATE_COMMAND", "./open.sh"]);
    }
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    for command in ["./open.sh", "true"] {
        let mut gate = gate(folder.path(), "secret", &["--input", "-", "--exec", command]);
        drop(gate.stdin.take());
        let output = gate.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: at the end of its input it ends: {told}");
    }
}

#[test]
fn what_a_gate_is_given_and_cannot_use_has_a_code_and_is_named() {
    let folder = folder();
    let path = folder.path();
    let file = |name: &str| path.join(name);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    is_refused(gate(path, "secret", &[]), &["FILE_UNREAD", "gate.toml"]);
    std::fs::write(file("gate.toml"), "service = \n").unwrap();
    let output = end(gate(path, "secret", &[]));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("CONFIG_INVALID") && told.matches("TOML").count() == 1, "{told}");
    configure(path, "http://127.0.0.1:9", "");
    is_refused(gate(path, "", &[]), &["CREDENTIAL_UNSET", "SZID_CREDENTIAL"]);
    is_refused(gate(path, "secret", &["--input", "."]), &["INPUT_FOLDER", "--input"]);
    for (listen, code) in [
        (&*taken, "LISTEN_IN_USE"),
        ("8090", "LISTEN_ADDRESS"),
        ("0.0.0.0:0", "LISTEN_NOT_LOOPBACK"),
    ] {
        let gate = Command::new(env!("CARGO_BIN_EXE_szid"))
            .current_dir(path)
            .args(["gate", "--listen", listen])
            .env("SZID_CREDENTIAL", "secret")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        is_refused(gate, &[code, listen, "listen"]);
    }
    configure(path, "http://127.0.0.1:9", "log = \"loud\"");
    is_refused(gate(path, "secret", &[]), &["LOG_LEVEL", "loud"]);
    configure(path, "http://127.0.0.1:9", "");
    std::fs::copy(file("gate-1.pem"), file("root.spki")).unwrap();
    is_refused(gate(path, "secret", &[]), &["PUBLIC_KEY_FILE", "root.spki"]);
    std::fs::remove_file(file("root.spki")).unwrap();
    std::fs::copy(file("gate-1.spki"), file("root.spki")).unwrap();
    let settings = std::fs::read_to_string(file("gate.toml")).unwrap();
    std::fs::write(file("gate.toml"), settings.replace("gate-1.pem", "gate-1.spki")).unwrap();
    is_refused(gate(path, "secret", &[]), &["KEY_FILE_PUBLIC", "gate-1.spki"]);
    let again = szid(path, &["gate", "--make-key", "gate-1.pem"]);
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(told.contains("KEY_FILE_EXISTS") && told.contains("gate-1.pem"), "{told}");
}

#[test]
fn a_folder_that_another_gate_uses_is_named() {
    let folder = folder();
    configure(folder.path(), "http://127.0.0.1:9", "");
    let first = gate(folder.path(), "secret", &["--input", "-"]);
    for _ in 0..100 {
        if folder.path().join("gate-data/receipts").exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let second = end(gate(folder.path(), "secret", &[]));
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(told.contains("VERIFIER_REPLAY_IN_USE") && told.contains("gate-data"), "{told}");
    end(first);
}
