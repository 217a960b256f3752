//! What an identity rests on.

use crate::PersonId;

/// The connector of a registrar at a counter.
pub const REGISTRAR: &str = "registrar";

/// One proof of who a person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How: a short word such as `counter`.
    pub method: String,
    /// Who says so: [`REGISTRAR`], or a connector's name.
    pub connector: String,
    /// The identity level that it claims to prove, 1 to 4.
    pub level: u8,
    /// The class of the document that it was proven with: a three-digit GA/T 517 code.
    pub document_class: u16,
    /// When it was proven, Unix seconds.
    pub at: u64,
    /// From when on it counts no more, Unix seconds.
    pub expires_at: Option<u64>,
}

impl Evidence {
    /// A registrar's, which is good for as long as the document.
    pub fn of_registrar(method: String, level: u8, document_class: u16, at: u64) -> Self {
        let connector = REGISTRAR.into();
        Self { method, connector, level, document_class, at, expires_at: None }
    }

    /// Whether it counts.
    pub fn is_good(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// Evidence that a connector has brought.
#[derive(Clone, Debug)]
pub struct NewEvidence {
    /// Whose.
    pub person: PersonId,
    /// What was proven.
    pub evidence: Evidence,
    /// The digest of the sealed identity that it was proven of.
    pub proven_of: [u8; 32],
    /// When it is kept, Unix seconds.
    pub at: u64,
}

/// The evidence that claims the highest level of those that count, the newest one of these. What level the
/// person has is the policy's to say.
pub fn strongest_claim(evidence: &[Evidence], now: u64) -> Option<&Evidence> {
    let good = evidence.iter().filter(|evidence| evidence.is_good(now));
    good.max_by_key(|evidence| (evidence.level, evidence.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_that_counts_is_taken_and_none_that_is_over() {
        let proven = |level, at, expires_at| Evidence {
            expires_at,
            ..Evidence::of_registrar("counter".into(), level, 111, at)
        };
        let evidence = [proven(3, 10, None), proven(4, 5, Some(20)), proven(3, 11, None)];
        assert_eq!(strongest_claim(&evidence, 19), Some(&evidence[1]));
        assert_eq!(strongest_claim(&evidence, 20), Some(&evidence[2]));
        assert_eq!(strongest_claim(&[], 0), None);
    }
}
