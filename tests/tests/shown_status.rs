//! What a phone shows without a connection: the level that its pass states, the masked name that the holder
//! chose to see, and that its passes end soon.

use std::sync::Arc;

use serde_json::{Value, json};
use szid_protocol::day::DAY;
use szid_tests::city::*;
use szid_wallet::{Http, HttpFuture, HttpRequest, ReqwestHttp, Wallet};
use tokio::sync::Notify;

/// A way to the service on which an answer with a masked name waits until it may arrive.
struct Slow {
    way: ReqwestHttp,
    waits: Notify,
    goes_on: Notify,
}

impl Http for Slow {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move {
            let is_name = request.url.contains("masked_name=true");
            let answer = self.way.send(request).await;
            if is_name {
                self.waits.notify_one();
                self.goes_on.notified().await;
            }
            answer
        })
    }
}

fn name(wallet: &Wallet) -> Option<String> {
    wallet.status().unwrap().masked_name
}

async fn account(city: &City, token: &str, asked: &str) -> Value {
    answer(city.get(&format!("/v1/holder{asked}")).bearer_auth(token)).await.1
}

async fn rename(city: &City, person: &str, to: &str) {
    let body = json!({ "name": to, "reason": "marriage" });
    let (_, asked) = city.act(person, "changes", body).await;
    assert!(city.confirm(&asked).await.0.is_success());
}

#[tokio::test]
async fn a_phone_says_which_level_todays_pass_states() {
    let city = City::found().await;
    assert_eq!(city.wallet("empty").status().unwrap().identity_level, None);
    let (person, wallet) = city.citizen(LIN).await;
    assert_eq!(wallet.status().unwrap().identity_level, Some(4));
    let body = json!({ "identity_level": 2, "method": "counter", "reason": "seen" });
    let (_, asked) = city.act(&person, "changes", body).await;
    assert!(city.confirm(&asked).await.0.is_success());
    assert_eq!(wallet.status().unwrap().identity_level, Some(4), "as its codes still say");
    wallet.refresh().await.unwrap();
    assert_eq!(wallet.status().unwrap().identity_level, Some(2));
    city.clock.advance(15 * DAY);
    assert_eq!(wallet.status().unwrap().identity_level, None, "today has no pass");
    city.stop().await;
}

#[tokio::test]
async fn a_masked_name_is_told_and_kept_only_where_the_holder_chose_so() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let token = city.access_token(LIN).await;
    assert!(account(&city, &token, "").await.get("masked_name").is_none());
    assert!(account(&city, &token, "?masked_name=false").await.get("masked_name").is_none());
    assert_eq!(account(&city, &token, "?masked_name=true").await["masked_name"], "林**");

    wallet.account().await.unwrap();
    wallet.refresh().await.unwrap();
    assert_eq!(name(&wallet), None, "nobody chose it");
    wallet.show_name(true).await.unwrap();
    assert_eq!(name(&wallet).as_deref(), Some("林**"));
    // One that is kept is renewed with the account, and by a refresh.
    rename(&city, &person, "陈示例").await;
    assert_eq!(name(&wallet).as_deref(), Some("林**"));
    wallet.account().await.unwrap();
    assert_eq!(name(&wallet).as_deref(), Some("陈**"));
    rename(&city, &person, "林示例").await;
    wallet.refresh().await.unwrap();
    assert_eq!(name(&wallet).as_deref(), Some("林**"));
    wallet.show_name(false).await.unwrap();
    assert_eq!(name(&wallet), None);
    wallet.account().await.unwrap();
    assert_eq!(name(&wallet), None, "what was put away stays away");
    city.stop().await;
}

#[tokio::test]
async fn a_masked_name_goes_with_the_enrolment_and_with_the_wallet() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    wallet.show_name(true).await.unwrap();
    // Somebody else takes the phone over.
    let offer = city.enrol(SAMPLE).await;
    let text = |name: &str| offer[name].as_str().unwrap();
    wallet.enrol(text("credential_offer"), text("tx_code")).await.unwrap();
    assert_eq!(name(&wallet), None);
    wallet.account().await.unwrap();
    assert_eq!(name(&wallet), None);
    wallet.show_name(true).await.unwrap();
    assert_eq!(name(&wallet).as_deref(), Some("SAMPLE, M****"));
    wallet.wipe().unwrap();
    assert!(wallet.status().is_err(), "nothing is left to be read");
    city.stop().await;
}

#[tokio::test]
async fn the_last_choice_counts_whatever_answer_is_under_way() {
    let city = City::found().await;
    let slow = Slow { way: ReqwestHttp::new(), waits: Notify::new(), goes_on: Notify::new() };
    let slow = Arc::new(slow);
    let wallet = city.wallet_over("slow", slow.clone());
    let offer = city.enrol(LIN).await;
    let text = |name: &str| offer[name].as_str().unwrap();
    wallet.enrol(text("credential_offer"), text("tx_code")).await.unwrap();
    let put_away = async {
        slow.waits.notified().await;
        wallet.show_name(false).await.unwrap();
        slow.goes_on.notify_one();
    };
    let (shown, ()) = tokio::join!(wallet.show_name(true), put_away);
    shown.unwrap();
    assert_eq!(name(&wallet), None, "a choice");

    slow.goes_on.notify_one();
    wallet.show_name(true).await.unwrap();
    slow.waits.notified().await;
    assert_eq!(name(&wallet).as_deref(), Some("林**"));
    let put_away = async {
        slow.waits.notified().await;
        wallet.show_name(false).await.unwrap();
        slow.goes_on.notify_one();
    };
    let (account, ()) = tokio::join!(wallet.account(), put_away);
    account.unwrap();
    assert_eq!(name(&wallet), None, "a renewal");
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_was_long_offline_says_that_its_passes_end() {
    let city = City::found().await;
    assert!(!city.wallet("empty").status().unwrap().ends_soon, "nothing was enrolled");
    let (_, wallet) = city.citizen(LIN).await;
    let ends_soon = || wallet.status().unwrap().ends_soon;
    assert!(!ends_soon());
    let last = *wallet.status().unwrap().days.last().unwrap();
    city.clock.advance(last - 2 * DAY - 1 - city.clock.time());
    assert!(!ends_soon());
    city.clock.advance(1);
    assert!(ends_soon());
    city.clock.advance(2 * DAY + 1);
    let status = wallet.status().unwrap();
    assert!(status.ends_soon && status.passes_left == 0 && status.enrolled);
    city.confirm_clock().await;
    wallet.refresh().await.unwrap();
    assert!(!ends_soon());
    city.stop().await;
}
