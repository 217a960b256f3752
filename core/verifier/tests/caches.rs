//! Signed documents go forward only, across restarts too, and a withdrawn key takes what it signed with it.
#![allow(missing_docs, clippy::unwrap_used)]

mod city;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use city::{DEVICE, INDEX, NOW, ROOT, STATUS_KEY, scenes, signer, status, trust, trust_by, uri};
use szid_protocol::crypto::{P256Backend, Signer};
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::reason::Reason;
use szid_verifier::{
    FolderStore, InMemoryReplay, Ingested, Verifier, VerifierError, VerifierSetup,
};

fn open_at(folder: Option<&Path>, now: u64) -> Result<Verifier, VerifierError> {
    let replay = Arc::new(InMemoryReplay::new(1000));
    let roots = vec![signer(ROOT).public_key()];
    let mut setup = VerifierSetup::new(roots, Arc::new(P256Backend), replay);
    setup.status_lists = 3;
    if let Some(folder) = folder {
        setup.store = Some(Arc::new(FolderStore::open(folder)?));
    }
    Verifier::open(setup, now)
}

fn open(folder: Option<&Path>) -> Verifier {
    open_at(folder, NOW).unwrap()
}

fn today() -> String {
    uri(end_of_day(NOW))
}

fn filled(folder: Option<&Path>) -> Verifier {
    let verifier = open(folder);
    verifier.ingest_trust(&trust(5), NOW).unwrap();
    verifier.ingest_scenes(&scenes(7, NOW + DAY), NOW).unwrap();
    verifier.ingest_status(&status(&today(), NOW - 60, &[]), Some(&today()), NOW).unwrap();
    verifier
}

fn refused<T: std::fmt::Debug>(result: Result<T, VerifierError>) -> Reason {
    result.unwrap_err().reason().unwrap()
}

fn ask(verifier: &Verifier, now: u64, scene: Option<u16>) -> Reason {
    let scanned = format!("]Q1{}\r\n", city::code(DEVICE, now));
    verifier.verify(&scanned, now, scene, "desk", None, None).reason()
}

#[test]
fn a_filled_verifier_accepts_and_tells_its_ages() {
    let verifier = open(None);
    assert_eq!(ask(&verifier, NOW, None), Reason::TrustMissing);
    let status_list = status(&today(), NOW, &[]);
    assert_eq!(refused(verifier.ingest_status(&status_list, None, NOW)), Reason::TrustMissing);
    let verifier = filled(None);
    assert_eq!(ask(&verifier, NOW, Some(1)), Reason::Ok);
    assert_eq!(ask(&verifier, NOW, Some(1)), Reason::OkAgain);
    assert_eq!(ask(&verifier, NOW + 1, None), Reason::Ok);
    assert_eq!(ask(&verifier, NOW, Some(2)), Reason::SceneUnknown);
    assert_eq!(ask(&verifier, NOW + 2 * 3600, Some(1)), Reason::StatusTooOld);
    let fresh = verifier.freshness(NOW);
    assert_eq!((fresh.trust_version, fresh.trust_age), (Some(5), Some(600)));
    assert_eq!((fresh.scenes_version, fresh.scenes_age), (Some(7), Some(300)));
    assert_eq!((fresh.status_lists, fresh.status_age), (1, Some(60)));
    assert_eq!(fresh.newest_signed_time, NOW - 60);
    // A clock that is behind what was signed is noticed.
    assert_eq!(ask(&verifier, NOW - 100, None), Reason::VerifierClockBehind);
}

