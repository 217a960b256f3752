//! A service whose clock is behind: what was over before the step stays over, until an operator gives the
//! later time up.

use serde_json::json;
use szid_gate::sync;
use szid_tests::city::*;
use szid_tests::gates::Device;

const HOUR: i64 = 3600;

/// Rounds of housekeeping, a minute apart: a clock that is right is checked after two of them.
async fn rounds(city: &City, count: usize) {
    for _ in 0..count {
        city.clock.advance(60);
        city.tidy().await;
    }
}

/// More than an hour of them: from then on the wall clock alone says how late it is at least.
async fn settle(city: &City) {
    rounds(city, 62).await;
}

async fn reason(city: &City, code: &str) -> String {
    city.reason(code, LIBRARY, "desk").await
}

async fn is_ready(city: &City) -> bool {
    answer(city.get("/readyz")).await.0 == 200
}

async fn holds(city: &City, condition: &str) -> bool {
    let (_, told) = answer(city.get("/readyz")).await;
    told["conditions"].as_array().unwrap().iter().any(|one| one["code"] == condition)
}

#[tokio::test]
async fn a_picture_of_an_unused_code_is_refused_while_the_clock_is_behind_over_a_restart_as_well() {
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    settle(&city).await;
    city.restart().await;
    let picture = code(&wallet);
    city.clock.advance(200);
    city.tidy().await;
    assert_eq!(reason(&city, &picture).await, "CODE_EXPIRED");
    for behind in [-HOUR, -200] {
        city.machine.set_ahead(behind);
        city.tidy().await;
        assert_eq!(reason(&city, &picture).await, "VERIFIER_CLOCK_BEHIND");
    }
    city.restart().await;
    assert_eq!(reason(&city, &code(&wallet)).await, "VERIFIER_CLOCK_BEHIND");
    // It never catches up by itself.
    for _ in 0..4 {
        let picture = code(&wallet);
        rounds(&city, 4).await;
        assert_eq!(reason(&city, &picture).await, "VERIFIER_CLOCK_BEHIND");
    }
    city.machine.set_ahead(0);
    city.tidy().await;
    assert_eq!(reason(&city, &code(&wallet)).await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_from_the_start_and_is_set_right_refuses_nobody() {
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    rounds(&city, 2).await;
    city.machine.set_ahead(8 * HOUR);
    city.restart().await;
    rounds(&city, 30).await;
    assert_eq!(reason(&city, &code(&wallet)).await, "CODE_EXPIRED");
    city.machine.set_ahead(0);
    city.tidy().await;
    assert_eq!(reason(&city, &code(&wallet)).await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_for_minutes_after_a_start_refuses_nobody_after_the_next_ones() {
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    settle(&city).await;
    // A hardware clock in local time, which the network sets right two minutes after the start.
    city.machine.set_ahead(8 * HOUR);
    city.restart().await;
    rounds(&city, 3).await;
    city.machine.set_ahead(0);
    rounds(&city, 2).await;
    for start in 0..3 {
        city.restart().await;
        city.clock.advance(5);
        let picture = code(&wallet);
        assert_eq!(reason(&city, &code(&wallet)).await, "OK", "{start}");
        let time = answer(city.get("/v1/time?nonce=AAAAAAAAAAAAAAAAAAAAAA")).await;
        assert_eq!(time.0, 200, "{start}: {}", time.1);
        assert!(is_ready(&city).await && holds(&city, "CLOCK_STEPPED").await, "{start}");
        rounds(&city, 4).await;
        assert_eq!(reason(&city, &picture).await, "CODE_EXPIRED", "{start}");
        assert_eq!(reason(&city, &code(&wallet)).await, "OK", "{start}");
    }
    // What was known before still holds: a clock that is behind takes no old picture.
    city.clock.advance(5);
    let picture = code(&wallet);
    city.clock.advance(200);
    city.tidy().await;
    city.machine.set_ahead(-200);
    city.restart().await;
    assert_eq!(reason(&city, &picture).await, "VERIFIER_CLOCK_BEHIND");
    city.machine.set_ahead(0);
    city.confirm_clock().await;
    assert!(!holds(&city, "CLOCK_STEPPED").await);
    city.stop().await;
}

#[tokio::test]
async fn a_service_that_refuses_every_code_for_its_clock_is_not_ready_and_sends_no_desk_to_its_own()
{
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    settle(&city).await;
    city.machine.set_ahead(-HOUR);
    for _ in 0..2 {
        assert!(!is_ready(&city).await && holds(&city, "CLOCK_BEHIND").await);
        let asked = json!({ "code": code(&wallet), "scene": LIBRARY, "operator": "desk" });
        let (_, scan) = city.scan(&city.hall, asked).await;
        assert_eq!(scan["reason"], "VERIFIER_CLOCK_BEHIND");
        for (words, says) in [("text", "the service's clock"), ("staff", "not this device's")] {
            let words = scan[words]["en"].as_str().unwrap().to_lowercase();
            assert!(words.contains(says), "{scan}");
        }
        city.restart().await;
    }
    city.confirm_clock().await;
    assert!(is_ready(&city).await && !holds(&city, "CLOCK_BEHIND").await);
    city.stop().await;
}

#[tokio::test]
async fn a_later_time_that_was_wrong_for_long_is_given_up_by_an_operators_word() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.machine.set_ahead(8 * HOUR);
    assert_eq!(city.confirm_clock().await, 8 * HOUR);
    rounds(&city, 2).await;
    city.machine.set_ahead(0);
    city.tidy().await;
    assert_eq!(reason(&city, &code(&wallet)).await, "VERIFIER_CLOCK_BEHIND");
    city.confirm_clock().await;
    assert_eq!(reason(&city, &code(&wallet)).await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_service_that_knows_its_clock_to_be_wrong_tells_nobody_the_time_and_all_go_on() {
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let (gate, client) = (device.open(&city), device.client(&city.base_url));
    settle(&city).await;
    city.restart().await;
    assert!(sync::once(&gate, &client).await.faults.is_empty());
    let ask = || answer(city.get("/v1/time?nonce=AAAAAAAAAAAAAAAAAAAAAA"));
    assert_eq!(ask().await.0, 200);
    for step in [-HOUR, HOUR] {
        city.machine.set_ahead(step);
        assert_problem(ask().await, "CLOCK_UNCHECKED");
        assert_eq!(wallet.refresh().await.unwrap(), 0, "it goes on with its own time");
        assert_eq!(wallet.now().unwrap(), city.clock.time());
        let round = sync::once(&gate, &client).await;
        assert!(round.faults.iter().all(|(path, _)| path != "/v1/time"), "{round:?}");
        assert_eq!(gate.state().clock_ahead, None, "{step}");
    }
    // A new phone has no time but its own.
    city.citizen(SAMPLE).await;
    city.machine.set_ahead(-HOUR);
    city.confirm_clock().await;
    assert_eq!(ask().await.0, 200);
    city.stop().await;
}
