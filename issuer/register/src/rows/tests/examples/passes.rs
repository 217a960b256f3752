//! Passes, and what is kept of their days.

use super::*;
use crate::{Account, KeyDigest, PassHolder};

pub(super) fn show(shown: &mut impl Shown) {
    let holder = PassHolder { id: PERSON, account: Account::Active, document_class: 111 };
    for key in [None, Some(KeyDigest([8; 16]))] {
        shown.row::<Passes>(&PASS, &PassRow { holder, key });
    }
    let holding = |standing| Some(Holding { device: DEVICE, given_at: 9, standing });
    for held in [None, holding(Standing::Vouched), holding(Standing::TokenAlone(3))] {
        shown.row::<Holdings>(&(PERSON, PASS), &held);
    }
    shown.row::<Statuses>(&PASS, &Status(2));
    shown.row::<DayCounters>(&4, &5);
    shown.row::<ListChanges>(&ListKey { exp: 4, list: 5 }, &6);
    let ranges = vec![ListRange { first: 1, end: 3 }, ListRange { first: 5, end: 6 }];
    shown.row::<PassedOver>(&4, &ranges);
}
