//! What a database must do for the rules. A backend's tests call [`backend_contract`] with a way to make
//! empty registers on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::PersonId;
use crate::StoreError;
use crate::backend::KeyRange;
use crate::register::Register;
use crate::rows::{All, Lookup, PassKey, Status, Statuses, UsedCodesForgotten};

/// Where a backend keeps one register.
pub(crate) trait BackendPlace {
    /// Opens it; a second time after the first was dropped.
    fn open(&self) -> Register;
}

/// Runs every case on a new, empty place.
pub(crate) async fn backend_contract<P: BackendPlace>(new_place: impl Fn() -> P) {
    what_was_answered_is_there_after_reopening(&new_place()).await;
    a_change_that_fails_leaves_nothing_and_its_neighbours_stay(&new_place()).await;
    nothing_is_read_before_it_is_durable(&new_place()).await;
    no_reader_sees_a_part_of_a_change(&new_place()).await;
    a_change_sees_those_before_it(&new_place()).await;
    a_snapshot_stays_as_it_was(&new_place()).await;
    rows_are_in_order_both_ways_and_within_their_bounds(&new_place()).await;
}

const HASH: [u8; 32] = [7; 32];
const SOMEBODY: PersonId = PersonId([7; 16]);

async fn what_was_answered_is_there_after_reopening(place: &dyn BackendPlace) {
    let register = place.open();
    let put = register.submit(|transaction| {
        transaction.put::<Lookup>(&HASH, &SOMEBODY);
        transaction.put::<UsedCodesForgotten>(&(), &5);
        Ok(())
    });
    put.await.unwrap();
    let remove = register.submit(|transaction| {
        transaction.remove::<UsedCodesForgotten>(&());
        Ok(())
    });
    remove.await.unwrap();
    drop(register);
    let register = place.open();
    assert_eq!(register.look(|view| view.find::<Lookup>(&HASH)), Ok(Some(SOMEBODY)));
    assert_eq!(register.look(|view| view.has::<UsedCodesForgotten>(&())), Ok(false));
}

async fn a_change_that_fails_leaves_nothing_and_its_neighbours_stay(place: &dyn BackendPlace) {
    let register = place.open();
    let put = |number: u8, fails: bool| {
        register.submit(move |transaction| {
            transaction.put::<Lookup>(&[number; 32], &PersonId([number; 16]));
            transaction.put::<Statuses>(&PassKey::new(number.into(), 0), &Status(number));
            if fails { Err(StoreError::Quota) } else { Ok(()) }
        })
    };
    // Asked for together, so that they may share a group.
    let answers = [put(1, false), put(2, true), put(3, false)];
    for (answer, is_kept) in answers.into_iter().zip([true, false, true]) {
        assert_eq!(answer.await.is_ok(), is_kept);
    }
    for (number, is_kept) in [(1u8, true), (2, false), (3, true)] {
        assert_eq!(register.look(|view| view.has::<Lookup>(&[number; 32])), Ok(is_kept));
        let pass = PassKey::new(number.into(), 0);
        assert_eq!(register.look(|view| view.has::<Statuses>(&pass)), Ok(is_kept));
    }
}

async fn nothing_is_read_before_it_is_durable(place: &dyn BackendPlace) {
    let register = place.open();
    let view = register.hold().unwrap();
    let change = register.submit(move |transaction| {
        transaction.put::<Lookup>(&HASH, &SOMEBODY);
        Ok((transaction.has::<Lookup>(&HASH)?, view.has::<Lookup>(&HASH)?))
    });
    assert_eq!(change.await, Ok((true, false)), "seen by the change, and by no reader");
    assert_eq!(register.look(|view| view.has::<Lookup>(&HASH)), Ok(true), "once it was answered");
}

