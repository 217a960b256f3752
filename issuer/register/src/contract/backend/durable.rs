//! What was answered stays. A kill is what the place says a kill leaves; `tests/store_crash.rs` kills real
//! processes in the midst of groups, and `tests/store_power_cut.rs` cuts their disk off.

use super::{BackendPlace, in_one_group, see, step};
use crate::audit::{AuditEvent, ChainReport};
use crate::rows::{Lookup, UsedCodesForgotten};
use crate::{PersonId, Store};

const HASH: [u8; 32] = [7; 32];
const SOMEBODY: PersonId = PersonId([7; 16]);

pub(super) async fn what_was_answered_is_there_after_reopening(place: &dyn BackendPlace) {
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
    assert_eq!(see(&register, |view| view.find::<Lookup>(&HASH)), Some(SOMEBODY));
    assert!(!see(&register, |view| view.has::<UsedCodesForgotten>(&())));
}

pub(super) async fn what_was_answered_is_there_after_a_kill(place: &dyn BackendPlace) {
    let register = place.open();
    for round in 0..5u8 {
        let steps = (0..20u8).map(|number| {
            step(move |transaction| {
                transaction.put::<Lookup>(&[20 * round + number; 32], &SOMEBODY);
                let person = number.to_string();
                transaction.audit(AuditEvent::TokenReuse { person }, round.into()).map(drop)
            })
        });
        let answers = in_one_group(&register, steps.collect()).await;
        assert!(answers.iter().all(Result::is_ok));
        let killed = place.killed();
        let after = killed.open();
        for number in 0..20 * (round + 1) {
            assert!(see(&after, |view| view.has::<Lookup>(&[number; 32])), "{number}");
        }
        let head = register.audit_head().await.unwrap();
        assert_eq!(head.number, 20 * (u64::from(round) + 1));
        assert_eq!(after.audit_verify(Some(head)).await, Ok(ChainReport::Whole(head)));
    }
}

pub(super) async fn a_change_whose_caller_went_away_is_made(place: &dyn BackendPlace) {
    let register = place.open();
    drop(register.submit(|transaction| {
        transaction.put::<Lookup>(&HASH, &SOMEBODY);
        Ok(())
    }));
    drop(register);
    assert_eq!(see(&place.open(), |view| view.find::<Lookup>(&HASH)), Some(SOMEBODY));
}
