//! A scan that waited is kept as good only while what it rests on stands.

use super::*;

const CREDENTIAL: [u8; 32] = [4; 32];

/// A library with one gate at the east door, and one person with a pass.
struct Standing {
    store: Arc<dyn Inspected>,
    person: PersonId,
    phone: DeviceId,
    grounds: Grounds,
}

fn library() -> Venue {
    Venue {
        id: "library".into(),
        name: "图书馆".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: vec![2],
        suspended: false,
        ages: Vec::new(),
    }
}

fn site(id: &str, closed: bool) -> Site {
    Site { venue: "library".into(), id: id.into(), name: id.into(), closed }
}

fn station(site: &str, scenes: Vec<u16>) -> Station {
    Station { venue: "library".into(), device: "gate".into(), site: Some(site.into()), scenes }
}

fn device(device: &str) -> Bearer {
    Bearer::Venue { venue: "library".into(), device: device.into() }
}

impl Standing {
    async fn at(place: &dyn Place) -> Self {
        let store = place.open();
        let person = store.enrol(enrolment(1)).await.unwrap();
        let phone = take_up(&*store, grant(person, 1, DeviceRule::Replaces), 1).await;
        let asked = PassesAsked { device: Some(phone), ..passes(person, &[TODAY], NOW) };
        let index = store.allocate_passes(asked).await.unwrap().indices[0];
        let holder = store.pass_holder(TODAY, index, KEY).await.unwrap().unwrap();
        store.put_venue(library(), NOW).await.unwrap();
        for id in ["east", "west"] {
            store.put_site(site(id, false), NOW).await.unwrap();
        }
        store.put_station(station("east", vec![]), NOW).await.unwrap();
        store.put_credential(CREDENTIAL, device("gate"), NOW).await.unwrap();
        let pass = (TODAY, index, KEY);
        let (venue_name, site_name) = (library().name, Some("east".into()));
        let grounds = Grounds { credential: CREDENTIAL, pass, holder, venue_name, site_name };
        Self { store, person, phone, grounds }
    }

    fn scan(&self) -> ScanRecord {
        let (person, claims) = (self.person, vec!["name".into()]);
        ScanRecord {
            site: Some("east".into()),
            subject: Some(Subject { person, claims, consent: Consent::Approved, reported: false }),
            grounds: Some(Box::new(self.grounds.clone())),
            ..scan(1, NOW)
        }
    }

    async fn keep(&self, scan: ScanRecord) -> Kept {
        self.store.record_scans(vec![scan]).await.unwrap().remove(0)
    }

    /// The scan is kept as a refusal and gives nothing. Its code is used up: a citizen was asked about it.
    async fn is_overruled(&self, scan: ScanRecord, reason: Reason) {
        assert_eq!(self.keep(scan).await, Kept::Overruled(reason));
        let used = &self.store.uses(self.person, None, 1).await.unwrap()[0];
        assert_eq!((used.reason.as_str(), used.consent), (reason.code(), Consent::Approved));
        assert!(used.claims.is_empty());
        assert_eq!(self.store.used_codes(0).unwrap().len(), 1);
    }

    async fn set_account(&self, account: Account) {
        let change = AccountChange { keep: Some(self.phone), ..change(self.person, account) };
        self.store.set_account(change).await.unwrap();
    }
}

pub(super) async fn a_scan_that_waited_is_good_while_its_grounds_stand(place: &dyn Place) {
    let standing = Standing::at(place).await;
    assert_eq!(standing.keep(standing.scan()).await, Kept::New(Use::First));
    let used = &standing.store.uses(standing.person, None, 1).await.unwrap()[0];
    assert_eq!((used.reason.as_str(), used.claims.as_slice()), ("OK", &["name".to_owned()][..]));
}

pub(super) async fn a_citizen_who_changed_meanwhile_gives_nothing(place: &dyn Place) {
    let standing = Standing::at(place).await;
    standing.set_account(Account::Frozen).await;
    standing.is_overruled(standing.scan(), Reason::Frozen).await;
    standing.set_account(Account::Active).await;
    let late = ScanRecord { at: TODAY, ..standing.scan() };
    standing.is_overruled(late, Reason::PassExpired).await;
    let mut other_key = standing.scan();
    let (exp, index, _) = standing.grounds.pass;
    let pass = (exp, index, KeyDigest([7; 16]));
    other_key.grounds = Some(Box::new(Grounds { pass, ..standing.grounds.clone() }));
    standing.is_overruled(other_key, Reason::HolderUnknown).await;
    let mut other_document = standing.scan();
    let holder = PassHolder { document_class: 414, ..standing.grounds.holder };
    other_document.grounds = Some(Box::new(Grounds { holder, ..standing.grounds.clone() }));
    standing.is_overruled(other_document, Reason::HolderUnknown).await;
    standing.set_account(Account::Revoked).await;
    standing.is_overruled(standing.scan(), Reason::Revoked).await;
}

pub(super) async fn a_device_that_changed_meanwhile_receives_nothing(place: &dyn Place) {
    let standing = Standing::at(place).await;
    let store = &standing.store;
    let gone = async || standing.is_overruled(standing.scan(), Reason::ScannerWithdrawn).await;

    store.withdraw_credential("library", [4; 16], "manager".into(), NOW).await.unwrap();
    gone().await;
    store.put_credential(CREDENTIAL, device("another"), NOW).await.unwrap();
    gone().await;
    store.put_credential(CREDENTIAL, device("gate"), NOW).await.unwrap();
    for changed in [
        Venue { suspended: true, ..library() },
        Venue { scenes: vec![3], ..library() },
        Venue { name: "派出所".into(), ..library() },
    ] {
        store.put_venue(changed, NOW).await.unwrap();
        gone().await;
    }
    store.put_venue(library(), NOW).await.unwrap();
    for changed in [station("west", vec![]), station("east", vec![3])] {
        store.put_station(changed, NOW).await.unwrap();
        gone().await;
    }
    store.put_station(station("east", vec![2]), NOW).await.unwrap();
    store.put_site(site("east", true), NOW).await.unwrap();
    gone().await;
    store.put_site(Site { name: "户政窗口".into(), ..site("east", false) }, NOW).await.unwrap();
    gone().await;
    store.put_site(site("east", false), NOW).await.unwrap();
    // What refuses for its own reason keeps it.
    store.put_venue(Venue { suspended: true, ..library() }, NOW).await.unwrap();
    let used = UsedCode { device: [7; 16], iat: NOW, operator: [1; 8] };
    let outcome = ScanOutcome::Asked { used, reason: Reason::ConsentDenied };
    let denied = ScanRecord { outcome, ..standing.scan() };
    assert_eq!(standing.keep(denied).await, Kept::New(Use::First));
    store.put_venue(library(), NOW).await.unwrap();
    // A code about which a citizen was asked is used up, whatever came of it.
    let good = |used| ScanRecord {
        receipt: [9; 16],
        outcome: ScanOutcome::Good { used, rule: ReplayRule::Gate },
        ..standing.scan()
    };
    assert_eq!(standing.keep(good(used)).await, Kept::New(AGAIN));
    let fresh = UsedCode { iat: NOW + 1, ..used };
    assert_eq!(standing.keep(good(fresh)).await, Kept::New(Use::First));
}
