//! Rows by the order of their keys.

use std::collections::BTreeSet;

use super::{BackendPlace, in_one_group, see, step};
use crate::backend::{KeyRange, View};
use crate::register::Register;
use crate::rows::{
    All, CopiedDevices, DayCounters, Epoch, InVenue, ListChanges, ListKey, OfVenue, PassKey,
    PassedOver, Sites, Status, Statuses, UsedCodesForgotten,
};
use crate::rules::Transaction;
use crate::{DeviceId, Site, StoreError};

pub(super) async fn rows_are_in_order_both_ways_and_within_their_bounds(place: &dyn BackendPlace) {
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

/// Statuses of these passes.
async fn put_all(register: &Register, passes: &[(u64, u32)]) {
    let passes = passes.to_vec();
    let put = register.submit(move |transaction| {
        put(transaction, &passes);
        Ok(())
    });
    put.await.unwrap();
}

fn put(transaction: &mut Transaction, passes: &[(u64, u32)]) {
    for (exp, index) in passes {
        transaction.put::<Statuses>(&PassKey::new(*exp, *index), &Status(1));
    }
}

/// The keys of a range, the same both ways.
fn keys(view: &dyn View, range: &KeyRange) -> Vec<(u64, u32)> {
    let shown = |pass: PassKey| (pass.exp, pass.index);
    let there = view.scan_range::<Statuses>(range.clone()).map(|row| shown(row.unwrap().0));
    let back = view.scan_back::<Statuses>(range.clone()).map(|row| shown(row.unwrap().0));
    let (there, mut back): (Vec<_>, Vec<_>) = (there.collect(), back.collect());
    back.reverse();
    assert_eq!(there, back);
    there
}

pub(super) async fn nothing_comes_after_the_last_key(place: &dyn BackendPlace) {
    let register = place.open();
    let last = (u64::MAX, u32::MAX);
    let rows = [(1, 0), (1, u32::MAX), (2, 0), (u64::MAX, 0), last];
    put_all(&register, &rows).await;
    let pass = |(exp, index)| PassKey::new(exp, index);
    let within_a_day = KeyRange::after::<Statuses>(&1, &pass((1, u32::MAX)));
    let within_the_last_day = KeyRange::after::<Statuses>(&u64::MAX, &pass(last));
    let in_all = KeyRange::after::<Statuses>(&All, &pass(last));
    let beyond_the_last_day = KeyRange::after::<Statuses>(&All, &u64::MAX);
    for range in [within_a_day, within_the_last_day, in_all, beyond_the_last_day] {
        assert_eq!(see(&register, |view| Ok(keys(view, &range))), [], "{range:?}");
        let changed = register.submit(move |transaction| {
            put(transaction, &[(1, 1)]);
            Ok(transaction.scan_range::<Statuses>(range)?.len())
        });
        assert_eq!(changed.await, Ok(0));
    }
    let last_but_one = KeyRange::after::<Statuses>(&All, &pass((u64::MAX, 0)));
    assert_eq!(see(&register, |view| Ok(keys(view, &last_but_one))), [last]);
}

pub(super) async fn a_change_reads_ranges_with_what_its_group_put_and_removed(
    place: &dyn BackendPlace,
) {
    let register = place.open();
    put_all(&register, &[(1, 1), (1, 3), (1, 5), (2, 1), (2, 9), (3, 3)]).await;
    fn found(transaction: &Transaction, range: KeyRange) -> Result<Vec<(u64, u32)>, StoreError> {
        let rows = transaction.scan_range::<Statuses>(range)?.into_iter();
        Ok(rows.map(|(pass, _)| (pass.exp, pass.index)).collect())
    }
    let all = || KeyRange::of::<Statuses>(&All);
    let change = step(move |transaction| {
        // The first and the last of a day go, and others come before, between and behind.
        for (exp, index) in [(1, 1), (1, 5), (3, 3)] {
            transaction.remove::<Statuses>(&PassKey::new(exp, index));
        }
        put(transaction, &[(0, 7), (1, 2), (1, 4), (2, 1), (4, 4)]);
        // What is removed again, or never was, is not there.
        put(transaction, &[(2, 5)]);
        transaction.remove::<Statuses>(&PassKey::new(2, 5));
        transaction.remove::<Statuses>(&PassKey::new(2, 6));
        assert_eq!(found(transaction, KeyRange::of::<Statuses>(&1))?, [(1, 2), (1, 3), (1, 4)]);
        Ok(())
    });
    let expected = [(0, 7), (1, 2), (1, 3), (1, 4), (2, 1), (2, 9), (4, 4)];
    let look = step(move |transaction| {
        let pass = PassKey::new(1, 3);
        assert_eq!(found(transaction, all())?, expected);
        assert_eq!(found(transaction, KeyRange::of::<Statuses>(&3))?, []);
        assert_eq!(found(transaction, KeyRange::from::<Statuses>(&1, &pass))?, expected[2..4]);
        assert_eq!(found(transaction, KeyRange::after::<Statuses>(&All, &pass))?, expected[3..]);
        assert_eq!(found(transaction, KeyRange::between::<Statuses>(&All, &pass))?, expected[..2]);
        assert_eq!(transaction.keys::<Statuses>(&2)?.len(), 2);
        // Those who read see nothing of it yet.
        let durable = keys(transaction.tables(), &all());
        assert_eq!(durable, [(1, 1), (1, 3), (1, 5), (2, 1), (2, 9), (3, 3)]);
        Ok(())
    });
    assert_eq!(in_one_group(&register, vec![change, look]).await, [Ok(()), Ok(())]);
    assert_eq!(see(&register, |view| Ok(keys(view, &all()))), expected);
}

pub(super) async fn the_first_and_the_last_of_a_range_are_had_alone(place: &dyn BackendPlace) {
    let register = place.open();
    let rows: Vec<_> = (0..1_000).map(|index| (1, index)).collect();
    put_all(&register, &rows).await;
    let view = register.hold().unwrap();
    let range = KeyRange::of::<Statuses>(&1);
    for limit in [0, 1, 7, 999, 1_000, 2_000] {
        let there = view.scan_range::<Statuses>(range.clone()).take(limit);
        let there: Vec<_> = there.map(|row| row.unwrap().0.index).collect();
        let back = view.scan_back::<Statuses>(range.clone()).take(limit);
        let back: Vec<_> = back.map(|row| row.unwrap().0.index).collect();
        assert_eq!(there, (0..1_000).take(limit).collect::<Vec<_>>());
        assert_eq!(back, (0..1_000).rev().take(limit).collect::<Vec<_>>());
    }
}

pub(super) async fn kinds_that_share_a_table_keep_to_their_own_rows(place: &dyn BackendPlace) {
    let register = place.open();
    let change = register.submit(|transaction| {
        for exp in [0, 1, u64::MAX] {
            transaction.put::<DayCounters>(&exp, &1);
            transaction.put::<ListChanges>(&ListKey { exp, list: u32::MAX }, &2);
            transaction.put::<PassedOver>(&exp, &Vec::new());
        }
        transaction.put::<CopiedDevices>(&DeviceId([0; 16]), &());
        transaction.put::<CopiedDevices>(&DeviceId([255; 16]), &());
        transaction.put::<Epoch>(&(), &3);
        transaction.put::<UsedCodesForgotten>(&(), &4);
        Ok((
            transaction.scan::<DayCounters>(&All)?.len(),
            transaction.keys::<CopiedDevices>(&All)?.len(),
        ))
    });
    assert_eq!(change.await, Ok((3, 2)));
    let view = register.hold().unwrap();
    assert_eq!(view.scan::<DayCounters>(&All).map(Result::unwrap).count(), 3);
    assert_eq!(view.scan::<ListChanges>(&All).map(Result::unwrap).count(), 3);
    assert_eq!(view.scan::<PassedOver>(&All).map(Result::unwrap).count(), 3);
    assert_eq!(view.scan::<CopiedDevices>(&All).map(Result::unwrap).count(), 2);
    assert_eq!(view.find::<Epoch>(&()), Ok(Some(3)));
}

pub(super) async fn texts_are_in_the_order_of_their_bytes(place: &dyn BackendPlace) {
    let register = place.open();
    let names = ["a", "a-b", "ab", "b", "图", "图书", "图书馆", "Z", "z", "a!", "é"];
    let change = register.submit(move |transaction| {
        for venue in names {
            for id in names {
                let (at, name) = (OfVenue::new(venue, id), id.to_owned());
                let (venue, id) = (venue.to_owned(), id.to_owned());
                transaction.put::<Sites>(&at, &Site { venue, id, name, closed: false });
            }
        }
        Ok(())
    });
    change.await.unwrap();
    let sorted: Vec<_> = names.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    for venue in names {
        let sites = see(&register, |view| {
            view.scan::<Sites>(&InVenue(venue))
                .map(|row| Ok(row?.1.id))
                .collect::<Result<Vec<_>, _>>()
        });
        assert_eq!(sites, sorted, "of {venue} alone");
    }
    let venues = see(&register, |view| {
        view.scan::<Sites>(&All).map(|row| Ok(row?.1.venue)).collect::<Result<Vec<_>, _>>()
    });
    assert!(venues.is_sorted() && venues.len() == names.len() * names.len());
}
