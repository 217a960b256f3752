//! A register of format 5 has its identities under the register's key itself: each gets a key of its own.

use super::*;
use crate::contract::request;
use crate::register_key::RegisterKey;
use crate::rules::Keyed;
use crate::unlocking::unlock;

/// A register as format 5 had it, with so many persons, and its key.
struct Older {
    folder: tempfile::TempDir,
    master: MasterKey,
    key: RegisterKey,
}

fn person(number: u64) -> PersonId {
    derive_seeded_id(number)
}

fn plain(number: u64) -> Vec<u8> {
    format!(r#"{{"document_type":"111","number":"44039919880315001{number}","name":"示例"}}"#)
        .into()
}

impl Older {
    async fn with(persons: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let master = MasterKey::throw_away(&SystemEntropy).unwrap();
        let founding = Founding::new(&master, Mode::Demo, &SystemEntropy).unwrap();
        let path = folder.path().join("register");
        Register::found(&path, &founding, &SystemEntropy).unwrap();
        let store = Register::open(&path, &SystemEntropy).unwrap();
        let id = store.register_id().unwrap();
        let secret = store.seal().unwrap().unwrap().open(id, &master).unwrap();
        let key = RegisterKey::derive(&secret);
        let older = Self { folder, master, key };
        for number in 1..=persons {
            let sealed = older.sealed_as_before(number, &plain(number));
            store.enrol(Enrolment { sealed, ..enrolment(number, NOW) }).await.unwrap();
        }
        drop(store);
        let tables = Tables::open(&path).unwrap();
        tables.keyspace(Table::Meta).remove("identities-keyed").unwrap();
        tables.keyspace(Table::Meta).insert(FORMAT, 5u32.to_be_bytes()).unwrap();
        drop(tables);
        older
    }

    fn sealed_as_before(&self, number: u64, plain: &[u8]) -> SealedIdentity {
        let content = self.key.seal(plain, &person(number).0, &SystemEntropy).unwrap();
        SealedIdentity { key: None, content }
    }

    fn open(&self) -> Register {
        Register::open(&self.folder.path().join("register"), &SystemEntropy).unwrap()
    }

    async fn unlocked(&self) -> Register {
        let store = self.open();
        unlock(&store, &self.master, Mode::Demo, NOW, &SystemEntropy).await.unwrap();
        store
    }
}

#[tokio::test]
async fn each_identity_gets_a_key_and_is_read_as_before() {
    let older = Older::with(3).await;
    let store = older.unlocked().await;
    let mut keys = Vec::new();
    for number in 1..=3 {
        let found = store.person(person(number)).await.unwrap().unwrap();
        assert_eq!(found.claimed_level(NOW), 3);
        let opened = older.key.open_identity(&found.sealed, found.id).unwrap();
        assert_eq!(opened.as_slice(), plain(number));
        let without = SealedIdentity { key: None, ..found.sealed.clone() };
        assert!(older.key.open_identity(&without, found.id).is_none(), "the key alone opens it");
        keys.push(found.sealed.key.unwrap().0);
    }
    drop(store);
    let store = older.unlocked().await;
    for (key, number) in keys.iter().zip(1..) {
        let found = store.person(person(number)).await.unwrap().unwrap();
        assert_eq!(found.sealed.key.unwrap().0, *key, "once is enough");
    }
}

#[tokio::test]
async fn what_was_interrupted_goes_on_with_those_that_have_none() {
    let older = Older::with(3).await;
    let store = older.open();
    let sealed = older.key.seal_identity(&plain(2), person(2), &SystemEntropy).unwrap();
    let keyed = Keyed { person: person(2), sealed: sealed.clone(), requests: Vec::new() };
    store.put_keyed(vec![keyed]).await.unwrap();
    drop(store);
    let store = older.unlocked().await;
    for number in 1..=3 {
        let found = store.person(person(number)).await.unwrap().unwrap();
        assert!(found.sealed.key.is_some());
        assert_eq!(number == 2, found.sealed == sealed);
    }
}

#[tokio::test]
async fn a_change_that_waits_is_confirmed_as_before() {
    let older = Older::with(1).await;
    let store = older.open();
    admit(&store).await;
    let sealed = older.sealed_as_before(1, b"after");
    let before = store.person(person(1)).await.unwrap().unwrap().sealed;
    let change = PersonChange {
        person: person(1),
        evidence: Evidence::of_registrar("counter".into(), 4, 111, NOW),
        sealed,
        made_from: before.digest(),
        changed: vec!["name".into()],
        reason: "marriage".into(),
    };
    let act = Approval::Change(Box::new(change));
    store.request_approval(request(1, act)).await.unwrap().unwrap();
    drop(store);

    let store = older.unlocked().await;
    store.confirm_change([1; 16], "other".into(), NOW).await.unwrap().unwrap();
    let found = store.person(person(1)).await.unwrap().unwrap();
    assert!(found.sealed.key.is_some());
    let opened = older.key.open_identity(&found.sealed, found.id).unwrap();
    assert_eq!(opened.as_slice(), b"after");
    assert_eq!(found.claimed_level(NOW), 3, "the level was not to change");
}

#[tokio::test]
async fn what_does_not_open_stays_as_it_is() {
    let older = Older::with(1).await;
    let store = older.open();
    let foreign = SealedIdentity { key: None, content: vec![7; 60] };
    let enrolment = Enrolment { sealed: foreign.clone(), ..enrolment(9, NOW) };
    store.enrol(enrolment).await.unwrap();
    drop(store);
    let store = older.unlocked().await;
    assert_eq!(store.person(person(9)).await.unwrap().unwrap().sealed, foreign);
    assert!(store.person(person(1)).await.unwrap().unwrap().sealed.key.is_some());
}
