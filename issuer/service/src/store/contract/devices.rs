//! Devices of persons, and what two registrars do to somebody known.

use super::*;

pub(super) async fn run<P: Place>(new_place: &impl Fn() -> P) {
    a_device_that_is_ended_takes_its_tokens_and_passes_along(&new_place()).await;
    a_freeze_ends_every_device_but_the_one_that_is_kept(&new_place()).await;
    a_new_device_ends_the_older_ones_once_it_is_there(&new_place()).await;
    an_offer_from_before_a_freeze_is_worth_nothing(&new_place()).await;
    an_enrolment_of_somebody_known_takes_two_or_the_persons_own_phone(&new_place()).await;
    a_change_of_level_replaces_the_passes_and_no_change_undoes_another(&new_place()).await;
}

/// A person with a device for each of the numbers, and today's pass on each.
async fn person_with(store: &dyn Store, numbers: &[u8]) -> (PersonId, Vec<DeviceId>, Vec<u32>) {
    let id = store.enrol(enrolment(1)).await.unwrap();
    let (mut devices, mut indices) = (Vec::new(), Vec::new());
    for number in numbers {
        devices.push(take_up(store, grant(id, *number, DeviceRule::Adds), *number).await);
        indices.push(today(store, id, *devices.last().unwrap()).await.unwrap());
    }
    (id, devices, indices)
}

async fn today(store: &dyn Store, person: PersonId, device: DeviceId) -> Result<u32, StoreError> {
    let asked = PassesAsked { device: Some(device), ..passes(person, &[TODAY], NOW) };
    Ok(store.allocate_passes(asked).await?[0])
}

async fn statuses(store: &dyn Store, indices: &[u32]) -> Vec<u8> {
    let listed = store.statuses().await.unwrap();
    let status = |index| listed.iter().find(|row| row.index == index).map_or(0, |row| row.status);
    indices.iter().map(|index| status(*index)).collect()
}

async fn kinds(store: &dyn Store, person: PersonId) -> Vec<EventKind> {
    let events = store.events(person, None, 100).await.unwrap();
    events.iter().rev().map(|event| event.kind).collect()
}

async fn a_device_that_is_ended_takes_its_tokens_and_passes_along(place: &dyn Place) {
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1, 2]).await;
    let listed = store.devices(id, NOW).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|device| device.name == "phone" && device.created_at == Some(NOW)));
    assert_eq!(listed[0].last_used_at, Some(NOW / 86_400 * 86_400), "the day alone");
    let changes = store.end_device(id, devices[0], NOW).await.unwrap();
    assert_eq!(changes, [StatusChange { exp: TODAY, index: indices[0], status: 1 }]);
    assert_eq!(statuses(&*store, &indices).await, [1, 0]);
    assert_eq!(store.session([1; 32], NOW).await.unwrap(), None);
    let back = store.rotate([101; 32], pair(9), NOW).await.unwrap();
    assert_eq!(back, Err(GrantFault::Unknown));
    assert_eq!(store.session([2; 32], NOW).await.unwrap().unwrap().device, devices[1]);
    assert_eq!(today(&*store, id, devices[0]).await, Err(StoreError::AccountState));
    assert_eq!(store.end_device(id, devices[0], NOW).await, Err(StoreError::NotFound));
    let other = store.enrol(enrolment(2)).await.unwrap();
    assert_eq!(store.end_device(other, devices[1], NOW).await, Err(StoreError::NotFound));
    let events = store.events(id, None, 1).await.unwrap();
    assert_eq!((events[0].kind, events[0].by_holder), (EventKind::DeviceEnded, true));
    assert_eq!(events[0].device.as_deref(), Some("phone"));
    assert_eq!(store.events(id, Some(events[0].id), 100).await.unwrap().len(), 3);
    while store.prune(NOW + 183 * 86_400 + KEPT_LONGER).await.unwrap() > 0 {}
    assert!(store.events(id, None, 100).await.unwrap().is_empty(), "kept as long as uses");
}

