use std::sync::Arc;
use std::thread;

use super::*;

const NOW: u64 = 1_800_000_000;

fn key(number: u64) -> ReplayKey {
    let mut device = [0; 16];
    device[..8].copy_from_slice(&number.to_le_bytes());
    ReplayKey { device, iat: NOW }
}

fn log_files(folder: &Path) -> Vec<PathBuf> {
    sequences(folder).unwrap().into_iter().map(|sequence| path(folder, sequence)).collect()
}

#[test]
fn uses_survive_a_restart_and_keep_their_operator() {
    let folder = tempfile::tempdir().unwrap();
    for start in 0..3u64 {
        let replay = DurableReplay::open(folder.path(), 100, NOW + start).unwrap();
        assert_eq!(replay.recovery(), Recovery { uses: start as usize, torn_bytes: 0 });
        assert_eq!(replay.check_and_remember(key(start), "desk", NOW + start), Use::First);
        for earlier in 0..=start {
            for (operator, same_operator) in [("desk", true), ("gate", false)] {
                let answer = replay.check_and_remember(key(earlier), operator, NOW + start);
                assert_eq!(answer, Use::Again { same_operator });
            }
        }
    }
    // When all have run out, their files go.
    let replay = DurableReplay::open(folder.path(), 100, NOW + 500).unwrap();
    assert_eq!(replay.recovery().uses, 0);
    assert_eq!(log_files(folder.path()).len(), 1);
    // A clock that was ahead at the start and is set back takes nothing for new that was not loaded.
    assert_eq!(replay.check_and_remember(key(0), "desk", NOW), Use::Forgotten);
}

#[test]
fn what_went_with_a_clock_that_was_ahead_is_refused_at_every_later_start() {
    let folder = tempfile::tempdir().unwrap();
    let open = |now| DurableReplay::open(folder.path(), 100, now).unwrap();
    assert_eq!(open(NOW).check_and_remember(key(0), "desk", NOW), Use::First);
    // Eight hours ahead, for as long as a start takes: the file of the use goes.
    drop(open(NOW + 8 * 3600));
    assert_eq!(log_files(folder.path()).len(), 1);
    for seen in [Use::First, Use::Again { same_operator: true }] {
        let replay = open(NOW + 1);
        assert_eq!(replay.check_and_remember(key(0), "desk", NOW + 1), Use::Forgotten);
        let fresh = ReplayKey { iat: NOW + 1, ..key(1) };
        assert_eq!(replay.check_and_remember(fresh, "desk", NOW + 1), seen);
    }
}

#[test]
fn a_file_stays_while_the_mark_of_what_it_holds_cannot_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    // A folder in the place of the mark's unfinished file.
    fs::create_dir(folder.path().join("forgotten.new")).unwrap();
    let mut log = Log::open(folder.path().into()).unwrap();
    log.append(&[Entry { key: key(0), operator: [0; 8] }], NOW).unwrap();
    log.close_file();
    log.remove_old(NOW + 500);
    assert_eq!((log_files(folder.path()).len(), log.forgotten_to.get()), (1, 0));
    fs::remove_dir(folder.path().join("forgotten.new")).unwrap();
    log.remove_old(NOW + 500);
    assert_eq!((log_files(folder.path()).len(), log.forgotten_to.get()), (0, NOW));
}

#[test]
fn a_mark_of_an_earlier_version_counts_and_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    let mark = KeptDocument::new(NOW, &[]);
    mark.save(FORGOTTEN_BEFORE, &store).unwrap();
    for iat in [NOW, NOW + 1] {
        let replay = DurableReplay::open(folder.path(), 100, NOW).unwrap();
        let older = ReplayKey { iat, ..key(0) };
        let expected = if iat == NOW { Use::Forgotten } else { Use::First };
        assert_eq!(replay.check_and_remember(older, "desk", NOW), expected);
        assert!(store.names().unwrap().is_empty());
    }
}

#[test]
fn codes_that_may_have_been_used_elsewhere_stay_refused_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let of = |iat| ReplayKey { iat, ..key(1) };
    let replay = DurableReplay::open(folder.path(), 100, NOW).unwrap();
    replay.forget(NOW + 30).unwrap();
    drop(replay);
    let replay = DurableReplay::open(folder.path(), 100, NOW + 1).unwrap();
    for (iat, expected) in
        [(NOW - 20, Use::Forgotten), (NOW + 30, Use::Forgotten), (NOW + 31, Use::First)]
    {
        assert_eq!(replay.check_and_remember(of(iat), "gate", NOW + 1), expected, "{iat}");
    }
}

#[test]
fn what_a_clock_that_was_ahead_said_is_taken_back_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let of = |iat| ReplayKey { iat, ..key(1) };
    let replay = DurableReplay::open(folder.path(), 100, NOW).unwrap();
    assert_eq!(replay.check_and_remember(of(NOW), "gate", NOW), Use::First);
    replay.forget(NOW + 1_000_000).unwrap();
    assert!(replay.recall(NOW + 30).unwrap());
    assert!(!replay.recall(NOW + 99).unwrap());
    assert_eq!(replay.unknown_to(), NOW + 30);
    drop(replay);
    let replay = DurableReplay::open(folder.path(), 100, NOW + 1).unwrap();
    assert_eq!(replay.unknown_to(), NOW + 30);
    for (iat, expected) in [
        (NOW, Use::Again { same_operator: true }),
        (NOW + 30, Use::Forgotten),
        (NOW + 31, Use::First),
    ] {
        assert_eq!(replay.check_and_remember(of(iat), "gate", NOW + 1), expected, "{iat}");
    }
}

