//! What keeps a service and a gate working while nobody looks: logs without a reader, tasks that end,
//! verdicts nobody takes.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::gates::city_with_a_lonely_gate;
use crate::operator::{Operator, Serving};

/// Lines of a log that is JSON.
fn lines(log: &[u8]) -> Vec<Value> {
    log.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// A counter of the service's metrics.
async fn metric(operator: &Operator, name: &str) -> u64 {
    let (status, text) = operator.get("/metrics").await.unwrap();
    assert_eq!(status, 200);
    let text = String::from_utf8(text).unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{name}\n{text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

/// Waits for something to become true.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not happen");
}

/// A request that the service warns of: the trust list cannot be read for a moment.
async fn make_it_warn(operator: &Operator, serving: &Serving) {
    let (list, aside) = (operator.file("trust-list.cbor"), operator.file("aside"));
    std::fs::rename(&list, &aside).unwrap();
    serving.signal("-HUP");
    tokio::time::sleep(Duration::from_millis(100)).await;
    std::fs::rename(&aside, &list).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_outlives_the_reader_of_its_log_and_counts_what_it_could_not_tell() {
    let operator = Operator::set_up();
    let mut serving = operator.serve().await;
    assert_eq!(metric(&operator, "szid_log_lines_dropped_total").await, 0);
    drop(serving.0.stderr.take());
    until("a dropped line", async || {
        make_it_warn(&operator, &serving).await;
        metric(&operator, "szid_log_lines_dropped_total").await > 1
    })
    .await;
    assert_eq!(operator.get("/readyz").await.unwrap().0, 200);
    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_does_not_wait_for_a_log_that_nobody_reads() {
    let operator = Operator::set_up();
    // The other end stays open, and is not read from.
    let mut serving = operator.serve_with(&["--log", "trace"]).await;
    until("a full queue", async || {
        for _ in 0..50 {
            assert_eq!(operator.get("/healthz").await.unwrap().0, 200);
        }
        metric(&operator, "szid_log_lines_dropped_total").await > 0
    })
    .await;
    assert_eq!(operator.get("/readyz").await.unwrap().0, 200);
    serving.signal("-TERM");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_a_few_lines_and_names_no_file_of_the_software() {
    let operator = Operator::set_up();
    let mut serving = operator.serve_with(&["--log", "info"]).await;
    serving.signal("-TERM");
    let mut log = Vec::new();
    std::io::Read::read_to_end(serving.0.stderr.as_mut().unwrap(), &mut log).unwrap();
    assert_eq!(serving.end(), Some(0));
    let text = String::from_utf8_lossy(&log).into_owned();
    assert!(lines(&log).len() <= 8, "{text}");
    assert!(!text.contains(".rs") && text.contains("serving"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_goes_on_when_nobody_reads_its_verdicts_or_its_log() {
    let (operator, secret) = city_with_a_lonely_gate().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let mut gate = Command::new(env!("CARGO_BIN_EXE_szid"))
        .current_dir(operator.path())
        .args(["gate", "--listen", &listen, "--input", "-"])
        .env("SZID_CREDENTIAL", &secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((gate.stdout.take(), gate.stderr.take()));
    let mut scanner = gate.stdin.take().unwrap();
    let mut gate = Serving(gate);
    let base_url = format!("http://{listen}");
    let unreadable = async || {
        let state = operator.http.get(format!("{base_url}/v1/state")).send().await.ok()?;
        state.json::<Value>().await.unwrap()["unreadable"].as_u64()
    };
    until("the gate's start", async || unreadable().await.is_some()).await;
    let before = unreadable().await.unwrap();
    for line in 1..=3 {
        std::io::Write::write_all(&mut scanner, b"not a code\n").unwrap();
        until("a verdict", async || unreadable().await == Some(before + line)).await;
    }
    drop(scanner);
    assert_eq!(gate.end(), Some(0), "at the end of its input it ends in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_opens_its_scanner_again_and_is_not_ready_meanwhile() {
    let (operator, secret) = city_with_a_lonely_gate().await;
    let scanner = operator.file("scanner");
    assert!(Command::new("mkfifo").arg(&scanner).status().unwrap().success());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let gate = Command::new(env!("CARGO_BIN_EXE_szid"))
        .current_dir(operator.path())
        .args(["gate", "--listen", &listen, "--input", "scanner"])
        .env("SZID_CREDENTIAL", &secret)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut gate = Serving(gate);
    let base_url = format!("http://{listen}");
    let ready = async || {
        let answer = operator.http.get(format!("{base_url}/readyz")).send().await.ok()?;
        Some(answer.status().as_u16())
    };
    until("readiness", async || ready().await == Some(200)).await;
    // A program that leaves it is no lost scanner.
    drop(std::fs::OpenOptions::new().write(true).open(&scanner).unwrap());
    for _ in 0..10 {
        assert_eq!(ready().await, Some(200));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    std::fs::remove_file(&scanner).unwrap();
    until("a lost scanner", async || ready().await == Some(503)).await;
    // It is opened again, and a gate that waits for a scanner which is there is ready.
    assert!(Command::new("mkfifo").arg(&scanner).status().unwrap().success());
    until("a scanner", async || ready().await == Some(200)).await;
    gate.signal("-TERM");
    assert_eq!(gate.end(), Some(0));
}
