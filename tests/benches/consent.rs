//! The citizen's word while a thousand other wallets wait to be asked: from the venue's scan to its verdict,
//! over loopback HTTP, with the real wallet, its signed approval, and everything on disk.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use serde_json::json;
use szid_issuer::Limits;
use szid_tests::city::*;

/// Wallets that hold a request open all the while.
const WAITING: usize = 1_000;
/// Wallets that are asked, in turn.
const ASKED: usize = 20;
const ROUNDS: usize = 200;

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn clock() -> Instant {
    Instant::now()
}

/// Megabytes of this process that lie in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0) / 1024
}

/// Asks again and again, as an app does while a code is shown.
async fn wait_for_ever(http: reqwest::Client, url: String, token: String) {
    loop {
        let asked = http.get(&url).bearer_auth(&token).send().await.unwrap();
        assert!(asked.status().is_success(), "{}", asked.status());
    }
}

/// Requests that the service holds open now.
async fn open_requests(city: &City) -> usize {
    let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with("szid_http_requests_in_flight "));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).expect("the gauge is there")
}

#[tokio::main]
async fn main() {
    // `cargo test` runs benchmarks, too: nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let limits = Limits {
        per_address: None,
        per_credential: None,
        codes_per_credential: None,
        ..Limits::default()
    };
    let city = City::with(limits).await;
    let numbers: Vec<String> = (0..WAITING + ASKED).map(|at| format!("XDEMO{at:04}")).collect();
    let who = |number: &'static str| ("414", number, "SAMPLE, MARIA");
    let numbers: Vec<&'static str> = numbers.into_iter().map(|text| &*text.leak()).collect();
    let (asked, waiting) = numbers.split_at(ASKED);
    let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
    let url = format!("{}/v1/holder/consents?wait=25", city.base_url);
    let mut held = tokio::task::JoinSet::new();
    for number in waiting {
        let token = city.access_token(who(number)).await;
        held.spawn(wait_for_ever(http.clone(), url.clone(), token));
    }
    let mut wallets = Vec::new();
    for number in asked {
        wallets.push(city.citizen(who(number)).await.1);
    }
    while open_requests(&city).await < WAITING {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{WAITING} wallets wait; service and wallets together have {} MB", resident());
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        city.clock.advance(1);
        let wallet = &wallets[round % ASKED];
        let body = json!({ "code": code(wallet), "scene": HOSPITAL, "operator": "7" });
        let start = clock();
        let answer = async {
            let asked = wallet.consents(20).await.unwrap();
            wallet.approve(&asked[0], &screen_lock(wallet)).await.unwrap();
        };
        let ((_, verdict), ()) = tokio::join!(city.scan(&city.hall, body), answer);
        times.push(start.elapsed());
        assert_eq!(verdict["consent"], "approved", "{verdict}");
    }
    assert!(held.try_join_next().is_none(), "each of them still waits");
    // A request that has just been answered is opened again at once.
    let open = open_requests(&city).await;
    assert!(open > WAITING * 9 / 10, "{open} requests are open");
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{ROUNDS} round trips: median {:.1} ms  p99 {:.1} ms  slowest {:.1} ms",
        at(50),
        at(99),
        at(100)
    );
    println!("service and wallets together have {} MB", resident());
}
