//! A lost administrator's secret is replaced in one step.

use super::*;

#[tokio::test]
async fn the_new_credential_is_given_and_the_lost_ones_are_withdrawn_in_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bearer = |name: &str| Bearer::Administrator { name: name.into() };
    for (hash, name) in [([1; 32], "chen"), ([2; 32], "chen"), ([3; 32], "chenyi")] {
        store.put_credential(hash, bearer(name), NOW).await.unwrap();
    }
    let seal = store.seal().unwrap().unwrap();
    // Every transaction that changes a credential counts: there is no moment between two of them to be killed
    // in.
    let before = store.registrations();
    let recover = async |name: &str, new| {
        store.recover_administrator(&seal, name.into(), [4; 32], new, NOW).await
    };
    assert_eq!(recover("che", false).await, Err(StoreError::NotFound), "nobody was called that");
    assert_eq!(store.registrations(), before, "and nothing was changed");
    let withdrawn = recover("chen", false).await.unwrap();
    assert_eq!(store.registrations(), before + 1);
    assert_eq!(withdrawn, [[1; 16], [2; 16]]);

    drop(store);
    let store = open(folder.path());
    let listed = store.credentials(CredentialScope::Administrators, None, 9).await.unwrap();
    let good = listed.iter().filter(|one| !one.credential.revoked).map(|one| one.id);
    assert_eq!(good.collect::<Vec<_>>(), [[4; 16], [3; 16]]);
    let entries = store.audit_entries(0, 99).await.unwrap();
    let last = serde_json::to_value(&entries.last().unwrap().event).unwrap();
    assert_eq!(last["act"], "administrator_recovered", "{last}");
}
