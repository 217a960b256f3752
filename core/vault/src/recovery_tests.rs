use std::sync::atomic::{AtomicU8, Ordering};

use super::*;
use crate::change::Change;
use crate::mirror;
use crate::nonces::Nonces;
use crate::ports::{Entropy, EntropyError};
use crate::write_plan;

struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        buf.iter_mut().for_each(|byte| *byte = self.0.fetch_add(1, Ordering::SeqCst));
        Ok(())
    }
}

/// Items and mirror bytes as a store would have them, without a disk.
struct Bench {
    keys: Keys,
    items: Items,
    mirror: Vec<u8>,
    commit: u64,
    entropy: Counting,
}

impl Bench {
    fn new() -> Bench {
        let keys = Keys::derive(&[1; 32], &[2; 16]);
        let mirror = mirror::encode_head(&keys, 0).to_vec();
        let mut bench = Bench {
            keys,
            items: Items::new(),
            mirror,
            commit: 0,
            entropy: Counting(AtomicU8::new(0)),
        };
        bench.write(&[]);
        bench
    }

    fn put(&mut self, name: &str, value: &[u8]) {
        self.write(&[Change::Put { collection: "c", name, value }]);
    }

    fn write(&mut self, changes: &[Change<'_>]) {
        let mut nonces = Nonces::draw(&self.entropy, write_plan::nonces_needed(changes)).unwrap();
        let items =
            write_plan::plan(&self.keys, &mut nonces, self.commit, changes, |_, _| 0).unwrap();
        self.mirror.extend(mirror::encode_frame(&self.keys, 0, self.commit, self.commit, &items));
        for (key, sealed) in items {
            match sealed {
                Some(sealed) => self.items.insert(key, sealed),
                None => self.items.remove(&key),
            };
        }
        self.commit += 1;
    }

    fn replay(&self) -> Option<Replay> {
        Some(mirror::replay(&self.keys, 0, &self.mirror))
    }

    fn entry_key(&self, name: &str) -> ItemKey {
        record::directory_key(&self.keys, "c", name)
    }

    fn part_key(&self, name: &str) -> ItemKey {
        record::content_key(&self.keys, "c", name, 0)
    }

    fn get(&self, items: &Items, name: &str) -> Option<Vec<u8>> {
        let source = |key: &ItemKey| lookup(items, key);
        match directory::entry_of(&self.keys, &source, "c", name) {
            directory::Found::Intact(entry) => {
                directory::value_of(&self.keys, &source, &entry).map(|value| value.to_vec())
            }
            _ => None,
        }
    }
}

fn sample() -> Bench {
    let mut bench = Bench::new();
    bench.put("a", b"first");
    bench.put("b", b"second");
    bench
}

#[test]
fn a_value_moved_to_another_name_does_not_open() {
    let mut bench = sample();
    let (a, b) = (bench.part_key("a"), bench.part_key("b"));
    let moved = bench.items[&a].clone();
    bench.items.insert(b, moved);
    assert_eq!(bench.get(&bench.items, "b"), None);
    assert_eq!(bench.get(&bench.items, "a").unwrap(), b"first");
    // Nor with its directory entry.
    let entry = bench.items[&bench.entry_key("a")].clone();
    bench.items.insert(bench.entry_key("b"), entry);
    assert_eq!(bench.get(&bench.items, "b"), None);
}

#[test]
fn an_old_value_put_back_under_its_name_does_not_open() {
    let mut bench = sample();
    let old = bench.items[&bench.part_key("a")].clone();
    bench.put("a", b"newer");
    bench.items.insert(bench.part_key("a"), old);
    assert_eq!(bench.get(&bench.items, "a"), None);
}

#[test]
fn copies_that_agree_are_healthy() {
    let bench = sample();
    let verdict = judge(&bench.keys, Some((bench.items.clone(), true)), bench.replay());
    assert!(matches!(verdict, Verdict::Healthy { commit: 2, .. }));
}

#[test]
fn the_copy_that_is_whole_and_ahead_is_the_truth() {
    let mut bench = sample();
    let behind = (bench.items.clone(), true);
    let mirror_behind = bench.replay();
    bench.put("c", b"third");
    let full = bench.items.clone();

    let verdict = judge(&bench.keys, Some(behind.clone()), bench.replay());
    assert!(
        matches!(verdict, Verdict::Rebuild { items, commit: 3, repair: Repair::Engine } if items == full)
    );
    let verdict = judge(&bench.keys, None, bench.replay());
    assert!(
        matches!(verdict, Verdict::Rebuild { items, commit: 3, repair: Repair::Engine } if items == full)
    );
    let verdict = judge(&bench.keys, Some((full.clone(), true)), mirror_behind);
    assert!(
        matches!(verdict, Verdict::Rebuild { items, commit: 3, repair: Repair::Mirror } if items == full)
    );
    let verdict = judge(&bench.keys, Some((full.clone(), true)), None);
    assert!(
        matches!(verdict, Verdict::Rebuild { items, commit: 3, repair: Repair::Mirror } if items == full)
    );
    // An item altered in the engine alone: the whole mirror wins.
    let mut altered = full.clone();
    altered.insert(bench.part_key("a"), vec![0; 10]);
    let verdict = judge(&bench.keys, Some((altered, true)), bench.replay());
    assert!(matches!(verdict, Verdict::Rebuild { items, .. } if items == full));
}

#[test]
fn a_record_damaged_in_one_copy_is_taken_from_the_other() {
    let mut bench = sample();
    let mut replay = bench.replay().unwrap();
    (replay.complete, replay.commit) = (false, 9);
    replay.items.remove(&bench.part_key("b"));
    bench.items.get_mut(&bench.part_key("a")).unwrap()[20] ^= 1;
    let verdict = judge(&bench.keys, Some((bench.items.clone(), false)), Some(replay));
    let Verdict::Salvage { items, commit: 9, lost } = verdict else { panic!("salvage expected") };
    assert!(lost.is_empty());
    assert_eq!(bench.get(&items, "a").unwrap(), b"first");
    assert_eq!(bench.get(&items, "b").unwrap(), b"second");
}

#[test]
fn a_record_damaged_in_both_copies_is_reported_by_name() {
    let mut bench = sample();
    bench.items.get_mut(&bench.part_key("a")).unwrap()[20] ^= 1;
    let broken_entry = bench.entry_key("b");
    bench.items.get_mut(&broken_entry).unwrap()[20] ^= 1;
    let verdict = judge(&bench.keys, Some((bench.items.clone(), false)), None);
    let Verdict::Salvage { items, lost, .. } = verdict else { panic!("salvage expected") };
    assert!(lost.contains(&DamagedRecord { names: Some(("c".into(), "a".into())) }));
    assert!(lost.contains(&DamagedRecord::unnamed()));
    assert!(items.contains_key(&bench.entry_key("a")), "the loss stays visible");
    assert_eq!(bench.get(&items, "a"), None);
}

#[test]
fn two_unreadable_copies_are_hopeless() {
    let bench = sample();
    assert!(matches!(judge(&bench.keys, None, None), Verdict::Hopeless));
    let noise: Items = (0..9).map(|n| ([n; 33], vec![n; 50])).collect();
    assert!(matches!(judge(&bench.keys, Some((noise, true)), None), Verdict::Hopeless));
}
