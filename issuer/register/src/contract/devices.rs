//! Devices of persons, and what two registrars do to somebody known.

use szid_protocol::day::{DAY, end_of_day};

use super::*;

pub(super) async fn run<P: Place>(new_place: &impl Fn() -> P) {
    a_device_that_is_ended_takes_its_tokens_and_passes_along(&new_place()).await;
    a_report_ends_every_device_but_the_one_that_is_kept(&new_place()).await;
    a_report_that_comes_again_changes_nothing_until_its_id_is_forgotten(&new_place()).await;
    a_report_without_a_key_of_the_devices_word_suspends_all_and_ends_none(&new_place()).await;
    a_key_gives_its_devices_word_where_an_older_one_vouched_for_it(&new_place()).await;
    a_registrars_freeze_suspends_every_device_and_ends_none(&new_place()).await;
    many_freezes_by_one_wait_for_a_second(&new_place()).await;
    who_ends_what_they_asked_for_has_no_other_share(&new_place()).await;
    one_registrar_asks_about_one_person_a_few_times_and_each_is_told(&new_place()).await;
    one_of_the_staff_refuses_what_others_asked_for_a_few_times(&new_place()).await;
    a_new_device_ends_the_older_ones_once_it_has_passes(&new_place()).await;
    no_device_uses_up_what_another_may_be_given(&new_place()).await;
    all_devices_have_a_bound_that_two_registrars_lift(&new_place()).await;
    the_same_codes_again_stand_for_the_same_exchange(&new_place()).await;
    nobody_but_the_holder_of_both_codes_is_given_anything_again(&new_place()).await;
    nobody_without_the_devices_secret_asks_again(&new_place()).await;
    an_offer_from_before_a_freeze_is_worth_nothing(&new_place()).await;
    an_enrolment_of_somebody_known_takes_two_or_the_persons_own_phone(&new_place()).await;
    a_device_that_was_copied_is_stopped_until_somebody_ends_it(&new_place()).await;
    a_device_is_ended_whatever_the_clock_says(&new_place()).await;
    whoever_is_withdrawn_leaves_nothing_begun(&new_place()).await;
    who_asks_again_has_one_request_and_nobody_alone_fills_the_list(&new_place()).await;
    a_change_of_level_replaces_the_passes_and_no_change_undoes_another(&new_place()).await;
    what_others_proved_stays_but_under_another_name_or_above_a_lowered_level(&new_place()).await;
}

/// A person with a device for each of the numbers, and today's pass on each.
async fn person_with(store: &dyn Store, numbers: &[u8]) -> (PersonId, Vec<DeviceId>, Vec<u32>) {
    let id = store.enrol(enrolment(1)).await.unwrap();
    let (devices, indices) = devices_of(store, id, numbers).await;
    (id, devices, indices)
}

async fn devices_of(store: &dyn Store, id: PersonId, numbers: &[u8]) -> (Vec<DeviceId>, Vec<u32>) {
    let (mut devices, mut indices) = (Vec::new(), Vec::new());
    for number in numbers {
        devices.push(take_up(store, grant(id, *number, DeviceRule::Adds), *number).await);
        indices.push(today(store, id, *devices.last().unwrap()).await.unwrap());
    }
    (devices, indices)
}

async fn today(store: &dyn Store, person: PersonId, device: DeviceId) -> Result<u32, StoreError> {
    let asked = passes(person, &[TODAY], NOW);
    // As a phone asks: its key of before vouches for the new one.
    let asked = PassesAsked { device: Some(device), proven: vec![KEY], ..asked };
    Ok(store.allocate_passes(asked).await?.indices[0])
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
    assert_eq!(listed[0].last_used_at, Some(end_of_day(NOW) - DAY), "the day alone");
    let changes = store.end_device(id, devices[0], NOW).await.unwrap();
    assert_eq!(changes, [StatusChange { exp: TODAY, index: indices[0], status: 1 }]);
    assert_eq!(statuses(&*store, &indices).await, [1, 0]);
    assert_eq!(store.session([1; 32], NOW).await.unwrap(), None);
    let back = store.rotate([101; 32], Shown::default(), pair(9), NOW).await.unwrap();
    assert_eq!(back.0, Err(GrantFault::Unknown));
    assert_eq!(store.session([2; 32], NOW).await.unwrap().unwrap().device, devices[1]);
    assert_eq!(today(&*store, id, devices[0]).await, Err(StoreError::AccountState));
    assert_eq!(store.end_device(id, devices[0], NOW).await, Err(StoreError::NotFound));
    let other = store.enrol(enrolment(2)).await.unwrap();
    assert_eq!(store.end_device(other, devices[1], NOW).await, Err(StoreError::NotFound));
    let events = store.events(id, None, 1).await.unwrap();
    assert_eq!((events[0].kind, events[0].by), (EventKind::DeviceEnded, EventAuthor::Holder));
    assert_eq!(events[0].device.as_deref(), Some("phone"));
    assert_eq!(store.events(id, Some(events[0].id), 100).await.unwrap().len(), 3);
    while store.prune(NOW + 183 * 86_400 + KEPT_LONGER).await.unwrap() > 0 {}
    assert!(store.events(id, None, 100).await.unwrap().is_empty(), "kept as long as uses");
}

async fn a_report_ends_every_device_but_the_one_that_is_kept(place: &dyn Place) {
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1, 2, 3]).await;
    // One that names no device, as an older format issued them.
    let unnamed = store.allocate_passes(passes(id, &[TODAY], NOW)).await.unwrap().indices;
    let indices = [indices, unnamed].concat();
    let unknown = loss(id, DeviceId([9; 16]), &[KEY], NOW);
    assert_eq!(store.report_loss(unknown).await, Err(StoreError::AccountState));
    let reported = store.report_loss(loss(id, devices[1], &[KEY], NOW)).await.unwrap();
    assert_eq!((reported.others, reported.changes.len()), (OtherDevices::Ended, 4));
    assert_eq!(statuses(&*store, &indices).await, [1, 2, 1, 1]);
    store.set_account(change(id, Account::Active)).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [1, 0, 1, 1], "lifting brings no other back");
    for (token, open) in [(1, false), (2, true), (3, false)] {
        assert_eq!(store.session([token; 32], NOW).await.unwrap().is_some(), open);
    }
    use EventKind::*;
    let told = [Enrolled, DeviceAdded, DeviceAdded, DeviceAdded, Frozen, DeviceEnded, DeviceEnded];
    assert_eq!(kinds(&*store, id).await, [told.as_slice(), &[Active]].concat());
}

