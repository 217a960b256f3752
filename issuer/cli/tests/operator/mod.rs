//! An operator of a city: `szid admin` and `szid serve` as processes of their own, in one folder.
#![allow(dead_code, reason = "not every test does everything that an operator does")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) fn szid(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_szid")).current_dir(folder).args(arguments).output().unwrap()
}

pub(crate) fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = szid(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Copies a folder into another one.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if entry.is_dir() {
            copy(&entry, &to.join(name));
        } else {
            std::fs::copy(&entry, to.join(name)).unwrap();
        }
    }
}

/// Puts a copy in the place of a folder.
pub(crate) fn put_back(aside: &Path, folder: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
    copy(aside, folder);
}

/// The trust list in force and its root, as commands that replace keys are told of them.
pub(crate) const IN_FORCE: [&str; 3] = ["--trust-list", "trust-list.cbor", "--root=root.spki"];

/// A city of processes in one folder.
pub(crate) struct Operator {
    folder: tempfile::TempDir,
    pub(crate) base_url: String,
    pub(crate) listen: String,
    pub(crate) http: reqwest::Client,
}

impl Operator {
    /// Everything that an operator does before the first start.
    pub(crate) fn set_up() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let base_url = format!("http://{listen}");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let operator = Self { folder, base_url, listen, http };
        done(operator.path(), &["admin", "root", "--out", "safe"]);
        done(operator.path(), &["admin", "keys", "--out", "keys"]);
        let found = ["admin", "found", "--data", "data", "--keys", "keys", "--mode", "demo"];
        done(operator.path(), &found);
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

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Signs the next trust list, and answers what is said of it.
    pub(crate) fn sign_trust_list(&self, version: u64) -> String {
        let version = version.to_string();
        let sign = ["admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json"];
        let rest = ["--base-url", &self.base_url, "--list-version", &version];
        done(self.path(), &[&sign[..], &rest, &["--out", "trust-list.cbor"]].concat())
    }

    pub(crate) fn credential(&self, whose: &[&str]) -> String {
        done(self.path(), &[&["admin", "credential", "--data", "data"], whose].concat())
    }

    pub(crate) async fn serve(&self) -> Serving {
        self.serve_with(&["--log", "warn"]).await
    }

    /// The same with these arguments.
    pub(crate) async fn serve_with(&self, arguments: &[&str]) -> Serving {
        let child = Command::new(env!("CARGO_BIN_EXE_szid"))
            .current_dir(self.path())
            .args([&["serve", "--listen", &self.listen], arguments].concat())
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

    pub(crate) async fn get(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let answer = self.http.get(format!("{}{path}", self.base_url)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.bytes().await.ok()?.to_vec()))
    }

    pub(crate) async fn post(&self, path: &str, secret: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base_url));
        let answer = request.bearer_auth(secret).json(&body).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Enrols the fictional citizen; their wallet in the folder of this name takes the offer up. Answers the
    /// person's id.
    pub(crate) async fn enrol(&self, registrar: &str, wallet: &str) -> String {
        let offer = self.post("/v1/registrar/enrolments", registrar, citizen()).await;
        self.take_up(&offer, wallet)
    }

    /// Enrols them once more, which takes two, for another wallet beside the first.
    pub(crate) async fn enrol_again(&self, [first, second]: [&str; 2], wallet: &str) -> String {
        let asked = self.post("/v1/registrar/enrolments", first, citizen()).await;
        let request = asked["request"].as_str().unwrap_or_else(|| panic!("{asked}"));
        let confirm = format!("/v1/registrar/requests/{request}/confirm");
        let offer = self.post(&confirm, second, json!({})).await;
        self.take_up(&offer, wallet)
    }

    fn take_up(&self, offer: &Value, wallet: &str) -> String {
        let text =
            |name: &str| offer[name].as_str().unwrap_or_else(|| panic!("{offer}")).to_owned();
        let (tx_code, link) = (text("tx_code"), text("credential_offer"));
        let enrol = ["wallet", "--dir", wallet, "enrol", "--root", "root.spki", "--tx-code"];
        done(self.path(), &[&enrol[..], &[&tx_code, &link]].concat());
        text("person")
    }

    /// A code of that wallet.
    pub(crate) fn code(&self, wallet: &str) -> String {
        done(self.path(), &["wallet", "--dir", wallet, "code", "--digits"])
    }

    /// What a service that must not start says, with its exit code.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = szid(self.path(), arguments);
        assert!(!output.status.success(), "{arguments:?} is not refused");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    pub(crate) async fn scan(&self, secret: &str, code: &str, operator: &str) -> String {
        let body = json!({ "code": code, "operator": operator });
        let verdict = self.post("/v1/scans", secret, body).await;
        verdict["reason"].as_str().unwrap().to_owned()
    }
}

fn citizen() -> Value {
    json!({ "document": { "type": "111", "number": "440399198803150018" }, "name": "林示例",
        "identity_level": 4, "method": "counter", "devices": "adds" })
}

/// A running `szid serve`, killed at the latest with the test.
pub(crate) struct Serving(pub(crate) Child);

impl Serving {
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    pub(crate) fn end(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
