//! Every kind of rows: what it is called, and that its rows come back from their bytes and their columns.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Columns, Kind};
use super::*;
use crate::{
    Account, Consent, DeviceRule, EndReason, EventAuthor, EventKind, OperatorRole, OtherDevices,
    TrailKind,
};
use examples::{Shown, show_all};

mod examples;
mod frozen;

/// The names of the kinds whose rows have come back.
#[derive(Default)]
struct Seen(BTreeSet<&'static str>);

impl Shown for Seen {
    fn row<R: Rows>(&mut self, key: &R::Key<'_>, row: &R::Row) {
        let bytes = (encode_key::<R>(key), encode(row));
        let again = (decode_key::<R>(&bytes.0).unwrap(), decode::<R::Row>(&bytes.1).unwrap());
        assert_eq!((encode_key::<R>(&again.0), encode(&again.1)), bytes, "{}", R::NAME);
        let columns = Columns::of::<R>(key, row);
        let kind = Kind::under(R::TABLE, &bytes.0).unwrap();
        assert_eq!(kind.name(), R::NAME);
        assert_eq!(kind.to_columns(&bytes).as_ref(), Ok(&columns), "{}", R::NAME);
        assert_eq!(kind.to_bytes(&columns), Some(bytes), "{}", R::NAME);
        self.0.insert(R::NAME);
    }
}

/// What each kind is called, and the names of its key's parts.
#[derive(Default)]
struct Named(BTreeMap<&'static str, &'static [&'static str]>);

impl Visitor for Named {
    fn visit<R: Rows>(&mut self) {
        assert_eq!(self.0.insert(R::NAME, R::KEY), None, "{} twice", R::NAME);
        let parts: BTreeSet<_> = R::KEY.iter().collect();
        assert_eq!(parts.len(), R::KEY.len(), "{}", R::NAME);
    }
}

/// What every kind is called.
fn kinds() -> BTreeSet<&'static str> {
    let mut named = Named::default();
    visit_all(&mut named);
    named.0.into_keys().collect()
}

#[test]
fn rows_of_every_kind_come_back_from_their_bytes_and_from_their_columns() {
    let mut seen = Seen::default();
    show_all(&mut seen);
    assert_eq!(seen.0, kinds(), "each kind has a row here");
}

#[test]
fn kinds_are_named_once_and_so_are_the_parts_of_their_keys() {
    assert!(kinds().len() >= TABLES);
}

#[test]
fn words_and_their_bytes_stand_for_one_value_each() {
    fn check<W: word::Word + std::fmt::Debug>() {
        let bytes: BTreeSet<_> = W::ALL.iter().map(|(_, byte, _)| byte).collect();
        let words: BTreeSet<_> = W::ALL.iter().map(|(.., word)| word).collect();
        assert_eq!((bytes.len(), words.len()), (W::ALL.len(), W::ALL.len()));
        for (value, byte, word) in W::ALL {
            assert_eq!((W::of_byte(*byte), W::of_word(word)), (Some(*value), Some(*value)));
        }
    }
    check::<Account>();
    check::<Arrival>();
    check::<Consent>();
    check::<Deed>();
    check::<DeviceRule>();
    check::<EndReason>();
    check::<EventAuthor>();
    check::<EventKind>();
    check::<Expiring>();
    check::<Mode>();
    check::<OperatorRole>();
    check::<OtherDevices>();
    check::<StaffRole>();
    check::<TrailKind>();
    let all: Vec<_> = <EventKind as word::Word>::ALL.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(all, EventKind::ALL);
    for (reason, byte, word) in <EndReason as word::Word>::ALL {
        assert_eq!((*byte, *word), (*reason as u8, reason.word()));
    }
    for (author, byte, word) in <EventAuthor as word::Word>::ALL {
        assert_eq!((*byte, *word), (*author as u8, author.word()));
    }
}
