//! What fails leaves nothing of itself in its group, and the others of the group are whole.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;

use super::{BackendPlace, in_one_group, see, step};
use crate::audit::{AuditEvent, ChainReport};
use crate::backend::{KeyRange, View};
use crate::register::Register;
use crate::rows::{
    All, Expiries, Expiring, InVenue, Lookup, Name, PassKey, Sites, Status, Statuses, Tokens,
    Trails, UsedCodesForgotten, Venues,
};
use crate::rules::Transaction;
use crate::{PersonId, Store, StoreError, Venue};

fn person(number: u8) -> PersonId {
    PersonId([number; 16])
}

/// An entry that two venues' trails have.
fn event(receipts: [u8; 2]) -> AuditEvent {
    let [receipt, first] = receipts.map(|receipt| BASE64URL_NOPAD.encode(&[receipt; 16]));
    let (gate, first_gate) = ("library/gate".into(), "park/gate".into());
    AuditEvent::DoubleUse { receipt, first, gate, first_gate }
}

/// The keys that are to be forgotten, by their second.
fn expiring(view: &dyn View) -> Result<Vec<(u64, Expiring, Vec<u8>)>, StoreError> {
    let mut found = Vec::new();
    for row in view.scan::<Expiries>(&All) {
        let (first, more) = row?;
        let keys = std::iter::once(first.key).chain(more);
        found.extend(keys.map(|key| (first.at, first.kind, key.to_vec())));
    }
    found.sort();
    Ok(found)
}

async fn number_of_whole_chain(register: &Register) -> u64 {
    let head = register.audit_head().await.unwrap();
    assert_eq!(register.audit_verify(Some(head)).await, Ok(ChainReport::Whole(head)));
    let entries = register.audit_entries(0, usize::MAX).await.unwrap();
    assert_eq!(entries.len() as u64, head.number);
    head.number
}

pub(super) async fn a_change_that_fails_leaves_nothing_and_its_neighbours_stay(
    place: &dyn BackendPlace,
) {
    let register = place.open();
    let put = |number: u8, fails: bool| {
        step(move |transaction| {
            transaction.put::<Lookup>(&[number; 32], &person(number));
            transaction.put::<Statuses>(&PassKey::new(number.into(), 0), &Status(number));
            if fails { Err(StoreError::Quota) } else { Ok(()) }
        })
    };
    let is_together = step(|transaction| {
        let durable = transaction.tables().has::<Lookup>(&[1; 32])?;
        assert!(!durable && transaction.has::<Lookup>(&[1; 32])?, "they share a group");
        Ok(())
    });
    let group = vec![put(1, false), put(2, true), put(3, false), is_together];
    let answers = in_one_group(&register, group).await;
    assert_eq!(answers, [Ok(()), Err(StoreError::Quota), Ok(()), Ok(())]);
    for (number, is_kept) in [(1u8, true), (2, false), (3, true)] {
        let pass = PassKey::new(number.into(), 0);
        assert_eq!(see(&register, |view| view.has::<Lookup>(&[number; 32])), is_kept);
        assert_eq!(see(&register, |view| view.has::<Statuses>(&pass)), is_kept);
    }
}