async fn a_report_that_comes_again_changes_nothing_until_its_id_is_forgotten(place: &dyn Place) {
    let (id, devices) = {
        let store = place.open();
        let (id, devices, _) = person_with(&*store, &[1, 2]).await;
        let report = LossReport { key: Some([1; 32]), ..loss(id, devices[0], &[KEY], NOW) };
        let heard = store.report_loss(report).await.unwrap();
        assert_eq!((heard.others, heard.changes.len()), (OtherDevices::Ended, 2));
        store.set_account(change(id, Account::Active)).await.unwrap();
        (id, devices)
    };
    let store = place.open();
    let account = async || store.person(id).await.unwrap().unwrap().account;
    // Its proof is of no use any more.
    let again = async |key: u8, at: u64| {
        let report = LossReport { key: Some([key; 32]), ..loss(id, devices[0], &[], at) };
        store.report_loss(report).await.unwrap()
    };
    let told = kinds(&*store, id).await;
    let before = LossReported { others: OtherDevices::Ended, changes: Vec::new() };
    assert_eq!(again(1, NOW + 599).await, before);
    while store.prune(NOW + ACCESS_SECONDS + KEPT_LONGER - 1).await.unwrap() > 0 {}
    assert_eq!(again(1, NOW + 599).await, before);
    assert_eq!((account().await, kinds(&*store, id).await), (Account::Active, told));
    while store.prune(NOW + ACCESS_SECONDS + KEPT_LONGER).await.unwrap() > 0 {}
    assert_eq!(again(1, NOW + 599).await.others, OtherDevices::Suspended, "it is forgotten");
    assert_eq!(account().await, Account::Frozen);
}

async fn a_report_without_a_key_of_the_devices_word_suspends_all_and_ends_none(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let device = take_up(&*store, grant(id, 1, DeviceRule::Adds), 1).await;
    let other = take_up(&*store, grant(id, 2, DeviceRule::Adds), 2).await;
    let (key, day) = (|number| KeyDigest([number; 16]), 86_400);
    let last = TODAY + 14 * day;
    let give = async |device: DeviceId, own: u8, exp: u64| {
        let (device, passes) = (Some(device), vec![PassAsked { exp, key: key(own) }]);
        let asked = PassesAsked { person: id, device, passes, proven: Vec::new(), at: NOW };
        store.allocate_passes(asked).await.unwrap().indices[0]
    };
    // The offer vouches for the first one of each; the third came by a token alone.
    let indices =
        [give(device, 1, TODAY).await, give(other, 2, last).await, give(device, 3, last).await];
    let statuses = async || {
        let listed = store.statuses().await.unwrap();
        let of = |index| listed.iter().find(|row| row.index == index).map_or(0, |row| row.status);
        indices.map(of)
    };
    let report = async |proven: &[KeyDigest], checked: Option<u64>| {
        let report = LossReport { checked, ..loss(id, device, proven, NOW) };
        store.report_loss(report).await.map(|reported| reported.others)
    };
    let lift = async || {
        let back = Some(vec![device, other]);
        store.set_account(AccountChange { back, ..change(id, Account::Active) }).await.unwrap();
    };
    // None, another device's, and one without a word, however often.
    for proven in [&[][..], &[key(2)], &[key(3)], &[key(9), key(3)]] {
        assert_eq!(report(proven, Some(NOW)).await, Ok(OtherDevices::Suspended), "{proven:?}");
        assert_eq!(statuses().await, [2; 3], "{proven:?}");
        for token in [1, 2] {
            assert_eq!(store.session([token; 32], NOW).await.unwrap(), None, "{proven:?}");
        }
        assert_eq!(report(proven, Some(NOW)).await, Err(StoreError::AccountFrozen));
        lift().await;
        assert_eq!(statuses().await, [0; 3], "{proven:?}");
    }
    // One without a word has it two weeks later, by a checked clock.
    assert_eq!(report(&[key(3)], None).await, Ok(OtherDevices::Suspended));
    lift().await;
    assert_eq!(report(&[key(3)], Some(NOW + 14 * day)).await, Ok(OtherDevices::Ended));
    assert_eq!(statuses().await, [2, 1, 2]);
    assert!(store.session([1; 32], NOW).await.unwrap().is_some());
    assert_eq!(report(&[], None).await, Ok(OtherDevices::Ended), "it changes nothing more");
    assert!(store.session([1; 32], NOW).await.unwrap().is_some());
}

async fn a_key_gives_its_devices_word_where_an_older_one_vouched_for_it(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let device = take_up(&*store, grant(id, 1, DeviceRule::Adds), 1).await;
    let (key, day) = (|number| KeyDigest([number; 16]), 86_400);
    let ask = async |own: u8, exp: u64, proven: &[u8], at: u64| {
        let passes = vec![PassAsked { exp, key: key(own) }];
        let proven = proven.iter().copied().map(key).collect();
        let asked = PassesAsked { person: id, device: Some(device), passes, proven, at };
        store.allocate_passes(asked).await.unwrap().indices[0]
    };
    let holder = Session { person: id, device };
    let word = async |exp: u64, index: u32, checked: u64| {
        store.word(holder, exp, index, Some(checked)).await.unwrap()
    };
    let last = TODAY + 14 * day;
    let first = ask(1, last, &[], NOW).await;
    assert_eq!(word(last, first, NOW).await, Word::Given, "the offer vouches");
    let other = Session { device: DeviceId([9; 16]), ..holder };
    assert_eq!(store.word(other, last, first, Some(NOW)).await, Ok(Word::Foreign));
    let by_first = ask(2, TODAY, &[7, 1], NOW).await;
    assert_eq!(word(TODAY, by_first, NOW).await, Word::Given);
    let alone = ask(3, last, &[7], NOW).await;
    let by_it = ask(4, last + day, &[3], NOW + 1000).await;
    use EventKind::*;
    assert_eq!(kinds(&*store, id).await, [Enrolled, DeviceAdded, PassesUnproven], "told once");
    let passes = [(last, alone), (last + day, by_it)];
    // Not as long as a pass of a key that was vouched for is left, nor within two weeks, nor by a clock that
    // nobody checked.
    for (exp, index) in passes {
        for at in [NOW, NOW + 14 * day - 1, NOW + 14 * day, last - 1] {
            assert_eq!(word(exp, index, at).await, Word::Unproven, "{at}");
        }
        assert_eq!(store.word(holder, exp, index, None).await, Ok(Word::Unproven));
        assert_eq!(word(exp, index, last).await, Word::Given);
    }
    // One that is vouched for comes back into its right at once, with the others.
    let back = ask(5, last + day, &[2], NOW + 2000).await;
    assert_eq!(word(last + day, back, NOW + 2000).await, Word::Given);
    assert_eq!(word(last + day, by_it, last).await, Word::Unproven);
}

