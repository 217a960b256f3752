//! Persons, their grants, devices and events.

use super::*;
use crate::{Account, DeviceRule};
use crate::{
    EndReason, Ended, EventAuthor, EventKind, Evidence, SealedIdentity, Suspension, WrappedKey,
};

pub(super) fn show(shown: &mut impl Shown) {
    for (suspension, key) in [
        (None, None),
        (Some(Suspension { keep: None }), Some(WrappedKey([9; 60]))),
        (Some(Suspension { keep: Some(DEVICE) }), None),
    ] {
        let evidence = Evidence::of_registrar("counter".into(), 4, 553, 5);
        let lasting = Evidence { expires_at: Some(7), ..evidence.clone() };
        let person = Person {
            id: PERSON,
            account: Account::Frozen,
            document_class: 553,
            evidence: vec![evidence, lasting],
            sealed: SealedIdentity { key, content: vec![9; 300] },
            enrolled_at: 5,
            updated_at: 6,
            suspension,
        };
        shown.row::<Persons>(&PERSON, &person);
    }
    shown.row::<Lookup>(&HASH, &PERSON);
    for (approved_on, retry_hash) in [(None, None), (Some(DEVICE), Some([6; 32]))] {
        let grant = Grant {
            person: PERSON,
            code_hash: [4; 32],
            tx_code_hash: [5; 32],
            sealed_offer: vec![1],
            expires_at: 1,
            attempts_left: 2,
            devices: DeviceRule::Replaces,
            made_by: "hall".into(),
            approved_on,
            ended: true,
            retry_hash,
        };
        shown.row::<Grants>(&HASH, &grant);
    }
    shown.row::<GrantCodes>(&HASH, &Offer([4; 32]));
    shown.row::<GrantsOf>(&(PERSON, HASH), &());
    for epoch in [0, 3] {
        let token = Token { family: [4; 32], refresh: true, expires_at: 4, epoch };
        shown.row::<Tokens>(&HASH, &token);
    }
    let granted = Granted {
        client: Some("wallet".into()),
        scope: Some("openid".into()),
        acr: Some("3".into()),
        jkt: Some([6; 32]),
    };
    let ended = Ended { at: Some(5), why: EndReason::Copied };
    shown.row::<Families>(&HASH, &family(None, None, Granted::default()));
    shown.row::<Families>(&HASH, &family(Some(ended), Some([8; 32]), granted));
    for arrival in [
        Arrival::There,
        Arrival::Forgiven,
        Arrival::New { replaces: true, by_two: false },
        Arrival::New { replaces: false, by_two: true },
    ] {
        shown.row::<FamiliesOf>(&(PERSON, HASH), &arrival);
    }
    shown.row::<CopiedDevices>(&DEVICE, &());
    for (device, times) in [(None, 1), (Some("phone".to_owned()), 4)] {
        let (kind, by) = (EventKind::DevicesRead, EventAuthor::Service);
        let event = AccountEvent { id: [4; 16], kind, device, by, at: 7, times };
        shown.row::<Events>(&(PERSON, [4; 16]), &event);
    }
}

fn family(ended: Option<Ended>, rival: Option<[u8; 32]>, granted: Granted) -> Family {
    Family {
        person: PERSON,
        current: HASH,
        previous: rival.map(|_| [7; 32]),
        rival,
        ended,
        expires_at: 9,
        name: "phone".into(),
        created_at: Some(1),
        last_used_at: None,
        salt: [5; 32],
        rotated_at: 2,
        granted,
    }
}
