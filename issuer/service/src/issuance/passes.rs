//! A strip of day passes, one for each device key (OpenID4VCI 1.0, section 8).

use std::sync::Arc;

use szid_api::limits::MAX_KEY_PROOFS;
use szid_protocol::day::{DAY, end_of_day, is_end_of_day};
use szid_protocol::key::PublicKey;
use szid_protocol::pass::PassClaims;
use szid_register::{KeyDigest, PassAsked, PassesAsked, Person, Session};

use super::proof::{
    Expected, FOR_STRIPS, ProofFault, ProvenKeys, verify_possession, verify_proofs,
};
use super::{BATCH, DAYS_AHEAD, Issuance, IssuanceFault, nonces, on_blocking_thread};
use crate::access::Payer;

/// A strip that a device asks for.
pub(crate) struct PassesWanted {
    /// One for each pass, each by a key of its own; or one with an attestation of all keys.
    pub(crate) proofs: Vec<String>,
    /// Proofs by keys of passes that the device has.
    pub(crate) vouching: Vec<String>,
    /// The day of the first pass, by its end in Unix seconds; today where it is not said.
    pub(crate) from_day: Option<u64>,
}

/// Issues a pass for each key, in the order of the proofs or of the attested keys; all of them or none.
pub(crate) async fn issue(
    issuance: &Arc<Issuance>,
    holder: Session,
    wanted: PassesWanted,
) -> Result<Vec<Vec<u8>>, IssuanceFault> {
    let PassesWanted { proofs, vouching, from_day } = wanted;
    if !(1..=BATCH).contains(&proofs.len()) {
        return Err(IssuanceFault::BatchSize);
    }
    if vouching.len() > MAX_KEY_PROOFS {
        return Err(IssuanceFault::VouchingTooMany);
    }
    let now = issuance.common.clock.now();
    let proofs_paid = proofs.len();
    let pay = |count| issuance.access.pay(Payer::Device(holder.device), count);
    pay(proofs_paid + vouching.len())?;
    let person = issuance.common.store.person(holder.person).await?;
    let person = person.ok_or(IssuanceFault::NotActive)?;
    if issuance.levels.of(&person, now).level.is_none() {
        return Err(IssuanceFault::LevelLapsed);
    }
    let checking = Arc::clone(issuance);
    let proven = on_blocking_thread(move || {
        let expected = Expected {
            issuer: &checking.common.base_url,
            attesters: &checking.attesters,
            now,
            nonce_is_good: &|nonce| nonces::is_good(&checking, nonce, now),
        };
        let proven = verify_proofs(&proofs, &expected)?;
        let (vouching, nonces) = verify_possession(&vouching, FOR_STRIPS, &expected)?;
        // Whoever vouches does so for the keys of this request alone.
        if !nonces.is_subset(&proven.nonces) {
            return Err(ProofFault::Nonce);
        }
        Ok((proven, vouching))
    });
    let (ProvenKeys { keys, protection, nonces }, vouching) = proven.await??;
    if !are_distinct(&keys) {
        return Err(IssuanceFault::KeyTwice);
    }
    // One proof may stand for many keys, by an attestation.
    if keys.len() > proofs_paid {
        pay(keys.len() - proofs_paid)?;
    }
    let days = days(from_day, keys.len(), now).ok_or(IssuanceFault::OutOfRange)?;
    let on_days = |person: &Person| {
        let levels = days.iter().map(|&exp| issuance.levels.on_day(person, exp, now));
        levels.collect::<Option<Vec<_>>>().ok_or(IssuanceFault::DayWithoutLevel)
    };
    on_days(&person)?;
    // The last thing before it counts: a request that is refused for something else may be mended.
    issuance.nonces.use_up(&nonces, now)?;
    let asked = days.iter().zip(&keys);
    let asked = asked.map(|(&exp, key)| PassAsked { exp, key: KeyDigest::of(key) }).collect();
    let proven = vouching.iter().map(KeyDigest::of).collect();
    let asked = PassesAsked {
        person: person.id,
        device: Some(holder.device),
        passes: asked,
        proven,
        at: now,
    };
    let indices = issuance.accounts.give_passes(asked).await?;
    // As the person is now: a change that came since revokes these passes, one of before is seen here.
    let person =
        issuance.common.store.person(holder.person).await?.ok_or(IssuanceFault::NotActive)?;
    let levels = on_days(&person)?;
    let signing = Arc::clone(issuance);
    let passes = on_blocking_thread(move || {
        let sign = |(((exp, device_key), status_index), identity_level)| {
            let claims = PassClaims {
                exp,
                device_key,
                identity_level,
                key_protection: protection,
                status_index,
                concessions: None,
                masked_name: None,
            };
            claims.sign_with_kid(signing.pass_kid, &*signing.signer)
        };
        days.into_iter().zip(keys).zip(indices).zip(levels).map(sign).collect::<Result<Vec<_>, _>>()
    });
    let passes = passes.await?.map_err(|error| {
        tracing::error!(%error, "a pass cannot be signed");
        IssuanceFault::Unfinished
    })?;
    issuance.common.metrics.passes_issued.inc_by(passes.len() as u64);
    Ok(passes)
}

fn are_distinct(keys: &[PublicKey]) -> bool {
    keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key))
}

/// The days that a batch is for, or `None` outside what is issued.
fn days(from: Option<u64>, count: usize, now: u64) -> Option<Vec<u64>> {
    let today = end_of_day(now);
    let from = from.unwrap_or(today);
    let last = from.checked_add((count as u64).checked_sub(1)?.checked_mul(DAY)?)?;
    let fits =
        count <= BATCH && is_end_of_day(from) && from >= today && last <= today + DAYS_AHEAD * DAY;
    fits.then(|| (0..count as u64).map(|day| from + day * DAY).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_768_449_600;
    const TODAY: u64 = 1_768_492_800;

    #[test]
    fn a_batch_of_the_size_that_is_told_fits_and_a_larger_one_does_not() {
        assert_eq!(days(None, BATCH, NOW).map(|days| days.len()), Some(BATCH));
        assert_eq!(days(None, BATCH + 1, NOW), None);
    }

    #[test]
    fn passes_are_for_whole_days_from_today_to_a_fortnight_ahead() {
        assert_eq!(days(None, 2, NOW), Some(vec![TODAY, TODAY + DAY]));
        assert_eq!(days(Some(TODAY + 14 * DAY), 1, NOW), Some(vec![TODAY + 14 * DAY]));
        for (from, count) in [
            (None, 0),
            (None, 16),
            (Some(TODAY - DAY), 1),
            (Some(TODAY + 1), 1),
            (Some(TODAY + 14 * DAY), 2),
            (Some(u64::MAX), 1),
            (Some(u64::MAX - 28_799), usize::MAX),
        ] {
            assert_eq!(days(from, count, NOW), None, "{from:?} {count}");
        }
    }
}