async fn a_registrars_freeze_suspends_every_device_and_ends_none(place: &dyn Place) {
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1, 2, 3]).await;
    let freeze = async |keep| {
        let freeze = AccountChange { keep, ..change(id, Account::Frozen) };
        store.set_account(freeze).await
    };
    let open = async || {
        let mut open = Vec::new();
        for token in 1..4 {
            open.push(store.session([token; 32], NOW).await.unwrap().is_some());
        }
        open
    };
    freeze(Some(devices[1])).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [2; 3]);
    assert_eq!(open().await, [false, true, false]);
    let rotated = store.rotate([101; 32], Shown::default(), pair(9), NOW).await.unwrap();
    assert_eq!(rotated, (Err(GrantFault::Frozen), Vec::new()));
    assert_eq!(store.devices(id, NOW).await.unwrap().len(), 3);
    // No later freeze lets one go on that an earlier one stopped, nor keeps what is not there.
    for device in [devices[0], DeviceId([9; 16])] {
        assert_eq!(freeze(Some(device)).await, Err(StoreError::DeviceNotKept));
        let change = AccountChange { keep: Some(device), ..change(id, Account::Frozen) };
        assert_eq!(store.freeze(change, [1; 16]).await, Err(StoreError::DeviceNotKept));
    }
    freeze(None).await.unwrap();
    assert_eq!(open().await, [false; 3]);
    // The lifting names what comes back, and all others end with it.
    let (person, account, reason) = (id, Account::Active, "found".to_owned());
    let devices_named = Some(vec![devices[0], DeviceId([9; 16])]);
    let act = Approval::Account { person, account, reason, devices: devices_named };
    assert_eq!(store.request_approval(request(1, act)).await, Err(StoreError::DeviceNotKept));
    let back = Some(vec![devices[0], devices[2]]);
    let lift = AccountChange { back, ..change(id, Account::Active) };
    store.set_account(lift).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [0, 1, 0]);
    assert_eq!(open().await, [true, false, true]);
    assert_eq!(
        store.rotate([102; 32], Shown::default(), pair(9), NOW).await.unwrap().0,
        Err(GrantFault::Unknown)
    );
    // Where it names none, only the one comes back that the freeze kept.
    freeze(Some(devices[2])).await.unwrap();
    store.set_account(change(id, Account::Active)).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [1, 1, 0]);
    assert_eq!(open().await, [false, false, true]);
    // The one that is kept may report, which ends the others for good; and a revocation ends all.
    let id = store.enrol(enrolment(2)).await.unwrap();
    let (devices, indices) = devices_of(&*store, id, &[4, 5]).await;
    let freeze = AccountChange { keep: Some(devices[0]), ..change(id, Account::Frozen) };
    store.set_account(freeze).await.unwrap();
    let report = async |proven| store.report_loss(loss(id, devices[0], proven, NOW)).await.unwrap();
    // A token of it alone stops nothing more than is stopped already.
    let heard = LossReported { others: OtherDevices::Suspended, changes: Vec::new() };
    assert_eq!(report(&[]).await, heard);
    assert!(store.session([4; 32], NOW).await.unwrap().is_some());
    assert_eq!(report(&[KEY]).await.others, OtherDevices::Ended);
    assert_eq!(statuses(&*store, &indices).await, [2, 1]);
    store.set_account(change(id, Account::Revoked)).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [1, 1]);
}

async fn many_freezes_by_one_wait_for_a_second(place: &dyn Place) {
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1]).await;
    let freeze = async |actor: &str, number: u8| {
        let change = AccountChange { actor: actor.into(), ..change(id, Account::Frozen) };
        store.freeze(change, [number; 16]).await.unwrap().unwrap()
    };
    let lift = async |devices: &[DeviceId]| {
        let back = Some(devices.to_vec());
        store.set_account(AccountChange { back, ..change(id, Account::Active) }).await.unwrap();
    };
    for _ in 0..100 {
        assert!(matches!(freeze("clerk", 1).await, Freezing::Done(_)));
        // Again, it is the same freeze.
        assert!(matches!(freeze("clerk", 1).await, Freezing::Done(_)));
        lift(&devices).await;
    }
    let Freezing::Waits(waits) = freeze("clerk", 2).await else { panic!("it is not alone") };
    assert_eq!(statuses(&*store, &indices).await, [0]);
    let confirm = |actor: &str| store.confirm_account(waits.id, actor.into(), NOW);
    assert_eq!(confirm("clerk").await.unwrap(), Err(RequestFault::Own));
    assert!(confirm("other").await.unwrap().is_ok());
    assert_eq!(statuses(&*store, &indices).await, [2]);
    lift(&devices).await;
    // Another one is as free as before, and ends what waits to the same end.
    let Freezing::Waits(waits) = freeze("clerk", 3).await else { panic!("it is not alone") };
    assert!(matches!(freeze("other", 4).await, Freezing::Done(_)));
    assert_eq!(store.request(&Approvers::Registrars, waits.id).await.unwrap(), None);
    let unusual = store.unusual().await.unwrap();
    assert!(unusual.len() == 1 && unusual[0].kind == UnusualKind::Freezes, "{unusual:?}");
    // An hour of the checked clock later it is as at first.
    lift(&devices).await;
    while store.prune(NOW + 3600).await.unwrap() > 0 {}
    assert!(matches!(freeze("clerk", 5).await, Freezing::Done(_)));
    assert_eq!(store.unusual().await.unwrap(), []);
}

async fn who_ends_what_they_asked_for_has_no_other_share(place: &dyn Place) {
    let store = place.open();
    admit(&*store).await;
    let mut persons = Vec::new();
    for number in 0..101 {
        persons.push(store.enrol(enrolment(number)).await.unwrap());
    }
    let ask = async |number: u8| {
        let person = persons[usize::from(number)];
        let act = Approval::Enrolment { person, devices: DeviceRule::Adds };
        store.request_approval(request(number, act)).await.unwrap().map(|asked| asked.request.id)
    };
    for number in 0..100 {
        assert_eq!(ask(number).await, Ok([number; 16]));
        // By a freeze, or by taking it back.
        if number % 2 == 0 {
            let freeze = change(persons[usize::from(number)], Account::Frozen);
            assert!(store.freeze(freeze, [200; 16]).await.unwrap().is_ok());
        } else {
            let id = [number; 16];
            let refused =
                store.reject_approval(&Approvers::Registrars, id, "clerk".into(), NOW).await;
            assert_eq!(refused.unwrap(), Ok(()));
        }
    }
    assert_eq!(ask(100).await, Err(RequestFault::Full));
}

