//! `docs/mobile/errors.md` and its Chinese twin: which case each code of the core lands in, flow by flow.
//! Made here from the code, and compared with the pages.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io;

use szid_protocol::reason::Reason;
use szid_wallet::{KeyError, PinWeakness, VaultError, VenueCodeFault};

use super::*;

type CoreUnlockError = szid_wallet::UnlockError;

/// A sample of each error of the core, with the words and faults that make a difference.
fn samples() -> Vec<CoreError> {
    let word = |word: &str| CoreError::Refused(word.to_owned());
    vec![
        CoreError::Network,
        CoreError::NotTheService,
        word("temporarily_unavailable"),
        word("BUSY"),
        word("CLOCK_UNCHECKED"),
        word("STORAGE_LOW"),
        word("TIMEOUT"),
        word("TOO_MANY"),
        word("503"),
        word("NOT_FOUND"),
        word("OFFER_USED"),
        word("OFFER_EXPIRED"),
        word("OFFER_LOCKED"),
        word("PASS_QUOTA"),
        word("PASS_LEVEL"),
        word("LEVEL_LAPSED"),
        word("invalid_grant"),
        word("use_key_proof"),
        word("DEVICE_UNKNOWN"),
        word("CONSENT_OVER"),
        word("CONSENT_CODE"),
        word("VENUE_AWAY"),
        word("invalid_proof"),
        CoreError::Answer("it is too large"),
        CoreError::Offer,
        CoreError::Issuer,
        CoreError::Untrusted(Reason::TrustRollback),
        CoreError::NotEnrolled,
        CoreError::Frozen,
        CoreError::DeviceEnded,
        CoreError::NoPass,
        KeyError::Lost.into(),
        KeyError::Unavailable.into(),
        KeyError::NotAllowed.into(),
        KeyError::WrongSignature.into(),
        KeyError::TooLate.into(),
        VaultError::InUse.into(),
        VaultError::WrongKey.into(),
        VaultError::KeyLost.into(),
        VaultError::PortUnavailable("sealing key").into(),
        VaultError::Foreign.into(),
        VaultError::NewerVersion { found: 9, supported: 1 }.into(),
        VaultError::RecordDamaged { collection: "a".into(), name: "b".into() }.into(),
        VaultError::DiskFull.into(),
        VaultError::Io(io::ErrorKind::PermissionDenied).into(),
        VaultError::Io(io::ErrorKind::Other).into(),
        VaultError::TooLarge { what: "value", size: 2, limit: 1 }.into(),
        VaultError::Wiped.into(),
        CoreError::VenueCode(VenueCodeFault::Malformed),
        CoreError::VenueCode(VenueCodeFault::Signature),
        CoreError::VenueCode(VenueCodeFault::Expired),
        CoreError::Locked,
        CoreError::WipedAfterLastTry,
        CoreError::Drawing,
    ]
}

fn samples_of_unlocking() -> Vec<CoreUnlockError> {
    vec![
        CoreUnlockError::PinForm,
        CoreUnlockError::PinWeak(PinWeakness::Year),
        CoreUnlockError::PinWrong { tries_left: 3, wait: 30 },
        CoreUnlockError::PinWait { tries_left: 3, wait: 30 },
        CoreUnlockError::PinLocked,
        CoreUnlockError::PinMissing,
        CoreUnlockError::PinSet,
        CoreUnlockError::ProofNeeded,
        CoreUnlockError::NotAllowed,
        CoreUnlockError::NotSetUp,
        CoreUnlockError::Unavailable,
    ]
}