async fn no_reader_sees_a_part_of_a_change(place: &dyn BackendPlace) {
    let register = Arc::new(place.open());
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (register, is_over) = (Arc::clone(&register), Arc::clone(&is_over));
        std::thread::spawn(move || {
            let mut looks = 0;
            while !is_over.load(Ordering::Relaxed) || looks == 0 {
                let view = register.hold().unwrap();
                let moment = view.snapshot();
                let one = moment.find::<Statuses>(&PassKey::new(1, 1)).unwrap();
                let time = moment.find::<UsedCodesForgotten>(&()).unwrap();
                assert_eq!(one.map(|status| u64::from(status.0)), time);
                looks += 1;
            }
        })
    };
    for number in 0..100u8 {
        let change = register.submit(move |transaction| {
            transaction.put::<Statuses>(&PassKey::new(1, 1), &Status(number));
            transaction.put::<UsedCodesForgotten>(&(), &number.into());
            Ok(())
        });
        change.await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
}

async fn a_change_sees_those_before_it(place: &dyn BackendPlace) {
    let register = place.open();
    let counts = (0..20).map(|_| {
        register.submit(|transaction| {
            let count = transaction.find::<UsedCodesForgotten>(&())?.unwrap_or(0) + 1;
            transaction.put::<UsedCodesForgotten>(&(), &count);
            transaction.put::<Statuses>(&PassKey::new(1, count as u32), &Status(1));
            Ok((count, transaction.scan::<Statuses>(&1)?.len()))
        })
    });
    let counts: Vec<_> = counts.collect();
    for (count, answer) in (1..).zip(counts) {
        assert_eq!(answer.await, Ok((count, count as usize)));
    }
}

async fn a_snapshot_stays_as_it_was(place: &dyn BackendPlace) {
    let register = place.open();
    let put = |number: u32| {
        register.submit(move |transaction| {
            transaction.put::<Statuses>(&PassKey::new(1, number), &Status(1));
            Ok(())
        })
    };
    put(1).await.unwrap();
    let view = register.hold().unwrap();
    let moment = view.snapshot();
    put(2).await.unwrap();
    assert_eq!(moment.scan::<Statuses>(&All).count(), 1);
    assert!(!moment.has::<Statuses>(&PassKey::new(1, 2)).unwrap());
    assert_eq!(view.scan::<Statuses>(&All).count(), 2);
}

async fn rows_are_in_order_both_ways_and_within_their_bounds(place: &dyn BackendPlace) {
    let register = place.open();
    let put = register.submit(|transaction| {
        for (exp, index) in [(2, 1), (1, 255), (1, 256), (3, 0), (1, 2), (u64::MAX, u32::MAX)] {
            transaction.put::<Statuses>(&PassKey::new(exp, index), &Status(1));
        }
        Ok(())
    });
    put.await.unwrap();
    let view = register.hold().unwrap();
    let found = |range: KeyRange| {
        let keys = view.scan_range::<Statuses>(range.clone()).map(|row| row.unwrap().0);
        let keys: Vec<_> = keys.map(|key| (key.exp, key.index)).collect();
        let back = view.scan_back::<Statuses>(range).map(|row| row.unwrap().0);
        let mut back: Vec<_> = back.map(|key| (key.exp, key.index)).collect();
        back.reverse();
        assert_eq!(keys, back);
        keys
    };
    let all = [(1, 2), (1, 255), (1, 256), (2, 1), (3, 0), (u64::MAX, u32::MAX)];
    assert_eq!(found(KeyRange::of::<Statuses>(&All)), all);
    assert_eq!(found(KeyRange::of::<Statuses>(&1)), all[..3]);
    assert_eq!(found(KeyRange::of::<Statuses>(&u64::MAX)), all[5..]);
    assert_eq!(found(KeyRange::of::<Statuses>(&4)), []);
    let pass = PassKey::new(1, 255);
    assert_eq!(found(KeyRange::from::<Statuses>(&1, &pass)), all[1..3]);
    assert_eq!(found(KeyRange::from::<Statuses>(&All, &pass)), all[1..]);
    assert_eq!(found(KeyRange::after::<Statuses>(&All, &pass)), all[2..]);
    assert_eq!(found(KeyRange::after::<Statuses>(&All, &1)), all[3..]);
    assert_eq!(found(KeyRange::between::<Statuses>(&All, &pass)), all[..1]);
    assert_eq!(found(KeyRange::between::<Statuses>(&pass, &3)), all[1..4]);
    assert_eq!(found(KeyRange::between::<Statuses>(&3, &pass)), []);
}
