//! Examples of every kind of rows: with and without what a row may leave out.

use super::*;
use crate::{DeviceId, PersonId};

mod passes;
mod persons;
mod places;
mod requests;
mod scans;
mod single;

const PERSON: PersonId = PersonId([1; 16]);
const DEVICE: DeviceId = DeviceId([2; 16]);
const HASH: [u8; 32] = [3; 32];
const PASS: PassKey = PassKey { exp: 4, index: 5 };
const HEAD: AuditHead = AuditHead { number: 6, digest: HASH };

/// What is done with each example.
pub(super) trait Shown {
    fn row<R: Rows>(&mut self, key: &R::Key<'_>, row: &R::Row);
}

/// Shows every example, always in the same order.
pub(super) fn show_all(shown: &mut impl Shown) {
    persons::show(shown);
    requests::show(shown);
    passes::show(shown);
    places::show(shown);
    scans::show(shown);
    single::show(shown);
}
