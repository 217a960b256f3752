//! Two gates of one image: one key, one credential, one count. Both say so, neither turns anybody away for
//! long, nothing is lost, and when one is taken away the other is well by itself.

use szid_gate::{Gate, ServiceClient, sync, upload};
use szid_protocol::day::DAY;
use szid_protocol::verify::MAX_AHEAD;
use szid_tests::city::*;
use szid_tests::folders;
use szid_tests::gates::Device;
use szid_wallet::Wallet;

fn conditions(gate: &Gate) -> Vec<&'static str> {
    gate.state().conditions.iter().map(|condition| condition.code).collect()
}

fn assert_says(gate: &Gate, code: &str) {
    assert!(conditions(gate).contains(&code), "{:?}", conditions(gate));
}

/// A scan a few seconds later; its reason, once its receipt is at the service, and the receipt where somebody
/// passed.
async fn scan(
    city: &City,
    wallet: &Wallet,
    gate: &Gate,
    client: &ServiceClient,
) -> (&'static str, Option<String>) {
    city.clock.advance(3);
    let answer = gate.scan(&code(wallet), "");
    assert!(upload::once(gate, client).await);
    let reason = answer.verdict.reason.code();
    (reason, answer.receipt.filter(|_| reason == "OK"))
}

/// Minutes in which nobody comes.
async fn wait(city: &City, gate: &Gate, client: &ServiceClient, minutes: usize) {
    for _ in 0..minutes {
        city.clock.advance(61);
        assert!(upload::once(gate, client).await);
    }
    sync::once(gate, client).await;
}

#[tokio::test]
async fn two_gates_of_one_image_are_told_both_and_the_one_that_stays_is_well_by_itself() {
    for first_stays in [true, false] {
        let city = City::found().await;
        let (_, wallet) = city.citizen(LIN).await;
        let (device, client, gate) = Device::at_work(&city).await;
        let mut passed = vec![scan(&city, &wallet, &gate, &client).await.1.unwrap()];
        drop(gate);
        let copy = tempfile::tempdir().unwrap();
        folders::copy(device.folder.path(), copy.path());
        let gates = [device.open(&city), device.open_in(&city, copy.path())];
        for gate in &gates {
            assert!(upload::once(gate, &client).await);
        }
        let (mut reasons, mut unready) = (Vec::new(), 0);
        for round in 0..40 {
            for gate in &gates {
                let (reason, receipt) = scan(&city, &wallet, gate, &client).await;
                passed.extend(receipt);
                reasons.push((round, reason));
                assert_eq!(gate.is_ready(), !gate.uses_are_unknown());
                unready += usize::from(!gate.is_ready());
            }
        }
        assert!(unready > 0, "while it does not know what was used, a gate is not ready");
        let later = reasons.iter().filter(|(round, _)| *round >= 20);
        assert!(later.clone().all(|(_, reason)| *reason == "OK"), "{reasons:?}");
        let known = ["OK", "USES_UNKNOWN"];
        assert!(reasons.iter().all(|(_, reason)| known.contains(reason)), "{reasons:?}");
        for gate in &gates {
            assert!(conditions(gate).contains(&"GATE_TWICE"), "{:?}", conditions(gate));
            assert_eq!(gate.state().queued, 0);
        }
        let told = city.store().set_aside_receipts(100).await.unwrap().len();
        assert!((1..=2).contains(&told), "a conflict is told once, not with every scan: {told}");

        // One is taken away.
        let [first, second] = gates;
        let gate = if first_stays { first } else { second };
        passed.extend(scan(&city, &wallet, &gate, &client).await.1);
        wait(&city, &gate, &client, 11).await;
        assert!(!conditions(&gate).contains(&"GATE_TWICE"), "{:?}", conditions(&gate));
        for _ in 0..3 {
            let (reason, receipt) = scan(&city, &wallet, &gate, &client).await;
            assert_eq!((reason, gate.is_ready()), ("OK", true));
            passed.extend(receipt);
        }
        wait(&city, &gate, &client, 1).await;
        assert!(!conditions(&gate).contains(&"GATE_TWICE"), "{:?}", conditions(&gate));
        assert_eq!(city.store().set_aside_receipts(100).await.unwrap().len(), told);
        let uses = wallet.uses(None).await.unwrap();
        for id in &passed {
            assert!(uses.iter().any(|one| one.receipt == *id), "{id} of {}", passed.len());
        }
        city.stop().await;
    }
}

