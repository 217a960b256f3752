//! `docs/errors.md` lists every stable code, and no other.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use szid_issuer::store::{Objection, StoreError};
use szid_issuer::witness::WitnessError;
use szid_issuer::{Condition, OAUTH_ERRORS, Problem};
use szid_protocol::error::EncodeError;
use szid_protocol::reason::Reason;
use szid_tests::workspace_root;
use szid_vault::VaultError;
use szid_verifier::VerifierError;
use szid_wallet::WalletError;

#[test]
fn the_page_and_the_code_agree() {
    let page = std::fs::read_to_string(workspace_root().join("docs/errors.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<&str> = rows.map(|(code, _)| code).collect();
    let reasons = Reason::ALL.iter().map(|reason| reason.code());
    let problems = Problem::ALL.iter().map(|problem| problem.code());
    let conditions = Condition::ALL.iter().map(|condition| condition.code());
    let objections = Objection::ALL.iter().map(|objection| objection.code());
    let of_gates = szid_gate::Condition::ALL.iter().map(|condition| condition.code());
    let others = [
        StoreError::CODES,
        WitnessError::CODES,
        WalletError::CODES,
        VerifierError::CODES,
        EncodeError::CODES,
        &VaultError::CODES,
        OAUTH_ERRORS,
    ]
    .into_iter()
    .flatten()
    .copied();
    let known: BTreeSet<&str> = reasons
        .chain(problems)
        .chain(conditions)
        .chain(objections)
        .chain(of_gates)
        .chain(others)
        .collect();
    assert_eq!(listed, known);
    let row_of = |code: &str| page.lines().find(|line| line.starts_with(&format!("| `{code}` ")));
    for problem in Problem::ALL {
        let row = row_of(problem.code()).unwrap();
        for text in [problem.title(), problem.title_zh(), problem.detail()] {
            assert!(row.contains(text), "{row}");
        }
    }
    for condition in Condition::ALL {
        let row = row_of(condition.code()).unwrap();
        assert!(row.contains(condition.advice()), "{row}");
    }
    for objection in Objection::ALL {
        let row = row_of(objection.code()).unwrap();
        assert!(row.contains(objection.advice()), "{row}");
    }
    for condition in szid_gate::Condition::ALL {
        let row = row_of(condition.code()).unwrap();
        assert!(row.contains(condition.advice()), "{row}");
    }
    for reason in Reason::ALL {
        let row = row_of(reason.code()).unwrap();
        for text in [reason.text(), reason.staff(), reason.citizen()] {
            assert!(row.contains(text.zh) && row.contains(text.en), "{reason}");
        }
    }
}
