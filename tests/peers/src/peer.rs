//! What is known of each peer, and how it is asked.

use szid_protocol::crypto::SoftwareSigner;
use szid_protocol::crypto::{SignatureBackend, Signer, VerifyingKey};

/// The moment at which everything here is made and verified, Unix seconds.
pub(crate) const NOW: u64 = 1_800_000_000;
/// The last second of what lives longer than a day. One peer reads the machine's clock, so it lies far ahead.
pub(crate) const LONG_AFTER: u64 = 4_000_000_000;

pub(crate) const ISSUER: u8 = 5;
pub(crate) const DEVICE: u8 = 9;

/// One line of the table.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Which library does the signature arithmetic.
    pub(crate) arithmetic: &'static str,
    /// Bytes that the QR text stands for, after compression where there is one.
    pub(crate) bytes: usize,
    /// The text in the QR symbol.
    pub(crate) text: String,
    pub(crate) signatures: u8,
    pub(crate) lacks: &'static str,
    /// The message before compression and text form, and the way from there to the text: for flipping bits.
    pub(crate) message: Vec<u8>,
    pub(crate) wrap: fn(&[u8]) -> String,
    /// From the scanned text to the answer.
    pub(crate) verify: Box<dyn Fn(&str) -> bool>,
}

/// A test key, by the byte that its scalar repeats.
pub(crate) fn signer(scalar: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[scalar; 32]).unwrap()
}

pub(crate) fn verifying_key(backend: &dyn SignatureBackend, scalar: u8) -> Box<dyn VerifyingKey> {
    backend.verifying_key(&signer(scalar).public_key()).unwrap()
}

/// The public key as 65 bytes.
pub(crate) fn uncompressed(scalar: u8) -> [u8; 65] {
    let (x, y) = signer(scalar).public_key().to_coordinates().unwrap();
    let mut sec1 = [4; 65];
    sec1[1..33].copy_from_slice(&x);
    sec1[33..].copy_from_slice(&y);
    sec1
}
