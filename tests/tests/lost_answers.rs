//! A phone that takes up its offer where the network is bad, or that is killed on the way.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use szid_protocol::day::DAY;
use szid_tests::city::{City, LIBRARY, LIN, answer, code};
use szid_wallet::{Http, HttpError, HttpFuture, HttpRequest, ReqwestHttp, Wallet, WalletError};
use tokio::sync::Notify;

/// A way to the service that breaks at one request.
struct Breaking {
    way: ReqwestHttp,
    /// Requests until it breaks; none where it does no more.
    left: AtomicUsize,
    /// Whether the request that it breaks at still arrives.
    arrives: bool,
    /// Whether it is told that nothing came; else nothing comes.
    is_told: bool,
    broken: Notify,
}

impl Breaking {
    fn at(request: usize, arrives: bool, is_told: bool) -> Arc<Self> {
        let (way, broken) = (ReqwestHttp::new(), Notify::new());
        Arc::new(Self { way, left: request.into(), arrives, is_told, broken })
    }
}

impl Http for Breaking {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move {
            if self.left.fetch_sub(1, SeqCst) > 0 {
                return self.way.send(request).await;
            }
            if self.arrives {
                self.way.send(request).await?;
            }
            self.broken.notify_one();
            if !self.is_told {
                std::future::pending::<()>().await;
            }
            Err(HttpError::Unreachable)
        })
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// An offer for somebody known, whose phone takes the place of all older ones.
async fn offer_in_place_of_all(city: &City) -> Value {
    let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
        "identity_level": 4, "method": "counter" });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    let (_, asked) = answer(request.json(&body)).await;
    city.confirm(&asked).await.1
}

async fn take_up(wallet: &Wallet, offer: &Value) -> Result<usize, WalletError> {
    wallet.enrol(&text(offer, "credential_offer"), &text(offer, "tx_code")).await
}

async fn reason(city: &City, wallet: &Wallet) -> String {
    city.clock.advance(1);
    city.reason(&code(wallet), LIBRARY, "1").await
}

#[tokio::test]
async fn a_phone_that_is_cut_off_or_killed_at_any_step_goes_on_with_the_same_offer() {
    let city = City::found().await;
    let (person, mut older) = city.citizen(LIN).await;
    // One counter asks about one person more often than it may within an hour: as if each time an hour were
    // over.
    let later = city.clock.time() + 7200;
    city.store().confirm_time("operator".into(), 0, later).await.unwrap();
    // Every request of the flow is lost once, and its answer once; the app is killed, or told that nothing
    // came.
    let ways = [(false, true), (true, true), (true, false)];
    let mut steps = 0;
    for (request, (arrives, is_told)) in (0..20).flat_map(|at| ways.map(|way| (at, way))) {
        let step = format!("request {request}, arrives: {arrives}, is told: {is_told}");
        let name = format!("phone {request} {arrives} {is_told}");
        let offer = offer_in_place_of_all(&city).await;
        let breaking = Breaking::at(request, arrives, is_told);
        let wallet = city.wallet_over(&name, breaking.clone());
        let whole = tokio::select! {
            outcome = take_up(&wallet, &offer) => outcome.is_ok(),
            () = breaking.broken.notified() => false,
        };
        drop(wallet);
        if whole {
            break;
        }
        steps += 1;
        let wallet = city.wallet_over(&name, Arc::new(ReqwestHttp::new()));
        if !wallet.status().unwrap().enrolled {
            assert_eq!(reason(&city, &older).await, "OK", "{step}: the older phone goes on");
        }
        let came = take_up(&wallet, &offer).await;
        assert!(matches!(came, Ok(14)), "{step}: {came:?}");
        assert_eq!(reason(&city, &older).await, "REVOKED", "{step}");
        assert!(matches!(older.refresh().await, Err(WalletError::DeviceEnded)), "{step}");
        assert_eq!(reason(&city, &wallet).await, "OK", "{step}");
        assert_eq!(city.devices(&person).await.len(), 1, "{step}");
        older = wallet;
    }
    assert!(steps > 15, "{steps}");
    city.stop().await;
}