async fn one_registrar_asks_about_one_person_a_few_times_and_each_is_told(place: &dyn Place) {
    let store = place.open();
    let (id, _, _) = person_with(&*store, &[1]).await;
    let act = Approval::Enrolment { person: id, devices: DeviceRule::Adds };
    let ask = async |asked_by: &str, number| {
        let request = Request { asked_by: asked_by.into(), ..request(number, act.clone()) };
        store.request_approval(request).await.unwrap().map(|asked| asked.request.id)
    };
    for _ in 0..10 {
        assert_eq!(ask("clerk", 1).await, Ok([1; 16]));
    }
    assert_eq!(ask("clerk", 1).await, Err(RequestFault::TooOften));
    assert_eq!(ask("other", 2).await, Ok([2; 16]), "another one asks as before");
    let events = store.events(id, None, 20).await.unwrap();
    let asked = events.iter().filter(|event| event.kind == EventKind::EnrolmentAsked);
    assert_eq!(asked.map(|event| event.times).sum::<u64>(), 11);
}

async fn one_of_the_staff_refuses_what_others_asked_for_a_few_times(place: &dyn Place) {
    let store = place.open();
    admit(&*store).await;
    let refuse = async |number: u8, by: &str| {
        let person = store.enrol(enrolment(number)).await.unwrap();
        let act = Approval::Enrolment { person, devices: DeviceRule::Adds };
        let request = Request { asked_by: "clerk".into(), ..request(number, act) };
        store.request_approval(request).await.unwrap().unwrap();
        store.reject_approval(&Approvers::Registrars, [number; 16], by.into(), NOW).await.unwrap()
    };
    for number in 1..=20 {
        assert_eq!(refuse(number, "other").await, Ok(()));
    }
    assert_eq!(refuse(21, "other").await, Err(RequestFault::RefusalsSpent));
    assert_eq!(refuse(22, "0ther").await, Err(RequestFault::RefusalsSpent), "however it is spelt");
    for number in 23..=45 {
        assert_eq!(refuse(number, "holder").await, Ok(()), "citizens refuse in one name");
    }
    assert_eq!(refuse(46, "clerk").await, Ok(()), "and everybody what is their own");
}

async fn a_new_device_ends_the_older_ones_once_it_has_passes(place: &dyn Place) {
    let store = place.open();
    let (id, _, indices) = person_with(&*store, &[1, 2, 3, 4]).await;
    store.put_grant([5; 32], grant(id, 5, DeviceRule::Replaces)).await.unwrap();
    assert_eq!(store.devices(id, NOW).await.unwrap().len(), 4, "an offer ends nothing");
    take_up(&*store, grant(id, 6, DeviceRule::Adds), 6).await;
    store.put_grant([7; 32], grant(id, 7, DeviceRule::Adds)).await.unwrap();
    let redeem = async |code: u8| {
        let name = "new".into();
        store.redeem([code; 32], [7; 32], name, pair(code), NOW).await.unwrap()
    };
    assert_eq!(redeem(7).await, Err(GrantFault::TooManyDevices));
    assert_eq!(redeem(5).await.unwrap().person, id);
    assert_eq!(statuses(&*store, &indices).await, [0; 4], "it may never get what it asks for");
    // Another one that is to take the place of all takes the place of the one that waits for that.
    store.put_grant([8; 32], grant(id, 8, DeviceRule::Replaces)).await.unwrap();
    redeem(8).await.unwrap();
    assert_eq!(store.session([5; 32], NOW).await.unwrap(), None);
    assert_eq!(store.devices(id, NOW).await.unwrap().len(), 6);
    let new = store.session([8; 32], NOW).await.unwrap().unwrap().device;
    let asked = PassesAsked { device: Some(new), ..passes(id, &[TODAY], NOW) };
    let given = store.allocate_passes(asked.clone()).await.unwrap();
    assert_eq!(given.changes.len(), 4);
    assert_eq!(statuses(&*store, &indices).await, [1; 4]);
    let left = store.devices(id, NOW).await.unwrap();
    assert_eq!(left.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(), ["new"]);
    // Its first passes alone do that.
    redeem(7).await.unwrap();
    assert_eq!(store.allocate_passes(asked).await.unwrap().changes, []);
    assert_eq!(store.devices(id, NOW).await.unwrap().len(), 2);
}

/// Takes an offer up: its code, its transaction code, and the number of the tokens.
async fn redeem(
    store: &dyn Store,
    (code, tx, tokens): (u8, u8, u8),
    at: u64,
) -> Result<[u8; 32], GrantFault> {
    let name = "phone".into();
    let redeemed = store.redeem([code; 32], [tx; 32], name, pair(tokens), at).await.unwrap();
    redeemed.map(|redeemed| redeemed.salt)
}

async fn the_same_codes_again_stand_for_the_same_exchange(place: &dyn Place) {
    let store = place.open();
    let (id, _, _) = person_with(&*store, &[1]).await;
    // Though the offer runs out meanwhile.
    let taken_at = NOW + 599;
    store.put_grant([2; 32], grant(id, 2, DeviceRule::Adds)).await.unwrap();
    assert_eq!(redeem(&*store, (2, 7, 20), taken_at).await, Ok([20; 32]));
    let session = store.session([20; 32], taken_at).await.unwrap().unwrap();
    for (again, at) in [(21, taken_at), (22, taken_at + 60)] {
        assert_eq!(redeem(&*store, (2, 7, again), at).await, Ok([20; 32]));
        assert_eq!(store.session([again; 32], taken_at).await.unwrap(), Some(session));
        let rotated =
            store.rotate([again + 100; 32], Shown::default(), pair(50), at).await.unwrap().0;
        assert_eq!(rotated, Err(GrantFault::Unknown), "it was never given out");
    }
    let events = kinds(&*store, id).await;
    assert_eq!(events.iter().filter(|kind| **kind == EventKind::DeviceAdded).count(), 2, "once");
    assert_eq!(store.devices(id, taken_at).await.unwrap().len(), 2);
    assert_eq!(redeem(&*store, (2, 7, 23), taken_at + 61).await, Err(GrantFault::Used));
    let rotated =
        store.rotate([120; 32], Shown::default(), pair(50), taken_at + 62).await.unwrap().0;
    assert_eq!(rotated.unwrap().person, id);
    while store.prune(NOW + 601 + KEPT_LONGER).await.unwrap() > 0 {}
    assert_eq!(redeem(&*store, (2, 7, 23), taken_at).await, Err(GrantFault::Unknown));
}

