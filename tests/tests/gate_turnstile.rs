//! A command that opens a turnstile is run for whoever stands there, and for nobody who has gone.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use szid_gate::Turnstile;
use szid_gate::lines::{self, Input};
use szid_tests::city::*;
use szid_tests::gates::Device;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;

/// Until something holds, for some seconds.
async fn until(holds: impl Fn() -> bool, what: &str) {
    for _ in 0..250 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn a_command_is_not_run_for_a_scan_of_more_than_five_seconds_ago() {
    let city = City::found().await;
    let (_, _, gate) = Device::at_work(&city).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (command, turned, go_on) = (file("turn"), file("turned"), file("go-on"));
    let script = format!(
        "#!/bin/sh\necho $1 >> {turned}\nuntil [ -e {go_on} ]; do sleep 0.05; done\n",
        turned = turned.display(),
        go_on = go_on.display(),
    );
    std::fs::write(&command, script).unwrap();
    std::fs::set_permissions(&command, std::fs::Permissions::from_mode(0o755)).unwrap();
    let turnstile = Turnstile::find(command.to_str().unwrap()).unwrap();
    let turns = || std::fs::read_to_string(&turned).unwrap_or_default().lines().count();

    let (input, mut scanner) = tokio::io::duplex(4096);
    let (_stop, stopped) = watch::channel(false);
    let verdicts = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&verdicts);
    let running = tokio::spawn(async move {
        let output = |_: &[u8]| *counted.lock().unwrap() += 1;
        let input = Input { input, silence: None };
        lines::run(Arc::new(gate), input, output, Some(&turnstile), stopped).await
    });
    scanner.write_all(b"one\ntwo\nthree\n").await.unwrap();
    until(|| turns() == 1, "the first one's command runs").await;
    until(|| *verdicts.lock().unwrap() == 3, "no verdict waits for a command").await;
    // Six seconds later the turnstile is back: the other two have gone.
    city.clock.advance(6);
    std::fs::write(&go_on, "").unwrap();
    scanner.write_all(b"four\n").await.unwrap();
    until(|| turns() == 2, "the next one's command runs").await;
    drop(scanner);
    running.await.unwrap().unwrap();
    assert_eq!((turns(), *verdicts.lock().unwrap()), (2, 4));
    city.stop().await;
}

#[tokio::test]
async fn a_command_that_cannot_be_run_any_more_is_told_until_it_runs_again() {
    let city = City::found().await;
    let (_, _, gate) = Device::at_work(&city).await;
    let gate = Arc::new(gate);
    let folder = tempfile::tempdir().unwrap();
    let command = folder.path().join("turn");
    let away = folder.path().join("away");
    std::fs::write(&command, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&command, std::fs::Permissions::from_mode(0o755)).unwrap();
    let turnstile = Turnstile::find(command.to_str().unwrap()).unwrap();
    std::fs::rename(&command, &away).unwrap();
    let (input, mut scanner) = tokio::io::duplex(4096);
    let (_stop, stopped) = watch::channel(false);
    let reads = Arc::clone(&gate);
    let running = tokio::spawn(async move {
        let input = Input { input, silence: None };
        lines::run(reads, input, |_: &[u8]| (), Some(&turnstile), stopped).await
    });
    assert!(gate.is_ready());
    scanner.write_all(b"one\n").await.unwrap();
    until(|| !gate.is_ready(), "no door opens").await;
    let conditions = gate.state().conditions;
    assert_eq!(conditions[0].code, "GATE_COMMAND_LOST");
    assert!(conditions[0].about.as_ref().unwrap().contains(command.to_str().unwrap()));
    std::fs::rename(&away, &command).unwrap();
    scanner.write_all(b"two\n").await.unwrap();
    until(|| gate.is_ready(), "the next one's command runs").await;
    drop(scanner);
    running.await.unwrap().unwrap();
    city.stop().await;
}
