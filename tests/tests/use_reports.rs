//! Reports of uses that a citizen did not expect: with the refusal, and afterwards from the list.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::day::DAY;
use szid_register::audit::{AuditEvent, ChainReport};
use szid_register::{Bearer, OperatorRole, REPORTS_PER_DAY};
use szid_tests::administrators::{Administrators, get};
use szid_tests::city::*;
use szid_wallet::{
    ConsentRequest, Http, HttpFuture, HttpRequest, ReqwestHttp, Wallet, WalletError,
};

/// A way to a service of before, which says nothing of reports.
struct Before(ReqwestHttp);

impl Http for Before {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move {
            let mut answer = self.0.send(request).await?;
            if let Ok(Value::Object(mut body)) = serde_json::from_slice(&answer.body) {
                body.remove("reported");
                answer.body = serde_json::to_vec(&body).unwrap().into();
            }
            Ok(answer)
        })
    }
}

async fn asked_at_the_hospital(
    city: &City,
    wallet: &Wallet,
    answering: impl AsyncFnOnce(&Wallet, &ConsentRequest),
) -> Value {
    city.clock.advance(1);
    let body = json!({ "code": code(wallet), "scene": HOSPITAL, "operator": "7" });
    let answering = async {
        let asked = wallet.consents(20).await.unwrap();
        answering(wallet, &asked[0]).await;
    };
    let ((status, verdict), ()) = tokio::join!(city.scan(&city.hall, body), answering);
    assert_eq!(status, StatusCode::OK, "{verdict}");
    verdict
}

async fn used_at_the_library(city: &City, wallet: &Wallet) -> String {
    city.clock.advance(1);
    assert_eq!(city.reason(&code(wallet), LIBRARY, "7").await, "OK");
    wallet.uses(None).await.unwrap()[0].receipt.clone()
}

/// What the city's administrators are told, the newest first.
async fn told(city: &City, administrators: &Administrators) -> Vec<Value> {
    let page = get(city, "audit/entries?kind=use_reported", &administrators.chen).await;
    page["entries"].as_array().unwrap().clone()
}