pub(super) async fn what_a_failed_change_did_to_its_neighbours_rows_is_undone(
    place: &dyn BackendPlace,
) {
    let register = place.open();
    let before = register.submit(|transaction| {
        transaction.put::<Lookup>(&[8; 32], &person(8));
        transaction.put::<Lookup>(&[9; 32], &person(9));
        transaction.put::<UsedCodesForgotten>(&(), &5);
        transaction.note_expiry::<Tokens>(10, &[10; 32]);
        transaction.note_expiry::<Tokens>(10, &[15; 32]);
        transaction.audit(event([1, 2]), 1).map(drop)
    });
    before.await.unwrap();
    let good = step(|transaction| {
        transaction.put::<Lookup>(&[1; 32], &person(1));
        transaction.put::<Statuses>(&PassKey::new(1, 1), &Status(1));
        transaction.remove::<Lookup>(&[9; 32]);
        transaction.note_expiry::<Tokens>(10, &[11; 32]);
        transaction.audit(event([3, 4]), 2).map(drop)
    });
    let bad = step(|transaction| {
        // Over what its neighbour put, in the place of what it removed, and away with what it put.
        transaction.put::<Lookup>(&[1; 32], &person(2));
        transaction.put::<Lookup>(&[9; 32], &person(2));
        transaction.remove::<Statuses>(&PassKey::new(1, 1));
        transaction.put::<Statuses>(&PassKey::new(1, 1), &Status(2));
        transaction.remove::<Statuses>(&PassKey::new(1, 1));
        // Over and away with what was durable before.
        transaction.put::<UsedCodesForgotten>(&(), &77);
        transaction.remove::<Lookup>(&[8; 32]);
        // New, and new and away again.
        transaction.put::<Lookup>(&[2; 32], &person(2));
        transaction.put::<Lookup>(&[3; 32], &person(2));
        transaction.remove::<Lookup>(&[3; 32]);
        transaction.note_expiry::<Tokens>(10, &[12; 32]);
        transaction.note_expiry::<Tokens>(3, &[13; 32]);
        assert_eq!(transaction.audit(event([5, 6]), 3)?, 3);
        assert_eq!(transaction.scan::<Lookup>(&All)?.len(), 3);
        Err(StoreError::Quota)
    });
    let after = step(|transaction| {
        assert_eq!(transaction.find::<Lookup>(&[1; 32])?, Some(person(1)));
        assert_eq!(transaction.find::<Lookup>(&[8; 32])?, Some(person(8)));
        assert_eq!(transaction.find::<Statuses>(&PassKey::new(1, 1))?, Some(Status(1)));
        assert_eq!(transaction.find::<UsedCodesForgotten>(&())?, Some(5));
        assert!(!transaction.has::<Lookup>(&[9; 32])?, "as its neighbour left it");
        assert_eq!(transaction.scan::<Lookup>(&All)?.len(), 2);
        // Once more: the row that begins with it keeps what it has.
        transaction.note_expiry::<Tokens>(10, &[10; 32]);
        transaction.note_expiry::<Tokens>(10, &[14; 32]);
        assert_eq!(transaction.audit(event([7, 8]), 4)?, 3, "the number was not used up");
        Ok(())
    });
    let answers = in_one_group(&register, vec![good, bad, after]).await;
    assert_eq!(answers, [Ok(()), Err(StoreError::Quota), Ok(())]);
    let check = async |register: &Register| {
        let persons =
            see(register, |view| view.scan::<Lookup>(&All).collect::<Result<Vec<_>, _>>());
        assert_eq!(persons, [([1; 32], person(1)), ([8; 32], person(8))]);
        let statuses =
            see(register, |view| view.scan::<Statuses>(&All).collect::<Result<Vec<_>, _>>());
        assert_eq!(statuses, [(PassKey::new(1, 1), Status(1))]);
        assert_eq!(see(register, |view| view.find::<UsedCodesForgotten>(&())), Some(5));
        let tokens = [10, 11, 14, 15].map(|number| (10, Expiring::Token, vec![number; 32]));
        assert_eq!(see(register, expiring), tokens);
        assert_eq!(number_of_whole_chain(register).await, 3);
        let trails = see(register, |view| view.scan::<Trails>(&All).collect::<Result<Vec<_>, _>>());
        let numbers: Vec<_> = trails.into_iter().map(|(key, entry)| (key.at, entry.0)).collect();
        assert_eq!(numbers, [(1, 1), (2, 2), (4, 3), (1, 1), (2, 2), (4, 3)]);
    };
    check(&register).await;
    drop(register);
    check(&place.open()).await;
}

pub(super) async fn a_change_that_fails_first_or_last_leaves_nothing(place: &dyn BackendPlace) {
    let register = place.open();
    let fail = || {
        step(|transaction| {
            transaction.put::<Lookup>(&[1; 32], &person(1));
            transaction.note_expiry::<Tokens>(10, &[1; 32]);
            transaction.audit(event([9, 10]), 1)?;
            Err(StoreError::NotFound)
        })
    };
    let good = step(|transaction| {
        transaction.put::<Lookup>(&[2; 32], &person(2));
        Ok(())
    });
    let answers = in_one_group(&register, vec![fail(), good, fail()]).await;
    assert_eq!(answers, [Err(StoreError::NotFound), Ok(()), Err(StoreError::NotFound)]);
    // A group of those that fail alone.
    assert_eq!(in_one_group(&register, vec![fail(), fail()]).await.len(), 2);
    for _ in 0..2 {
        assert_eq!(number_of_whole_chain(&register).await, 0);
        assert_eq!(see(&register, expiring), []);
        let persons =
            see(&register, |view| view.scan::<Lookup>(&All).collect::<Result<Vec<_>, _>>());
        assert_eq!(persons, [([2; 32], person(2))]);
    }
}

