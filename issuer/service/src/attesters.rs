//! Who may say where a wallet's keys lie.

use szid_protocol::key::PublicKey;
use szid_protocol::level::KeyProtection;

/// The most attesters of a service.
pub const MAX_ATTESTERS: usize = 32;

/// What the mock attester of trials calls its key.
pub(crate) const MOCK_ATTESTER: &str = "mock-attester";

/// A wallet backend that looks at what phones tell of their keys and signs what it found (OpenID4VCI 1.0,
/// appendix D).
#[derive(Clone, Debug)]
pub struct Attester {
    /// What its attestations call its key, in the header `kid`.
    pub kid: String,
    /// That key.
    pub key: PublicKey,
    /// The strongest protection that it is believed.
    pub at_most: KeyProtection,
}

/// True when every attester can be told from the others, and there are not too many.
pub(crate) fn are_good(attesters: &[Attester]) -> bool {
    let is_first = |(at, one): (usize, &Attester)| {
        !one.kid.is_empty() && attesters[..at].iter().all(|other| other.kid != one.kid)
    };
    attesters.len() <= MAX_ATTESTERS && attesters.iter().enumerate().all(is_first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use szid_protocol::crypto::{Signer, SoftwareSigner};

    #[test]
    fn each_attester_has_a_name_of_its_own() {
        let key = SoftwareSigner::from_scalar(&[7; 32]).unwrap().public_key();
        let attester = |kid: &str| Attester { kid: kid.into(), key, at_most: KeyProtection::Tee };
        assert!(are_good(&[]) && are_good(&[attester("a"), attester("b")]));
        assert!(!are_good(&[attester("a"), attester("a")]) && !are_good(&[attester("")]));
        let many: Vec<_> = (0..=MAX_ATTESTERS).map(|at| attester(&at.to_string())).collect();
        assert!(!are_good(&many));
    }
}
