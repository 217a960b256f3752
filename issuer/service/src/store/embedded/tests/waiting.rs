//! What the log has and the tables do not: it is read as if they had it, and comes back after a kill.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::applier::Applier;
use super::super::group::Group;
use super::*;

/// A few keys, so that groups change each other's rows.
fn any_key() -> impl Strategy<Value = Vec<u8>> {
    vec(0u8..3, 1..4)
}

fn any_group() -> impl Strategy<Value = Group> {
    vec((any_key(), proptest::option::of(any::<u8>())), 0..8).prop_map(|changes| {
        let mut group = Group::default();
        let rows = changes.into_iter().map(|(key, value)| (key, value.map(|value| vec![value])));
        group.table_mut(Table::Requests).extend(rows);
        group
    })
}

fn apply(model: &mut BTreeMap<Vec<u8>, Vec<u8>>, group: &Group) {
    for (key, value) in group.table(Table::Requests) {
        match value {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn readers_see_what_waits(
        in_tables in vec(any_group(), 0..3),
        waiting in vec(any_group(), 0..4),
        start in any_key(),
        end in any_key(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let tables = Tables::open(folder.path()).unwrap();
        let mut model = BTreeMap::new();
        in_tables.iter().chain(&waiting).for_each(|group| apply(&mut model, group));
        let groups: Vec<_> = in_tables.into_iter().map(Arc::new).collect();
        tables.apply(&groups, groups.len() as u64).unwrap();
        tables.pending().start_after(groups.len() as u64);
        waiting.into_iter().for_each(|group| tables.pending().push(group));
        let check = || {
            let rows = |from: &[u8]| -> Vec<Row> {
                model.range(from.to_vec()..).map(|(key, value)| (key.clone(), value.clone())).collect()
            };
            let read = |rows: &mut dyn Iterator<Item = Result<Row, StoreError>>| {
                rows.collect::<Result<Vec<_>, _>>().unwrap()
            };
            let view = View::new(&tables);
            prop_assert_eq!(read(&mut view.from(Table::Requests, &start)), rows(&start));
            let mut with_prefix = rows(&start);
            with_prefix.retain(|(key, _)| key.starts_with(&start));
            prop_assert_eq!(read(&mut view.with_prefix(Table::Requests, &start)), with_prefix);
            let mut back = rows(&start);
            back.retain(|(key, _)| *key < end);
            back.reverse();
            if start < end {
                prop_assert_eq!(read(&mut view.back(Table::Requests, &start, &end)), back);
            }
            for key in [&start, &end] {
                prop_assert_eq!(view.find(Table::Requests, key).unwrap(), model.get(key).cloned());
                prop_assert_eq!(tables.find(Table::Requests, key).unwrap(), model.get(key).cloned());
            }
            Ok(())
        };
        check()?;
        // And the same once the tables have it.
        drop(Applier::start(tables.clone()).unwrap());
        prop_assert!(tables.pending().waiting(|| ()).0.is_empty());
        check()?;
    }
}

#[tokio::test]
async fn what_only_the_log_has_comes_to_the_tables_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let before = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let first = store.enrol(enrolment(1, NOW)).await.unwrap();
    drop(store);
    copy(folder.path(), before.path());
    let store = open(folder.path());
    let second = store.enrol(enrolment(2, NOW)).await.unwrap();
    let head = store.audit_head().await.unwrap();
    drop(store);
    // The tables of before, and the log of after: as if the tables had come to the disk late.
    for name in ["log-a", "log-b"] {
        std::fs::copy(folder.path().join(name), before.path().join(name)).unwrap();
    }
    let store = open(before.path());
    assert!(store.person(first).await.unwrap().is_some());
    assert!(store.person(second).await.unwrap().is_some());
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    store.enrol(enrolment(3, NOW)).await.unwrap();
}

#[test]
fn a_store_whose_log_is_gone_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    std::fs::remove_file(folder.path().join("log-b")).unwrap();
    let opened = EmbeddedStore::open(folder.path(), &SystemEntropy);
    assert_eq!(opened.err(), Some(StoreError::Damaged("a file of the log is missing")));
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
