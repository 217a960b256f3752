//! What the service looks at all the time, so that an operator is told before anybody is refused.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::day::DAY;
use szid_protocol::reason::Text;
use szid_protocol::trust::Purpose;
use szid_register::{CredentialScope, UnusualKind};
use tokio::sync::watch;

use crate::health::Condition;
use crate::publication::SCENES_GOOD_FOR;
use crate::service::Service;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// Every so many looks a row is written to the register's disk: a disk that is dead says so to whoever writes
/// alone.
const DISK_EVERY: u32 = 5;
/// The longest that the register may take to answer before it counts as stuck.
const REGISTER_TIME: Duration = Duration::from_secs(5);
/// How long before its end the trust list, or a key in it, is told to run out, seconds: the root key lies in
/// a safe.
const TRUST_WARNING: u64 = 14 * DAY;
/// Passes are for today and 14 days ahead.
const PASS_DAYS: u64 = 15;

pub(crate) async fn run(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let mut trust_told_at = None;
    let mut looks = 0u32;
    loop {
        service.common.note_time();
        check_trust(&service);
        remind_of_trust(&service, &mut trust_told_at);
        check_register(&service, looks.is_multiple_of(DISK_EVERY)).await;
        check_staff(&service).await;
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            // A dropped handle ends the service as well.
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// Whether the trust list runs out soon, or has.
pub(crate) fn check_trust(service: &Service) {
    let now = service.common.clock.now();
    let left =
        service.publication.trust.current().map_or(0, |list| list.expires_at().saturating_sub(now));
    service.common.health.set(Condition::TrustOver, left == 0);
    service.common.health.set(Condition::TrustExpires, (1..=TRUST_WARNING).contains(&left));
    service.common.health.set(Condition::TrustOld, left > 0 && is_old(service, now));
    check_keys(service, now, left > 0);
}

/// Whether venues without a connection refuse the trust list soon for its age, or do already.
fn is_old(service: &Service, now: u64) -> bool {
    let list = service.publication.trust.current().ok();
    let age = list.map_or(0, |list| now.saturating_sub(list.issued_at()));
    // Two days of a week; where a scene takes less, as much of that.
    service
        .publication
        .scenes
        .youngest_trust()
        .is_some_and(|most| age >= most - (most / 7 * 2).min(2 * DAY))
}

/// Whether the trust list names the keys that sign here, for as long as what they sign is good. One that is
/// over says so itself.
fn check_keys(service: &Service, now: u64, is_good: bool) {
    let (mut unlisted, mut ending) = (Vec::new(), Vec::new());
    if let Ok(list) = service.publication.trust.current()
        && is_good
    {
        for (purpose, signer) in service.keys.by_purpose() {
            match list.listed_until(&signer.public_key(), purpose, now) {
                None => unlisted.push(purpose),
                Some(end) if end < now.saturating_add(signed_for(purpose)) => ending.push(purpose),
                Some(_) => {}
            }
        }
    }
    for (condition, keys) in [(Condition::KeyNotListed, unlisted), (Condition::KeyEnds, ending)] {
        if service.common.health.change(condition, !keys.is_empty()) && !keys.is_empty() {
            tracing::warn!(code = condition.code(), ?keys, "keys that the trust list lacks");
        }
    }
}

/// For how long what is signed now is good, seconds. Printed venue codes end with their key at the latest,
/// and whoever looks at the time or at a receipt asks no key for more than the moment: of their keys one is
/// told as early as of the list.
fn signed_for(purpose: Purpose) -> u64 {
    match purpose {
        Purpose::Pass | Purpose::Status => PASS_DAYS * DAY,
        Purpose::Scenes => SCENES_GOOD_FOR,
        Purpose::Licence | Purpose::Time | Purpose::Venue | Purpose::Receipt => TRUST_WARNING,
    }
}

/// One line a day for as long as the list is not replaced: a condition's beginning is easily overlooked.
fn remind_of_trust(service: &Service, told_at: &mut Option<u64>) {
    let conditions = service.common.health.conditions();
    let told = [Condition::TrustOver, Condition::TrustOld, Condition::TrustExpires];
    let Some(condition) = told.into_iter().find(|one| conditions.contains(one)) else {
        *told_at = None;
        return;
    };
    let now = service.common.clock.now();
    if told_at.is_some_and(|at| now.abs_diff(at) < DAY) {
        return;
    }
    *told_at = Some(now);
    let left =
        service.publication.trust.current().map_or(0, |list| list.expires_at().saturating_sub(now));
    let (code, Text { zh, en }, days_left) = (condition.code(), condition.advice(), left / DAY);
    if left == 0 {
        tracing::error!(code, advice_zh = zh, advice = en, "the trust list is over");
    } else {
        tracing::warn!(
            code,
            advice_zh = zh,
            advice = en,
            days_left,
            "the trust list has to be signed anew"
        );
    }
}

/// Whether staff did alone what somebody should look at.
async fn check_staff(service: &Service) {
    // A register that does not answer says so itself; what was told holds until it does.
    let Ok(unusual) = service.common.store.unusual().await else { return };
    for (kind, condition) in [
        (UnusualKind::Restrictions, Condition::AdministratorUnusual),
        (UnusualKind::Freezes, Condition::RegistrarUnusual),
        (UnusualKind::Refusals, Condition::RefusalsUnusual),
        (UnusualKind::Contested, Condition::AdministratorContested),
    ] {
        let of_kind = unusual.iter().filter(|one| one.kind == kind);
        let about = of_kind.map(|one| BASE64URL_NOPAD.encode(&one.credential)).collect();
        service.common.health.set_about(condition, about);
    }
    let administrators =
        service.common.store.credentials(CredentialScope::Administrators, None, usize::MAX).await;
    // A register that never had one has not begun.
    let Ok(known) = administrators else { return };
    let none = !known.is_empty() && known.iter().all(|one| one.credential.revoked);
    service.common.health.set(Condition::AdministratorNone, none);
}

/// Whether the register takes writes.
async fn check_register(service: &Service, reach_disk: bool) {
    // An empty batch goes through the writing thread, which remembers a write that failed; it writes nothing
    // itself.
    let written = async {
        if reach_disk {
            return service.common.store.check_disk(service.common.clock.now()).await;
        }
        service.common.store.record_scans(Vec::new()).await.map(drop)
    };
    let written = tokio::time::timeout(REGISTER_TIME, written).await;
    service.common.health.set(Condition::RegisterReadOnly, !matches!(written, Ok(Ok(()))));
}