#[tokio::test]
async fn offers_that_were_used_ran_out_or_were_guessed_at_are_told_apart() {
    let city = City::found().await;
    let (_, older) = city.citizen(LIN).await;
    let ends = [("OFFER_USED", "12345"), ("OFFER_EXPIRED", "过期"), ("OFFER_LOCKED", "错")];
    for (code, advice) in ends {
        let offer = offer_in_place_of_all(&city).await;
        let refused = async |wallet: &Wallet| match take_up(wallet, &offer).await {
            Err(error @ WalletError::Refused(_)) => error,
            other => panic!("{code}: {other:?}"),
        };
        let breaking = Breaking::at(usize::MAX, true, true);
        let begun = city.wallet_over(&format!("begun {code}"), breaking.clone());
        match code {
            // Somebody else was quicker than the phone that shows it, or its answer came too late.
            "OFFER_USED" => {
                // Trust list, time and two documents come before the tokens are asked for.
                breaking.left.store(5, SeqCst);
                assert!(matches!(take_up(&begun, &offer).await, Err(WalletError::Network)));
                breaking.left.store(usize::MAX, SeqCst);
                city.clock.advance(61);
            }
            "OFFER_EXPIRED" => city.clock.advance(601),
            _ => {
                let wrong = if offer["tx_code"] == "000000" { "111111" } else { "000000" };
                for _ in 0..5 {
                    let guess = begun.enrol(&text(&offer, "credential_offer"), wrong).await;
                    let word = "invalid_grant";
                    assert!(matches!(guess, Err(WalletError::Refused(told)) if told == word));
                }
            }
        }
        // Whether or not a phone has read the offer before.
        for wallet in [begun, city.wallet(&format!("other {code}"))] {
            let error = refused(&wallet).await;
            assert_eq!(error.to_string(), format!("the service refused: {code}"));
            assert!(error.advice().zh.contains(advice) && error.advice().zh.contains("窗口"));
        }
        assert_eq!(reason(&city, &older).await, "OK", "{code}: nothing has ended");
    }
    city.stop().await;
}

#[tokio::test]
async fn nobody_who_knows_the_offers_code_alone_keeps_a_phone_from_asking_again() {
    let city = City::found().await;
    let offer = city.enrol(LIN).await;
    // Trust list, time, two documents and the offer come first; the answer to the codes is lost.
    let breaking = Breaking::at(5, true, true);
    let wallet = city.wallet_over("phone", breaking.clone());
    let read = answer(city.get(&offer_path(&offer))).await.1;
    let grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
    let code = text(&read["grants"][grant], "pre-authorized_code");
    assert!(matches!(take_up(&wallet, &offer).await, Err(WalletError::Network)));
    breaking.left.store(usize::MAX, SeqCst);
    let wrong = if offer["tx_code"] == "000000" { "111111" } else { "000000" };
    // Whoever has seen the code, and whoever has seen both of them.
    for tx_code in [&[wrong; 7], &[offer["tx_code"].as_str().unwrap(); 7]].into_iter().flatten() {
        let form =
            [("grant_type", grant), ("pre-authorized_code", code.as_str()), ("tx_code", tx_code)];
        let (_, refused) = answer(city.post("/v1/token").form(&form)).await;
        assert_eq!(refused["szid_code"], "OFFER_USED", "{refused}");
    }
    assert_eq!(take_up(&wallet, &offer).await.unwrap(), 14);
    assert_eq!(reason(&city, &wallet).await, "OK");
    city.stop().await;
}

/// A way to the service that keeps the last request for tokens.
struct Keeping(ReqwestHttp, Mutex<Option<HttpRequest>>);

impl Http for Keeping {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        if request.url.ends_with("/token") {
            *self.1.lock().unwrap() = Some(request.clone());
        }
        self.0.send(request)
    }
}

/// A first try that is held up while the phone asks again, or a proxy's own second try.
#[tokio::test]
async fn a_request_for_tokens_that_arrives_again_a_minute_late_ends_no_phone() {
    let city = City::found().await;
    let keeping = Arc::new(Keeping(ReqwestHttp::new(), Mutex::default()));
    let wallet = city.wallet_over("phone", keeping.clone());
    take_up(&wallet, &city.enrol(LIN).await).await.unwrap();
    for round in 0..3 {
        city.clock.advance(DAY);
        wallet.refresh().await.unwrap();
        let late = keeping.1.lock().unwrap().clone().unwrap();
        city.clock.advance(64);
        let copy = ReqwestHttp::new().send(late).await.unwrap();
        assert_eq!(copy.status, 200, "{round}: nobody receives it");
        assert_eq!(reason(&city, &wallet).await, "OK", "{round}");
    }
    city.clock.advance(DAY);
    wallet.refresh().await.unwrap();
    assert_eq!(reason(&city, &wallet).await, "OK");
    city.stop().await;
}

/// Where the offer lies, without the service's address.
fn offer_path(offer: &Value) -> String {
    let link = text(offer, "credential_offer");
    let id = link.rsplit("offers").next().unwrap().trim_start_matches("%2F").to_owned();
    format!("/v1/offers/{}", id.trim_start_matches('/'))
}
