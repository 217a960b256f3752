//! Rows as an older format had them, and as this one has them.

use szid_protocol::reason::Reason;
use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::Use;

use super::*;
use crate::{Consent, KEPT_LONGER, ScanOutcome, ScanRecord, Subject};

/// The key of a pass, as it lies on disk.
fn pass_key(exp: u64, index: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&exp.to_be_bytes());
    key[8..].copy_from_slice(&index.to_be_bytes());
    key
}

fn rows(store: &Opened, table: Table) -> Vec<RawRow> {
    all(&store.tables.held().unwrap(), table)
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
        subject: Some(Subject {
            person,
            claims: Vec::new(),
            consent: Consent::NotAsked,
            reported: false,
        }),
        matter: None,
        retry: None,
        grounds: None,
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
    let kept = "64 keys a row, and one for the event of the enrolment";
    assert_eq!(rows(&store, Table::Expiries).len(), 4, "{kept}");
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
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap().indices[0];
    store.record_scans(vec![seen_by(person, 1), seen_by(person, 2)]).await.unwrap();
    let before = store.pass_holder(TODAY, index, KEY).await.unwrap();
    assert_eq!(before.map(|holder| holder.document_class), Some(111));
    drop(store);
    {
        let tables = Tables::open(folder.path()).unwrap();
        tables.keyspace(Table::Passes).insert(pass_key(TODAY, index), person.0).unwrap();
        // One row for each key.
        for (key, more) in all(&tables, Table::Expiries) {
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
    assert_eq!(rows(&store, Table::Expiries).len(), 3);
    while store.prune(NOW + 183 * DAY + KEPT_LONGER).await.unwrap() > 0 {}
    assert!(rows(&store, Table::Uses).is_empty() && rows(&store, Table::Passes).is_empty());
}

#[tokio::test]
async fn passes_of_format_4_are_taken_without_their_key_until_they_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap().indices[0];
    let row = store
        .tables
        .held()
        .unwrap()
        .find_bytes(Table::Passes, &pass_key(TODAY, index))
        .unwrap()
        .unwrap();
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
    for account in [Account::Active, Account::Frozen] {
        store.set_account(change(person, account)).await.unwrap();
        for key in [KEY, KeyDigest([9; 16])] {
            assert_eq!(holder(key).await.map(|holder| holder.account), Some(account));
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
async fn a_pass_follows_its_holders_account() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap().indices[0];
    for account in [Account::Frozen, Account::Active] {
        store.set_account(change(person, account)).await.unwrap();
        let holder = store.pass_holder(TODAY, index, KEY).await.unwrap().unwrap();
        assert_eq!(holder.account, account);
    }
}

#[tokio::test]
async fn devices_of_an_account_that_format_4_froze_are_ended_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut passes_of = Vec::new();
    for number in [1, 2] {
        let person = store.enrol(enrolment(number.into(), NOW)).await.unwrap();
        take_up(&*store, grant(person, number, DeviceRule::Adds), number).await;
        let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap().indices[0];
        passes_of.push((person, index));
    }
    drop(store);
    let ((frozen, revoked), (_, good)) = (passes_of[0], passes_of[1]);
    {
        let tables = Tables::open(folder.path()).unwrap();
        let row = tables.find_bytes(Table::Persons, &frozen.0).unwrap().unwrap();
        let mut person: Person = decode(&row).unwrap();
        person.account = Account::Frozen;
        tables.keyspace(Table::Persons).insert(frozen.0, encode(&person)).unwrap();
        for (key, row) in all(&tables, Table::Families) {
            // Version, person, token, no token before, open, expiry: the name and the two times behind them
            // are new.
            let older = [&[3], &row[1..62]].concat();
            tables.keyspace(Table::Families).insert(key, older).unwrap();
        }
        tables.keyspace(Table::Statuses).insert(pass_key(TODAY, revoked), [2]).unwrap();
        tables.keyspace(Table::Meta).insert(FORMAT, 4u32.to_be_bytes()).unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.session([1; 32], NOW).await.unwrap(), None);
    assert!(store.devices(frozen, NOW).await.unwrap().is_empty());
    store.set_account(change(frozen, Account::Active)).await.unwrap();
    let statuses = store.statuses().await.unwrap();
    assert_eq!(statuses, [StatusChange { exp: TODAY, index: revoked, status: 1 }]);
    assert_eq!(store.status_list(TODAY, 0).unwrap(), [(revoked, 1)]);
    let other = store.session([2; 32], NOW).await.unwrap().unwrap();
    let device = &store.devices(other.person, NOW).await.unwrap()[0];
    assert_eq!((device.name.as_str(), device.created_at), ("", None));
    // Passes of that time name no device: they end with any device that may have got them.
    store.end_device(other.person, other.device, NOW).await.unwrap();
    assert!(store.statuses().await.unwrap().iter().any(|row| row.index == good));
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

#[tokio::test]
async fn credentials_of_an_older_format_are_listed_by_whose_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let duty = OperatorRole::Manager;
    let bearers = [
        Bearer::Venue { venue: "library".into(), device: "desk".into() },
        Bearer::Operator { venue: "library".into(), name: "li".into(), duty },
        Bearer::Registrar { registrar: "counter-1".into() },
    ];
    for (number, bearer) in (1..).zip(bearers.clone()) {
        store.put_credential([number; 32], bearer, NOW).await.unwrap();
    }
    drop(store);
    {
        let tables = Tables::open(folder.path()).unwrap();
        for (key, _) in all(&tables, Table::StaffCredentials) {
            tables.keyspace(Table::StaffCredentials).remove(key).unwrap();
        }
        for (hash, row) in all(&tables, Table::Credentials) {
            // Version 3 ended before the byte that says whether the maker is known.
            let made = 1 + 8 + 4 + OFFLINE.len();
            let older = [&[3], &row[1..row.len() - made]].concat();
            tables.keyspace(Table::Credentials).insert(hash, older).unwrap();
        }
        tables.keyspace(Table::Meta).insert(FORMAT, 4u32.to_be_bytes()).unwrap();
    }
    let store = open(folder.path());
    let listed = async |scope| {
        let found = store.credentials(scope, None, 9).await.unwrap();
        assert!(found.iter().all(|one| one.credential.made.is_none() && !one.credential.revoked));
        found.into_iter().map(|one| one.credential.bearer).collect::<Vec<_>>()
    };
    assert_eq!(listed(CredentialScope::Venue("library".into())).await, bearers[..2]);
    assert_eq!(listed(CredentialScope::Operators).await, bearers[1..2]);
    assert_eq!(listed(CredentialScope::Registrars).await, bearers[2..]);
    assert_eq!(listed(CredentialScope::Administrators).await, []);
}