async fn nobody_without_the_devices_secret_asks_again(place: &dyn Place) {
    let store = place.open();
    // Whoever lacks it neither gets anything nor uses up its attempts, over a start as well.
    let other = store.enrol(enrolment(1)).await.unwrap();
    admit(&*store).await;
    store.put_grant([40; 32], grant(other, 40, DeviceRule::Adds)).await.unwrap();
    let ask = async |store: &dyn Store, tx: u8, retry: Option<u8>, tokens: u8| {
        let device = NewDevice { name: "phone".into(), retry_hash: retry.map(|of| [of; 32]) };
        let asked = store.redeem([40; 32], [tx; 32], device, pair(tokens), NOW).await.unwrap();
        asked.map(|rotated| rotated.salt)
    };
    assert_eq!(ask(&*store, 7, Some(1), 40).await, Ok([40; 32]));
    drop(store);
    let store = place.open();
    for (tx, retry) in [8; 6].map(|tx| (tx, None)).into_iter().chain([(7, None), (7, Some(2))]) {
        assert_eq!(ask(&*store, tx, retry, 41).await, Err(GrantFault::Used));
    }
    assert_eq!(ask(&*store, 7, Some(1), 42).await, Ok([40; 32]));
    assert_eq!(ask(&*store, 8, Some(1), 43).await, Err(GrantFault::WrongTxCode));
}

async fn nobody_but_the_holder_of_both_codes_is_given_anything_again(place: &dyn Place) {
    let store = place.open();
    // What was used of it, or what became of the device, ends that at once.
    let ways = [
        ("passes", GrantFault::Used),
        ("renewed", GrantFault::Used),
        ("ended", GrantFault::Used),
        ("frozen", GrantFault::Frozen),
        ("revoked", GrantFault::Used),
        ("guessed", GrantFault::Locked),
    ];
    for (number, (way, fault)) in (1..).zip(ways) {
        let code = 10 * number;
        let id = store.enrol(enrolment(number)).await.unwrap();
        let device = take_up(&*store, grant(id, code, DeviceRule::Replaces), code).await;
        let redeem = async |tx, more| redeem(&*store, (code, tx, code + more), NOW).await;
        assert_eq!(redeem(8, 1).await, Err(GrantFault::WrongTxCode));
        assert_eq!(redeem(7, 1).await, Ok([code; 32]), "{way}");
        let set = |account| {
            store.set_account(AccountChange { keep: Some(device), ..change(id, account) })
        };
        match way {
            "passes" => drop(today(&*store, id, device).await.unwrap()),
            "renewed" => {
                let rotated = store
                    .rotate([code + 100; 32], Shown::default(), pair(code + 2), NOW)
                    .await
                    .unwrap();
                assert!(rotated.0.is_ok());
            }
            "ended" => drop(store.end_device(id, device, NOW).await.unwrap()),
            "frozen" => drop(set(Account::Frozen).await.unwrap()),
            "revoked" => drop(set(Account::Revoked).await.unwrap()),
            _ => assert_eq!(redeem(8, 2).await, Err(GrantFault::WrongTxCode)),
        }
        assert_eq!(redeem(7, 3).await, Err(fault), "{way}");
        assert_eq!(store.session([code + 3; 32], NOW).await.unwrap(), None, "{way}");
    }
}

/// Gives a device passes of today until it gets no more: how many.
async fn exhaust(store: &dyn Store, person: PersonId, device: DeviceId) -> usize {
    for given in 0.. {
        match today(store, person, device).await {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error, StoreError::Quota);
                return given;
            }
        }
    }
    unreachable!()
}

async fn no_device_uses_up_what_another_may_be_given(place: &dyn Place) {
    let store = place.open();
    let (id, devices, _) = person_with(&*store, &[1, 2]).await;
    assert_eq!(exhaust(&*store, id, devices[0]).await, PASSES_PER_DAY - 1);
    assert_eq!(exhaust(&*store, id, devices[1]).await, PASSES_PER_DAY - 1);
    store.end_device(id, devices[0], NOW).await.unwrap();
    let new = take_up(&*store, grant(id, 3, DeviceRule::Adds), 3).await;
    assert_eq!(exhaust(&*store, id, new).await, PASSES_PER_DAY);
    // The person is told of it once a day, by the name of the device.
    let tell = async |at| store.tell_of_quota(Session { person: id, device: new }, at).await;
    let told = async || {
        let events = store.events(id, None, 100).await.unwrap();
        events
            .into_iter()
            .filter(|event| event.kind == EventKind::PassesRefused)
            .collect::<Vec<_>>()
    };
    tell(NOW).await.unwrap();
    tell(NOW + 1).await.unwrap();
    let event = &told().await[..];
    assert!(matches!(event, [one] if one.device.as_deref() == Some("phone")), "{event:?}");
    assert_eq!(event[0].by, EventAuthor::Service);
    tell(TODAY + 1).await.unwrap();
    assert_eq!(told().await.len(), 2);
}

async fn all_devices_have_a_bound_that_two_registrars_lift(place: &dyn Place) {
    let store = place.open();
    let (id, devices, _) = person_with(&*store, &[1]).await;
    exhaust(&*store, id, devices[0]).await;
    let approved =
        |number| Grant { approved_on: Some(devices[0]), ..grant(id, number, DeviceRule::Adds) };
    // With the person's own approvals and one registrar, device after device.
    let mut given = PASSES_PER_DAY;
    for number in 2..30 {
        let device = take_up(&*store, approved(number), number).await;
        let more = exhaust(&*store, id, device).await;
        given += more;
        if more < PASSES_PER_DAY {
            break;
        }
        store.end_device(id, device, NOW).await.unwrap();
    }
    assert_eq!(given, PASSES_OF_ALL_PER_DAY);
    let device = take_up(&*store, approved(30), 30).await;
    assert_eq!(today(&*store, id, device).await, Err(StoreError::Quota));
    // What has ended counts no more for one that two confirmed, nor for those beside it.
    let by_two = take_up(&*store, grant(id, 31, DeviceRule::Adds), 31).await;
    assert_eq!(exhaust(&*store, id, by_two).await, PASSES_PER_DAY);
    assert_eq!(exhaust(&*store, id, device).await, PASSES_PER_DAY);
    // One that takes the place of all ends what it finds, and counts none of it.
    let last = take_up(&*store, grant(id, 32, DeviceRule::Replaces), 32).await;
    assert_eq!(exhaust(&*store, id, last).await, PASSES_PER_DAY);
}

