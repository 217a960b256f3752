//! Clocks that are wrong for a while: nothing is lost by it, and nothing stays wrong after it.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::crypto::P256Backend;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::level::IdentityLevel;
use szid_protocol::scene::VerifiedScenePolicies;
use szid_protocol::status::{Status, VerifiedStatusList};
use szid_protocol::trust::VerifiedTrustList;
use szid_register::audit::AuditEvent;
use szid_register::{Bearer, KeyDigest, PassAsked, PassesAsked, PersonId};
use szid_tests::city::*;

const HOUR: i64 = 3600;
const A_DAY: i64 = 24 * HOUR;

/// Passes of some days, as the register is asked for them.
fn passes(person: PersonId, days: Vec<u64>, at: u64) -> PassesAsked {
    let key = KeyDigest([7; 16]);
    let passes = days.into_iter().map(|exp| PassAsked { exp, key }).collect();
    PassesAsked { person, device: None, passes, proven: Vec::new(), at }
}

/// Two rounds of housekeeping, a minute apart: a clock that is right is checked after them.
async fn two_rounds(city: &City) {
    for _ in 0..2 {
        city.clock.advance(60);
        city.tidy().await;
    }
}

async fn conditions(city: &City) -> Vec<String> {
    let (_, ready) = answer(city.get("/readyz")).await;
    let conditions = ready["conditions"].as_array().unwrap();
    let code = |condition: &Value| condition["code"].as_str().unwrap().to_owned();
    conditions.iter().map(code).collect()
}

async fn metrics(city: &City) -> String {
    city.get("/metrics").send().await.unwrap().text().await.unwrap()
}

async fn document(city: &City, path: &str) -> Vec<u8> {
    let response = city.get(path).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.bytes().await.unwrap().to_vec()
}

async fn trust(city: &City) -> VerifiedTrustList {
    let bytes = document(city, "/v1/trust").await;
    VerifiedTrustList::verify(&bytes, &[city.root], &P256Backend).unwrap()
}

/// A day's first status list as venues fetch it.
async fn status_list(city: &City, day: u64) -> VerifiedStatusList {
    let bytes = document(city, &format!("/v1/status/{day}/0")).await;
    VerifiedStatusList::verify(&bytes, &trust(city).await, city.clock.time()).unwrap()
}

#[tokio::test]
async fn a_clock_that_is_days_ahead_for_a_while_loses_nothing() {
    for ahead in [2 * A_DAY, 92 * A_DAY] {
        let city = City::found().await;
        let (_, wallet) = city.citizen(LIN).await;
        let (frozen, frozen_wallet) = city.citizen(SAMPLE).await;
        city.set_account(&frozen, "freeze").await;
        two_rounds(&city).await;
        assert!(conditions(&city).await.is_empty());

        city.machine.set_ahead(ahead);
        two_rounds(&city).await;
        two_rounds(&city).await;
        assert!(conditions(&city).await.contains(&"CLOCK_STEPPED".to_owned()));
        let text = metrics(&city).await;
        assert!(text.contains(&format!("szid_clock_step_seconds {ahead}")), "{text}");
        assert!(text.contains("szid_clock_checked 0"), "{text}");

        city.machine.set_ahead(0);
        two_rounds(&city).await;
        assert!(conditions(&city).await.is_empty(), "it came back by itself");
        let now = city.clock.time();
        assert_eq!(city.reason(&code(&wallet), LIBRARY, "desk").await, "OK");
        assert_eq!(city.reason(&code(&frozen_wallet), LIBRARY, "desk").await, "FROZEN");
        let list = status_list(&city, end_of_day(now)).await;
        let suspended = (0..1 << 20).filter(|index| list.status(*index) == Some(Status::Suspended));
        assert_eq!(suspended.count(), 1, "the frozen pass stands in today's signed list");
        // Token families are there: nobody has to enrol anew.
        city.clock.advance(12 * DAY);
        assert!(wallet.refresh().await.unwrap() > 0);
        city.stop().await;
    }
}

#[tokio::test]
async fn no_index_of_a_day_is_given_twice_whatever_the_clock_did() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    let person = person.parse().unwrap();
    let now = city.clock.time();
    let tomorrow = end_of_day(now) + DAY;
    let given =
        city.store().allocate_passes(passes(person, vec![tomorrow], now)).await.unwrap().indices;
    let before = given[0];
    two_rounds(&city).await;
    city.machine.set_ahead(5 * A_DAY);
    two_rounds(&city).await;
    city.machine.set_ahead(0);
    two_rounds(&city).await;
    let (other, _) = city.citizen(SAMPLE).await;
    let days = vec![tomorrow; 7];
    let other = other.parse().unwrap();
    let given = city.store().allocate_passes(passes(other, days, now)).await.unwrap().indices;
    assert!(!given.contains(&before), "{before} again: {given:?}");
    city.stop().await;
}

