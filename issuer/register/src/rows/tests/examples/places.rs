//! Venues, what stands there, and who bears a secret.

use super::*;
use crate::{Bearer, FormerKey, Made, OperatorRole};

pub(super) fn show(shown: &mut impl Shown) {
    shown.row::<Venues>(&"library".into(), &venue());
    shown.row::<Sites>(&OfVenue::new("library", "nanshan"), &site());
    shown.row::<Stations>(&OfVenue::new("library", "gate"), &station());
    shown.row::<Stations>(&OfVenue::new("library", "gate"), &Station { site: None, ..station() });
    let former = FormerKey { key: [6; 33], last: 3, digests_from: 1, until: 9, apart: true };
    let gate = Gate { last: 5, digests_from: 4, conflict_at: 7, ..Gate::new([7; 33]) };
    shown.row::<Gates>(&OfVenue::new("library", "gate"), &gate);
    let gate = Gate { count: 8, former: vec![former, former], ..gate };
    shown.row::<Gates>(&OfVenue::new("library", "gate"), &gate);
    for bearer in bearers() {
        let made = |at, by: &str| Some(Made { at, by: by.into() });
        for (made, contested) in [(None, None), (made(7, "chen"), None), (None, made(8, "li"))] {
            let credential = Credential { bearer: bearer.clone(), revoked: true, made, contested };
            shown.row::<Credentials>(&HASH, &credential);
        }
    }
    let (venue, device) = ("library".into(), "gate".into());
    shown.row::<DeviceCredentials>(&DeviceCredential { venue, device, hash: HASH }, &());
    for (role, venue) in [
        (StaffRole::Registrar, None),
        (StaffRole::Operator, Some("library".into())),
        (StaffRole::Administrator, None),
    ] {
        let key = StaffCredential { role, venue, name: "li".into(), hash: HASH };
        shown.row::<StaffCredentials>(&key, &());
    }
    for (deed, doer) in [
        (Deed::Freeze, Doer::named("hall")),
        (Deed::Look, Doer::about("hall", PERSON.0)),
        (Deed::UseReport, Doer::person(PERSON)),
    ] {
        shown.row::<Deeds>(&DeedKey { deed, doer }, &vec![7, 8]);
    }
}

pub(super) fn venue() -> Venue {
    let (id, name, uscc) = ("library".into(), "图书馆".into(), "12440300".into());
    Venue { id, name, uscc, scenes: vec![2, 700], suspended: true, ages: vec![60] }
}

pub(super) fn site() -> Site {
    let (venue, id, name) = ("library".into(), "nanshan".into(), "南山馆".into());
    Site { venue, id, name, closed: false }
}

pub(super) fn station() -> Station {
    let (venue, device) = ("library".into(), "gate".into());
    Station { venue, device, site: Some("nanshan".into()), scenes: vec![2] }
}

pub(super) fn bearers() -> [Bearer; 5] {
    let operator = |duty| Bearer::Operator { venue: "library".into(), name: "li".into(), duty };
    [
        Bearer::Venue { venue: "library".into(), device: "gate".into() },
        Bearer::Registrar { registrar: "hall".into() },
        Bearer::Administrator { name: "chen".into() },
        operator(OperatorRole::Viewer),
        operator(OperatorRole::Manager),
    ]
}