#[test]
fn two_processes_cannot_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let held = DurableReplay::open(folder.path(), 10, NOW).unwrap();
    let second = DurableReplay::open(folder.path(), 10, NOW);
    assert_eq!(second.err().unwrap().code(), "VERIFIER_REPLAY_IN_USE");
    drop(held);
    assert!(DurableReplay::open(folder.path(), 10, NOW).is_ok());
}

#[test]
fn a_torn_end_is_reported_and_damage_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let replay = DurableReplay::open(folder.path(), 100, NOW).unwrap();
    for number in 0..3 {
        assert_eq!(replay.check_and_remember(key(number), "", NOW), Use::First);
    }
    drop(replay);
    let file = log_files(folder.path()).remove(0);
    let whole = fs::read(&file).unwrap();

    fs::write(&file, [whole.as_slice(), &[1; 20]].concat()).unwrap();
    let replay = DurableReplay::open(folder.path(), 100, NOW).unwrap();
    assert_eq!(replay.recovery(), Recovery { uses: 3, torn_bytes: 20 });
    drop(replay);

    let mut damaged = whole.clone();
    damaged[log::HEADER + 3] ^= 1;
    fs::write(&file, &damaged).unwrap();
    let refused = DurableReplay::open(folder.path(), 100, NOW).err().unwrap();
    assert_eq!(refused.code(), "VERIFIER_REPLAY_DAMAGED");

    fs::write(&file, vec![b'x'; 200]).unwrap();
    let refused = DurableReplay::open(folder.path(), 100, NOW).err().unwrap();
    assert_eq!(refused.code(), "VERIFIER_REPLAY_FOREIGN");
}

#[test]
fn a_full_memory_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let replay = DurableReplay::open(folder.path(), 1, NOW).unwrap();
    assert_eq!(replay.check_and_remember(key(0), "", NOW), Use::First);
    assert_eq!(replay.check_and_remember(key(16), "", NOW), Use::Unavailable);
}

#[test]
fn one_of_many_at_once_is_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let replay = Arc::new(DurableReplay::open(folder.path(), 10_000, NOW).unwrap());
    let workers: Vec<_> = (0..8)
        .map(|worker| {
            let replay = Arc::clone(&replay);
            thread::spawn(move || {
                let firsts = (0..100).filter(|number| {
                    let answer = replay.check_and_remember(key(*number), &worker.to_string(), NOW);
                    assert_ne!(answer, Use::Unavailable);
                    answer == Use::First
                });
                firsts.count()
            })
        })
        .collect();
    let firsts: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    assert_eq!(firsts, 100);
    drop(replay);
    let replay = DurableReplay::open(folder.path(), 10_000, NOW).unwrap();
    assert_eq!(replay.recovery(), Recovery { uses: 100, torn_bytes: 0 });
}

#[test]
fn a_failed_write_refuses_and_a_later_one_heals() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("replay");
    let replay = DurableReplay::open(&inside, 100, NOW).unwrap();
    assert_eq!(replay.check_and_remember(key(0), "", NOW), Use::First);
    // The open file is closed and no new one can be made while the folder is away.
    replay.log.lock().unwrap().close_file();
    let away = folder.path().join("away");
    fs::rename(&inside, &away).unwrap();
    for _ in 0..2 {
        assert_eq!(replay.check_and_remember(key(1), "", NOW), Use::Unavailable);
    }
    fs::rename(&away, &inside).unwrap();
    assert_eq!(replay.check_and_remember(key(1), "", NOW), Use::First);
    drop(replay);
    let replay = DurableReplay::open(&inside, 100, NOW).unwrap();
    assert_eq!(replay.recovery().uses, 2);
}

#[test]
fn a_memory_whose_disk_takes_nothing_opens_refuses_and_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    drop(DurableReplay::open(folder.path(), 100, NOW).unwrap());
    // A folder in the place of the next file.
    let taken = path(folder.path(), 1);
    fs::create_dir(&taken).unwrap();
    let mut log = Log::open(folder.path().into()).unwrap();
    log.next_sequence = 1;
    assert!(log.start_file().is_err());
    fs::remove_dir(&taken).unwrap();
    assert!(log.append(&[Entry { key: key(0), operator: [0; 8] }], NOW).is_ok());
    assert_eq!(log_files(folder.path()).len(), 2);
}

#[test]
fn full_files_follow_one_another_and_old_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path().into()).unwrap();
    let entry = |iat| Entry { key: ReplayKey { device: [1; 16], iat }, operator: [0; 8] };
    log.append(&[entry(NOW)], NOW).unwrap();
    for (sequence, now) in [(1, NOW + 1), (2, NOW + 60), (3, NOW + 122)] {
        log.current.as_mut().unwrap().records = MAX_RECORDS as u64;
        log.append(&[entry(now)], now).unwrap();
        assert_eq!(log.current.as_ref().unwrap().sequence, sequence);
    }
    // The files of NOW and NOW + 1 have run out at NOW + 122.
    assert_eq!(sequences(folder.path()).unwrap(), [2, 3]);
}
