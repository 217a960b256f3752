//! `docs/errors.md` lists every stable code, and no other.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use szid_issuer::Problem;
use szid_issuer::store::StoreError;
use szid_protocol::reason::Reason;
use szid_tests::workspace_root;
use szid_wallet::WalletError;

#[test]
fn the_page_and_the_code_agree() {
    let page = std::fs::read_to_string(workspace_root().join("docs/errors.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<&str> = rows.map(|(code, _)| code).collect();
    let reasons = Reason::ALL.iter().map(|reason| reason.code());
    let problems = Problem::ALL.iter().map(|problem| problem.code());
    let others = StoreError::CODES.iter().chain(WalletError::CODES).copied();
    let known: BTreeSet<&str> = reasons.chain(problems).chain(others).collect();
    assert_eq!(listed, known);
    for reason in Reason::ALL {
        let row =
            page.lines().find(|line| line.starts_with(&format!("| `{}` ", reason.code()))).unwrap();
        for text in [reason.text(), reason.staff(), reason.citizen()] {
            assert!(row.contains(text.zh) && row.contains(text.en), "{reason}");
        }
    }
}
