//! `docs/errors.md` lists every stable code, and no other; whoever is told of one reads Chinese and English.

use std::collections::BTreeSet;
use std::path::PathBuf;

use szid_gate::{FOREIGN_PAGE, SetupError};
use szid_identity::connectors::{ConnectorFault, ProofFault};
use szid_issuer::commands::CommandFault;
use szid_issuer::given::GivenFault;
use szid_issuer::witness::{RestoreError, WitnessError};
use szid_issuer::{Condition, OAUTH_ERRORS, Problem, StartError};
use szid_protocol::crypto::SignerError;
use szid_protocol::error::EncodeError;
use szid_protocol::reason::{Reason, Text};
use szid_protocol::told::{Row, Tell, Told};
use szid_register::key_file::KeyFileError;
use szid_register::{Objection, StoreError};
use szid_tests::workspace_root;
use szid_vault::VaultError;
use szid_verifier::VerifierError;
use szid_wallet::{PinWeakness, UnlockError, WalletError};

/// The errors that an operator is told of.
fn rows() -> impl Iterator<Item = &'static Row> {
    [
        StoreError::ROWS,
        WitnessError::ROWS,
        RestoreError::ROWS,
        KeyFileError::ROWS,
        StartError::ROWS,
        CommandFault::ROWS,
        SetupError::ROWS,
        GivenFault::ROWS,
        ProofFault::ROWS,
        ConnectorFault::ROWS,
        &[FOREIGN_PAGE],
    ]
    .into_iter()
    .flatten()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|one| ('\u{4e00}'..='\u{9fff}').contains(&one))
}

/// Chinese where Chinese is promised, none where English is, and neither left out.
fn check(code: &str, Text { zh, en }: Text) {
    assert!(is_chinese(zh) && !en.is_empty() && !is_chinese(en), "{code}: {zh} · {en}");
    for text in [zh, en] {
        assert!(!text.ends_with(['.', '。']) && text.trim() == text, "{code}: {text}");
    }
}

