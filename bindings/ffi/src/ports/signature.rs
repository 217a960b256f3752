//! Signatures as key stores give them.

use szid_protocol::crypto::Signature;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const HALF: usize = 32;

/// r and s as they are (64 bytes), or out of their DER sequence (any other length). DER of just 64 bytes
/// would need numbers so small that no key store ever meets them.
pub(crate) fn read(bytes: &[u8]) -> Option<Signature> {
    if let Ok(raw) = bytes.try_into() {
        return Some(raw);
    }
    let (sequence, []) = element(bytes, SEQUENCE)? else { return None };
    let (r, rest) = element(sequence, INTEGER)?;
    let (s, []) = element(rest, INTEGER)? else { return None };
    let mut signature = [0; 2 * HALF];
    let (first, second) = signature.split_at_mut(HALF);
    place(r, first)?;
    place(s, second)?;
    Some(signature)
}

/// The content of the first element, and what follows it. P-256 needs short lengths only.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    match bytes {
        [first, length @ 0..0x80, rest @ ..] if *first == tag => {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    }
}

/// Puts a big-endian number at the end of its half: without the sign byte, with zeros in front.
fn place(number: &[u8], half: &mut [u8]) -> Option<()> {
    let number = number.strip_prefix(&[0]).unwrap_or(number);
    let start = half.len().checked_sub(number.len())?;
    half[start..].copy_from_slice(number);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let integer = |number: &[u8]| [&[INTEGER, number.len() as u8], number].concat();
        let both = [integer(r), integer(s)].concat();
        [&[SEQUENCE, both.len() as u8], &both[..]].concat()
    }

    #[test]
    fn both_forms_are_read() {
        let raw: Vec<u8> = (0..64).map(|at| at | 0x80).collect();
        assert_eq!(read(&raw).unwrap().as_slice(), raw);
        let with_sign = |half: &[u8]| [&[0], half].concat();
        let long = der(&with_sign(&raw[..32]), &with_sign(&raw[32..]));
        assert_eq!(read(&long).unwrap().as_slice(), raw);
        let short = read(&der(&[1], &[0x7f; 31])).unwrap();
        assert_eq!((short[31], short[32], short[33]), (1, 0, 0x7f));
        assert_eq!(short[..31], [0; 31]);
    }

    #[test]
    fn anything_else_is_refused() {
        let good = der(&[1; 32], &[2; 32]);
        for cut in 0..good.len() {
            assert!(cut == 64 || read(&good[..cut]).is_none(), "{cut}");
        }
        assert!(read(&[&good[..], &[0]].concat()).is_none());
        assert!(read(&der(&[1; 33], &[2; 32])).is_none());
        assert!(read(&[0; 63]).is_none());
    }
}
