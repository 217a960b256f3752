//! Every kind of rows: what it is called, and that its rows come back from their bytes and their columns.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Columns, Kind};
use super::*;
use crate::{
    Account, AdminAct, Approval, Bearer, Consent, DeviceRule, Earlier, EndReason, Ended,
    EventAuthor, EventKind, Evidence, FormerKey, KeyDigest, Made, Matter, OperatorRole,
    OtherDevices, PassHolder, PersonChange, Place, PlaceNames, SealedIdentity, SiteChange,
    StationChange, Suspension, TrailKind, VenueChange, WrappedKey,
};

const PERSON: PersonId = PersonId([1; 16]);
const DEVICE: DeviceId = DeviceId([2; 16]);
const HASH: [u8; 32] = [3; 32];
const PASS: PassKey = PassKey { exp: 4, index: 5 };
const HEAD: AuditHead = AuditHead { number: 6, digest: HASH };

/// The names of the kinds whose rows have come back.
#[derive(Default)]
struct Seen(BTreeSet<&'static str>);

impl Seen {
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

fn venue() -> Venue {
    let (id, name, uscc) = ("library".into(), "图书馆".into(), "12440300".into());
    Venue { id, name, uscc, scenes: vec![2, 700], suspended: true, ages: vec![60] }
}

fn site() -> Site {
    let (venue, id, name) = ("library".into(), "nanshan".into(), "南山馆".into());
    Site { venue, id, name, closed: false }
}

fn station() -> Station {
    let (venue, device) = ("library".into(), "gate".into());
    Station { venue, device, site: Some("nanshan".into()), scenes: vec![2] }
}

fn bearers() -> [Bearer; 5] {
    let operator = |duty| Bearer::Operator { venue: "library".into(), name: "li".into(), duty };
    [
        Bearer::Venue { venue: "library".into(), device: "gate".into() },
        Bearer::Registrar { registrar: "hall".into() },
        Bearer::Administrator { name: "chen".into() },
        operator(OperatorRole::Viewer),
        operator(OperatorRole::Manager),
    ]
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
        salt: HASH,
        rotated_at: 2,
        granted,
    }
}

fn of_persons(seen: &mut Seen) {
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
        seen.row::<Persons>(&PERSON, &person);
    }
    seen.row::<Lookup>(&HASH, &PERSON);
    for (approved_on, retry_hash) in [(None, None), (Some(DEVICE), Some(HASH))] {
        let grant = Grant {
            person: PERSON,
            code_hash: HASH,
            tx_code_hash: HASH,
            sealed_offer: vec![1],
            expires_at: 1,
            attempts_left: 2,
            devices: DeviceRule::Replaces,
            made_by: "hall".into(),
            approved_on,
            ended: true,
            retry_hash,
        };
        seen.row::<Grants>(&HASH, &grant);
    }
    seen.row::<GrantCodes>(&HASH, &Offer(HASH));
    seen.row::<GrantsOf>(&(PERSON, HASH), &());
    for epoch in [0, 3] {
        let token = Token { family: HASH, refresh: true, expires_at: 4, epoch };
        seen.row::<Tokens>(&HASH, &token);
    }
    let granted = Granted {
        client: Some("wallet".into()),
        scope: Some("openid".into()),
        acr: Some("3".into()),
        jkt: Some(HASH),
    };
    let ended = Ended { at: Some(5), why: EndReason::Copied };
    seen.row::<Families>(&HASH, &family(None, None, Granted::default()));
    seen.row::<Families>(&HASH, &family(Some(ended), Some([8; 32]), granted));
    for arrival in [
        Arrival::There,
        Arrival::Forgiven,
        Arrival::New { replaces: true, by_two: false },
        Arrival::New { replaces: false, by_two: true },
    ] {
        seen.row::<FamiliesOf>(&(PERSON, HASH), &arrival);
    }
    seen.row::<CopiedDevices>(&DEVICE, &());
    for (device, times) in [(None, 1), (Some("phone".to_owned()), 4)] {
        let (kind, by) = (EventKind::DevicesRead, EventAuthor::Service);
        let event = AccountEvent { id: [4; 16], kind, device, by, at: 7, times };
        seen.row::<Events>(&(PERSON, [4; 16]), &event);
    }
    for act in acts() {
        let approved_on = act.person().map(|_| DEVICE);
        let asked_by = "hall".into();
        let request = Request { id: [5; 16], act, asked_by, asked_at: 9, approved_on };
        seen.row::<Requests>(&([6; 16], [5; 16]), &request);
    }
}

fn of_passes(seen: &mut Seen) {
    let holder = PassHolder { id: PERSON, account: Account::Active, document_class: 111 };
    for key in [None, Some(KeyDigest([8; 16]))] {
        seen.row::<Passes>(&PASS, &PassRow { holder, key });
    }
    let holding = |standing| Some(Holding { device: DEVICE, given_at: 9, standing });
    for held in [None, holding(Standing::Vouched), holding(Standing::TokenAlone(3))] {
        seen.row::<Holdings>(&(PERSON, PASS), &held);
    }
    seen.row::<Statuses>(&PASS, &Status(2));
    seen.row::<DayCounters>(&4, &5);
    seen.row::<ListChanges>(&ListKey { exp: 4, list: 5 }, &6);
    let ranges = vec![ListRange { first: 1, end: 3 }, ListRange { first: 5, end: 6 }];
    seen.row::<PassedOver>(&4, &ranges);
}