#[test]
fn nothing_goes_back_and_restarts_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut verifier = filled(Some(folder.path()));
    for _ in 0..2 {
        assert_eq!(verifier.ingest_trust(&trust(5), NOW).unwrap(), Ingested::Unchanged);
        assert_eq!(refused(verifier.ingest_trust(&trust(4), NOW)), Reason::TrustRollback);
        let other = trust_by(ROOT, 5, NOW - 599, STATUS_KEY);
        assert_eq!(refused(verifier.ingest_trust(&other, NOW)), Reason::TrustRollback);
        let foreign = trust_by(8, 6, NOW, STATUS_KEY);
        assert_eq!(refused(verifier.ingest_trust(&foreign, NOW)), Reason::TrustSignature);

        let same = scenes(7, NOW + DAY);
        assert_eq!(verifier.ingest_scenes(&same, NOW).unwrap(), Ingested::Unchanged);
        let older = scenes(6, NOW + DAY);
        assert_eq!(refused(verifier.ingest_scenes(&older, NOW)), Reason::ScenesRollback);

        let older = status(&today(), NOW - 61, &[]);
        assert_eq!(refused(verifier.ingest_status(&older, None, NOW)), Reason::StatusRollback);
        let tomorrow = uri(end_of_day(NOW) + DAY);
        let same = status(&today(), NOW - 60, &[]);
        let foreign = verifier.ingest_status(&same, Some(&tomorrow), NOW);
        assert_eq!(refused(foreign), Reason::StatusForeign);
        for no_day in ["https://status.example/x", "https://status.example/12/0"] {
            let foreign = verifier.ingest_status(&status(no_day, NOW, &[]), None, NOW);
            assert_eq!(refused(foreign), Reason::StatusForeign);
        }
        assert_eq!(verifier.ingest_status(&same, None, NOW).unwrap(), Ingested::Unchanged);

        verifier = open(Some(folder.path()));
        assert_eq!(ask(&verifier, NOW, Some(1)), Reason::Ok);
        assert_eq!(verifier.freshness(NOW).newest_signed_time, NOW - 60);
    }
    verifier.ingest_trust(&trust(6), NOW).unwrap();
    verifier.ingest_status(&status(&today(), NOW - 30, &[(INDEX, 2)]), None, NOW).unwrap();
    assert_eq!(ask(&verifier, NOW, Some(1)), Reason::Frozen);
    verifier = open(Some(folder.path()));
    assert_eq!(ask(&verifier, NOW, Some(1)), Reason::Frozen);
}

#[test]
fn a_withdrawn_key_takes_its_lists_with_it_and_their_marks_stay() {
    let folder = tempfile::tempdir().unwrap();
    let verifier = filled(Some(folder.path()));
    verifier.ingest_trust(&trust_by(ROOT, 6, NOW - 500, 33), NOW).unwrap();
    assert_eq!(ask(&verifier, NOW, None), Reason::StatusMissing);
    drop(verifier);
    let verifier = open(Some(folder.path()));
    assert_eq!(ask(&verifier, NOW, None), Reason::StatusMissing);
    // The key comes back: what it signed counts again, and what is older than that stays refused.
    verifier.ingest_trust(&trust(7), NOW).unwrap();
    let older = status(&today(), NOW - 61, &[]);
    assert_eq!(refused(verifier.ingest_status(&older, None, NOW)), Reason::StatusRollback);
    assert_eq!(ask(&verifier, NOW, None), Reason::Ok);
    drop(verifier);
    // Under another root the kept list is not held, and its version still counts.
    let replay = Arc::new(InMemoryReplay::new(10));
    let mut setup = VerifierSetup::new(vec![signer(8).public_key()], Arc::new(P256Backend), replay);
    setup.store = Some(Arc::new(FolderStore::open(folder.path()).unwrap()));
    let other = Verifier::open(setup, NOW).unwrap();
    assert!(other.trust().is_none());
    let rolled_back = trust_by(8, 6, NOW, STATUS_KEY);
    assert_eq!(refused(other.ingest_trust(&rolled_back, NOW)), Reason::TrustRollback);
    other.ingest_trust(&trust_by(8, 9, NOW, STATUS_KEY), NOW).unwrap();
}

#[test]
fn past_days_make_room_and_live_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let verifier = filled(Some(folder.path()));
    for day in 1..3 {
        let list = status(&uri(end_of_day(NOW) + day * DAY), NOW, &[]);
        verifier.ingest_status(&list, None, NOW).unwrap();
    }
    let later = |iat| status(&uri(end_of_day(NOW) + 3 * DAY), iat, &[]);
    let full = verifier.ingest_status(&later(NOW), None, NOW).unwrap_err();
    assert_eq!(full.code(), "VERIFIER_STATUS_CACHE_FULL");
    verifier.ingest_status(&later(NOW + DAY), None, NOW + DAY).unwrap();
    assert_eq!(verifier.prune(NOW + 2 * DAY).unwrap(), 0, "this clock alone ends no day");
    verifier.ingest_status(&later(NOW + 2 * DAY), None, NOW + 2 * DAY).unwrap();
    assert_eq!(verifier.prune(NOW + 2 * DAY).unwrap(), 1);
    let kept = fs::read_dir(folder.path()).unwrap();
    let kept = kept.filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("status-")
    });
    assert_eq!(kept.count(), 2);
}

