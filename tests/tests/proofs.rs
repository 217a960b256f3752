//! Citizens raise their own level with parties that the city trusts.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_register::audit::AuditEvent;
use szid_tests::city::*;
use szid_tests::parties::{Adapter, Behaviour, population_register};
use szid_wallet::{Proof, ProofState, Wallet, WalletError};

const REGISTER: &str = "population_register";

async fn city_with(behaviour: Behaviour) -> (City, std::sync::Arc<Adapter>) {
    let (adapter, address) = Adapter::serve(behaviour).await;
    let city = City::changed(|parts| parts.connectors = vec![population_register(address)]).await;
    (city, adapter)
}

fn refusal(proof: &Proof) -> &str {
    assert_eq!(proof.state, ProofState::Refused, "{proof:?}");
    &proof.refusal.as_ref().unwrap().code
}

async fn level(wallet: &Wallet) -> u8 {
    wallet.account().await.unwrap().identity_level
}

/// The outcomes of proofs in the audit, in order.
async fn outcomes(city: &City) -> Vec<String> {
    let entries = city.store().audit_entries(0, 1000).await.unwrap();
    let outcome = |event: AuditEvent| match event {
        AuditEvent::Proof { outcome, .. } => Some(outcome),
        _ => None,
    };
    entries.into_iter().filter_map(|entry| outcome(entry.event)).collect()
}

#[tokio::test]
async fn a_citizen_is_matched_to_the_population_register_and_shows_a_code_of_the_new_level() {
    let (city, adapter) = city_with(Behaviour::Sound).await;
    let (_, wallet) = city.citizen_at(1, LIN).await;
    let account = wallet.account().await.unwrap();
    assert_eq!(account.identity_level, 1);
    let up = account.level_up.unwrap();
    assert_eq!((up.level, &*up.steps[0].connector), (2, REGISTER));
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "desk").await, "LEVEL_TOO_LOW");

    let proof = wallet.begin_proof(REGISTER).await.unwrap();
    assert_eq!((proof.state, proof.identity_level), (ProofState::Proven, Some(2)));
    assert_eq!(adapter.asked(), 1);
    assert_eq!(level(&wallet).await, 2);
    wallet.refresh().await.unwrap();
    assert_eq!(wallet.status().unwrap().identity_level, Some(2));
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "desk").await, "OK");
    assert_eq!(outcomes(&city).await, ["proven"]);
    assert_eq!(wallet.events(None).await.unwrap()[0].event, "identity_proven");
    // A strip that says the level is not fetched again.
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    city.stop().await;
}

#[tokio::test]
async fn whoever_the_register_does_not_match_keeps_their_level_and_reads_what_to_do() {
    let (city, _) = city_with(Behaviour::Sound).await;
    for (who, expected, outcome) in [
        (("111", "440399198803150018", "林示列"), "PROOF_MISMATCH", "mismatch"),
        (("111", "440399197001010019", "某示例"), "PROOF_UNKNOWN", "not_found"),
        (("111", "440399196610100103", "王注销"), "PROOF_UNKNOWN", "deceased"),
    ] {
        let (_, wallet) = city.citizen_at(1, who).await;
        let proof = wallet.begin_proof(REGISTER).await.unwrap();
        assert_eq!(refusal(&proof), expected);
        assert_eq!(level(&wallet).await, 1);
        assert_eq!(outcomes(&city).await.pop().unwrap(), outcome);
    }
    city.stop().await;
}

#[tokio::test]
async fn a_register_that_is_slow_or_down_is_no_mismatch() {
    for behaviour in [Behaviour::Slow, Behaviour::Down] {
        let (city, adapter) = city_with(behaviour).await;
        let (_, wallet) = city.citizen_at(1, LIN).await;
        let proof = wallet.begin_proof(REGISTER).await.unwrap();
        assert_eq!(refusal(&proof), "PROOF_UNAVAILABLE");
        assert_eq!(adapter.asked(), 2, "it is asked once more");
        assert_eq!(level(&wallet).await, 1);
        city.stop().await;
    }
}

#[tokio::test]
async fn a_register_that_flaps_proves_at_the_second_try() {
    let (city, adapter) = city_with(Behaviour::Flapping).await;
    let (_, wallet) = city.citizen_at(1, LIN).await;
    let proof = wallet.begin_proof(REGISTER).await.unwrap();
    assert_eq!((proof.state, adapter.asked()), (ProofState::Proven, 2));
    city.stop().await;
}

#[tokio::test]
async fn an_answer_that_no_register_gives_proves_nothing() {
    for behaviour in [Behaviour::Garbled, Behaviour::Endless] {
        let (city, _) = city_with(behaviour).await;
        let (_, wallet) = city.citizen_at(1, LIN).await;
        let proof = wallet.begin_proof(REGISTER).await.unwrap();
        assert_eq!(refusal(&proof), "PROOF_ANSWER");
        assert_eq!(level(&wallet).await, 1);
        city.stop().await;
    }
}

#[tokio::test]
async fn only_an_active_holder_is_proven_by_a_connector_that_there_is_and_not_without_end() {
    let (city, adapter) = city_with(Behaviour::Sound).await;
    let (person, wallet) = city.citizen_at(1, LIN).await;
    let unknown = wallet.begin_proof("alipay").await.unwrap_err();
    assert!(matches!(unknown, WalletError::Refused(code) if code == "PROOF_CONNECTOR"));
    let over = wallet.proof("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await.unwrap_err();
    assert!(matches!(over, WalletError::Refused(code) if code == "PROOF_OVER"));
    for _ in 0..10 {
        assert_eq!(wallet.begin_proof(REGISTER).await.unwrap().state, ProofState::Proven);
    }
    let spent = wallet.begin_proof(REGISTER).await.unwrap_err();
    assert!(matches!(spent, WalletError::Refused(code) if code == "PROOFS_SPENT"));
    assert_eq!(adapter.asked(), 10);
    assert_eq!(wallet.events(None).await.unwrap()[0].times, Some(10), "one line of the day");
    city.set_account(&person, "freeze").await;
    assert!(matches!(wallet.begin_proof(REGISTER).await, Err(WalletError::Frozen)));
    city.stop().await;
}

#[tokio::test]
async fn a_browser_that_comes_back_from_nowhere_is_told_so_and_proves_nothing() {
    let (city, _) = city_with(Behaviour::Sound).await;
    for state in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let back = city.get("/v1/proofs/return").query(&[("state", state), ("code", "stolen")]);
        let page = back.send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()["cache-control"], "no-store");
        let text = page.text().await.unwrap();
        assert!(text.contains("PROOF_OVER") && !text.contains("stolen"), "{text}");
    }
    let body: Value = json!({ "connector": REGISTER });
    let nobody = city.post("/v1/holder/proofs").json(&body);
    assert_problem(answer(nobody).await, "CREDENTIAL_MISSING");
    city.stop().await;
}