async fn an_offer_from_before_a_freeze_is_worth_nothing(place: &dyn Place) {
    let store = place.open();
    let (id, devices, _) = person_with(&*store, &[1]).await;
    store.put_grant([2; 32], grant(id, 2, DeviceRule::Adds)).await.unwrap();
    let act = Approval::Enrolment { person: id, devices: DeviceRule::Replaces };
    store.request_approval(request(1, act.clone())).await.unwrap().unwrap();
    let freeze = AccountChange { keep: Some(devices[0]), ..change(id, Account::Frozen) };
    store.set_account(freeze).await.unwrap();
    let redeem = async |code: u8, tx: u8, at| {
        let name = "phone".into();
        let redeemed = store.redeem([code; 32], [tx; 32], name, pair(code), at).await.unwrap();
        redeemed.map(|redeemed| redeemed.person)
    };
    // Whoever has both codes is told why, and nobody else.
    assert_eq!(redeem(2, 7, NOW).await, Err(GrantFault::Frozen));
    assert_eq!(redeem(2, 8, NOW).await, Err(GrantFault::WrongTxCode));
    assert_eq!(store.offer([2; 32], NOW).await, Err(StoreError::AccountFrozen));
    // None is made meanwhile, and nothing that waited is left to make one later.
    let made = store.put_grant([3; 32], grant(id, 3, DeviceRule::Adds)).await;
    assert_eq!(made, Err(StoreError::AccountFrozen));
    assert_eq!(
        store.request_approval(request(2, act.clone())).await,
        Err(StoreError::AccountFrozen)
    );
    assert_eq!(store.request(&Approvers::Registrars, [1; 16]).await.unwrap(), None);
    store.set_account(change(id, Account::Active)).await.unwrap();
    assert_eq!(redeem(2, 7, NOW).await, Err(GrantFault::Unknown));
    assert_eq!(store.offer([2; 32], NOW).await.unwrap(), Err(GrantFault::Unknown));
    while store.prune(NOW + 601 + KEPT_LONGER).await.unwrap() > 0 {}
    assert_eq!(redeem(2, 7, NOW).await, Err(GrantFault::Unknown));
    // So does a revocation; and the enrolment after it makes an offer of its own.
    store.put_grant([4; 32], grant(id, 4, DeviceRule::Adds)).await.unwrap();
    store.set_account(change(id, Account::Revoked)).await.unwrap();
    let made = store.put_grant([5; 32], grant(id, 5, DeviceRule::Adds)).await;
    assert_eq!(made, Err(StoreError::AccountState));
    store.request_approval(request(3, act)).await.unwrap().unwrap();
    let offer = grant(PersonId([9; 16]), 6, DeviceRule::Adds);
    store.confirm_enrolment([3; 16], "other".into(), [6; 32], offer, NOW).await.unwrap().unwrap();
    assert_eq!(redeem(4, 7, NOW).await, Err(GrantFault::Unknown));
    assert_eq!(redeem(6, 7, NOW).await, Ok(id));
}

async fn an_enrolment_of_somebody_known_takes_two_or_the_persons_own_phone(place: &dyn Place) {
    let store = place.open();
    let (id, devices, _) = person_with(&*store, &[1, 2]).await;
    let other = store.enrol(enrolment(2)).await.unwrap();
    let act = Approval::Enrolment { person: id, devices: DeviceRule::Adds };
    // Of one who asks for it, one waits.
    let asker = |number: u8| if number == 4 { "other" } else { "clerk" };
    let ask = |number: u8| {
        let asked_by = asker(number).into();
        store.request_approval(Request { asked_by, ..request(number, act.clone()) })
    };
    let confirm = async |request: u8, actor: &str, at| {
        let grant = grant(id, request + 10, DeviceRule::Adds);
        store.confirm_enrolment([request; 16], actor.into(), grant.code_hash, grant, at).await
    };
    ask(1).await.unwrap().unwrap();
    assert_eq!(confirm(1, "clerk", NOW).await.unwrap(), Err(RequestFault::Own));
    let approve = |person, device, id: u8, at| {
        store.approve_enrolment(Session { person, device }, [id; 16], at)
    };
    let of = |device: usize| devices[device];
    assert_eq!(approve(other, of(0), 1, NOW).await.unwrap(), Err(RequestFault::Unknown));
    let late = approve(id, of(0), 1, NOW + REQUEST_SECONDS).await.unwrap();
    assert_eq!(late, Err(RequestFault::Expired));
    let foreign = approve(id, DeviceId([9; 16]), 1, NOW).await;
    assert_eq!(foreign, Err(StoreError::AccountState), "no device of this person");
    assert_eq!(approve(id, of(0), 1, NOW).await.unwrap(), Ok(()));
    let unused = confirm(1, "clerk", NOW + 6000).await.unwrap();
    assert_eq!(unused, Err(RequestFault::Own), "its tokens have run out meanwhile");
    assert_eq!(confirm(1, "clerk", NOW).await.unwrap(), Ok(id));
    assert_eq!(confirm(1, "clerk", NOW).await.unwrap(), Err(RequestFault::Unknown));
    ask(2).await.unwrap().unwrap();
    store
        .reject_approval(&Approvers::Registrars, [2; 16], "holder".into(), NOW)
        .await
        .unwrap()
        .unwrap();
    // What a device approved ends with it, the offer too; a second registrar needs no approval.
    for number in [3, 4] {
        ask(number).await.unwrap().unwrap();
        assert_eq!(approve(id, of(0), number, NOW).await.unwrap(), Ok(()));
    }
    assert_eq!(confirm(4, "other", NOW).await.unwrap(), Ok(id));
    store.end_device(id, of(0), NOW).await.unwrap();
    assert_eq!(approve(id, of(0), 3, NOW).await, Err(StoreError::AccountState));
    assert_eq!(confirm(3, "clerk", NOW).await.unwrap(), Err(RequestFault::Own));
    let redeem = async |code: u8| {
        let name = "phone".into();
        store.redeem([code; 32], [7; 32], name, pair(code), NOW).await.unwrap()
    };
    assert_eq!(redeem(14).await, Err(GrantFault::Unknown));
    assert_eq!(redeem(11).await, Err(GrantFault::Unknown), "so did the first one's");
    assert_eq!(confirm(3, "other", NOW).await.unwrap(), Ok(id));
    assert_eq!(redeem(13).await.unwrap().person, id);
    use EventKind::*;
    let told = [
        [Enrolled, DeviceAdded, DeviceAdded].as_slice(),
        &[EnrolmentAsked, EnrolmentApproved, EnrolmentConfirmed],
        // Equal ones of the day, each where it happened last.
        &[EnrolmentRefused, EnrolmentAsked, EnrolmentApproved],
        &[EnrolmentConfirmed, DeviceEnded, EnrolmentConfirmed, DeviceAdded],
    ];
    assert_eq!(kinds(&*store, id).await, told.concat());
    let head = store.audit_head().await.unwrap();
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
}

