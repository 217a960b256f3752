//! What scans leave behind.

use super::*;
use crate::{Consent, Earlier, Matter, OtherDevices, PlaceNames, TrailKind};

pub(super) fn show(shown: &mut impl Shown) {
    let used = UsedKey { iat: 7, device: [8; 16] };
    shown.row::<UsedCodes>(&used, &FirstUse { operator: [9; 8], entry: 10 });
    shown.row::<OfflineUses>(&used, &vec![1, 2]);
    shown.row::<Audit>(&6, &AuditRow { digest: HASH, json: br#"{"number":6}"#.to_vec() });
    let trail =
        TrailKey { venue: "library".into(), at: 7, receipt: [8; 16], kind: TrailKind::DoubleUse };
    shown.row::<Trails>(&trail, &Entry(6));
    let matter = Matter { operator: "7".into(), purpose: "check".into(), case: "2026-1".into() };
    let names = PlaceNames { venue: "图书馆".into(), site: Some("南山馆".into()) };
    for (matter, names, reported_at) in [(None, None, None), (Some(matter), Some(names), Some(10))]
    {
        let one = IdentityUse {
            receipt: [4; 16],
            venue: "library".into(),
            device: "gate".into(),
            scene: 2,
            reason: "OK".into(),
            claims: vec!["name".into(), "sex".into()],
            consent: Consent::Expired,
            matter,
            offline: true,
            at: 9,
            site: names.as_ref().map(|_| "nanshan".into()),
            names,
            reported_at,
        };
        shown.row::<Uses>(&(PERSON, [4; 16]), &one);
    }
    shown.row::<Retries>(&HASH, &Answered::Loss(OtherDevices::Suspended));
    for person in [None, Some(PERSON)] {
        let earlier = Earlier {
            request: HASH,
            registration: [5; 32],
            receipt: [2; 16],
            person,
            reason: "OK".into(),
            consent: Consent::Approved,
            claims: vec!["name".into()],
            at: 7,
        };
        shown.row::<Retries>(&HASH, &Answered::Scan(earlier));
    }
    shown.row::<Receipts>(&([7; 24], 8), &Digest(HASH));
    shown.row::<ReceiptIds>(&[7; 16], &Digest(HASH));
    for number in [None, Some(7)] {
        let (venue, device, objection) = ("park".into(), "gate".into(), "scene".into());
        let row = SetAside { venue, device, number, objection, at: 9, bytes: vec![1, 2, 3] };
        shown.row::<ReceiptsSetAside>(&HASH, &row);
    }
    let expiry = ExpiryKey { at: 7, kind: Expiring::SetAside, key: HASH };
    shown.row::<Expiries>(&expiry, &vec![[5; 32], [6; 32]]);
}