#[test]
fn in_a_full_cache_todays_newest_lists_come_before_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let verifier = filled(Some(folder.path()));
    let tonight = end_of_day(NOW);
    let list = |day: u64, number: u32| {
        let first = uri(tonight + day * DAY);
        let numbered = format!("{}{number}", first.strip_suffix('0').unwrap());
        status(&numbered, NOW - 60, &[])
    };
    let take = |day, number| verifier.ingest_status(&list(day, number), None, NOW);
    let full = |result: Result<Ingested, VerifierError>| {
        assert_eq!(result.unwrap_err().code(), "VERIFIER_STATUS_CACHE_FULL");
    };
    take(1, 5).unwrap();
    take(2, 0).unwrap();
    full(take(3, 9));
    // Those of later days give way, the latest first, and within a day the lowest number.
    take(2, 1).unwrap();
    full(take(2, 0));
    take(1, 6).unwrap();
    full(take(2, 7));
    full(take(1, 4));
    take(1, 7).unwrap();
    take(0, 3).unwrap();
    full(take(1, 6));
    take(0, 4).unwrap();
    assert_eq!(ask(&verifier, NOW, None), Reason::Ok);
    // The lowest of today's, which is the one that is asked for.
    take(0, 5).unwrap();
    full(take(0, 0));
    full(take(0, 2));
    assert_eq!(ask(&verifier, NOW, None), Reason::StatusMissing);
    assert_eq!(verifier.freshness(NOW).status_lists, 3);
    let kept = || {
        let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        files.filter(|name| name.to_string_lossy().starts_with("status-")).count()
    };
    assert_eq!(kept(), 3, "what gave way is not kept either");
    // For as long as yesterday's codes are good, its lists come before tomorrow's and after today's.
    let midnight = tonight + 10;
    let at_midnight = |day: u64| {
        let list = status(&uri(tonight + day * DAY), midnight, &[]);
        verifier.ingest_status(&list, None, midnight)
    };
    full(at_midnight(2));
    at_midnight(1).unwrap();
    assert_eq!(verifier.prune(midnight).unwrap(), 0);
}

#[test]
fn scenes_end_when_they_say_so() {
    let verifier = filled(None);
    assert_eq!(ask(&verifier, NOW + DAY, Some(1)), Reason::ScenesExpired);
    let expired = scenes(8, NOW);
    assert_eq!(refused(verifier.ingest_scenes(&expired, NOW)), Reason::ScenesExpired);
}

#[test]
fn damage_on_disk_is_an_error_of_its_own() {
    for name in ["trust", "scenes", "signed-time"] {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(Some(folder.path())));
        let path = folder.path().join(name).with_extension("kept");
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        let error = open_at(Some(folder.path()), NOW).err().unwrap();
        assert_eq!(error.code(), "VERIFIER_CACHE_DAMAGED", "{name}");
    }
}

#[test]
fn a_list_that_cannot_be_kept_counts_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("cache");
    let verifier = filled(Some(&inside));
    fs::rename(&inside, folder.path().join("away")).unwrap();
    let frozen = status(&today(), NOW - 30, &[(INDEX, 2)]);
    let unsaved = verifier.ingest_status(&frozen, None, NOW).unwrap_err();
    assert_eq!(unsaved.code(), "VERIFIER_WRITE");
    assert_eq!(ask(&verifier, NOW, None), Reason::Frozen);
    let unsaved = verifier.ingest_trust(&trust(6), NOW).unwrap_err();
    assert_eq!(unsaved.code(), "VERIFIER_WRITE");
    assert_eq!(verifier.freshness(NOW).trust_version, Some(6));
}

#[test]
fn many_threads_verify_while_lists_come_in() {
    let verifier = Arc::new(filled(None));
    let workers: Vec<_> = (0..3u64)
        .map(|worker| {
            let verifier = Arc::clone(&verifier);
            std::thread::spawn(move || {
                for turn in 0..10 {
                    let scanned = city::code(20 + worker as u8, NOW + turn);
                    let verdict = verifier.verify(&scanned, NOW + turn, Some(1), "x", None, None);
                    assert_eq!(verdict.reason(), Reason::Ok);
                }
            })
        })
        .collect();
    for version in 6..12 {
        verifier.ingest_trust(&trust(version), NOW).unwrap();
        let list = status(&today(), NOW - 66 + version, &[]);
        verifier.ingest_status(&list, None, NOW).unwrap();
    }
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}
