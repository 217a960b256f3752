//! Nobody sees a part of a change, and changes come one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{BackendPlace, see};
use crate::PersonId;
use crate::rows::{All, Lookup, PassKey, Status, Statuses, UsedCodesForgotten};

const HASH: [u8; 32] = [7; 32];
const SOMEBODY: PersonId = PersonId([7; 16]);

pub(super) async fn nothing_is_read_before_it_is_durable(place: &dyn BackendPlace) {
    let register = place.open();
    let view = register.hold().unwrap();
    let change = register.submit(move |transaction| {
        transaction.put::<Lookup>(&HASH, &SOMEBODY);
        Ok((transaction.has::<Lookup>(&HASH)?, view.has::<Lookup>(&HASH)?))
    });
    assert_eq!(change.await, Ok((true, false)), "seen by the change, and by no reader");
    assert_eq!(register.look(|view| view.has::<Lookup>(&HASH)), Ok(true), "once it was answered");
}

pub(super) async fn no_reader_sees_a_part_of_a_change(place: &dyn BackendPlace) {
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

pub(super) async fn a_change_sees_those_before_it(place: &dyn BackendPlace) {
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

pub(super) async fn a_snapshot_stays_as_it_was(place: &dyn BackendPlace) {
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

pub(super) async fn changes_of_many_threads_come_one_after_the_other(place: &dyn BackendPlace) {
    let register = Arc::new(place.open());
    let threads = (0..4).map(|_| {
        let register = Arc::clone(&register);
        tokio::spawn(async move {
            for _ in 0..50 {
                let change = register.submit(|transaction| {
                    let count = transaction.find::<UsedCodesForgotten>(&())?.unwrap_or(0) + 1;
                    transaction.put::<UsedCodesForgotten>(&(), &count);
                    Ok(())
                });
                change.await.unwrap();
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.await.unwrap();
    }
    assert_eq!(see(&register, |view| view.find::<UsedCodesForgotten>(&())), Some(200));
}
