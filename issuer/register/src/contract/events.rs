//! Events of accounts: what one registrar can do without end takes the place of nothing else.

use super::*;

pub(super) async fn run<P: Place>(new_place: &impl Fn() -> P) {
    what_was_done_is_not_pushed_out_by_what_was_asked_for(&new_place()).await;
    equal_steps_of_one_day_are_one_event_that_is_as_new_as_the_last(&new_place()).await;
}

const DAY: u64 = 86_400;

async fn ask_and_refuse(store: &dyn Store, person: PersonId, number: u8, at: u64) {
    let act = Approval::Enrolment { person, devices: DeviceRule::Adds };
    let asked = Request { asked_at: at, ..request(number, act) };
    let id = store.request_approval(asked).await.unwrap().unwrap().request.id;
    store.reject_approval(&Approvers::Registrars, id, "clerk".into(), at).await.unwrap().unwrap();
}

async fn what_was_done_is_not_pushed_out_by_what_was_asked_for(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let device = take_up(&*store, grant(id, 1, DeviceRule::Adds), 1).await;
    for day in 0..60 {
        store.confirm_time("operator".into(), 0, NOW + day * DAY).await.unwrap();
        for number in 1..4 {
            ask_and_refuse(&*store, id, number, NOW + day * DAY).await;
        }
    }
    for _ in 0..120 {
        store.set_account(change(id, Account::Frozen)).await.unwrap();
    }
    store.end_device(id, device, NOW).await.unwrap();
    store.set_account(change(id, Account::Frozen)).await.unwrap();
    let page = store.events(id, None, 100).await.unwrap();
    let count = |kind: EventKind| page.iter().filter(|event| event.kind == kind).count();
    assert_eq!(page.iter().filter(|event| event.kind.is_step()).count(), 25, "a quarter");
    // The end of the device lies between; the others are equal.
    assert_eq!(count(EventKind::Frozen), 2);
    assert_eq!((count(EventKind::DeviceAdded), count(EventKind::DeviceEnded)), (1, 1));
    assert!(page.is_sorted_by(|newer, older| newer.id > older.id));
}

async fn equal_steps_of_one_day_are_one_event_that_is_as_new_as_the_last(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    admit(&*store).await;
    // Midnight in Shanghai lies between.
    let evening = TODAY - 60;
    for (number, at) in [(1, evening), (2, evening + 1), (3, evening + 2), (4, TODAY)] {
        ask_and_refuse(&*store, id, number, at).await;
    }
    let page = store.events(id, None, 100).await.unwrap();
    let told: Vec<_> = page.iter().map(|event| (event.kind, event.at, event.times)).collect();
    let expected = [
        (EventKind::EnrolmentRefused, TODAY, 1),
        (EventKind::EnrolmentAsked, TODAY, 1),
        (EventKind::EnrolmentRefused, evening + 2, 3),
        (EventKind::EnrolmentAsked, evening + 2, 3),
        (EventKind::Enrolled, NOW, 1),
    ];
    assert_eq!(told, expected);
    let since = page.iter().filter(|event| event.id > page[2].id).count();
    assert_eq!(since, 2, "what comes again is new to a wallet");
}
