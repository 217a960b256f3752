//! What the walk finds in damaged files, beside a walk from both ends with sled's own way backwards.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::*;
use crate::engine::Engine;

/// Items of the directory and of values, enough for many pages.
const ITEMS: u32 = 600;
/// Larger than any page's bookkeeping, so that most of the file is items.
const SEALED: usize = 300;
/// How many places of the file are damaged, one after the other.
const PLACES: usize = 60;

fn key(region: Region, n: u32) -> ItemKey {
    // Spread as keys are that a hash made.
    let mut key = [region as u8; ITEM_KEY_LEN];
    for (at, byte) in key[1..].iter_mut().enumerate() {
        let mixed = (n.wrapping_mul(0x9e37_79b9) ^ at as u32).wrapping_mul(0x85eb_ca6b);
        *byte = (mixed >> 24) as u8;
    }
    key
}

fn fill(dir: &Path) {
    let engine = Engine::open(dir).unwrap();
    for n in 0..ITEMS {
        let region = if n % 3 == 0 { Region::Directory } else { Region::Content };
        engine.apply(&[(key(region, n), Some(vec![n as u8; SEALED]))]).unwrap();
    }
}

fn open(dir: &Path) -> sled::Db {
    for _ in 0..200 {
        // Pages are read when they are asked for; those of the file's last segment, which is open, at once.
        match sled::Config::new().path(dir).flush_every_ms(None).open() {
            Ok(db) => return db,
            // sled gives its lock back some moments after it was dropped.
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
    panic!("does not open");
}

/// From the front to the first damage, then from the back to the last.
fn from_both_ends(db: &sled::Db, region: Option<Region>) -> (Items, bool) {
    let iterate = || match region {
        Some(region) => db.scan_prefix([region as u8]),
        None => db.iter(),
    };
    let mut items = Items::new();
    let mut keep = |pair: sled::Result<(sled::IVec, sled::IVec)>| {
        let (key, sealed) = pair?;
        items.insert(<ItemKey>::try_from(key.as_ref()).unwrap(), sealed.to_vec());
        Ok(())
    };
    let whole = guarded(|| iterate().try_for_each(&mut keep)).is_ok();
    if !whole {
        let _ = guarded(|| iterate().rev().try_for_each(&mut keep));
    }
    (items, whole)
}

#[test]
fn an_undamaged_engine_is_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let db = open(dir.path());
    let (all, whole) = items(&db, None);
    assert!(whole && all.len() == ITEMS as usize);
    let (directory, whole) = items(&db, Some(Region::Directory));
    assert!(whole && directory.len() == ITEMS as usize / 3);
    assert!(directory.keys().all(|key| key[0] == Region::Directory as u8));
}

#[test]
fn around_damage_at_least_what_a_walk_from_both_ends_finds_is_found() {
    let sample = tempfile::tempdir().unwrap();
    fill(sample.path());
    let bytes = std::fs::read(sample.path().join("db")).unwrap();
    let step = bytes.len() / PLACES;
    let (mut damaged, mut more) = (0, 0);
    // In one place, and in two at a distance.
    for (n, distance) in (0..PLACES).flat_map(|n| [(n, 0), (n, step * 17 + 31)]) {
        for region in [None, Some(Region::Directory)] {
            std::fs::write(sample.path().join("db"), &bytes).unwrap();
            let db = open(sample.path());
            let mut file =
                std::fs::OpenOptions::new().write(true).open(sample.path().join("db")).unwrap();
            for at in [n * step, (n * step + distance) % bytes.len()] {
                file.seek(SeekFrom::Start(at as u64)).unwrap();
                file.write_all(&[!bytes[at]]).unwrap();
            }
            let (found, whole) = items(&db, region);
            let (expected, expected_whole) = from_both_ends(&db, region);
            assert_eq!(whole, expected_whole, "damage {n}, {distance}");
            assert!(
                expected.iter().all(|(key, sealed)| found.get(key) == Some(sealed)),
                "damage {n}, {distance}: {} of {}",
                found.len(),
                expected.len()
            );
            damaged += usize::from(!whole);
            more += usize::from(found.len() > expected.len());
        }
    }
    assert!(damaged > 0 && more > 0, "{damaged} damaged, more found in {more}");
}