async fn a_device_that_was_copied_is_stopped_until_somebody_ends_it(place: &dyn Place) {
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1, 2]).await;
    let act = Approval::Enrolment { person: id, devices: DeviceRule::Adds };
    store.request_approval(request(1, act)).await.unwrap().unwrap();
    let copied = Session { person: id, device: devices[0] };
    store.approve_enrolment(copied, [1; 16], NOW).await.unwrap().unwrap();
    let rotate = async |old: u8, new| {
        store.rotate([old; 32], Shown::default(), pair(new), NOW + 61).await.unwrap()
    };
    assert!(rotate(101, 20).await.0.is_ok() && rotate(120, 30).await.0.is_ok());
    let (refused, changes) = rotate(101, 40).await;
    assert_eq!(refused, Err(GrantFault::Reused));
    assert_eq!(changes, [StatusChange { exp: TODAY, index: indices[0], status: 2 }]);
    assert_eq!(rotate(101, 50).await, (Err(GrantFault::Unknown), Vec::new()), "once");
    let listed = store.devices(id, NOW).await.unwrap();
    assert_eq!(listed.iter().map(|device| device.id).collect::<Vec<_>>(), devices[1..]);
    let ended = store.ended_devices(id).await.unwrap().remove(0);
    assert_eq!((ended.id, ended.name.as_str()), (devices[0], "phone"));
    assert_eq!(ended.ended, Some(Ended { at: Some(NOW + 61), why: EndReason::Copied }));
    let event = store.events(id, None, 1).await.unwrap().remove(0);
    assert_eq!((event.kind, event.by), (EventKind::DeviceCopied, EventAuthor::Service));
    let request = store.request(&Approvers::Registrars, [1; 16]).await.unwrap().unwrap();
    assert_eq!(request.approved_on, None, "what it approved may have been the thief's");
    // Nothing that lifts a freeze gives it anything back, whether or not there was one.
    store.set_account(change(id, Account::Active)).await.unwrap();
    assert_eq!(statuses(&*store, &indices).await, [2, 0]);
    assert_eq!(store.end_device(id, devices[0], NOW + 62).await.unwrap().len(), 1);
    assert_eq!(statuses(&*store, &indices).await, [1, 0]);
    assert_eq!(store.end_device(id, devices[0], NOW + 63).await, Err(StoreError::NotFound));
}

async fn a_device_is_ended_whatever_the_clock_says(place: &dyn Place) {
    let later = NOW + 400 * 86_400;
    for way in 0..4 {
        let store = place.open();
        let id = store.enrol(enrolment(way)).await.unwrap();
        let device = take_up(&*store, grant(id, way, DeviceRule::Adds), way).await;
        match way {
            0 => {
                let reports = take_up(&*store, grant(id, 8, DeviceRule::Adds), 8).await;
                today(&*store, id, reports).await.unwrap();
                let report = LossReport { checked: None, ..loss(id, reports, &[KEY], later) };
                assert_eq!(store.report_loss(report).await.unwrap().others, OtherDevices::Ended);
            }
            1 => {
                let revoked = AccountChange { at: later, ..change(id, Account::Revoked) };
                drop(store.set_account(revoked).await.unwrap());
            }
            2 => drop(store.end_device(id, device, later).await.unwrap()),
            _ => {
                let offer = Grant { expires_at: later + 600, ..grant(id, 9, DeviceRule::Replaces) };
                store.put_grant([9; 32], offer).await.unwrap();
                let name = "new".into();
                let tokens = TokenPair { refresh_expires_at: later + 5000, ..pair(9) };
                let tokens = TokenPair { access_expires_at: later + 600, ..tokens };
                store.redeem([9; 32], [7; 32], name, tokens, later).await.unwrap().unwrap();
                let new = store.session([9; 32], later).await.unwrap().unwrap().device;
                let asked = passes(id, &[TODAY + 401 * 86_400], later);
                let asked = PassesAsked { device: Some(new), ..asked };
                assert!(store.allocate_passes(asked).await.is_ok());
            }
        }
        assert_eq!(store.session([way; 32], NOW).await.unwrap(), None, "{way}");
        let rotated =
            store.rotate([way + 100; 32], Shown::default(), pair(50), NOW).await.unwrap().0;
        assert_eq!(rotated, Err(GrantFault::Unknown), "{way}");
    }
    // And one is kept that is not ended, though its tokens seem to have run out.
    let store = place.open();
    let id = store.enrol(enrolment(4)).await.unwrap();
    let device = take_up(&*store, grant(id, 4, DeviceRule::Adds), 4).await;
    let keep = Some(device);
    let freeze = AccountChange { keep, at: later, ..change(id, Account::Frozen) };
    store.set_account(freeze).await.unwrap();
    assert_eq!(store.devices(id, NOW).await.unwrap().len(), 1);
}

async fn whoever_is_withdrawn_leaves_nothing_begun(place: &dyn Place) {
    let store = place.open();
    let (id, _, _) = person_with(&*store, &[1]).await;
    let stranger = store.enrol(enrolment(2)).await.unwrap();
    let act = Approval::Enrolment { person: id, devices: DeviceRule::Adds };
    let by =
        |number: u8, name: &str| Request { asked_by: name.into(), ..request(number, act.clone()) };
    store.put_grant([2; 32], grant(stranger, 2, DeviceRule::Adds)).await.unwrap();
    store.request_approval(by(1, "clerk")).await.unwrap().unwrap();
    store.request_approval(by(2, "other")).await.unwrap().unwrap();
    // A new credential of the same name was made before the stolen one is withdrawn.
    let bearer = Bearer::Registrar { registrar: "clerk".into() };
    store.put_credential([252; 32], bearer, NOW).await.unwrap();
    let withdraw = async |hash: u8| {
        let change = AdminChange::Withdraw(credential_id(&[hash; 32]));
        store.administer(change, Author::Offline, NOW).await.unwrap().unwrap();
    };
    withdraw(250).await;
    let redeemed = store.redeem([2; 32], [7; 32], "phone".into(), pair(2), NOW).await.unwrap();
    assert_eq!(redeemed, Err(GrantFault::Unknown));
    assert_eq!(store.offer([2; 32], NOW).await.unwrap(), Err(GrantFault::Unknown));
    assert_eq!(store.request(&Approvers::Registrars, [1; 16]).await.unwrap(), None);
    assert!(store.request(&Approvers::Registrars, [2; 16]).await.unwrap().is_some());
    store.put_grant([3; 32], grant(stranger, 3, DeviceRule::Adds)).await.unwrap();
    // With the last one, somebody who was let in a moment before still begins and confirms nothing.
    withdraw(252).await;
    let made = store.put_grant([4; 32], grant(stranger, 4, DeviceRule::Adds)).await;
    assert_eq!(made, Err(StoreError::Withdrawn));
    assert_eq!(store.request_approval(by(3, "clerk")).await.unwrap(), Err(RequestFault::Withdrawn));
    let offer = grant(id, 5, DeviceRule::Adds);
    let confirmed = store.confirm_enrolment([2; 16], "clerk".into(), [5; 32], offer, NOW).await;
    assert_eq!(confirmed.unwrap(), Err(RequestFault::Withdrawn));
    assert!(store.request(&Approvers::Registrars, [2; 16]).await.unwrap().is_some(), "it waits on");
}

