//! A data folder that is put back from a copy: it takes nobody for another, and what was lost is told and
//! made good.

use reqwest::StatusCode;
use szid_gate::sync;
use szid_issuer::witness::RestoreError;
use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::day::end_of_day;
use szid_protocol::level::IdentityLevel;
use szid_protocol::told::Tell;
use szid_register::audit::{AuditHead, ChainReport};
use szid_register::entropy::SystemEntropy;
use szid_register::{Finding, Register, Store};
use szid_tests::city::{City, LIBRARY, LIN, SAMPLE, StrongPhone, code, screen_lock};
use szid_tests::folders::put_back;
use szid_tests::gates::Device;
use szid_tests::restoring::{copy_aside, lose, restored, restored_at, witness_folder};
use szid_wallet::WalletError;

#[tokio::test]
async fn a_code_is_nobody_elses_even_where_data_and_witness_went_back_together() {
    let mut city = City::found().await;
    city.halt().await;
    let (data, witness) = copy_aside(&city);
    city.start().await.unwrap();
    let (_, lin) = city.citizen(LIN).await;
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    city.halt().await;
    put_back(&data, &city.data());
    put_back(&witness, &witness_folder(&city));
    city.start().await.unwrap();
    // Draws the indices that are in Lin's passes.
    let (sample, visitor) = city.citizen(SAMPLE).await;
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "HOLDER_UNKNOWN");
    assert_eq!(city.reason(&code(&visitor), LIBRARY, "a").await, "OK");
    let (status, _) = city.set_account(&sample, "freeze").await;
    assert_eq!(status, StatusCode::OK);
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "HOLDER_UNKNOWN");
    assert_eq!(city.reason(&code(&visitor), LIBRARY, "a").await, "FROZEN");
    city.stop().await;
}

#[tokio::test]
async fn a_register_behind_its_witness_is_not_served_until_it_is_put_in_order() {
    let mut city = City::found().await;
    let (frozen, lin) = city.citizen(LIN).await;
    let (sample, other) = city.citizen(SAMPLE).await;
    city.halt().await;
    let (data, _) = copy_aside(&city);
    city.start().await.unwrap();
    let used = code(&other);
    assert_eq!(city.reason(&used, LIBRARY, "a").await, "OK");
    city.set_account(&frozen, "freeze").await;
    let lost = StrongPhone::of(&city, &sample, IdentityLevel::InPerson).await;
    city.halt().await;
    put_back(&data, &city.data());
    let refused = city.start().await.unwrap_err().tell();
    assert!(
        refused.code == "REGISTER_BEHIND" && refused.en.contains("admin restored"),
        "{refused}"
    );

    let done = restored(&city, None).await.unwrap();
    assert_eq!(done.epoch, 1);
    assert_eq!(
        done.persons.into_iter().collect::<Vec<_>>(),
        [(frozen.parse().unwrap(), Finding::Suspended)]
    );
    city.start().await.unwrap();
    assert_eq!(city.reason(&used, LIBRARY, "a").await, "USES_UNKNOWN", "it may have been used");
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "FROZEN");
    assert_eq!(city.reason(&lost.code(&city, None), LIBRARY, "a").await, "HOLDER_UNKNOWN");
    let head = city.store().audit_head().await.unwrap();
    assert_eq!(city.store().audit_verify(None).await.unwrap(), ChainReport::Whole(head));
    // Nobody draws an index that is out there.
    let phone = StrongPhone::of(&city, &sample, IdentityLevel::InPerson).await;
    assert_eq!(city.reason(&phone.code(&city, None), LIBRARY, "a").await, "OK");
    city.halt().await;
    // The register is its witness's again.
    assert!(matches!(restored(&city, None).await, Err(RestoreError::NothingLost)));
    city.start().await.unwrap();
    city.stop().await;
}

