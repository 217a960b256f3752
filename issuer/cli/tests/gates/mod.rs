//! Gates as processes of their own, for tests.
#![allow(clippy::unwrap_used, dead_code, reason = "not every test needs every part")]

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::operator::{Operator, Serving, done};

/// A running `szid gate` of the library, and what it answered for.
pub(crate) struct GateProcess {
    pub(crate) serving: Serving,
    pub(crate) base_url: String,
}

impl GateProcess {
    pub(crate) async fn start(operator: &Operator, secret: &str) -> Self {
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

    pub(crate) async fn scan(&self, operator: &Operator, code: &str) -> Option<Value> {
        let request = operator.http.post(format!("{}/v1/scans", self.base_url));
        request.json(&json!({ "code": code })).send().await.ok()?.json().await.ok()
    }

    pub(crate) async fn queued(&self, operator: &Operator) -> u64 {
        let state = operator.http.get(format!("{}/v1/state", self.base_url)).send().await.unwrap();
        state.json::<Value>().await.unwrap()["queued"].as_u64().unwrap()
    }
}

/// A city with a gate of the library and a citizen, whose service went down once the gate had its lists; and
/// the gate's secret.
pub(crate) async fn city_with_a_lonely_gate() -> (Operator, String) {
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
    operator.enrol(&registrar, "wallet").await;
    let gate = GateProcess::start(&operator, &secret).await;
    serving.signal("-KILL");
    serving.end();
    drop(gate);
    (operator, secret)
}

/// The receipts of the citizen's list, once the gate has none left to upload.
pub(crate) async fn receipts_that_arrive(operator: &Operator, gate: &GateProcess) -> Vec<Value> {
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