async fn who_asks_again_has_one_request_and_nobody_alone_fills_the_list(place: &dyn Place) {
    let store = place.open();
    let (id, _, _) = person_with(&*store, &[1]).await;
    let ask = async |number: u8, name: &str, act: Approval| {
        let asked = Request { asked_by: name.into(), ..request(number, act) };
        store.request_approval(asked).await.unwrap().map(|asked| asked.request.id)
    };
    let adds = Approval::Enrolment { person: id, devices: DeviceRule::Adds };
    assert_eq!(ask(1, "clerk", adds.clone()).await, Ok([1; 16]));
    assert_eq!(ask(2, "clerk", adds.clone()).await, Ok([1; 16]), "the same again");
    assert_eq!(ask(3, "other", adds).await, Ok([3; 16]), "of somebody else");
    // Other words for the same thing take the place of the first ones, under an id of their own.
    let replaces = Approval::Enrolment { person: id, devices: DeviceRule::Replaces };
    assert_eq!(ask(4, "clerk", replaces).await, Ok([4; 16]));
    assert_eq!(store.request(&Approvers::Registrars, [1; 16]).await.unwrap(), None);
    // One may have a tenth of the list.
    let revoked = |person: u8| {
        let (person, reason) = (PersonId([person; 16]), "seen".to_owned());
        Approval::Account { person, account: Account::Revoked, reason, devices: None }
    };
    for number in 5..104 {
        assert_eq!(ask(number, "clerk", revoked(number)).await, Ok([number; 16]));
    }
    assert_eq!(ask(104, "clerk", revoked(104)).await, Err(RequestFault::Full));
    assert_eq!(ask(105, "clerk", revoked(103)).await, Ok([103; 16]));
    assert_eq!(ask(106, "other", revoked(104)).await, Ok([106; 16]), "others ask as before");
}

async fn a_change_of_level_replaces_the_passes_and_no_change_undoes_another(place: &dyn Place) {
    use sha2::{Digest, Sha256};
    let store = place.open();
    let (id, devices, indices) = person_with(&*store, &[1]).await;
    let ask = async |number: u8, sealed: Vec<u8>| {
        let change = PersonChange {
            person: id,
            evidence: Evidence::of_registrar("counter".into(), 4, 111, NOW),
            sealed: SealedIdentity { key: None, content: sealed },
            made_from: Sha256::digest([1, 2, 3]).into(),
            changed: vec!["identity_level".into()],
            reason: "seen".into(),
        };
        let asked_by = if number == 2 { "third" } else { "clerk" }.into();
        let asked = Request { asked_by, ..request(number, Approval::Change(Box::new(change))) };
        store.request_approval(asked).await.unwrap().unwrap();
    };
    let third = Bearer::Registrar { registrar: "third".into() };
    store.put_credential([249; 32], third, NOW).await.unwrap();
    ask(1, vec![4]).await;
    ask(2, vec![5]).await;
    let confirm = |id: u8, actor: &str| store.confirm_change([id; 16], actor.into(), NOW);
    assert_eq!(confirm(1, "clerk").await.unwrap(), Err(RequestFault::Own));
    let session = Session { person: id, device: devices[0] };
    assert!(!store.lacks_passes(session, NOW).await.unwrap());
    let confirmed = confirm(1, "other").await.unwrap().unwrap();
    assert_eq!((confirmed.account, confirmed.changes.len()), (Account::Active, 1));
    let person = store.person(id).await.unwrap().unwrap();
    assert_eq!((person.claimed_level(NOW), person.sealed.content), (4, vec![4]));
    assert_eq!(statuses(&*store, &indices).await, [1]);
    assert!(store.lacks_passes(session, NOW).await.unwrap());
    today(&*store, id, devices[0]).await.unwrap();
    assert!(!store.lacks_passes(session, NOW).await.unwrap(), "one has taken its place");
    assert_eq!(confirm(2, "other").await.unwrap(), Err(RequestFault::Outdated));
    use EventKind::*;
    let told = [Enrolled, DeviceAdded, ChangeAsked, LevelChanged];
    assert_eq!(kinds(&*store, id).await, told);
}

async fn what_others_proved_stays_but_under_another_name_or_above_a_lowered_level(
    place: &dyn Place,
) {
    let store = place.open();
    admit(&*store).await;
    let face = Evidence {
        connector: "alipay".into(),
        ..Evidence::of_registrar("face".into(), 3, 111, NOW)
    };
    let counter = |level| Evidence::of_registrar("counter".into(), level, 111, NOW);
    for (number, changed, expected) in [
        (1, vec!["identity_level"], vec![face.clone(), counter(4)]),
        (2, vec!["method"], vec![face.clone(), counter(4)]),
        (3, vec!["details"], vec![face.clone()]),
        (4, vec!["name"], vec![]),
        (5, vec!["name", "identity_level"], vec![counter(4)]),
        (6, vec!["identity_level", "other_evidence"], vec![counter(4)]),
    ] {
        let mut enrolment = enrolment(number);
        enrolment.evidence = face.clone();
        let id = store.enrol(enrolment).await.unwrap();
        let change = async |request_id: u8, level, changed: &[&str]| {
            let person = store.person(id).await.unwrap().unwrap();
            let change = PersonChange {
                person: id,
                evidence: counter(level),
                made_from: person.sealed.digest(),
                sealed: person.sealed,
                changed: changed.iter().map(|&what| what.into()).collect(),
                reason: "seen".into(),
            };
            let asked = request(request_id, Approval::Change(Box::new(change)));
            store.request_approval(asked).await.unwrap().unwrap();
            store.confirm_change([request_id; 16], "other".into(), NOW).await.unwrap().unwrap();
            store.person(id).await.unwrap().unwrap().evidence
        };
        assert_eq!(change(number, 4, &changed).await, expected, "{changed:?}");
        // A registrar's own takes the place of the registrars' of before, and is never there twice.
        let others = expected.iter().filter(|found| **found == face).cloned();
        let expected: Vec<_> = others.chain([counter(2)]).collect();
        assert_eq!(change(number + 100, 2, &["identity_level"]).await, expected, "{changed:?}");
    }
}
