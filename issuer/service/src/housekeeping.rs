//! Periodic jobs: pruning what has run out, and signing anew what is published.

use std::sync::Arc;
use std::time::Duration;

use szid_protocol::day::DAY;
use szid_protocol::verify::MAX_AGE;
use szid_register::KEPT_LONGER;
use tokio::sync::watch;

use crate::health::Condition;
use crate::service::Service;
use crate::unreadable;

/// How often.
const PERIOD: Duration = Duration::from_secs(60);
/// How long it is told that a gate used a number twice, seconds.
const CONFLICT_TOLD: u64 = 7 * DAY;
/// The pause between two pieces of forgetting, so that requests come first.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) async fn run(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            // A dropped handle ends the service as well.
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        tidy(&service, &stopped).await;
    }
}

pub(crate) async fn tidy(service: &Service, stopped: &watch::Receiver<bool>) {
    unreadable::tell(&service.common, &service.scans.unreadable).await;
    let now = service.common.clock.now();
    match service.publication.trusted() {
        Ok(trust) => {
            if let Err(error) = service.publication.scenes.renew(&trust, now) {
                tracing::error!(%error, "the scene policies cannot be signed anew");
            }
        }
        Err(error) => tracing::error!(%error, "no trust list"),
    }
    match service.common.store.has_receipt_conflict(now.saturating_sub(CONFLICT_TOLD)).await {
        Ok(holds) => service.common.health.set(Condition::ReceiptConflict, holds),
        Err(error) => tracing::error!(code = error.code(), "the gates cannot be looked at"),
    }
    service.common.keep_settled_time().await;
    // Nothing is taken back that was forgotten: the clock must be known to be right, in this very moment.
    let Some(now) = service.common.checked_time() else { return };
    service.publication.statuses.prune(now.saturating_sub(KEPT_LONGER + MAX_AGE));
    while !*stopped.borrow() {
        match service.common.store.prune(now).await {
            Ok(0) => break,
            Ok(_) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::error!(code = error.code(), "the store cannot forget what has run out");
                break;
            }
        }
    }
}
