//! Uploading receipts: in order, as often as it takes, once in effect, since the service knows their numbers.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;

use crate::client::ServiceClient;
use crate::gate::Gate;
use crate::sync::{jittered, pause};

/// How often the queue is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// Receipts of one request.
const AT_ONCE: usize = 100;

/// Uploads everything that waits. True when nothing is left.
pub async fn once(gate: &Gate, client: &ServiceClient) -> bool {
    loop {
        let waiting = match gate.queue.oldest(AT_ONCE) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "receipts cannot be read");
                return false;
            }
        };
        if waiting.is_empty() {
            return true;
        }
        let before = gate.queue.waiting();
        let texts: Vec<_> = waiting.iter().map(|bytes| BASE64URL_NOPAD.encode(bytes)).collect();
        match client.upload(&texts).await {
            Ok(uploaded) => {
                if let Err(error) = gate.queue.uploaded(uploaded.last) {
                    tracing::error!(%error, "it cannot be noted what was uploaded");
                    return false;
                }
                if gate.queue.waiting() >= before {
                    tracing::error!(last = uploaded.last, "the service takes none of the receipts");
                    return false;
                }
            }
            Err(fault) => {
                tracing::warn!(%fault, waiting = before, "receipts wait for the service");
                return false;
            }
        }
    }
}

/// Goes on for ever.
pub async fn run(gate: Arc<Gate>, client: Arc<ServiceClient>) {
    let mut failed = 0;
    loop {
        failed = if once(&gate, &client).await { 0 } else { failed + 1 };
        tokio::time::sleep(jittered(pause(EVERY, failed), &gate)).await;
    }
}