#[tokio::test]
async fn gates_hold_the_lists_of_new_passes_after_any_number_of_restores_without_a_witness() {
    let mut city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    for epoch in 0..5 {
        city.halt().await;
        std::fs::remove_dir_all(witness_folder(&city)).unwrap();
        restored(&city, Some(epoch)).await.unwrap();
        city.start().await.unwrap();
    }
    let (_, phone) = city.citizen(LIN).await;
    let gate = device.open(&city);
    let round = sync::once(&gate, &device.client(&city.base_url)).await;
    assert!(round.faults.is_empty() && !round.lists_left_out, "{round:?}");
    assert_eq!(gate.scan(&code(&phone), "").verdict.reason.code(), "OK");
    // The first list of each restore, where there is a pass, and those that were there before.
    assert!(gate.state().lists.status_lists <= 4 && gate.state().conditions.is_empty());
    city.stop().await;
}

#[tokio::test]
async fn a_copy_from_before_many_restorations_names_no_list_that_they_passed_over() {
    let mut city = City::found().await;
    city.citizen(LIN).await;
    city.halt().await;
    let (data, _) = copy_aside(&city);
    for epoch in 0..3 {
        std::fs::remove_dir_all(witness_folder(&city)).unwrap();
        restored(&city, Some(epoch)).await.unwrap();
        city.start().await.unwrap();
        city.citizen(SAMPLE).await;
        city.halt().await;
    }
    let tonight = end_of_day(city.clock.time());
    // Of the lists that were begun since, somebody may hold a pass; of those between, nobody.
    let mut expected = vec![0, 17, 34, 51];
    for next in [52, 53] {
        put_back(&data, &city.data());
        restored(&city, None).await.unwrap();
        city.start().await.unwrap();
        assert_eq!(city.store().named_status_lists(tonight).await.unwrap(), expected);
        let (_, phone) = city.citizen(LIN).await;
        expected.push(next);
        assert_eq!(city.store().named_status_lists(tonight).await.unwrap(), expected);
        assert_eq!(city.reason(&code(&phone), LIBRARY, "a").await, "OK");
        city.halt().await;
    }
    city.start().await.unwrap();
    city.stop().await;
}

#[tokio::test]
async fn a_register_is_not_served_without_the_witness_that_it_had() {
    let mut city = City::found().await;
    city.citizen(LIN).await;
    city.halt().await;
    std::fs::remove_dir_all(witness_folder(&city)).unwrap();
    let refused = city.start().await.unwrap_err().to_string();
    assert!(refused.starts_with("WITNESS_MISSING "), "{refused}");
    assert!(matches!(restored(&city, None).await, Err(RestoreError::WitnessElsewhere(_))));
    assert_eq!(restored(&city, Some(4)).await.unwrap().epoch, 5);
    city.start().await.unwrap();
    let (_, phone) = city.citizen(SAMPLE).await;
    assert_eq!(city.reason(&code(&phone), LIBRARY, "a").await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_published_head_tells_that_entries_were_taken_away() {
    let mut city = City::found().await;
    city.halt().await;
    let (data, _) = copy_aside(&city);
    city.start().await.unwrap();
    city.citizen(LIN).await;
    city.publish_audit_head().await;
    let answer = city.get("/v1/audit/head").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/szid-audit-head+cwt");
    let published = answer.bytes().await.unwrap();
    let published = SignedAuditHead::verify(&published, &city.trust()).unwrap();
    let head = AuditHead::from(&published);
    assert_eq!(head, city.store().audit_head().await.unwrap());
    assert_eq!(city.store().audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    city.halt().await;
    put_back(&data, &city.data());
    let store = Register::open(&city.data().join("register"), &SystemEntropy).unwrap();
    let whole = store.audit_verify(None).await.unwrap();
    assert!(matches!(whole, ChainReport::Whole(_)), "by itself it shows nothing");
    let report = store.audit_verify(Some(head)).await.unwrap();
    assert!(matches!(report, ChainReport::Broken { number } if number <= head.number));
    assert_eq!(store.identity().await.unwrap().id.0, published.register);
}

#[tokio::test]
async fn a_wallet_that_refreshed_after_the_copy_recovers_by_itself() {
    let mut city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    lose(&mut city, async |city| {
        city.clock.advance(10 * 86_400);
        assert!(lin.refresh().await.unwrap() > 0);
        assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    assert!(lin.refresh().await.unwrap() > 0, "the strip is replaced");
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    assert_eq!(lin.refresh().await.unwrap(), 0, "once");
    city.stop().await;
}

#[tokio::test]
async fn a_wrong_clock_is_not_believed_when_a_register_is_put_in_order() {
    let mut city = City::found().await;
    let (frozen, lin) = city.citizen(LIN).await;
    let (_, other) = city.citizen(SAMPLE).await;
    // What the register knows of the time is what a checked clock told.
    for _ in 0..2 {
        city.clock.advance(60);
        city.tidy().await;
    }
    lose(&mut city, async |city| {
        city.set_account(&frozen, "freeze").await;
    })
    .await;
    for ahead in [40 * 86_400, 2 * 86_400, -3_600] {
        let refused = restored_at(&city, None, false, ahead).await.unwrap_err();
        assert!(matches!(refused, RestoreError::Clock(_)), "{ahead}: {refused}");
    }
    // What nobody notices: most of a day. Days that may not have ended are among those that are looked at.
    let done = restored_at(&city, None, false, 20 * 3_600).await.unwrap();
    assert_eq!(
        done.persons.into_iter().collect::<Vec<_>>(),
        [(frozen.parse().unwrap(), Finding::Suspended)]
    );
    city.start().await.unwrap();
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "FROZEN");
    // Codes are refused as used until the clock is checked, and not for as long as it was ahead.
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&other), LIBRARY, "a").await, "USES_UNKNOWN");
    city.store().prune(city.clock.time()).await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&other), LIBRARY, "a").await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn an_operators_word_is_taken_for_the_clock_of_a_register_that_was_away_for_long() {
    let mut city = City::found().await;
    city.citizen(LIN).await;
    lose(&mut city, async |city| {
        city.citizen(SAMPLE).await;
    })
    .await;
    city.clock.advance(3 * 86_400);
    assert!(matches!(restored(&city, None).await, Err(RestoreError::Clock(_))));
    assert_eq!(restored_at(&city, None, true, 0).await.unwrap().epoch, 1);
}