async fn service_tells_of_it(city: &City) -> bool {
    let (_, told) = answer(city.get("/readyz")).await;
    let conditions = told["conditions"].as_array().unwrap();
    conditions.iter().any(|one| one["code"] == "RECEIPT_CONFLICT")
}

/// Two gates of one image, each with its part of what the service knew when they were made.
async fn two_of_one_image(
    city: &City,
    wallet: &Wallet,
) -> (ServiceClient, [Gate; 2], (Device, tempfile::TempDir)) {
    let (device, client, gate) = Device::at_work(city).await;
    assert_eq!(scan(city, wallet, &gate, &client).await.0, "OK");
    drop(gate);
    let copy = tempfile::tempdir().unwrap();
    folders::copy(device.folder.path(), copy.path());
    let gates = [device.open(city), device.open_in(city, copy.path())];
    (client, gates, (device, copy))
}

#[tokio::test]
async fn the_first_collision_is_named_at_both_gates_and_by_the_service() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (client, [first, second], _folders) = two_of_one_image(&city, &wallet).await;
    for gate in [&first, &second] {
        assert!(upload::once(gate, &client).await);
        assert_eq!(conditions(gate), Vec::<&str>::new());
    }
    assert_eq!(scan(&city, &wallet, &first, &client).await.0, "OK");
    assert!(!service_tells_of_it(&city).await && conditions(&first).is_empty());
    // The second one uses the number that the first has used.
    scan(&city, &wallet, &second, &client).await;
    assert_says(&second, "GATE_TWICE");
    assert!(service_tells_of_it(&city).await);
    wait(&city, &first, &client, 1).await;
    assert_says(&first, "GATE_TWICE");
    city.stop().await;
}

#[tokio::test]
async fn the_first_collision_is_named_where_the_second_gate_began_without_a_connection() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (client, [first, second], _folders) = two_of_one_image(&city, &wallet).await;
    assert!(upload::once(&first, &client).await);
    assert_eq!(scan(&city, &wallet, &first, &client).await.0, "OK");
    city.clock.advance(3);
    assert_eq!(second.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    // Nobody can tell yet whether its folder was put back or another one works: it says both.
    assert!(upload::once(&second, &client).await);
    assert_says(&second, "GATE_FOLDER_WENT_BACK");
    assert!(service_tells_of_it(&city).await);
    wait(&city, &first, &client, 1).await;
    assert_says(&first, "GATE_TWICE");
    // The other one goes on, and so it is two.
    assert_eq!(scan(&city, &wallet, &first, &client).await.0, "OK");
    wait(&city, &second, &client, 1).await;
    assert_says(&second, "GATE_TWICE");
    city.stop().await;
}

#[tokio::test]
async fn a_folder_put_back_while_the_clock_was_ahead_closes_no_gate_once_the_clock_is_right() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    let copy = tempfile::tempdir().unwrap();
    drop(gate);
    folders::copy(device.folder.path(), copy.path());
    let gate = device.open(&city);
    assert_eq!(scan(&city, &wallet, &gate, &client).await.0, "OK");
    drop(gate);
    folders::put_back(copy.path(), device.folder.path());
    device.set_ahead(400 * i64::try_from(DAY).unwrap());
    let gate = device.open(&city);
    assert!(upload::once(&gate, &client).await);
    assert!(gate.uses_are_unknown());
    device.set_ahead(0);
    // Until the service says that the time it was noted at lies ahead, over a restart as well.
    drop(gate);
    let gate = device.open(&city);
    assert!(gate.uses_are_unknown());
    assert!(sync::once(&gate, &client).await.faults.is_empty());
    assert_eq!(scan(&city, &wallet, &gate, &client).await.0, "USES_UNKNOWN");
    city.clock.advance(MAX_AHEAD);
    assert_eq!(scan(&city, &wallet, &gate, &client).await.0, "OK");
    drop(gate);
    let gate = device.open(&city);
    assert_eq!(scan(&city, &wallet, &gate, &client).await.0, "OK");
    city.stop().await;
}