#[tokio::test]
async fn an_account_that_is_frozen_under_a_wrong_clock_is_frozen_under_the_right_one() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    city.machine.set_ahead(2 * A_DAY);
    city.set_account(&person, "freeze").await;
    city.machine.set_ahead(0);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "desk").await, "FROZEN");
    let list = status_list(&city, end_of_day(city.clock.time())).await;
    assert!((0..1 << 20).any(|index| list.status(index) == Some(Status::Suspended)));
    city.stop().await;
}

#[tokio::test]
async fn a_used_code_stays_used_after_a_clock_that_was_ahead_over_a_round() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    let phone = StrongPhone::of(&city, &person, IdentityLevel::InPerson).await;
    two_rounds(&city).await;
    let used = phone.code(&city, None);
    assert_eq!(city.reason(&used, PARK, "gate").await, "OK");
    city.machine.set_ahead(200);
    city.tidy().await;
    city.machine.set_ahead(0);
    assert_eq!(city.reason(&used, PARK, "gate").await, "REPLAY");
    // Even an operator's word for the wrong clock lets no code in twice.
    city.machine.set_ahead(400);
    assert_eq!(city.confirm_clock().await, 400);
    two_rounds(&city).await;
    city.clock.set_back(120);
    city.machine.set_ahead(0);
    city.tidy().await;
    assert_eq!(city.confirm_clock().await, -400);
    assert_eq!(
        city.reason(&used, PARK, "gate").await,
        "REPLAY",
        "for as long as gates may stay alone"
    );
    city.clock.advance(30);
    let fresh = phone.code(&city, None);
    assert_eq!(city.reason(&fresh, PARK, "gate").await, "OK", "a new code is not concerned");
    city.stop().await;
}

#[tokio::test]
async fn a_stepped_clock_forgets_again_after_the_operators_word() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    assert_eq!(city.set_account(&person, "freeze").await.0, StatusCode::OK);
    two_rounds(&city).await;
    // The machine slept, say: its clock is right, and nobody but an operator can know.
    let slept = 3 * A_DAY;
    city.machine.set_ahead(slept);
    two_rounds(&city).await;
    let kept = || async { city.store().statuses().await.unwrap().len() };
    let before = kept().await;
    assert_eq!((conditions(&city).await.len(), before), (1, 14));
    assert_eq!(city.confirm_clock().await, slept);
    assert!(conditions(&city).await.is_empty());
    city.tidy().await;
    assert_eq!(kept().await, before, "the clocks have to agree for a round first");
    two_rounds(&city).await;
    assert!(kept().await < before, "days that are over are forgotten");
    assert!(metrics(&city).await.contains("szid_clock_checked 1"));
    let number = city.store().audit_head().await.unwrap().number;
    let entry = city.store().audit_entries(number, 1).await.unwrap().remove(0);
    let event = AuditEvent::ClockConfirmed { actor: "operator".into(), step: slept };
    assert_eq!(entry.event, event);
    city.stop().await;
}

#[tokio::test]
async fn an_administrator_confirms_the_clock_of_the_running_service() {
    let city = City::found().await;
    two_rounds(&city).await;
    city.machine.set_ahead(2 * HOUR);
    let bearer = Bearer::Administrator { name: "li".into() };
    let secret = credential(&*city.store(), bearer, city.clock.time()).await;
    let look = || answer(city.get("/v1/admin/clock").bearer_auth(&secret));
    let (_, stepped) = look().await;
    assert_eq!((&stepped["state"], &stepped["step"]), (&json!("stepped"), &json!(2 * HOUR)));
    let confirm = |secret: &str| city.post("/v1/admin/clock/confirm").bearer_auth(secret);
    assert_problem(answer(confirm(&city.registrar)).await, "ROLE_DENIED");
    // A word that names nothing may have been given without a look.
    assert_problem(answer(confirm(&secret)).await, "CLOCK_FAR");
    let named = |step: u64| confirm(&secret).query(&[("step", step)]);
    assert_problem(answer(named(3600)).await, "CLOCK_FAR");
    assert_problem(answer(confirm(&secret).query(&[("step", "two")])).await, "BAD_REQUEST");
    assert_eq!(look().await.1["state"], "stepped", "nothing was confirmed");
    let (status, told) = answer(named(2 * 3600)).await;
    assert_eq!((status.as_u16(), &told["state"]), (200, &json!("unchecked")));
    two_rounds(&city).await;
    assert_eq!(look().await.1["state"], "checked");
    city.stop().await;
}