pub(super) async fn a_change_that_panics_leaves_nothing_and_writing_goes_on(
    place: &dyn BackendPlace,
) {
    let register = place.open();
    let put = |number: u8| {
        step(move |transaction| {
            transaction.put::<Lookup>(&[number; 32], &person(number));
            transaction.audit(event([number, number]), 1).map(drop)
        })
    };
    let fall = step(|transaction| {
        transaction.put::<Lookup>(&[1; 32], &person(9));
        transaction.remove::<Lookup>(&[2; 32]);
        transaction.note_expiry::<Tokens>(10, &[1; 32]);
        transaction.audit(event([9, 9]), 1)?;
        panic!("as no change should");
    });
    let answers = in_one_group(&register, vec![put(1), fall, put(2)]).await;
    assert_eq!(answers, [Ok(()), Err(StoreError::Internal), Ok(())]);
    let persons = see(&register, |view| view.scan::<Lookup>(&All).collect::<Result<Vec<_>, _>>());
    assert_eq!(persons, [([1; 32], person(1)), ([2; 32], person(2))]);
    assert_eq!(see(&register, expiring), []);
    assert_eq!(number_of_whole_chain(&register).await, 2);
    assert_eq!(in_one_group(&register, vec![put(3)]).await, [Ok(())]);
}

pub(super) async fn a_key_that_no_database_takes_is_refused_and_is_found_nowhere(
    place: &dyn BackendPlace,
) {
    let register = place.open();
    let id = "v".repeat(usize::from(u16::MAX) + 1);
    let venue = Venue {
        id: id.clone(),
        name: "x".into(),
        uscc: "x".into(),
        scenes: Vec::new(),
        suspended: false,
        ages: Vec::new(),
    };
    let long = step(move |transaction| {
        assert!(!transaction.has::<Venues>(&Name::from(&venue.id))?);
        transaction.put::<Venues>(&Name::from(&venue.id), &venue);
        Ok(())
    });
    let good = step(|transaction| {
        transaction.put::<Lookup>(&[1; 32], &person(1));
        Ok(())
    });
    let answers = in_one_group(&register, vec![long, good]).await;
    assert_eq!(answers, [Err(StoreError::Internal), Ok(())]);
    assert_eq!(see(&register, |view| view.find::<Venues>(&Name::from(&id))), None);
    let view = register.hold().unwrap();
    assert_eq!(view.snapshot().find::<Venues>(&Name::from(&id)), Ok(None));
    assert_eq!(view.scan::<Sites>(&InVenue(&id)).count(), 0);
    assert_eq!(view.scan_back::<Sites>(KeyRange::of::<Sites>(&InVenue(&id))).count(), 0);
}

/// Draws numbers that are the same in each run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Rows as they are to be.
type Model = BTreeMap<u8, u8>;

fn rows(transaction: &Transaction) -> Result<Model, StoreError> {
    let rows = transaction.scan::<Lookup>(&All)?.into_iter();
    Ok(rows.map(|(key, person)| (key[0], person.0[0])).collect())
}

pub(super) async fn groups_come_to_the_same_as_a_model(place: &dyn BackendPlace) {
    let register = place.open();
    let (mut draw, mut model) = (Draw(1), Model::new());
    for _ in 0..40 {
        let (mut group, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..1 + draw.below(8) {
            let fails = draw.below(3) == 0;
            let before = model.clone();
            let puts: Vec<_> = (0..draw.below(6))
                .map(|_| (draw.below(12) as u8, (draw.below(3) > 0).then(|| draw.below(200) as u8)))
                .collect();
            for (key, value) in &puts {
                match value {
                    Some(value) => model.insert(*key, *value),
                    None => model.remove(key),
                };
            }
            let after = model.clone();
            if fails {
                model = before.clone();
            }
            expected.push(if fails { Err(StoreError::Exhausted) } else { Ok(()) });
            group.push(step(move |transaction| {
                assert_eq!(rows(transaction)?, before);
                for (key, value) in puts {
                    match value {
                        Some(value) => transaction.put::<Lookup>(&[key; 32], &person(value)),
                        None => transaction.remove::<Lookup>(&[key; 32]),
                    }
                }
                assert_eq!(rows(transaction)?, after);
                if fails { Err(StoreError::Exhausted) } else { Ok(()) }
            }));
        }
        assert_eq!(in_one_group(&register, group).await, expected);
        let durable = see(&register, |view| {
            let rows = view.scan::<Lookup>(&All);
            rows.map(|row| row.map(|(key, person)| (key[0], person.0[0]))).collect::<Result<_, _>>()
        });
        assert_eq!(model, durable);
    }
}