#[tokio::test]
async fn a_witness_that_a_restoration_did_not_look_at_is_not_passed_over() {
    let mut city = City::found().await;
    let (frozen, lin) = city.citizen(LIN).await;
    lose(&mut city, async |city| {
        city.set_account(&frozen, "freeze").await;
    })
    .await;
    // The witness is on another disk, which nobody named.
    let elsewhere = city.data().with_file_name("elsewhere");
    std::fs::rename(witness_folder(&city), &elsewhere).unwrap();
    let refused = restored(&city, None).await.unwrap_err();
    assert!(matches!(refused, RestoreError::WitnessElsewhere(_)), "{refused}");
    assert!(refused.tell().en.contains("SZID_WITNESS"));
    // Told that it is lost, the register goes on without; but the one that turns up again is heard.
    restored(&city, Some(0)).await.unwrap();
    std::fs::remove_dir_all(witness_folder(&city)).unwrap();
    std::fs::rename(&elsewhere, witness_folder(&city)).unwrap();
    assert_eq!(city.start().await.unwrap_err().tell().code, "REGISTER_BEHIND");
    let done = restored(&city, None).await.unwrap();
    assert_eq!((done.epoch, done.persons.len()), (2, 1));
    city.start().await.unwrap();
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "FROZEN");
    city.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_takes_nothing_from_the_witness() {
    let mut city = City::found().await;
    let (frozen, _) = city.citizen(LIN).await;
    city.halt().await;
    let (data, _) = copy_aside(&city);
    city.start().await.unwrap();
    city.set_account(&frozen, "freeze").await;
    city.halt().await;
    city.machine.set_ahead(20 * 86_400);
    city.start().await.unwrap();
    city.publish_audit_head().await;
    city.halt().await;
    city.machine.set_ahead(0);
    put_back(&data, &city.data());
    // A head was signed by the clock that was ahead: an operator answers for the one that is right.
    let done = restored_at(&city, None, true, 0).await.unwrap();
    assert!(done.persons.contains_key(&frozen.parse().unwrap()), "its freeze is known");
}