#[tokio::test]
async fn what_was_signed_ahead_of_the_clock_is_signed_anew() {
    let mut city = City::found().await;
    let day = end_of_day(city.clock.time());
    city.machine.set_ahead(8 * HOUR);
    city.tidy().await;
    let ahead = city.clock.time() + 8 * 3600;
    assert_eq!(status_list(&city, day).await.issued_at(), ahead);
    // A trust list is made elsewhere, so that only these two follow the service's clock.
    city.restart().await;
    let scenes_of = async || {
        let bytes = document(&city, "/v1/scenes").await;
        let trust = trust(&city).await;
        VerifiedScenePolicies::verify(&bytes, &trust, city.clock.time()).unwrap().issued_at()
    };
    assert_eq!(scenes_of().await, ahead);
    city.machine.set_ahead(0);
    assert_eq!(status_list(&city, day).await.issued_at(), city.clock.time());
    city.tidy().await;
    assert_eq!(scenes_of().await, city.clock.time());
    city.stop().await;
}

#[tokio::test]
async fn a_wallet_that_refreshes_while_the_service_is_ahead_goes_on_with_its_own_time() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.machine.set_ahead(8 * HOUR);
    for _ in 0..3 {
        city.clock.advance(60);
        assert_eq!(wallet.refresh().await.unwrap(), 0);
        assert_eq!(wallet.now().unwrap(), city.clock.time());
    }
    city.machine.set_ahead(0);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "desk").await, "OK");
    // Later than the trust list is good for.
    city.machine.set_ahead(40 * A_DAY);
    assert!(wallet.refresh().await.is_ok(), "the trust list is good by the wallet's time");
    assert_eq!(wallet.passes_left().unwrap(), 14);
    city.stop().await;
}

#[tokio::test]
async fn what_was_made_under_a_clock_that_was_ahead_lasts_no_longer_for_it() {
    for (ahead, good) in [(20, true), (20 * A_DAY, false)] {
        let city = City::found().await;
        let (lin, _) = city.citizen(LIN).await;
        two_rounds(&city).await;
        city.machine.set_ahead(ahead);
        let token = city.access_token(SAMPLE).await;
        let offer = city.enrol(SAMPLE).await;
        let path = format!("/v1/registrar/persons/{lin}/revoke");
        let request = city.post(&path).bearer_auth(&city.registrar);
        let (status, asked) = answer(request.json(&json!({ "reason": "moved_away" }))).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
        city.machine.set_ahead(0);
        two_rounds(&city).await;
        let (_, listed) =
            answer(city.get("/v1/registrar/requests").bearer_auth(&city.registrar)).await;
        let state = if good { "pending" } else { "expired" };
        assert_eq!(listed["requests"][0]["state"], state, "{listed}");
        let offered = city.http.get(offer["credential_offer_uri"].as_str().unwrap());
        let wallet = city.wallet("late");
        let text = |name: &str| offer[name].as_str().unwrap();
        let expected = |good_one: u16, other: u16| if good { good_one } else { other };
        assert_eq!(answer(offered).await.0, expected(200, 410));
        let taken_up = wallet.enrol(text("credential_offer"), text("tx_code")).await;
        assert_eq!(taken_up.is_ok(), good, "{taken_up:?}");
        let account = answer(city.get("/v1/holder").bearer_auth(&token)).await;
        assert_eq!(account.0, expected(200, 401), "{}", account.1);
        let (status, told) = city.confirm(&asked).await;
        assert_eq!(status, expected(200, 410), "{told}");
        city.stop().await;
    }
}

#[tokio::test]
async fn a_pass_revoked_yesterday_is_refused_in_the_last_minute_of_its_codes() {
    let mut city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let day = end_of_day(city.clock.time());
    city.clock.advance(day - 5 - city.clock.time());
    let last = code(&wallet);
    city.set_account(&person, "revoke").await;
    city.clock.advance(25);
    city.restart().await;
    assert_eq!(city.reason(&last, LIBRARY, "desk").await, "REVOKED");
    let list = status_list(&city, day).await;
    assert!((0..1 << 20).any(|index| list.status(index) == Some(Status::Invalid)));
    city.stop().await;
}

#[tokio::test]
async fn a_pass_is_revoked_within_the_last_minute_of_its_codes() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let day = end_of_day(city.clock.time());
    city.clock.advance(day - 5 - city.clock.time());
    let last = code(&wallet);
    city.clock.advance(25);
    city.set_account(&person, "freeze").await;
    assert_eq!(city.reason(&last, LIBRARY, "desk").await, "FROZEN");
    let list = status_list(&city, day).await;
    assert!((0..1 << 20).any(|index| list.status(index) == Some(Status::Suspended)));
    city.stop().await;
}
