//! What a scanned code proves afterwards: that its holder's phone drew it for a scan at that time.

use crate::code::{CodeClaims, UnverifiedCode};
use crate::crypto::SignatureBackend;
use crate::reason::Reason;
use crate::trust::VerifiedTrustList;
use crate::verdict::Holder;
use crate::verify::{PassCache, check_day, check_window, verified_pass};

/// A code whose two signatures are good and whose time fits a scan. Only [`prove`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenCode {
    holder: Holder,
    claims: CodeClaims,
}

impl ProvenCode {
    /// Whose code it is, for the register's look-up.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// What the device says in it.
    pub fn claims(&self) -> &CodeClaims {
        &self.claims
    }

    /// Whether a verifier that shows no challenge may have accepted it for a scene.
    pub fn suits(&self, scene: u16) -> bool {
        self.claims.challenge.is_none() && [0, scene].contains(&self.claims.scene)
    }
}

/// Whether a code drawn at `iat` was fresh for a scan at `at`.
pub fn was_fresh(iat: u64, at: u64) -> bool {
    check_window(iat, at).is_ok()
}

/// Verifies a code for a scan at `at`, as it could be verified then: the pass by a key that was valid, its
/// day, the device's signature, the code's time. Status and scene are not asked: whoever scanned has decided.
///
/// # Errors
/// The reason of the first step that fails.
pub fn prove(
    code: &[u8],
    at: u64,
    trust: &VerifiedTrustList,
    backend: &dyn SignatureBackend,
    passes: &dyn PassCache,
) -> Result<ProvenCode, Reason> {
    let code = UnverifiedCode::parse(code)?;
    let pass = verified_pass(&code.pass, at, trust, backend, passes)?;
    check_day(pass.claims(), at)?;
    if !pass.has_signed(&code) {
        return Err(Reason::CodeSignature);
    }
    let claims = code.claims.check()?;
    check_window(claims.iat, at)?;
    let holder = Holder { pass: pass.claims().clone(), iat: claims.iat, tier: claims.tier };
    Ok(ProvenCode { holder, claims })
}
