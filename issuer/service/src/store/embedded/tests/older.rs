//! Rows as an older format had them, and as this one has them.

use super::*;
use crate::store::{Consent, KEPT_LONGER, ScanOutcome, ScanRecord, Subject};
use szid_protocol::reason::Reason;
use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::Use;

fn rows(store: &EmbeddedStore, table: Table) -> Vec<Row> {
    store.tables.scan(table, &[]).collect::<Result<_, _>>().unwrap()
}

/// A use that the person sees and that runs out with others of its second.
fn seen_by(person: PersonId, receipt: u8) -> ScanRecord {
    ScanRecord {
        receipt: [receipt; 16],
        venue: "library".into(),
        device: "desk".into(),
        site: None,
        scene: 2,
        outcome: ScanOutcome::Refused(Reason::Frozen),
        subject: Some(Subject { person, claims: Vec::new(), consent: Consent::NotAsked }),
        matter: None,
        retry: None,
        at: NOW,
    }
}

#[tokio::test]
async fn what_runs_out_together_shares_rows_and_goes_together() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    let scans = (0..150).map(|receipt| seen_by(person, receipt)).collect();
    store.record_scans(scans).await.unwrap();
    // A second group of the same second, one of whose keys the first had: its row is continued, not replaced.
    store.record_scans(vec![seen_by(person, 0), seen_by(person, 200)]).await.unwrap();
    assert_eq!(rows(&store, Table::Uses).len(), 151);
    assert_eq!(rows(&store, Table::Expiries).len(), 3, "64 keys a row");
    let last = NOW + 183 * DAY + KEPT_LONGER;
    assert_eq!(store.prune(last - 1).await.unwrap(), 0);
    while store.prune(last).await.unwrap() > 0 {}
    assert!(rows(&store, Table::Uses).is_empty());
    assert!(rows(&store, Table::Expiries).is_empty());
}

#[tokio::test]
async fn passes_that_named_their_holder_alone_are_described_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap()[0];
    store.record_scans(vec![seen_by(person, 1), seen_by(person, 2)]).await.unwrap();
    let before = store.pass_holder(TODAY, index, KEY).await.unwrap();
    assert_eq!(before.map(|holder| holder.document_class), Some(111));
    drop(store);
    {
        let tables = Tables::open(folder.path()).unwrap();
        tables.keyspace(Table::Passes).insert(pass_key(TODAY, index), person.0).unwrap();
        // One row for each key.
        for (key, more) in tables.scan(Table::Expiries, &[]).map(Result::unwrap) {
            tables.keyspace(Table::Expiries).insert(&key, []).unwrap();
            for other in more.chunks(32) {
                let row = [&key[..9], other].concat();
                tables.keyspace(Table::Expiries).insert(row, []).unwrap();
            }
        }
        tables.keyspace(Table::Meta).insert(FORMAT, 3u32.to_be_bytes()).unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.pass_holder(TODAY, index, KEY).await.unwrap(), before);
    assert_eq!(rows(&store, Table::Expiries).len(), 2);
    while store.prune(NOW + 183 * DAY + KEPT_LONGER).await.unwrap() > 0 {}
    assert!(rows(&store, Table::Uses).is_empty() && rows(&store, Table::Passes).is_empty());
}

#[tokio::test]
async fn passes_of_format_4_are_taken_without_their_key_until_they_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap()[0];
    let row = store.tables.find(Table::Passes, &pass_key(TODAY, index)).unwrap().unwrap();
    drop(store);
    {
        let tables = Tables::open(folder.path()).unwrap();
        // Version, id, account and class.
        let older = [&[3], &row[1..20]].concat();
        tables.keyspace(Table::Passes).insert(pass_key(TODAY, index), older).unwrap();
        tables.keyspace(Table::Meta).insert(FORMAT, 4u32.to_be_bytes()).unwrap();
    }
    let store = open(folder.path());
    let holder = async |key| store.pass_holder(TODAY, index, key).await.unwrap();
    for class in [111, 516] {
        store.enrol(Enrolment { document_class: class, ..enrolment(1, NOW) }).await.unwrap();
        for key in [KEY, KeyDigest([9; 16])] {
            assert_eq!(holder(key).await.map(|holder| holder.document_class), Some(class));
        }
    }
    while store.prune(TODAY + 60 + KEPT_LONGER).await.unwrap() > 0 {}
    assert_eq!(holder(KEY).await, None);
}

#[tokio::test]
async fn what_an_older_format_may_have_forgotten_is_marked_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap();
    let code = |iat| UsedCode { device: [1; 16], iat, operator: [0; 8] };
    let good = ScanOutcome::Good { used: code(NOW), rule: ReplayRule::Gate };
    store.record_scans(vec![ScanRecord { outcome: good, ..seen_by(person, 1) }]).await.unwrap();
    drop(store);
    {
        let meta = Tables::open(folder.path()).unwrap();
        meta.keyspace(Table::Meta).insert(FORMAT, 4u32.to_be_bytes()).unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.seen(code(NOW - 1)).await.unwrap(), Use::Forgotten);
    assert_eq!(store.seen(code(NOW + 1)).await.unwrap(), Use::First);
    let earlier = store.allocate_passes(passes(person, &[TODAY - DAY], NOW - 2 * DAY)).await;
    assert_eq!(earlier, Err(StoreError::Exhausted));
    assert!(store.allocate_passes(passes(person, &[TODAY], NOW)).await.is_ok());
}

#[tokio::test]
async fn a_pass_follows_its_holders_account_and_document() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap()[0];
    let holder = async || store.pass_holder(TODAY, index, KEY).await.unwrap().unwrap();
    store.enrol(Enrolment { document_class: 516, ..enrolment(1, NOW + 1) }).await.unwrap();
    assert_eq!(holder().await.document_class, 516);
    let set = |account| store.set_account(person, account, "clerk".into(), "lost".into(), NOW);
    set(Account::Frozen).await.unwrap();
    assert_eq!(holder().await.account, Account::Frozen);
    set(Account::Active).await.unwrap();
    assert_eq!(holder().await.account, Account::Active);
}

#[tokio::test]
async fn registrations_are_counted_and_scans_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    store.record_scans(vec![seen_by(person, 1)]).await.unwrap();
    let before = store.registrations();
    let bearer = Bearer::Venue { venue: "library".into(), device: "desk".into() };
    store.put_credential([5; 32], bearer, NOW).await.unwrap();
    let given = store.registrations();
    assert!(given > before);
    let id = store.device_credentials("library", None, 9).await.unwrap()[0].id;
    store.withdraw_credential("library", id, "operator".into(), NOW).await.unwrap();
    assert!(store.registrations() > given);
}
