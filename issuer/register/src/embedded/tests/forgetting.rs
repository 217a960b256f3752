//! What is to be forgotten is forgotten, whatever else its group holds and whatever failed before.

use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::Use;

use super::*;
use crate::contract::{in_one_group, step};
use crate::rows::{Expiries, PassKey, PassRow, Passes, Tokens, UsedCodes};
use crate::rules;

/// A good scan of a code that was made at this second.
fn scan(number: u8, iat: u64) -> ScanRecord {
    ScanRecord {
        receipt: [number; 16],
        venue: "library".into(),
        device: "gate".into(),
        site: None,
        scene: 2,
        outcome: ScanOutcome::Good {
            used: UsedCode { device: [number; 16], iat, operator: [1; 8] },
            rule: ReplayRule::Gate,
        },
        subject: None,
        matter: None,
        retry: None,
        grounds: None,
        at: NOW,
    }
}

const LATER: u64 = NOW + 400 * DAY;

#[tokio::test]
async fn what_a_group_put_before_it_pruned_is_pruned_in_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    // Durable rows that run out last, so that whoever prunes stops at them.
    store.record_scans(vec![scan(1, LATER)]).await.unwrap();
    store.allocate_passes(passes(person, &[LATER + DAY], NOW)).await.unwrap();
    let note = |at| {
        step(move |transaction| {
            transaction.note_expiry::<Tokens>(at, &[9; 32]);
            Ok(())
        })
    };
    let put = step(move |transaction| {
        rules::record_scans(transaction, vec![scan(2, NOW)])?;
        rules::allocate_passes(transaction, &[0; 32], &passes(person, &[TODAY], NOW))?;
        Ok(())
    });
    let prune = step(|transaction| rules::prune_once(transaction, NOW, None).map(drop));
    let answers = in_one_group(&store, vec![note(LATER), put, note(NOW + 5), prune]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    while store.prune(NOW + 200 * DAY).await.unwrap() > 0 {}
    let view = store.hold().unwrap();
    let used = view.scan::<UsedCodes>(&All).map(|row| row.unwrap().0.iat);
    assert_eq!(used.collect::<Vec<_>>(), [LATER]);
    let days = view.scan::<Passes>(&All).map(|row| row.unwrap().0.exp);
    assert_eq!(days.collect::<Vec<_>>(), [LATER + DAY]);
    let next = view.scan::<Expiries>(&All).next().unwrap().unwrap().0.at;
    assert!(next > NOW + 200 * DAY, "{next}");
}

#[tokio::test]
async fn pruning_that_fails_on_a_damaged_row_prunes_all_once_the_row_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    store.record_scans(vec![scan(1, NOW), scan(2, NOW - 100)]).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap().indices[0];
    let tables = store.tables.held().unwrap();
    let key = encode_key::<Passes>(&PassKey::new(TODAY, index));
    let row = tables.find_bytes(Table::Passes, &key).unwrap().unwrap();
    tables.keyspace(Table::Passes).insert(&key, [1, 2, 3]).unwrap();
    assert_eq!(store.prune(LATER).await, Err(StoreError::Damaged(PassRow::WHAT)));
    let code = UsedCode { device: [1; 16], iat: NOW, operator: [1; 8] };
    let used = || store.hold().unwrap().scan::<UsedCodes>(&All).count();
    assert_eq!(used(), 2);
    tables.keyspace(Table::Passes).insert(&key, row).unwrap();
    while store.prune(LATER).await.unwrap() > 0 {}
    assert_eq!(used(), 0);
    assert_eq!(store.seen(code).await, Ok(Use::Forgotten));
}
