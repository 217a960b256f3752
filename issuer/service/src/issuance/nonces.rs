//! Nonces for key proofs (OpenID4VCI 1.0, section 7). A nonce carries its time and a tag over it: the service
//! remembers only those that were used, and those of an earlier run of it are good no more.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;
use szid_register::entropy::{Entropy, EntropyError, make_random};

use super::Issuance;

/// How long a nonce is good, seconds.
const SECONDS: u64 = 300;
const TAG: usize = 16;
/// Used nonces that are remembered at once, at some 40 bytes each: far more than a city's wallets use in five
/// minutes.
const MAX_USED: usize = 100_000;

/// The nonces of one run of the service.
pub(crate) struct Nonces {
    /// Goes into each tag: what an earlier run has seen used, this one does not know.
    run: [u8; 16],
    /// When each one that was used was made, by its tag.
    used: Mutex<HashMap<[u8; TAG], u64>>,
}

/// Why nonces cannot be used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NonceFault {
    /// One was used before.
    Used,
    /// As many as can be remembered were used lately.
    Full,
}

impl Nonces {
    pub(crate) fn new(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { run: make_random(entropy)?, used: Mutex::default() })
    }

    /// Uses nonces up that [are good](is_good): all or none.
    pub(crate) fn use_up(&self, nonces: &BTreeSet<String>, now: u64) -> Result<(), NonceFault> {
        let nonces: Vec<_> = nonces.iter().filter_map(|nonce| read(nonce)).collect();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() + nonces.len() > MAX_USED {
            used.retain(|_, made| now.saturating_sub(*made) < SECONDS);
        }
        if used.len() + nonces.len() > MAX_USED {
            return Err(NonceFault::Full);
        }
        if nonces.iter().any(|nonce| used.contains_key(&nonce.tag)) {
            return Err(NonceFault::Used);
        }
        used.extend(nonces.iter().map(|nonce| (nonce.tag, nonce.made)));
        Ok(())
    }
}

/// Makes a nonce, good once.
pub(crate) fn make(issuance: &Issuance) -> Result<String, EntropyError> {
    let random = make_random::<16>(&*issuance.common.entropy)?;
    let content = [issuance.common.clock.now().to_be_bytes().as_slice(), &random].concat();
    Ok(BASE64URL_NOPAD.encode(&[content.as_slice(), &tag(issuance, &content)].concat()))
}

fn tag(issuance: &Issuance, content: &[u8]) -> [u8; TAG] {
    let tagged = [issuance.nonces.run.as_slice(), content].concat();
    let mut tag = [0; TAG];
    tag.copy_from_slice(&issuance.common.register_key.derive_nonce_tag(&tagged)[..TAG]);
    tag
}

struct Read {
    content: Vec<u8>,
    made: u64,
    tag: [u8; TAG],
}

fn read(nonce: &str) -> Option<Read> {
    let bytes = BASE64URL_NOPAD.decode(nonce.as_bytes()).ok()?;
    let (content, tag) = bytes.split_last_chunk::<TAG>()?;
    let made = u64::from_be_bytes(*content.first_chunk::<8>()?);
    Some(Read { content: content.to_vec(), made, tag: *tag })
}

/// True for a nonce of this run of the service that has not run out.
pub(crate) fn is_good(issuance: &Issuance, nonce: &str, now: u64) -> bool {
    let Some(Read { content, made, tag: shown }) = read(nonce) else { return false };
    let good = tag(issuance, &content).ct_eq(&shown);
    bool::from(good) && made <= now && now - made < SECONDS
}

#[cfg(test)]
mod tests {
    use szid_register::entropy::SystemEntropy;

    use super::*;

    const NOW: u64 = 1_768_449_600;

    fn nonce(number: u32, made: u64) -> String {
        let mut tag = [0; TAG];
        tag[..4].copy_from_slice(&number.to_be_bytes());
        BASE64URL_NOPAD.encode(&[made.to_be_bytes().as_slice(), &[0; 16], &tag].concat())
    }

    #[test]
    fn a_nonce_is_used_once_and_a_request_uses_all_of_its_own_or_none() {
        let nonces = Nonces::new(&SystemEntropy).unwrap();
        let of = |numbers: &[u32]| numbers.iter().map(|number| nonce(*number, NOW)).collect();
        assert_eq!(nonces.use_up(&of(&[1, 2]), NOW), Ok(()));
        assert_eq!(nonces.use_up(&of(&[3, 2]), NOW), Err(NonceFault::Used));
        assert_eq!(nonces.use_up(&of(&[3]), NOW), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_makes_way_when_it_has_run_out() {
        let nonces = Nonces::new(&SystemEntropy).unwrap();
        let many = (0..u32::try_from(MAX_USED).unwrap()).map(|number| nonce(number, NOW)).collect();
        assert_eq!(nonces.use_up(&many, NOW), Ok(()));
        let one = BTreeSet::from([nonce(u32::MAX, NOW + 299)]);
        assert_eq!(nonces.use_up(&one, NOW + 299), Err(NonceFault::Full));
        assert_eq!(nonces.use_up(&one, NOW + 300), Ok(()));
    }
}