async fn a_freeze_ends_every_device_but_the_one_that_is_kept(place: &dyn Place) {
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1, 2, 3]).await;
    // One that names no device, as an older format issued them.
    let unnamed = store.allocate_passes(passes(id, &[TODAY], NOW)).await.unwrap();
    let indices = [indices, unnamed].concat();
    let unknown = AccountChange { keep: Some(DeviceId([9; 16])), ..change(id, Account::Frozen) };
    assert_eq!(store.set_account(unknown).await, Err(StoreError::NotFound));
    let freeze = AccountChange { keep: Some(devices[1]), ..change(id, Account::Frozen) };
    store.set_account(freeze).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [1, 2, 1, 1]);
    store.set_account(change(id, Account::Active)).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [1, 0, 1, 1], "lifting brings no other back");
    for (token, open) in [(1, false), (2, true), (3, false)] {
        assert_eq!(store.session([token; 32], NOW).await.unwrap().is_some(), open);
    }
    use EventKind::*;
    let told = [Enrolled, DeviceAdded, DeviceAdded, DeviceAdded, Frozen, DeviceEnded, DeviceEnded];
    assert_eq!(kinds(&*store, id).await, [told.as_slice(), &[Active]].concat());
    // A freeze that keeps none ends the last one too.
    store.set_account(change(id, Account::Frozen)).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [1; 4]);
    assert!(store.devices(id, NOW).await.unwrap().is_empty());
}

async fn a_new_device_ends_the_older_ones_once_it_is_there(place: &dyn Place) {
    let store = place.open();
    let (id, _, indices) = person_with(&*store, &[1, 2, 3, 4]).await;
    store.put_grant([5; 32], grant(id, 5, DeviceRule::Replaces)).await.unwrap();
    assert_eq!(store.devices(id, NOW).await.unwrap().len(), 4, "an offer ends nothing");
    take_up(&*store, grant(id, 6, DeviceRule::Adds), 6).await;
    store.put_grant([7; 32], grant(id, 7, DeviceRule::Adds)).await.unwrap();
    let redeem = async |code: u8| {
        let name = "new".to_owned();
        store.redeem([code; 32], [7; 32], name, pair(code), NOW).await.unwrap()
    };
    assert_eq!(redeem(7).await, Err(GrantFault::TooManyDevices));
    let redeemed = redeem(5).await.unwrap();
    assert_eq!((redeemed.person, redeemed.changes.len()), (id, 4));
    assert_eq!(statuses(&*store, &indices).await, [1; 4]);
    let left = store.devices(id, NOW).await.unwrap();
    assert_eq!(left.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(), ["new"]);
    redeem(7).await.unwrap();
}

async fn an_offer_from_before_a_freeze_is_worth_nothing(place: &dyn Place) {
    let store = place.open();
    let (id, _, _) = person_with(&*store, &[1]).await;
    store.put_grant([2; 32], grant(id, 2, DeviceRule::Adds)).await.unwrap();
    store.set_account(change(id, Account::Frozen)).await.unwrap();
    let redeem = async |code: u8| {
        let name = "phone".to_owned();
        store.redeem([code; 32], [7; 32], name, pair(code), NOW).await.unwrap()
    };
    assert_eq!(redeem(2).await, Err(GrantFault::Unknown));
    // One that two made since the freeze is taken up, and gets its passes once the freeze is lifted.
    let act = Act::Enrolment { person: id, devices: DeviceRule::Replaces };
    store.ask(request(1, act)).await.unwrap().unwrap();
    let offer = grant(PersonId([9; 16]), 3, DeviceRule::Adds);
    store.confirm_enrolment([1; 16], "other".into(), [3; 32], offer, NOW).await.unwrap().unwrap();
    assert_eq!(redeem(3).await.unwrap().person, id);
    let device = store.session([3; 32], NOW).await.unwrap().unwrap().device;
    assert_eq!(today(&*store, id, device).await, Err(StoreError::AccountState));
    store.set_account(change(id, Account::Active)).await.unwrap();
    today(&*store, id, device).await.unwrap();
}

