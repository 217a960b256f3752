//! A backend that attests keys, and what becomes of a flow that waits for it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use szid_protocol::key::PublicKey;
use szid_wallet::{KeyAttester, KeyError, WalletError};

use crate::support::Scenery;

/// Answers after so many seconds, with nothing.
struct Slow(u64);

impl KeyAttester for Slow {
    fn attest(&self, _: &[(String, PublicKey)], _: &str) -> Result<Option<String>, KeyError> {
        thread::sleep(Duration::from_secs(self.0));
        Ok(None)
    }
}

#[tokio::test]
async fn a_backend_is_waited_for_as_long_as_for_a_request_and_no_longer() {
    let mut scenery = Scenery::new().await;
    scenery.options.total_timeout = Duration::from_secs(1);
    // Two seconds of grace, as for a request.
    scenery.attester = Some(Arc::new(Slow(6)));
    let offer = scenery.issuer.offer();
    let late = tokio::time::timeout(Duration::from_secs(5), async {
        scenery.open().enrol(&offer, "493536").await
    });
    let late = late.await.expect("a flow does not wait for ever");
    assert!(matches!(late, Err(WalletError::Key(KeyError::Unavailable))), "{late:?}");

    scenery.attester = Some(Arc::new(Slow(1)));
    assert_eq!(scenery.open().enrol(&offer, "493536").await.unwrap(), 14);
}