fn of_places(seen: &mut Seen) {
    seen.row::<Venues>(&"library".into(), &venue());
    seen.row::<Sites>(&OfVenue::new("library", "nanshan"), &site());
    seen.row::<Stations>(&OfVenue::new("library", "gate"), &station());
    seen.row::<Stations>(&OfVenue::new("library", "gate"), &Station { site: None, ..station() });
    let former = FormerKey { key: [6; 33], last: 3, digests_from: 1, until: 9, apart: true };
    let gate = Gate::new([7; 33]);
    seen.row::<Gates>(&OfVenue::new("library", "gate"), &gate);
    let gate = Gate { count: 8, former: vec![former, former], ..gate };
    seen.row::<Gates>(&OfVenue::new("library", "gate"), &gate);
    for bearer in bearers() {
        let made = |at, by: &str| Some(Made { at, by: by.into() });
        for (made, contested) in [(None, None), (made(7, "chen"), None), (None, made(8, "li"))] {
            let credential = Credential { bearer: bearer.clone(), revoked: true, made, contested };
            seen.row::<Credentials>(&HASH, &credential);
        }
    }
    let (venue, device) = ("library".into(), "gate".into());
    seen.row::<DeviceCredentials>(&DeviceCredential { venue, device, hash: HASH }, &());
    for (role, venue) in [
        (StaffRole::Registrar, None),
        (StaffRole::Operator, Some("library".into())),
        (StaffRole::Administrator, None),
    ] {
        let key = StaffCredential { role, venue, name: "li".into(), hash: HASH };
        seen.row::<StaffCredentials>(&key, &());
    }
    for (deed, doer) in [
        (Deed::Freeze, Doer::named("hall")),
        (Deed::Look, Doer::about("hall", PERSON.0)),
        (Deed::UseReport, Doer::person(PERSON)),
    ] {
        seen.row::<Deeds>(&DeedKey { deed, doer }, &vec![7, 8]);
    }
}

fn of_scans(seen: &mut Seen) {
    let used = UsedKey { iat: 7, device: [8; 16] };
    seen.row::<UsedCodes>(&used, &FirstUse { operator: [9; 8], entry: 10 });
    seen.row::<OfflineUses>(&used, &vec![1, 2]);
    seen.row::<Audit>(&6, &AuditRow { digest: HASH, json: br#"{"number":6}"#.to_vec() });
    let trail =
        TrailKey { venue: "library".into(), at: 7, receipt: [8; 16], kind: TrailKind::DoubleUse };
    seen.row::<Trails>(&trail, &Entry(6));
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
        seen.row::<Uses>(&(PERSON, [4; 16]), &one);
    }
    seen.row::<Retries>(&HASH, &Answered::Loss(OtherDevices::Suspended));
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
        seen.row::<Retries>(&HASH, &Answered::Scan(earlier));
    }
    seen.row::<Receipts>(&([7; 24], 8), &Digest(HASH));
    seen.row::<ReceiptIds>(&[7; 16], &Digest(HASH));
    for number in [None, Some(7)] {
        let (venue, device, objection) = ("park".into(), "gate".into(), "scene".into());
        let row = SetAside { venue, device, number, objection, at: 9, bytes: vec![1, 2, 3] };
        seen.row::<ReceiptsSetAside>(&HASH, &row);
    }
    let expiry = ExpiryKey { at: 7, kind: Expiring::SetAside, key: HASH };
    seen.row::<Expiries>(&expiry, &vec![[5; 32], [6; 32]]);
}

fn single(seen: &mut Seen) {
    seen.row::<Format>(&(), &6);
    seen.row::<IndexSecret>(&(), &HASH);
    seen.row::<NewestEntry>(&(), &HEAD);
    seen.row::<AuditBase>(&(), &HEAD);
    seen.row::<Epoch>(&(), &1);
    seen.row::<Witnessed>(&(), &vec![1]);
    seen.row::<RestoredFrom>(&(), &HEAD);
    seen.row::<RestoredAt>(&(), &LastRestoration { at: 7, by_witness: true });
    seen.row::<LastRestored>(&(), &Json(br#"{"epoch":1}"#.to_vec()));
    seen.row::<DiskCheck>(&(), &7);
    seen.row::<CheckedTime>(&(), &7);
    seen.row::<SettledTime>(&(), &7);
    seen.row::<UsedCodesForgotten>(&(), &7);
    seen.row::<DaysForgotten>(&(), &7);
    seen.row::<RegistersId>(&(), &[7; 16]);
    seen.row::<RegistersMode>(&(), &Mode::Production);
    seen.row::<Wrapped>(&(), &vec![7; 76]);
    seen.row::<WrappedNext>(&(), &vec![8; 76]);
    seen.row::<IdentitiesKeyed>(&(), &vec![1]);
}

#[test]
fn rows_of_every_kind_come_back_from_their_bytes_and_from_their_columns() {
    let mut seen = Seen::default();
    of_persons(&mut seen);
    of_passes(&mut seen);
    of_places(&mut seen);
    of_scans(&mut seen);
    single(&mut seen);
    let mut named = Named::default();
    visit_all(&mut named);
    assert_eq!(seen.0, named.0.into_keys().collect(), "each kind has a row here");
}

#[test]
fn kinds_are_named_once_and_so_are_the_parts_of_their_keys() {
    let mut named = Named::default();
    visit_all(&mut named);
    assert!(named.0.len() >= TABLES);
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
