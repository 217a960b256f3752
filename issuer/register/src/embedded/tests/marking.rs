//! A register of format 4 is marked by the first service that starts on it: with the key that opens it, in
//! the mode that fits.

use super::*;
use crate::merging::{Merged, merge_keys};
use crate::register_key::RegisterKey;
use crate::unlocking::unlock;

/// A fictional resident, and one who may be real.
const DEMO: &str = "440399198803150018";
const REAL: &str = "11010519491231002X";

struct Older {
    folder: tempfile::TempDir,
    key: MasterKey,
}

impl Older {
    /// A register of format 4 with one person, and with a fictional venue where it is told so.
    async fn with(number: &str, fictional_venue: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let key = MasterKey::throw_away(&SystemEntropy).unwrap();
        let register_key = RegisterKey::derive(&key.as_data_secret());
        let lookup = register_key.derive_lookup("111", number);
        let candidate = PersonId(register_key.derive_person(&lookup));
        let content = register_key.seal(&identity(number), &candidate.0, &SystemEntropy).unwrap();
        let sealed = SealedIdentity { key: None, content };
        let enrolment = Enrolment { candidate, lookup, sealed, ..enrolment(1, NOW) };
        store.enrol(enrolment).await.unwrap();
        if fictional_venue {
            let venue = Venue {
                id: "library".into(),
                name: "x".into(),
                uscc: "12440399EXAMPLEB3N".into(),
                scenes: vec![2],
                suspended: false,
                ages: Vec::new(),
            };
            store.put_venue(venue, NOW).await.unwrap();
        }
        drop(store);
        to_format_4(folder.path());
        Self { folder, key }
    }

    async fn start(&self, key: &MasterKey, mode: Mode) -> Result<(), StoreError> {
        let store = open(self.folder.path());
        unlock(&store, key, mode, NOW, &SystemEntropy).await.map(drop)
    }

    fn seal(&self) -> Option<Seal> {
        open(self.folder.path()).seal().unwrap()
    }
}

#[tokio::test]
async fn the_key_that_opens_it_is_wrapped_around_it_and_no_other_is_adopted() {
    let older = Older::with(DEMO, true).await;
    let other = MasterKey::throw_away(&SystemEntropy).unwrap();
    assert_eq!(older.start(&other, Mode::Demo).await, Err(StoreError::WrongKey));
    assert!(older.seal().is_none(), "nothing is marked by a key that does not open it");

    older.start(&older.key, Mode::Demo).await.unwrap();
    assert_eq!(older.start(&other, Mode::Demo).await, Err(StoreError::WrongKey));
    older.start(&older.key, Mode::Demo).await.unwrap();
    let store = open(older.folder.path());
    let secret = store.seal().unwrap().unwrap().open(store.register_id().unwrap(), &older.key);
    assert_eq!(secret.unwrap(), older.key.as_data_secret(), "everyone is found as before");
    let entries = store.audit_entries(0, 100).await.unwrap();
    let marked =
        |event: &AuditEvent| matches!(event, AuditEvent::Register { act, .. } if act == "marked");
    assert_eq!(entries.iter().filter(|entry| marked(&entry.event)).count(), 1);
}

/// An identity as it is sealed.
fn identity(number: &str) -> Vec<u8> {
    let identity = serde_json::json!({"document_type": "111", "number": number, "name": "示例"});
    identity.to_string().into_bytes()
}

/// A person sealed under a key.
fn sealed_under(key: &MasterKey, number: &str) -> Enrolment {
    let register_key = RegisterKey::derive(&key.as_data_secret());
    let lookup = register_key.derive_lookup("111", number);
    let candidate = PersonId(register_key.derive_person(&lookup));
    let content = register_key.seal(&identity(number), &candidate.0, &SystemEntropy).unwrap();
    let sealed = SealedIdentity { key: None, content };
    Enrolment { candidate, lookup, sealed, ..enrolment(1, NOW) }
}

#[tokio::test]
async fn one_that_was_used_with_two_keys_is_told_and_brought_under_one() {
    const SECOND: &str = "440399199001010023";
    let older = Older::with(DEMO, false).await;
    let other = MasterKey::throw_away(&SystemEntropy).unwrap();
    let (twin, second) = (sealed_under(&other, DEMO), sealed_under(&other, SECOND));
    let ids = [twin.candidate, second.candidate];
    let store = open(older.folder.path());
    store.enrol(twin).await.unwrap();
    store.enrol(second).await.unwrap();
    drop(store);
    let mixed = |opened, other| Err(StoreError::MixedKeys { opened, other });
    assert_eq!(older.start(&older.key, Mode::Demo).await, mixed(1, 2));
    assert_eq!(older.start(&other, Mode::Demo).await, mixed(2, 1));
    assert!(older.seal().is_none());

    let store = open(older.folder.path());
    let third = MasterKey::throw_away(&SystemEntropy).unwrap();
    let refused = merge_keys(&store, &older.key, &third, NOW, &SystemEntropy).await;
    assert_eq!(refused, Err(StoreError::WrongKey), "neither opens the two");
    let merged = merge_keys(&store, &older.key, &other, NOW, &SystemEntropy).await.unwrap();
    assert_eq!(merged, Merged { resealed: 2, revoked: vec![ids[0]] });
    let again = merge_keys(&store, &older.key, &other, NOW, &SystemEntropy).await.unwrap();
    assert_eq!(again, Merged::default());
    // One document is one person again, and whoever was found under the other key is found under this one.
    let own = RegisterKey::derive(&older.key.as_data_secret());
    let found = |number: &str| store.known_person(own.derive_lookup("111", number));
    let kept = found(DEMO).await.unwrap().unwrap();
    assert!(!ids.contains(&kept));
    assert_eq!(found(SECOND).await.unwrap(), Some(ids[1]));
    let account = async |id| store.person(id).await.unwrap().unwrap().account;
    assert_eq!(account(kept).await, Account::Active);
    assert_eq!(account(ids[0]).await, Account::Revoked);
    assert_eq!(account(ids[1]).await, Account::Active);
    drop(store);
    older.start(&older.key, Mode::Demo).await.unwrap();
}

#[tokio::test]
async fn it_is_marked_with_no_mode_but_its_own() {
    let wrong = |register, service| Err(StoreError::WrongMode { register, service });
    let demo = Older::with(DEMO, false).await;
    let refused = demo.start(&demo.key, Mode::Production).await;
    assert_eq!(refused, wrong(Mode::Demo, Mode::Production));
    let city = Older::with(REAL, false).await;
    assert_eq!(city.start(&city.key, Mode::Demo).await, wrong(Mode::Production, Mode::Demo));
    assert!(demo.seal().is_none() && city.seal().is_none());
    city.start(&city.key, Mode::Production).await.unwrap();
    // From now on the mark decides, without a look at anybody.
    assert_eq!(city.start(&city.key, Mode::Demo).await, wrong(Mode::Production, Mode::Demo));
}

#[tokio::test]
async fn a_fictional_venue_keeps_it_from_production() {
    let older = Older::with(REAL, true).await;
    let refused = older.start(&older.key, Mode::Production).await;
    let error = StoreError::WrongMode { register: Mode::Demo, service: Mode::Production };
    assert_eq!(refused, Err(error));
    assert!(older.seal().is_none());
}
