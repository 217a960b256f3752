//! `szid wallet` as a holder uses it, against a service in this process.
#![allow(clippy::unwrap_used, missing_docs)]

mod service;

use std::path::Path;
use std::process::{Command, Output};

use service::TestService;

fn szid(wallet: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_szid"));
    command.env("SZID_WALLET", wallet).arg("wallet").args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refusal(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty());
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_from_its_offer_to_its_end() {
    let service = TestService::start().await;
    let (offer, tx_code) = service.enrol_citizen().await;
    let folder = tempfile::tempdir().unwrap();
    let (root, wallet) = (folder.path().join("root.spki"), folder.path().join("wallet"));
    std::fs::write(&root, service.root_spki()).unwrap();
    let szid = |arguments: &[&str]| szid(&wallet, arguments);
    let root = root.to_str().unwrap();

    let wrong = szid(&["enrol", "--root", root, "--tx-code", "000000", &offer]);
    let (exit, text) = refusal(&wrong);
    assert_eq!(exit, 1);
    assert!(text.contains("WALLET_REFUSED") && text.contains("核对验证码"), "{text}");
    let done = stdout(&szid(&["enrol", "--root", root, "--tx-code", &tx_code, &offer]));
    assert!(done.contains("enrolled, 15 day passes") && done.contains("software"), "{done}");

    let status: serde_json::Value =
        serde_json::from_str(&stdout(&szid(&["status", "--json"]))).unwrap();
    assert_eq!(status["passes_left"], 15);
    assert_eq!(status["time_source"], "signed");
    assert!(stdout(&szid(&["status"])).contains("software (files)"));
    assert!(stdout(&szid(&["refresh"])).contains("0 new day passes, 15 left"));

    service.stop().await;
    let digits = stdout(&szid(&["code", "--digits"]));
    assert!(digits.starts_with("07551") && (590..=603).contains(&digits.trim().len()), "{digits}");
    assert!(stdout(&szid(&["code", "--once"])).contains('▀'));
    let (png, svg) = (folder.path().join("code.png"), folder.path().join("code.svg"));
    let files = ["code", "--png", png.to_str().unwrap(), "--svg", svg.to_str().unwrap()];
    assert_eq!(stdout(&szid(&files)), "");
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
    assert!(std::fs::read_to_string(svg).unwrap().starts_with("<svg"));
    let (exit, text) = refusal(&szid(&["refresh"]));
    assert!(exit == 1 && text.contains("WALLET_NETWORK") && text.contains("try again"), "{text}");

    assert_eq!(refusal(&szid(&["wipe"])).0, 2, "nobody there to ask");
    assert!(stdout(&szid(&["wipe", "--yes"])).contains("destroyed"));
    assert!(!wallet.exists());
    assert!(refusal(&szid(&["code", "--once"])).1.contains("WALLET_NOT_ENROLLED"));
}

#[test]
fn wrong_use_has_its_own_exit_code_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = folder.path().join("wallet");
    for wrong in [
        &["enrol", "--tx-code", "1", "https://id.example/offer"][..],
        &["enrol", "--root", "none", "--tx-code", "1", "https://id.example/offer"],
        &["enrol"],
        &["frobnicate"],
    ] {
        assert_eq!(szid(&wallet, wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(szid(&wallet, &["refresh"]).status.code(), Some(1));
    assert!(stdout(&szid(&wallet, &["status", "--json"])).contains("\"enrolled\":false"));
    assert!(!wallet.exists());
}