async fn an_enrolment_of_somebody_known_takes_two_or_the_persons_own_phone(place: &dyn Place) {
    let store = place.open();
    let (id, _, _) = person_with(&*store, &[1]).await;
    let other = store.enrol(enrolment(2)).await.unwrap();
    let act = Act::Enrolment { person: id, devices: DeviceRule::Replaces };
    store.ask(request(1, act.clone())).await.unwrap().unwrap();
    let confirm = async |request: u8, actor: &str| {
        let grant = grant(id, request + 10, DeviceRule::Adds);
        store.confirm_enrolment([request; 16], actor.into(), grant.code_hash, grant, NOW).await
    };
    assert_eq!(confirm(1, "clerk").await.unwrap(), Err(RequestFault::Own));
    let approve = |person, id: u8, at| store.approve_enrolment(person, [id; 16], at);
    assert_eq!(approve(other, 1, NOW).await.unwrap(), Err(RequestFault::Unknown));
    assert_eq!(approve(id, 1, NOW + REQUEST_SECONDS).await.unwrap(), Err(RequestFault::Expired));
    assert_eq!(approve(id, 1, NOW).await.unwrap(), Ok(()));
    assert_eq!(confirm(1, "clerk").await.unwrap(), Ok(id));
    assert_eq!(confirm(1, "clerk").await.unwrap(), Err(RequestFault::Unknown));
    store.ask(request(2, act)).await.unwrap().unwrap();
    store.refuse(&Circle::Registrars, [2; 16], "holder".into(), NOW).await.unwrap().unwrap();
    use EventKind::*;
    let told = [Enrolled, DeviceAdded, EnrolmentAsked, EnrolmentConfirmed, EnrolmentAsked];
    assert_eq!(kinds(&*store, id).await, [told.as_slice(), &[EnrolmentRefused]].concat());
    let head = store.audit_head().await.unwrap();
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
}

async fn a_change_of_level_replaces_the_passes_and_no_change_undoes_another(place: &dyn Place) {
    use sha2::{Digest, Sha256};
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1]).await;
    let ask = async |number: u8, sealed: Vec<u8>| {
        let change = PersonChange {
            person: id,
            identity_level: 4,
            method: "counter".into(),
            sealed,
            made_from: Sha256::digest([1, 2, 3]).into(),
            changed: vec!["identity_level".into()],
            reason: "seen".into(),
        };
        store.ask(request(number, Act::Change(Box::new(change)))).await.unwrap().unwrap();
    };
    ask(1, vec![4]).await;
    ask(2, vec![5]).await;
    let confirm = |id: u8, actor: &str| store.confirm_change([id; 16], actor.into(), NOW);
    assert_eq!(confirm(1, "clerk").await.unwrap(), Err(RequestFault::Own));
    let session = Session { person: id, device: devices[0] };
    assert!(!store.lacks_passes(session, NOW).await.unwrap());
    let confirmed = confirm(1, "other").await.unwrap().unwrap();
    assert_eq!((confirmed.account, confirmed.changes.len()), (Account::Active, 1));
    let person = store.person(id).await.unwrap().unwrap();
    assert_eq!((person.identity_level, person.sealed), (4, vec![4]));
    assert_eq!(statuses(&*store, &indices).await, [1]);
    assert!(store.lacks_passes(session, NOW).await.unwrap());
    today(&*store, id, devices[0]).await.unwrap();
    assert!(!store.lacks_passes(session, NOW).await.unwrap(), "one has taken its place");
    assert_eq!(confirm(2, "other").await.unwrap(), Err(RequestFault::Outdated));
    use EventKind::*;
    let told = [Enrolled, DeviceAdded, ChangeAsked, ChangeAsked, LevelChanged];
    assert_eq!(kinds(&*store, id).await, told);
}