#[test]
fn the_page_and_the_code_agree() {
    let page = std::fs::read_to_string(workspace_root().join("docs/errors.md")).unwrap();
    let listed = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<&str> = listed.map(|(code, _)| code).collect();
    let reasons = Reason::ALL.iter().map(|reason| reason.code());
    let problems = Problem::ALL.iter().map(|problem| problem.code());
    let conditions = Condition::ALL.iter().map(|condition| condition.code());
    let objections = Objection::ALL.iter().map(|objection| objection.code());
    let of_gates = szid_gate::Condition::ALL.iter().map(|condition| condition.code());
    let others = [WalletError::CODES, UnlockError::CODES, VerifierError::CODES, EncodeError::CODES]
        .into_iter()
        .flatten()
        .copied();
    let known: BTreeSet<&str> = reasons
        .chain(problems)
        .chain(conditions)
        .chain(objections)
        .chain(of_gates)
        .chain(rows().map(|row| row.code))
        .chain(VaultError::CATALOGUE.map(|(code, ..)| code))
        .chain(OAUTH_ERRORS.iter().map(|(error, _)| *error))
        .chain(others)
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn every_code_is_told_in_both_languages_and_the_page_has_them() {
    let page = std::fs::read_to_string(workspace_root().join("docs/errors.md")).unwrap();
    let told = |code: &str, text: Text| {
        check(code, text);
        let row = page.lines().find(|line| line.starts_with(&format!("| `{code}` "))).unwrap();
        assert!(row.contains(text.zh) && row.contains(text.en), "{code} differs from: {row}");
    };
    for problem in Problem::ALL {
        told(problem.code(), Text { zh: problem.title_zh(), en: problem.title() });
        told(problem.code(), Text { zh: problem.detail_zh(), en: problem.detail() });
    }
    for condition in Condition::ALL {
        told(condition.code(), condition.advice());
    }
    for objection in Objection::ALL {
        told(objection.code(), objection.advice());
    }
    for condition in szid_gate::Condition::ALL {
        told(condition.code(), condition.advice());
    }
    for reason in Reason::ALL {
        for text in [reason.text(), reason.staff(), reason.citizen()] {
            told(reason.code(), text);
        }
    }
    for row in rows() {
        told(row.code, row.advice);
        assert!(is_chinese(row.what_zh), "{}", row.code);
    }
    for (error, advice) in OAUTH_ERRORS {
        told(error, *advice);
    }
    for (code, zh, en) in VaultError::CATALOGUE {
        told(code, Text { zh, en });
    }
    for error in [
        EncodeError::TooLarge,
        EncodeError::Pass,
        EncodeError::Key,
        EncodeError::Signer(SignerError),
    ] {
        told(error.code(), error.advice());
    }
    for error in [
        UnlockError::PinForm,
        UnlockError::PinWeak(PinWeakness::Run),
        UnlockError::PinWrong { tries_left: 3, wait: 30 },
        UnlockError::PinWait { tries_left: 3, wait: 30 },
        UnlockError::PinLocked,
        UnlockError::PinMissing,
        UnlockError::PinSet,
        UnlockError::ProofNeeded,
        UnlockError::NotAllowed,
        UnlockError::NotSetUp,
        UnlockError::Unavailable,
        UnlockError::Wallet(WalletError::Locked),
        UnlockError::Wallet(WalletError::WipedAfterLastTry),
    ] {
        told(error.code(), error.advice());
    }
    for why in PinWeakness::ALL {
        check("UNLOCK_PIN_WEAK", why.text());
    }
    let io = || std::io::Error::other("disk");
    for error in [
        VerifierError::Document(Reason::TrustRollback),
        VerifierError::Ahead(400),
        VerifierError::Read(io()),
        VerifierError::Write(io()),
        VerifierError::CacheDamaged("status".into()),
        VerifierError::StatusCacheFull,
        VerifierError::ReplayInUse,
        VerifierError::ReplayForeign("1.log".into()),
        VerifierError::ReplayDamaged("1.log".into()),
    ] {
        told(error.code(), error.advice());
    }
}

#[test]
fn what_a_contested_administrator_does_is_said_in_one_text() {
    let row = CommandFault::ROWS.iter().find(|row| row.code == "ADMIN_CREDENTIAL_CONTESTED");
    let Text { zh, en } = row.unwrap().advice;
    let problem = Problem::CredentialContested;
    assert_eq!((zh, en), (problem.detail_zh(), problem.detail()));
}

#[test]
fn an_error_says_its_particulars_and_what_to_do_in_both_languages() {
    let folder = || PathBuf::from("data-witness");
    let errors: [&dyn Tell; 7] = [
        &StoreError::NoRegister("data/register".into()),
        &StoreError::NewerFormat { found: 9, known: 5 },
        &WitnessError::Behind(folder()),
        &RestoreError::Witness(WitnessError::Missing(folder())),
        &StartError::Witness(WitnessError::Store(StoreError::InUse)),
        &StartError::Key(KeyFileError::Exposed),
        &StartError::Trust(Reason::TrustExpired.into()),
    ];
    let codes = errors.map(|error| {
        let Told { code, zh, en } = error.tell();
        assert!(is_chinese(&zh) && zh.contains('。') && en.contains(": "), "{code} {zh} · {en}");
        assert!(!is_chinese(&en) && !zh.contains(" · "), "{code} {zh} · {en}");
        code
    });
    assert_eq!(
        codes,
        [
            "STORE_NO_REGISTER",
            "STORE_NEWER_FORMAT",
            "REGISTER_BEHIND",
            "WITNESS_MISSING",
            "STORE_IN_USE",
            "KEY_FILE_EXPOSED",
            "START_TRUST",
        ]
    );
    let Told { zh, en, .. } = errors[0].tell();
    assert!(zh.contains("data/register") && en.contains("data/register"), "{zh} · {en}");
}
