//! Random histories of operations and reopenings against a plain map.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::{open, value_of};
use proptest::prelude::*;
use szid_vault::{Change, Vault};

#[derive(Debug, Clone)]
enum Step {
    Put(u8, u8, usize),
    Delete(u8, u8),
    Batch(Vec<(u8, u8, Option<usize>)>),
    Reopen,
}

type Model = BTreeMap<(String, String), Vec<u8>>;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let len = prop_oneof![0usize..300, 250usize..260, 4000usize..4200, 8000usize..16385];
    let step = prop_oneof![
        4 => (0..3u8, 0..8u8, len.clone()).prop_map(|(c, n, len)| Step::Put(c, n, len)),
        2 => (0..3u8, 0..8u8).prop_map(|(c, n)| Step::Delete(c, n)),
        2 => prop::collection::vec((0..3u8, 0..8u8, prop::option::weighted(0.7, len)), 0..12).prop_map(Step::Batch),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

fn names(collection: u8, name: u8) -> (String, String) {
    (format!("c{collection}"), format!("n{name}"))
}

fn assert_same(vault: &Vault, model: &Model) {
    for collection in 0..3 {
        let collection = names(collection, 0).0;
        let expected: Vec<&str> =
            model.keys().filter(|key| key.0 == collection).map(|key| key.1.as_str()).collect();
        assert_eq!(vault.list(&collection).unwrap(), expected);
        for name in 0..8 {
            let name = names(0, name).1;
            let value = vault.get(&collection, &name).unwrap();
            let expected = model.get(&(collection.clone(), name));
            assert_eq!(value.as_deref(), expected);
        }
    }
    let check = vault.check().unwrap();
    assert_eq!((check.intact, check.damaged.len(), check.needs_repair), (model.len(), 0, false));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_vault_behaves_like_a_map(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let mut vault = open(dir.path());
        let mut model = Model::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Put(collection, name, len) => {
                    let key = names(collection, name);
                    let value = value_of(number as u64, len);
                    vault.put(&key.0, &key.1, &value).unwrap();
                    model.insert(key, value);
                }
                Step::Delete(collection, name) => {
                    let key = names(collection, name);
                    let there = vault.delete(&key.0, &key.1).unwrap();
                    prop_assert_eq!(there, model.remove(&key).is_some());
                }
                Step::Batch(changes) => {
                    let owned: Vec<_> = changes
                        .into_iter()
                        .enumerate()
                        .map(|(at, (c, n, len))| (names(c, n), len.map(|len| value_of((number * 100 + at) as u64, len))))
                        .collect();
                    let batch: Vec<_> = owned
                        .iter()
                        .map(|((collection, name), value)| match value {
                            Some(value) => Change::Put { collection, name, value },
                            None => Change::Delete { collection, name },
                        })
                        .collect();
                    vault.batch(&batch).unwrap();
                    for (key, value) in owned {
                        match value {
                            Some(value) => drop(model.insert(key, value)),
                            None => drop(model.remove(&key)),
                        }
                    }
                }
                Step::Reopen => {
                    drop(vault);
                    vault = open(dir.path());
                }
            }
        }
        assert_same(&vault, &model);
        drop(vault);
        assert_same(&open(dir.path()), &model);
    }
}