#[tokio::test]
async fn a_phone_that_was_ended_after_the_copy_does_not_come_back_where_the_account_was_frozen_before()
 {
    let mut city = City::found().await;
    let (person, lin) = city.citizen(LIN).await;
    city.set_account(&person, "freeze").await;
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "FROZEN");
    lose(&mut city, async |city| {
        // The phone that the freeze had kept is the one that was stolen.
        let path = format!("/v1/registrar/persons/{person}/freeze");
        let body = serde_json::json!({ "reason": "lost_phone" });
        let answer =
            city.post(&path).bearer_auth(&city.registrar).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        assert!(matches!(lin.account().await, Err(WalletError::Frozen)));
    })
    .await;
    assert!(lin.account().await.is_err());
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    // Nobody knows which freeze was the last one: the phone is stopped until a lifting names it.
    assert!(matches!(lin.account().await, Err(WalletError::Frozen)));
    city.set_account(&person, "unfreeze").await;
    assert!(lin.refresh().await.is_err());
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn a_second_service_on_a_copy_is_refused_or_both_are_told_of() {
    let city = City::found().await;
    city.citizen(LIN).await;
    let folder = witness_folder(&city);
    // On this machine the witness is locked.
    assert!(std::fs::File::open(folder.join("lock")).unwrap().try_lock().is_err());
    // Another machine writes what this register does not have.
    let head = std::fs::read_to_string(folder.join("head.json")).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(&head).unwrap();
    let (number, digest) = other["head"].as_str().unwrap().split_once(':').unwrap();
    let number = number.parse::<u64>().unwrap() + 1_000;
    other["head"] = format!("{number}:{digest}").into();
    std::fs::write(folder.join("head.json"), other.to_string()).unwrap();
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let ready = city.get("/readyz").send().await.unwrap();
        if ready.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert!(ready.text().await.unwrap().contains("WITNESS_OTHER"));
            return;
        }
    }
    panic!("nobody was told");
}

#[tokio::test]
async fn a_wallet_whose_passes_went_with_register_and_witness_gets_new_ones() {
    let mut city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    city.halt().await;
    let (data, witness) = copy_aside(&city);
    city.start().await.unwrap();
    city.clock.advance(10 * 86_400);
    assert!(lin.refresh().await.unwrap() > 0);
    city.halt().await;
    // Nothing tells of it: no epoch goes up.
    put_back(&data, &city.data());
    put_back(&witness, &witness_folder(&city));
    city.start().await.unwrap();
    // A day whose pass was issued after the copy.
    city.clock.advance(5 * 86_400);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "HOLDER_UNKNOWN");
    assert!(lin.refresh().await.unwrap() > 0, "the strip is replaced");
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    assert_eq!(lin.refresh().await.unwrap(), 0, "once");
    city.stop().await;
}

#[tokio::test]
async fn the_phones_that_nobody_ended_come_back_with_the_lifting_of_what_a_restore_froze() {
    let mut city = City::found().await;
    let (person, lost) = city.citizen(LIN).await;
    let mut kept = Vec::new();
    for name in ["second", "third"] {
        city.clock.advance(1);
        let offer = city.enrol(LIN).await;
        let text = |name: &str| offer[name].as_str().unwrap().to_owned();
        let phone = city.wallet(name);
        phone.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
        kept.push(phone);
    }
    lose(&mut city, async |_| {
        let devices = kept[0].devices().await.unwrap();
        kept[0].end_device(&devices[0], Some(&screen_lock(&kept[0]))).await.unwrap();
    })
    .await;
    let done = restored(&city, None).await.unwrap();
    assert_eq!(
        done.persons.into_iter().collect::<Vec<_>>(),
        [(person.parse().unwrap(), Finding::Revoked)]
    );
    city.start().await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.devices(&person).await.len(), 2, "the lists call their passes good");
    for phone in &kept {
        assert_eq!(city.reason(&code(phone), LIBRARY, "a").await, "FROZEN");
        assert!(matches!(phone.refresh().await, Err(WalletError::Frozen)));
    }
    assert_eq!(city.set_account(&person, "unfreeze").await.0, StatusCode::OK);
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&lost), LIBRARY, "a").await, "REVOKED");
    assert!(lost.refresh().await.is_err());
    for phone in &kept {
        assert_eq!(city.reason(&code(phone), LIBRARY, "a").await, "OK");
        assert_eq!(phone.refresh().await.unwrap(), 14, "the strip is replaced");
    }
    city.stop().await;
}
