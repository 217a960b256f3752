//! Randomness as a port: start-up code hands in the system's, tests hand in their own.

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// [`EntropyError`] when no randomness can be had; nothing may go on without it.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError>;
}

/// The system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness")]
pub struct EntropyError;

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buffer).map_err(|_| EntropyError)
    }
}

/// `N` unpredictable bytes.
///
/// # Errors
/// As [`Entropy::fill`].
pub fn make_random<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// A receipt's id.
///
/// # Errors
/// [`EntropyError`].
pub fn make_receipt_id(entropy: &dyn Entropy, now: u64) -> Result<[u8; 16], EntropyError> {
    Ok(szid_protocol::receipt::receipt_id(now, make_random(entropy)?))
}
