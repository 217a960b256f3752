//! `szid admin` and `szid serve` as an operator uses them: every part a process of its own.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

fn szid(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_szid")).current_dir(folder).args(arguments).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = szid(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A city of processes in one folder.
struct Operator {
    folder: tempfile::TempDir,
    base_url: String,
    listen: String,
    http: reqwest::Client,
}

impl Operator {
    /// Everything that an operator does before the first start.
    fn set_up() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let base_url = format!("http://{listen}");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let operator = Self { folder, base_url, listen, http };
        done(operator.path(), &["admin", "root", "--out", "safe"]);
        done(operator.path(), &["admin", "keys", "--out", "keys"]);
        operator.sign_trust_list(1);
        std::fs::copy(operator.file("safe/root.spki"), operator.file("root.spki")).unwrap();
        let example = done(operator.path(), &["serve", "--print-example"]);
        let config = example
            .replace("https://id.example.cn", &operator.base_url)
            .replace("demo_mode = false", "demo_mode = true");
        std::fs::write(operator.file("szid.toml"), config).unwrap();
        let venue = ["admin", "venue", "--data", "data", "--id", "library", "--name", "图书馆"];
        let venue = [&venue[..], &["--uscc", "12440399EXAMPLEB3N", "--scene", "2"]].concat();
        done(operator.path(), &venue);
        operator
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn sign_trust_list(&self, version: u64) {
        let version = version.to_string();
        let sign = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
        let rest = ["--base-url", &self.base_url, "--list-version", &version];
        done(self.path(), &[&sign[..], &rest, &["--out", "trust-list.cbor"]].concat());
    }

    fn credential(&self, whose: &[&str]) -> String {
        done(self.path(), &[&["admin", "credential", "--data", "data"], whose].concat())
    }

    async fn serve(&self) -> Serving {
        let child = Command::new(env!("CARGO_BIN_EXE_szid"))
            .current_dir(self.path())
            .args(["serve", "--listen", &self.listen, "--log", "warn"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let serving = Serving(child);
        for _ in 0..200 {
            if self.get("/readyz").await.is_some_and(|answer| answer.0 == 200) {
                return serving;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the service is not ready");
    }

    async fn get(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let answer = self.http.get(format!("{}{path}", self.base_url)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.bytes().await.ok()?.to_vec()))
    }

    async fn post(&self, path: &str, secret: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base_url));
        let answer = request.bearer_auth(secret).json(&body).send().await.unwrap();
        answer.json().await.unwrap()
    }

    async fn scan(&self, secret: &str, code: &str, operator: &str) -> String {
        let body = json!({ "code": code, "operator": operator });
        let verdict = self.post("/v1/scans", secret, body).await;
        verdict["reason"].as_str().unwrap().to_owned()
    }
}

/// A running `szid serve`, killed at the latest with the test.
struct Serving(Child);

impl Serving {
    fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    fn end(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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

    let citizen = json!({
        "document": { "type": "111", "number": "440399198803150018" },
        "name": "林示例", "identity_level": 4, "method": "counter",
    });
    let offer = operator.post("/v1/registrar/enrolments", &registrar, citizen).await;
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let wallet = ["wallet", "--dir", "wallet"];
    let (tx_code, link) = (text("tx_code"), text("credential_offer"));
    let enrol = ["enrol", "--root", "root.spki", "--tx-code", &tx_code, &link];
    done(operator.path(), &[&wallet[..], &enrol].concat());
    let code = done(operator.path(), &[&wallet[..], &["code", "--digits"]].concat());
    assert_eq!(operator.scan(&venue, &code, "a").await, "OK");

    // Killed the hard way, the service knows the used code and the person when it is back.
    serving.signal("-KILL");
    serving.end();
    let mut serving = operator.serve().await;
    assert_eq!(operator.scan(&venue, &code, "a").await, "OK_AGAIN");
    assert_eq!(operator.scan(&venue, &code, "b").await, "REPLAY");
    let person = text("person");
    let freeze = format!("/v1/registrar/persons/{person}/freeze");
    let frozen = operator.post(&freeze, &registrar, json!({ "reason": "test" })).await;
    assert_eq!(frozen["account"], "frozen");
    serving.signal("-KILL");
    serving.end();
    let mut serving = operator.serve().await;
    let other = done(operator.path(), &[&wallet[..], &["code", "--digits"]].concat());
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
    // The newest version is remembered over a restart.
    let again = szid(operator.path(), &["serve", "--listen", &operator.listen]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("TRUST_ROLLBACK"));
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

    // A secret is withdrawn under the name that it was given to, and under no other.
    let venue = ["admin", "venue", "--data", "d", "--id", "x", "--name", "x", "--scene", "2"];
    done(path, &[&venue[..], &["--uscc", "12440399EXAMPLEB3N"]].concat());
    let device = ["admin", "credential", "--data", "d", "--venue", "x", "--device"];
    let secret = done(path, &[&device[..], &["desk-1"]].concat());
    let withdraw = |name: &str| {
        let arguments = [&device[..], &[name, "--withdraw"]].concat();
        let mut command = Command::new(env!("CARGO_BIN_EXE_szid"));
        command.current_dir(path).args(arguments).env("SZID_SECRET", &secret);
        command.output().unwrap().status.code()
    };
    assert_eq!([withdraw("desk-2"), withdraw("desk-1")], [Some(1), Some(0)]);
}

/// A running `szid gate` of the library, and what it answered for.
struct GateProcess {
    serving: Serving,
    base_url: String,
}

impl GateProcess {
    async fn start(operator: &Operator, secret: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_szid"))
            .current_dir(operator.path())
            .args(["gate", "--listen", &listen])
            .env("SZID_CREDENTIAL", secret)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let gate = Self { serving: Serving(child), base_url: format!("http://{listen}") };
        for _ in 0..200 {
            let ready = operator.http.get(format!("{}/readyz", gate.base_url)).send().await;
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return gate;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the gate is not ready");
    }

    async fn scan(&self, operator: &Operator, code: &str) -> Option<Value> {
        let request = operator.http.post(format!("{}/v1/scans", self.base_url));
        request.json(&json!({ "code": code })).send().await.ok()?.json().await.ok()
    }

    async fn queued(&self, operator: &Operator) -> u64 {
        let state = operator.http.get(format!("{}/v1/state", self.base_url)).send().await.unwrap();
        state.json::<Value>().await.unwrap()["queued"].as_u64().unwrap()
    }
}

/// A city with a gate of the library and a citizen, whose service went down once the gate had its lists; and the gate's secret.
async fn city_with_a_lonely_gate() -> (Operator, String) {
    let operator = Operator::set_up();
    let secret = operator.credential(&["--venue", "library", "--device", "gate-1"]);
    let registrar = operator.credential(&["--registrar", "counter-1"]);
    done(operator.path(), &["gate", "--make-key", "gate-1.pem"]);
    let register = ["admin", "gate", "--data", "data", "--venue", "library", "--device", "gate-1"];
    done(operator.path(), &[&register[..], &["--key", "gate-1.spki"]].concat());
    let config = done(operator.path(), &["gate", "--print-example"])
        .replace("https://id.example.cn", &operator.base_url)
        .replace("venue = \"park\"", "venue = \"library\"")
        .replace("scene = 3", "scene = 2");
    std::fs::write(operator.file("gate.toml"), config).unwrap();

    let mut serving = operator.serve().await;
    let citizen = json!({ "document": { "type": "111", "number": "440399198803150018" },
        "name": "林示例", "identity_level": 4, "method": "counter" });
    let offer = operator.post("/v1/registrar/enrolments", &registrar, citizen).await;
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let (tx_code, link) = (text("tx_code"), text("credential_offer"));
    let enrol = ["wallet", "--dir", "wallet", "enrol", "--root", "root.spki", "--tx-code"];
    done(operator.path(), &[&enrol[..], &[&tx_code, &link]].concat());
    let gate = GateProcess::start(&operator, &secret).await;
    serving.signal("-KILL");
    serving.end();
    drop(gate);
    (operator, secret)
}

/// The receipts of the citizen's list, once the gate has none left to upload.
async fn receipts_that_arrive(operator: &Operator, gate: &GateProcess) -> Vec<Value> {
    for _ in 0..200 {
        if gate.queued(operator).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(gate.queued(operator).await, 0);
    let uses = done(operator.path(), &["wallet", "--dir", "wallet", "uses", "--json"]);
    serde_json::from_str(&uses).unwrap()
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
        let kill = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(30 + 17 * round));
            Command::new("kill").args(["-KILL", &id]).status().unwrap()
        });
        while let Some(answer) = gate.scan(&operator, &code).await {
            assert_eq!(answer["decision"], "accept", "{answer}");
            receipts.push(answer["receipt"].as_str().unwrap().to_owned());
            // So many in all that one page of the citizen's list holds them.
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        kill.await.unwrap();
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
