//! `szid wallet` as a holder uses it, against a service in this process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::service::TestService;

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

/// Somebody who was enrolled at a counter, and has no wallet yet.
struct Citizen {
    service: TestService,
    offer: String,
    tx_code: String,
    folder: tempfile::TempDir,
    /// The file of the city's root key.
    root: String,
    /// Where the wallet is to lie.
    wallet: PathBuf,
}

impl Citizen {
    async fn new() -> Self {
        let service = TestService::start().await;
        let (offer, tx_code) = service.enrol_citizen().await;
        let folder = tempfile::tempdir().unwrap();
        let (root, wallet) = (folder.path().join("root.spki"), folder.path().join("wallet"));
        std::fs::write(&root, service.root_spki()).unwrap();
        let root = root.to_str().unwrap().to_owned();
        Self { service, offer, tx_code, folder, root, wallet }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_from_its_offer_to_its_end() {
    let Citizen { service, offer, tx_code, folder, root, wallet } = Citizen::new().await;
    let szid = |arguments: &[&str]| szid(&wallet, arguments);

    let wrong = szid(&["enrol", "--root", &root, "--tx-code", "000000", &offer]);
    let (exit, text) = refusal(&wrong);
    assert_eq!(exit, 1);
    assert!(text.contains("WALLET_REFUSED") && text.contains("核对验证码"), "{text}");
    let done = stdout(&szid(&["enrol", "--root", &root, "--tx-code", &tx_code, &offer]));
    assert!(done.contains("enrolled, 15 day passes") && done.contains("software"), "{done}");
    let unasked = szid(&["consents", "--once", "1"]);
    assert!(unasked.status.success() && unasked.stdout.is_empty());
    let told = String::from_utf8_lossy(&unasked.stderr).into_owned();
    assert!(told.contains("no question came within 1 s"), "{told}");
    // The same offer again goes on with what is here, and says so: no code is compared with anything.
    let again = stdout(&szid(&["enrol", "--root", &root, "--tx-code", "000000", &offer]));
    assert!(again.contains("先前已在本机使用") && again.contains("nor looked at; 15"), "{again}");
    assert!(!again.contains("enrolled,"), "{again}");

    let status: Value = serde_json::from_str(&stdout(&szid(&["status", "--json"]))).unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_at_a_venue() {
    let Citizen { service, offer, tx_code, folder, root, wallet } = Citizen::new().await;
    let desk = service.library().await;
    let szid = |arguments: &[&str]| szid(&wallet, arguments);
    stdout(&szid(&["enrol", "--root", &root, "--tx-code", &tx_code, &offer]));

    // No scanner: the number is said and typed.
    let number: Value = serde_json::from_str(&stdout(&szid(&["number", "--json"]))).unwrap();
    let verdict =
        service.ask(&desk, "POST", "/v1/scans", json!({ "code": number["number"] })).await;
    // Two codes of one second are one code.
    assert_eq!(verdict["decision"], "accept", "{verdict}");
    let spoken = stdout(&szid(&["number"]));
    assert_eq!(spoken.lines().next().unwrap().trim().len(), 11, "three groups of three: {spoken}");

    // The desk's screen first, then the phone.
    let shown = service.ask(&desk, "POST", "/v1/venue-codes", json!({})).await;
    let shown = shown["digits"].as_str().unwrap();
    let answering = stdout(&szid(&["code", "--digits", "--venue-code", shown]));
    let body = json!({ "code": answering.trim() });
    let verdict = service.ask(&desk, "POST", "/v1/scans", body).await;
    assert_eq!(verdict["decision"], "accept", "{verdict}");

    // The citizen scans what hangs on the wall.
    let printed = json!({ "printed": true });
    let printed = service.ask(&desk, "POST", "/v1/venue-codes", printed).await;
    let printed = printed["digits"].as_str().unwrap();
    let away = szid(&["visit", "--confirm", printed]);
    assert_eq!(away.status.code(), Some(1));
    let told = String::from_utf8(away.stderr).unwrap();
    assert!(told.contains("VENUE_AWAY") && told.contains("请窗口人员打开核验页面"), "{told}");
    service.ask(&desk, "GET", "/v1/visits", json!({})).await;
    let visit = stdout(&szid(&["visit", "--confirm", printed]));
    assert!(visit.contains("演示市图书馆") && visit.contains("核验通过"), "{visit}");
    let visits = service.ask(&desk, "GET", "/v1/visits", json!({})).await;
    let receipt = visits["visits"][0]["receipt"].as_str().unwrap();
    assert!(visit.contains(receipt), "both sides hold the same receipt");
    let kept = folder.path().join("receipt.cbor");
    let words = stdout(&szid(&["receipt", "--out", kept.to_str().unwrap(), receipt]));
    assert!(words.contains("\"reason\":\"OK") && std::fs::read(kept).unwrap()[0] == 0xd2);
    let (exit, forged) =
        refusal(&szid(&["visit", "--confirm", &printed.replacen("07550", "07551", 1)]));
    assert!(exit == 1 && forged.contains("WALLET_VENUE_CODE"), "{forged}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_looks_after_its_account() {
    let Citizen { service, offer, tx_code, folder: _folder, root, wallet } = Citizen::new().await;
    let desk = service.library().await;
    let szid = |arguments: &[&str]| szid(&wallet, arguments);
    let enrol = ["enrol", "--root", &root, "--tx-code", &tx_code];
    stdout(&szid(&[&enrol[..], &["--device-name", "书房电脑", &offer]].concat()));
    let code = stdout(&szid(&["code", "--digits"]));
    let body = json!({ "code": code.trim() });
    service.ask(&desk, "POST", "/v1/scans", body).await;

    // Uses in words, with the city's own time of day.
    let uses = stdout(&szid(&["uses"]));
    let today = szid_protocol::day::local_time(szid_issuer::clock::Clock::now(
        &szid_issuer::clock::SystemClock,
    ));
    assert!(uses.contains(&today[..8]) && uses.contains("演示市图书馆"), "{uses}");
    assert!(uses.contains("核验通过 · Verified"), "{uses}");
    let parsed: Value = serde_json::from_str(&stdout(&szid(&["uses", "--json"]))).unwrap();
    assert_eq!((&parsed[0]["reason"], &parsed[0]["notice"]), (&json!("OK"), &json!(false)));

    let devices = stdout(&szid(&["devices"]));
    assert!(devices.contains("书房电脑 (本机"), "{devices}");
    let account = stdout(&szid(&["account"]));
    assert!(account.contains("正常") && account.contains("书房电脑"), "{account}");
    assert_eq!(refusal(&szid(&["devices", "--end", "none"])).0, 2);
    assert_eq!(szid(&["lost"]).status.code(), Some(2), "nobody there to ask");
    assert!(stdout(&szid(&["lost", "--yes"])).contains("已挂失"));
    let account = stdout(&szid(&["account"]));
    assert!(account.contains("已冻结") && account.contains("12345"), "{account}");
    let (exit, told) = refusal(&szid(&["refresh"]));
    assert!(exit == 1 && told.contains("WALLET_FROZEN") && told.contains("账户已冻结"), "{told}");
    let events = stdout(&szid(&["events"]));
    assert!(
        events.contains("账户已冻结") && events.contains("新增设备") && events.contains("书房电脑")
    );
    let parsed: Value = serde_json::from_str(&stdout(&szid(&["account", "--json"]))).unwrap();
    assert_eq!((&parsed["account"], &parsed["unseen_events"]), (&json!("frozen"), &json!(0)));
    service.stop().await;
    // Nobody can be asked any more: what was last said is shown, with its time, in Chinese first.
    let status = stdout(&szid(&["status"]));
    assert!(status.contains("账户 · account: 已冻结") && status.contains(&today[..8]), "{status}");
    for line in status.lines() {
        assert!(line.starts_with(|first: char| !first.is_ascii()), "{line}");
    }
    let parsed: Value = serde_json::from_str(&stdout(&szid(&["status", "--json"]))).unwrap();
    assert_eq!(parsed["account"], "frozen");
    assert!(parsed["account_asked_at"].is_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_unlocked_by_its_pin_and_a_code_says_so() {
    let Citizen { service, offer, tx_code, folder, root, wallet } = Citizen::new().await;
    let desk = service.library().await;
    let szid = |arguments: &[&str]| szid(&wallet, arguments);
    let file = |name: &str, pin: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{pin}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (pin, other) = (file("pin", "493536"), file("other", "702958"));
    stdout(&szid(&["enrol", "--root", &root, "--tx-code", &tx_code, &offer]));
    let status =
        || -> Value { serde_json::from_str(&stdout(&szid(&["pin", "status", "--json"]))).unwrap() };
    assert_eq!(status(), json!({ "set": false, "tries_left": 10, "wait": 0 }));
    let (exit, told) = refusal(&szid(&["unlock", "--pin-file", &pin]));
    assert!(exit == 1 && told.contains("UNLOCK_PIN_MISSING"), "{told}");
    let weak = file("weak", "880315");
    let (exit, told) = refusal(&szid(&["pin", "set", "--pin-file", &weak]));
    assert!(exit == 1 && told.contains("UNLOCK_PIN_WEAK") && told.contains("像是生日"), "{told}");
    assert!(stdout(&szid(&["pin", "set", "--pin-file", &pin])).contains("已设置密码"));

    // What was done is what the code says; nobody can ask for a tier.
    let tier = |arguments: &[&str]| {
        let digits = stdout(&szid(&[&["code", "--digits"], arguments].concat()));
        let bytes = szid_protocol::digits::decode(digits.trim()).unwrap();
        // The claim sz-code is -65538, and a map whose first member is the tier.
        let sz_code = [0x3a, 0, 1, 0, 1];
        let at = bytes.windows(5).position(|five| five == sz_code).unwrap() + 5;
        assert_eq!(bytes[at + 1], 1);
        bytes[at + 2]
    };
    assert_eq!(tier(&[]), 1);
    assert_eq!(tier(&["--pin-file", &pin]), 2);
    assert_eq!(szid(&["code", "--digits", "--tier", "3"]).status.code(), Some(2));
    assert!(stdout(&szid(&["unlock", "--pin-file", &pin])).contains("tier 2"));
    let number = stdout(&szid(&["number", "--json", "--pin-file", &pin]));
    let number: Value = serde_json::from_str(&number).unwrap();
    let scan = json!({ "code": number["number"] });
    assert_eq!(service.ask(&desk, "POST", "/v1/scans", scan).await["decision"], "accept");

    // A wrong one draws nothing, and every process counts on.
    for (left, wait) in [(9, 0), (8, 0), (7, 30)] {
        let (exit, told) = refusal(&szid(&["code", "--digits", "--pin-file", &other]));
        assert!(exit == 1 && told.contains("UNLOCK_PIN_WRONG"), "{told}");
        // The seconds of a wait go by while the answer is on its way.
        let waits = if wait == 0 { 0..=0 } else { wait - 5..=wait };
        let says = |wait| told.contains(&format!("还可试{left}次，{wait}秒后"));
        assert!(waits.into_iter().any(says), "{told}");
    }
    let (exit, told) =
        refusal(&szid(&["pin", "change", "--pin-file", &pin, "--new-pin-file", &other]));
    assert!(exit == 1 && told.contains("UNLOCK_PIN_WAIT") && told.contains("7 tries"), "{told}");
    let told = status();
    assert!(told["set"] == true && told["tries_left"] == 7 && told["wait"].as_u64() <= Some(30));
    assert_eq!(tier(&[]), 1, "the app can be opened all the same");
    assert_eq!(szid(&["unlock"]).status.code(), Some(2), "nobody there to ask");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_phone_is_ended_by_its_pin_alone() {
    let Citizen { service, offer, tx_code, folder, root, wallet } = Citizen::new().await;
    let szid = |arguments: &[&str]| szid(&wallet, arguments);
    let pin = folder.path().join("pin");
    std::fs::write(&pin, "493536\n").unwrap();
    let pin = pin.to_str().unwrap();
    stdout(&szid(&["enrol", "--root", &root, "--tx-code", &tx_code, &offer]));
    stdout(&szid(&["pin", "set", "--pin-file", pin]));
    let devices: Value = serde_json::from_str(&stdout(&szid(&["devices", "--json"]))).unwrap();
    let id = devices["devices"][0]["id"].as_str().unwrap();
    let (exit, told) = refusal(&szid(&["devices", "--end", id]));
    assert!(exit == 1 && told.contains("CONSENT_CODE") && told.contains("请解锁"), "{told}");
    assert!(stdout(&szid(&["devices", "--end", id, "--pin-file", pin])).contains("已停用"));
    let (exit, told) = refusal(&szid(&["account"]));
    assert!(exit == 1 && told.contains("WALLET_DEVICE_ENDED"), "{told}");
    service.stop().await;
}

/// Sets the modes of all folders and files in a folder.
#[cfg(unix)]
fn set_modes(path: &Path, folders: u32, files: u32) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if path.is_dir() { folders } else { files };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        entries.for_each(|entry| set_modes(&entry.unwrap().path(), folders, files));
    }
}

/// The same command by somebody whom modes bind: the superuser writes whatever they say.
#[cfg(unix)]
fn szid_bound_by_modes(folder: &Path, wallet: &Path, arguments: &[&str]) -> Output {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    if std::fs::metadata(folder).unwrap().uid() != 0 {
        return szid(wallet, arguments);
    }
    let own = folder.join("szid");
    if !own.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_szid"), &own).unwrap();
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(own);
    command.uid(NOBODY).gid(NOBODY).env("SZID_WALLET", wallet);
    command.arg("wallet").args(arguments).output().unwrap()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_may_not_be_written_is_told_and_nobody_applies_anew() {
    let Citizen { service, offer, tx_code, folder, root, wallet } = Citizen::new().await;
    stdout(&szid(&wallet, &["enrol", "--root", &root, "--tx-code", &tx_code, &offer]));
    set_modes(&wallet, 0o555, 0o444);
    for command in [&["code", "--digits"][..], &["refresh"], &["status"]] {
        let (exit, told) = refusal(&szid_bound_by_modes(folder.path(), &wallet, command));
        assert!(exit == 1 && told.contains("WALLET_DENIED"), "{command:?}: {told}");
        assert!(told.contains("没有丢失任何内容，无需重新申领"), "{told}");
    }
    set_modes(&wallet, 0o700, 0o600);
    assert!(stdout(&szid(&wallet, &["refresh"])).contains("15 left"));
    service.stop().await;
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
