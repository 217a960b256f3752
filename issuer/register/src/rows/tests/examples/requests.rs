//! Acts that wait for a second person.

use super::places::{bearers, site, station, venue};
use super::*;
use crate::{
    Account, AdminAct, Approval, DeviceRule, Evidence, PersonChange, Place, SealedIdentity,
    SiteChange, StationChange, VenueChange, WrappedKey,
};

pub(super) fn show(shown: &mut impl Shown) {
    for act in acts() {
        let approved_on = act.person().map(|_| DEVICE);
        let asked_by = "hall".into();
        let request = Request { id: [5; 16], act, asked_by, asked_at: 9, approved_on };
        shown.row::<Requests>(&([6; 16], [5; 16]), &request);
    }
}

fn acts() -> Vec<Approval> {
    let (library, gate) = (|| "library".to_owned(), || "gate".to_owned());
    let sealed = SealedIdentity { key: Some(WrappedKey([9; 60])), content: vec![1, 2] };
    let evidence =
        Evidence { expires_at: Some(9), ..Evidence::of_registrar("c".into(), 3, 111, 8) };
    let change = PersonChange {
        person: PERSON,
        evidence,
        sealed,
        made_from: HASH,
        changed: vec!["name".into(), "method".into()],
        reason: "typo".into(),
    };
    let account = |devices| Approval::Account {
        person: PERSON,
        account: Account::Active,
        reason: "found".into(),
        devices,
    };
    let mut acts = vec![
        Approval::Credential { venue: library(), device: gate() },
        account(None),
        account(Some(vec![])),
        account(Some(vec![DEVICE, DeviceId([8; 16])])),
        Approval::Enrolment { person: PERSON, devices: DeviceRule::Adds },
        Approval::Change(Box::new(change)),
    ];
    let mut add = |act| acts.push(Approval::Administration(act));
    for known in [None, Some(venue())] {
        let suspended_elsewhere = vec!["other".to_owned()];
        let change = VenueChange { known, wanted: venue(), suspended_elsewhere };
        add(AdminAct::Venue(Box::new(change)));
    }
    for known in [None, Some(site())] {
        add(AdminAct::Site(Box::new(SiteChange { known, wanted: site() })));
    }
    for known in [None, Some(station())] {
        add(AdminAct::Station(Box::new(StationChange { known, wanted: station() })));
    }
    for known in [None, Some([4; 33])] {
        add(AdminAct::Gate { venue: library(), device: gate(), key: [5; 33], known });
    }
    for site in [None, Some("nanshan".to_owned())] {
        add(AdminAct::Resume(Place { venue: library(), site: site.clone() }));
        add(AdminAct::Suspend(Place { venue: library(), site }));
    }
    for bearer in bearers() {
        add(AdminAct::Credential(bearer.clone()));
        add(AdminAct::Withdraw { credential: [6; 16], bearer });
    }
    acts
}