async fn counted(city: &City, when: &str) -> usize {
    let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    let name = format!("szid_uses_reported_total{{when=\"{when}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |n| n.parse().unwrap())
}

#[tokio::test]
async fn a_refusal_that_reports_is_a_refusal_to_the_venue_and_told_to_the_city() {
    let mut city = City::found().await;
    let administrators = Administrators::of(&city).await;
    let (person, wallet) = city.citizen(LIN).await;
    let plain = asked_at_the_hospital(&city, &wallet, async |wallet, request| {
        wallet.deny(request).await.unwrap();
    });
    let plain = plain.await;
    let reported = asked_at_the_hospital(&city, &wallet, async |wallet, request| {
        wallet.deny_and_report(request).await.unwrap();
        let twice = wallet.deny_and_report(request).await;
        assert!(matches!(twice, Err(WalletError::Refused(word)) if word == "CONSENT_OVER"));
    });
    let reported = reported.await;

    // The venue is told the same, but for the receipt and its second.
    let of_the_venue = |verdict: &Value| {
        let mut verdict = verdict.clone();
        for own in ["receipt", "at", "clock_difference", "freshness"] {
            verdict[own] = Value::Null;
        }
        verdict
    };
    assert_eq!(reported["reason"], "CONSENT_DENIED");
    assert_eq!(of_the_venue(&plain), of_the_venue(&reported));
    let receipt = reported["receipt"].as_str().unwrap();
    let bearer =
        Bearer::Operator { venue: "hall".into(), name: "li".into(), duty: OperatorRole::Manager };
    let operator = credential(&*city.store(), bearer, city.clock.time()).await;
    for path in [
        "/v1/operator/scans",
        "/v1/operator/scans/export?format=csv",
        "/v1/operator/scans/export?format=json",
    ] {
        let seen = city.get(path).bearer_auth(&operator).send().await.unwrap();
        assert_eq!(seen.status(), StatusCode::OK, "{path}");
        let seen = seen.text().await.unwrap();
        assert!(seen.contains(receipt), "{path}: {seen}");
        assert!(!seen.contains("report") && !seen.contains(&person), "{path}: {seen}");
    }

    // The citizen and the city see it, and nothing personal is in what the city is told.
    let uses = wallet.uses(None).await.unwrap();
    let marks: Vec<_> = uses.iter().map(|one| (one.consent.as_str(), one.reported)).collect();
    assert_eq!(marks, [("denied", true), ("denied", false)]);
    let entries = told(&city, &administrators).await;
    assert_eq!(entries.len(), 1);
    let expected = json!({ "receipt": receipt, "venue": "hall", "device": "desk", "scene": HOSPITAL,
        "scanned_at": reported["at"], "person": person, "when": "asked" });
    assert_eq!(entries[0]["details"], expected);
    assert_eq!((counted(&city, "asked").await, counted(&city, "listed").await), (1, 0));
    let entries = city.store().audit_entries(1, 100).await.unwrap();
    let at = |wanted: fn(&AuditEvent) -> bool| {
        entries.iter().rposition(|entry| wanted(&entry.event)).unwrap()
    };
    let scan = at(|event| matches!(event, AuditEvent::Scan { .. }));
    let report = at(|event| matches!(event, AuditEvent::UseReported { .. }));
    assert_eq!(report, scan + 1, "the report follows its scan");

    // Reported again from the list it is one report, and it is still there after the service began anew.
    wallet.report_use(receipt).await.unwrap();
    city.restart().await;
    assert_eq!(told(&city, &administrators).await.len(), 1);
    assert!(wallet.uses(None).await.unwrap()[0].reported);
    let head = city.store().audit_head().await.unwrap();
    assert_eq!(city.store().audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    city.stop().await;
}

#[tokio::test]
async fn nobody_is_told_of_a_report_that_a_service_of_before_did_not_take() {
    let city = City::found().await;
    let wallet = city.wallet_over("before", Arc::new(Before(ReqwestHttp::new())));
    let offer = city.enrol(LIN).await;
    let text = |name: &str| offer[name].as_str().unwrap();
    wallet.enrol(text("credential_offer"), text("tx_code")).await.unwrap();
    let verdict = asked_at_the_hospital(&city, &wallet, async |wallet, request| {
        let told = wallet.deny_and_report(request).await;
        assert!(
            matches!(told, Err(WalletError::Answer(what)) if what.contains("refusal was taken"))
        );
    });
    assert_eq!(verdict.await["reason"], "CONSENT_DENIED");
    city.stop().await;
}

#[tokio::test]
async fn nobody_approves_and_reports_and_the_question_stands() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let token = city.access_token(LIN).await;
    let verdict = asked_at_the_hospital(&city, &wallet, async |wallet, request| {
        let path = format!("/v1/holder/consents/{}", request.id);
        let both = json!({ "approve": true, "report": true, "code": "0" });
        let both = answer(city.post(&path).bearer_auth(&token).json(&both)).await;
        assert_eq!(
            (both.0, &both.1["about"]),
            (StatusCode::BAD_REQUEST, &json!("report: approve is true"))
        );
        assert_problem(both, "BAD_REQUEST");
        let refusal = json!({ "approve": false, "report": true });
        let taken = answer(city.post(&path).bearer_auth(&token).json(&refusal)).await;
        assert_eq!(taken, (StatusCode::OK, json!({ "approved": false, "reported": true })));
        assert!(wallet.uses(None).await.unwrap()[0].reported, "kept once it is acknowledged");
    });
    assert_eq!(verdict.await["reason"], "CONSENT_DENIED");
    city.stop().await;
}

#[tokio::test]
async fn a_use_is_reported_once_by_its_holder_and_so_many_within_a_day() {
    let city = City::found().await;
    let administrators = Administrators::of(&city).await;
    let (person, wallet) = city.citizen(LIN).await;
    let (_, stranger) = city.citizen(SAMPLE).await;
    let first = used_at_the_library(&city, &wallet).await;
    for receipt in [first.as_str(), "AAAAAAAAAAAAAAAAAAAAAA", "x", ".."] {
        let foreign = stranger.report_use(receipt).await;
        assert!(matches!(foreign, Err(WalletError::Refused(word)) if word == "NOT_FOUND"));
    }
    assert!(!wallet.uses(None).await.unwrap()[0].reported);
    for _ in 0..2 {
        wallet.report_use(&first).await.unwrap();
    }
    assert!(wallet.uses(None).await.unwrap()[0].reported);
    let entries = told(&city, &administrators).await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0]["details"]["when"], "listed");
    assert_eq!(entries[0]["details"]["person"], json!(person));

    for _ in 1..REPORTS_PER_DAY {
        let receipt = used_at_the_library(&city, &wallet).await;
        wallet.report_use(&receipt).await.unwrap();
    }
    let one_more = used_at_the_library(&city, &wallet).await;
    let spent = wallet.report_use(&one_more).await.unwrap_err();
    assert!(matches!(&spent, WalletError::Refused(word) if word == "REPORTS_SPENT"));
    assert!(spent.advice().zh.contains("12345") && spent.advice().en.contains("12345"));
    // What is reported already is still so, a refusal is never refused, and other persons report as ever.
    wallet.report_use(&first).await.unwrap();
    let refused = asked_at_the_hospital(&city, &wallet, async |wallet, request| {
        wallet.deny_and_report(request).await.unwrap();
    });
    refused.await;
    let theirs = used_at_the_library(&city, &stranger).await;
    stranger.report_use(&theirs).await.unwrap();
    assert_eq!(counted(&city, "listed").await, REPORTS_PER_DAY + 1);
    let marked = wallet.uses(None).await.unwrap().iter().filter(|one| one.reported).count();
    assert_eq!(marked, REPORTS_PER_DAY + 1);

    // A day of the checked clock later there is room again.
    city.clock.advance(DAY);
    city.confirm_clock().await;
    city.tidy().await;
    wallet.report_use(&one_more).await.unwrap();
    city.stop().await;
}
