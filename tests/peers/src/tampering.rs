//! Does a peer really verify? Every bit of its message is flipped once.

use crate::peer::Peer;

/// Flipped bits, as positions of bytes in the message, with which the peer still says yes.
pub(crate) fn accepted(peer: &Peer) -> Vec<usize> {
    let flipped = |bit: &usize| {
        let mut message = peer.message.clone();
        message[bit / 8] ^= 1 << (bit % 8);
        (peer.verify)(&(peer.wrap)(&message))
    };
    (0..8 * peer.message.len()).filter(flipped).map(|bit| bit / 8).collect()
}

/// The bytes around those positions, readable characters as they are.
pub(crate) fn places(peer: &Peer, accepted: &[usize]) -> Vec<String> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &at in accepted {
        match ranges.last_mut() {
            Some((_, end)) if at <= *end + 2 => *end = at,
            _ => ranges.push((at, at)),
        }
    }
    let show = |(from, to): &(usize, usize)| {
        let bytes = &peer.message[from.saturating_sub(12)..=*to];
        let text: String = bytes
            .iter()
            .map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' })
            .collect();
        format!("bytes {from} to {to}, ending \"{text}\"")
    };
    ranges.iter().map(show).collect()
}
