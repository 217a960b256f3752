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

/// Receipts that are read from the disk at once: about one file of them.
const READ_AT_ONCE: usize = 4096;

/// Uploads everything that waits. True when nothing is left.
pub async fn once(gate: &Gate, client: &ServiceClient) -> bool {
    loop {
        let waiting = match gate.queue.oldest(READ_AT_ONCE) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "receipts cannot be read");
                return false;
            }
        };
        if waiting.is_empty() {
            return true;
        }
        for receipts in waiting.chunks(AT_ONCE) {
            match send(gate, client, receipts).await {
                0 => return false,
                taken if taken == receipts.len() as u64 => {}
                // Where it stopped is where the next request starts.
                _ => break,
            }
        }
    }
}

/// How many of them the service has taken; 0 where it cannot be reached, too.
async fn send(gate: &Gate, client: &ServiceClient, receipts: &[Vec<u8>]) -> u64 {
    let texts: Vec<_> = receipts.iter().map(|bytes| BASE64URL_NOPAD.encode(bytes)).collect();
    let uploaded = match client.upload(&texts).await {
        Ok(uploaded) => uploaded,
        Err(fault) => {
            tracing::warn!(%fault, waiting = gate.queue.waiting(), "receipts wait for the service");
            return 0;
        }
    };
    match gate.queue.uploaded(uploaded.last) {
        Ok(0) => {
            tracing::error!(last = uploaded.last, "the service takes none of the receipts");
            0
        }
        Ok(taken) => taken,
        Err(error) => {
            tracing::error!(%error, "it cannot be noted what was uploaded");
            0
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