/// Where one error lands: its case, by name.
fn case(error: impl Debug) -> String {
    let text = format!("{error:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

/// What tells one code's rows apart.
fn what(error: &CoreError) -> String {
    match error {
        CoreError::Refused(word) => format!("`{word}`"),
        CoreError::Key(_) | CoreError::VenueCode(_) => error.to_string(),
        _ => String::new(),
    }
}

const HEAD: [&str; 12] = [
    "code",
    "",
    "open",
    "enrol",
    "present",
    "sync",
    "approve",
    "venue code",
    "visit",
    "unlock",
    "set up",
    "wipe",
];

/// Cases by flow, in the order of `HEAD`.
fn cases(make: impl Fn() -> CoreError) -> [String; 10] {
    [
        case(OpenError::from(make())),
        case(EnrolError::from(make())),
        case(PresentError::from(make())),
        case(SyncError::from(make())),
        case(ApproveError::from(make())),
        case(VenueCodeError::from(make())),
        case(VisitError::from(make())),
        case(UnlockError::from(make())),
        case(UnlockSetupError::from(make())),
        case(WipeError::from(make())),
    ]
}

/// A case that says nothing is not worth reading: such a flow does not end with that code.
fn shown(case: &str) -> &str {
    if case == "Internal" { "" } else { case }
}

fn rows() -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for at in 0..samples().len() {
        let make = || samples().swap_remove(at);
        let mut row = vec![format!("`{}`", Advice::of(&make()).code), what(&make())];
        row.extend(cases(make));
        rows.push(row);
    }
    for at in 0..samples_of_unlocking().len() {
        let make = || samples_of_unlocking().swap_remove(at);
        let mut row = vec![format!("`{}`", make().code()), String::new()];
        row.extend(["", "", "", "", "", "", ""].map(str::to_owned));
        row.extend([case(UnlockError::from(make())), case(UnlockSetupError::from(make()))]);
        row.push(String::new());
        rows.push(row);
    }
    rows
}

fn page_table() -> String {
    let line = |cells: &[&str]| format!("| {} |\n", cells.join(" | "));
    let mut table = line(&HEAD) + &format!("|{}\n", "---|".repeat(HEAD.len()));
    for row in rows() {
        table += &line(&row.iter().map(|cell| shown(cell)).collect::<Vec<_>>());
    }
    table
}

#[test]
fn the_pages_show_where_each_code_lands() {
    for page in ["errors.md", "errors.zh.md"] {
        let path = format!("{}/../../docs/mobile/{page}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&page_table()), "{page} needs this table:\n{}", page_table());
    }
}

#[test]
fn the_pages_say_of_each_case_what_an_app_does() {
    let configuration = case(OpenError::configuration("no root key"));
    let cases = rows().into_iter().flat_map(|row| row.into_iter().skip(2)).chain([configuration]);
    let cases: BTreeSet<_> = cases.filter(|case| !case.is_empty()).collect();
    for page in ["errors.md", "errors.zh.md"] {
        let path = format!("{}/../../docs/mobile/{page}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        let advice = text.split("\n## ").next().unwrap();
        for case in &cases {
            assert!(advice.contains(&format!("`{case}`")), "{page} has no row for {case}");
        }
    }
}

#[test]
fn every_code_of_the_core_has_a_row() {
    let walked: BTreeSet<_> = samples().iter().map(CoreError::code).collect();
    assert_eq!(walked, CoreError::CODES.iter().copied().collect());
    let walked: BTreeSet<_> = samples_of_unlocking().iter().map(CoreUnlockError::code).collect();
    assert_eq!(walked, CoreUnlockError::CODES.iter().copied().collect());
    let vault = |error: CoreError| match error {
        CoreError::Vault(error) => Some(error.code()),
        _ => None,
    };
    let mut walked: BTreeSet<_> = samples().into_iter().filter_map(vault).collect();
    // Its sample cannot be made outside the vault; it lands where a damaged record does.
    walked.insert("VAULT_DAMAGED");
    assert_eq!(walked, VaultError::CATALOGUE.iter().map(|(code, ..)| *code).collect());
}

#[test]
fn every_error_lands_in_a_case_of_some_flow_that_says_what_to_do() {
    for error in samples() {
        let what = error.to_string();
        // A value that does not fit into the vault is a mistake of ours, whichever flow meets it.
        let is_ours = matches!(error, CoreError::Vault(VaultError::TooLarge { .. }));
        let at = samples().iter().position(|sample| sample.to_string() == what).unwrap();
        let cases = cases(|| samples().swap_remove(at));
        let lands = cases.iter().any(|case| case != "Internal");
        assert_eq!(lands, !is_ours, "{what}");
    }
}

#[test]
fn what_a_shell_can_do_something_about_is_told_apart() {
    let present = |error: CoreError| case(PresentError::from(error));
    assert_eq!(present(CoreError::Locked), "Locked");
    assert_eq!(present(KeyError::Lost.into()), "KeyInvalidated");
    assert_eq!(present(VaultError::Wiped.into()), "Closed");
    let enrol = |error: CoreError| case(EnrolError::from(error));
    assert_eq!(enrol(CoreError::Network), "Unreachable");
    assert_eq!(enrol(CoreError::Refused("invalid_proof".into())), "Refused");
    assert_eq!(enrol(CoreError::Refused("NOT_FOUND".into())), "OfferOver");
    assert_eq!(enrol(CoreError::Frozen), "Frozen");
    for (word, end) in [
        ("OFFER_USED", OfferEnd::Used),
        ("OFFER_EXPIRED", OfferEnd::Expired),
        ("OFFER_LOCKED", OfferEnd::Locked),
        ("NOT_FOUND", OfferEnd::Gone),
    ] {
        let error = EnrolError::from(CoreError::Refused(word.into()));
        assert!(matches!(error, EnrolError::OfferOver { why, .. } if why == end), "{word}");
    }
    assert_eq!(case(SyncError::from(CoreError::DeviceEnded)), "DeviceEnded");
    assert_eq!(case(OpenError::from(CoreError::from(VaultError::KeyLost))), "KeyLost");
    assert_eq!(case(WipeError::from(CoreError::from(VaultError::KeyLost))), "SealingKey");
}

#[test]
fn no_flow_has_more_than_a_dozen_cases() {
    let rows = rows();
    for at in 2..HEAD.len() {
        let cases: BTreeSet<_> = rows.iter().map(|row| &row[at]).collect();
        assert!(
            cases.iter().filter(|case| !case.is_empty()).count() <= 12,
            "{}: {cases:?}",
            HEAD[at]
        );
    }
}

#[test]
fn tries_and_waits_cross_the_border() {
    let error = UnlockError::from(CoreUnlockError::PinWrong { tries_left: 3, wait: 30 });
    assert!(matches!(error, UnlockError::PinWrong { tries_left: 3, wait_seconds: 30, .. }));
    let error = UnlockSetupError::from(CoreUnlockError::PinWeak(PinWeakness::Year));
    let UnlockSetupError::PinWeak { why_zh, why_en, advice } = error else { panic!("{error}") };
    assert!(!why_zh.is_ascii() && why_en.is_ascii() && advice.code == "UNLOCK_PIN_WEAK");
}
