//! A wallet that is open elsewhere, as while another program refreshes it.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use szid_wallet::software::SystemEntropy;

use crate::support::Scenery;

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "this test measures real waiting")]
async fn a_wallet_that_is_open_elsewhere_is_waited_for_and_then_said_to_be_busy() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    let begun = Instant::now();
    let error = scenery.try_open(scenery.path(), Arc::new(SystemEntropy)).err().unwrap();
    assert_eq!(error.code(), "WALLET_BUSY");
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(1) && waited < Duration::from_secs(5), "{waited:?}");
    assert!(!error.advice().en.contains("apply"), "{}", error.advice().en);

    let closing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(500));
        drop(wallet);
    });
    assert!(scenery.open().status().unwrap().enrolled);
    closing.join().unwrap();
}
