//! The wallet's time where clocks are wrong: the phone's after a restart, or the service's for a while.

use szid_protocol::day::DAY;
use szid_wallet::{PresentationOptions, TimeSource, Wallet};

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;

const HOUR: u64 = 3600;

/// What a venue whose clock is right says of a code that is drawn now.
fn reason(scenery: &Scenery, wallet: &Wallet) -> &'static str {
    let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
    scenery.verdict(&code.digits).reason().code()
}

#[tokio::test]
async fn a_phone_that_restarts_with_its_clock_behind_is_right_after_one_refresh() {
    // Its clock reads earlier than at the last signed time, then later than that and still an hour behind.
    for (since, is_told) in [(600, true), (5 * HOUR, false)] {
        let scenery = Scenery::new().await;
        let wallet = scenery.enrolled().await;
        scenery.clock.advance(since);
        scenery.clock.restart();
        scenery.clock.set_wall_ahead_by(-3600);
        assert_eq!(wallet.status().unwrap().time_in_doubt, is_told, "{since}");
        let options = PresentationOptions::default();
        let code = wallet.present(&wallet.app_opened(), &options).unwrap();
        assert_eq!((code.time_in_doubt, reason(&scenery, &wallet)), (is_told, "CODE_EXPIRED"));

        assert_eq!(wallet.refresh().await.unwrap(), 0);
        let status = wallet.status().unwrap();
        assert_eq!((status.time_source, status.time_in_doubt), (TimeSource::Signed, false));
        assert_eq!((status.now, status.clock_offset), (scenery.clock.truth(), 3600));
        let code = wallet.present(&wallet.app_opened(), &options).unwrap();
        assert_eq!((code.time_in_doubt, reason(&scenery, &wallet)), (false, "OK"));
    }
}

#[tokio::test]
async fn whatever_goes_online_first_after_a_restart_corrects_the_time() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.restart();
    scenery.clock.set_wall_ahead_by(-3600);
    scenery.clock.advance(600);
    wallet.account().await.unwrap();
    assert_eq!(reason(&scenery, &wallet), "OK");
    let asked = scenery.issuer.asked("time");
    wallet.account().await.unwrap();
    assert_eq!(scenery.issuer.asked("time"), asked, "once is enough");
}

#[tokio::test]
async fn within_a_boot_a_service_that_is_ahead_is_doubted_and_the_holder_is_told() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.issuer.set_ahead(8 * HOUR);
    for _ in 0..3 {
        scenery.clock.advance(60);
        assert_eq!(wallet.refresh().await.unwrap(), 0);
        let status = wallet.status().unwrap();
        assert_eq!((status.now, status.time_in_doubt), (scenery.clock.truth(), true));
        assert_eq!(reason(&scenery, &wallet), "OK");
    }
    scenery.issuer.set_ahead(0);
    wallet.refresh().await.unwrap();
    assert!(!wallet.status().unwrap().time_in_doubt);
}

#[tokio::test]
async fn after_a_restart_one_answer_that_is_ahead_is_not_taken_alone() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.restart();
    scenery.clock.advance(60);
    // One of two machines behind one address, say.
    scenery.issuer.misbehave(Misdeed::OneTimeAhead);
    let asked = scenery.issuer.asked("time");
    wallet.refresh().await.unwrap();
    assert_eq!(scenery.issuer.asked("time"), asked + 2);
    let status = wallet.status().unwrap();
    assert_eq!((status.now, status.time_in_doubt), (scenery.clock.truth(), false));
    assert_eq!(reason(&scenery, &wallet), "OK");
}

#[tokio::test]
async fn after_a_restart_a_time_that_the_trust_list_does_not_reach_is_doubted() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.restart();
    scenery.clock.advance(60);
    scenery.issuer.set_ahead(40 * DAY);
    assert!(wallet.refresh().await.is_ok(), "the trust list is good by the wallet's time");
    let status = wallet.status().unwrap();
    assert_eq!((status.now, status.time_in_doubt), (scenery.clock.truth(), true));
    assert_eq!(reason(&scenery, &wallet), "OK");
}

#[tokio::test]
async fn a_restart_while_the_service_is_ahead_costs_no_more_than_the_next_refresh() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.restart();
    scenery.issuer.set_ahead(8 * HOUR);
    wallet.refresh().await.unwrap();
    assert_eq!(reason(&scenery, &wallet), "CLOCK_AHEAD");
    scenery.issuer.set_ahead(0);
    wallet.refresh().await.unwrap();
    assert_eq!(reason(&scenery, &wallet), "OK");
}
