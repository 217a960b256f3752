//! The mirror's bytes: an append-only list of commits, each a frame with a keyed checksum. Pure: no files.
//!
//! ```text
//! file:   head (64) | frame | frame | ...            every frame starts at a multiple of 64
//! head:   magic "SZIDMIR\0" (8) | format u16 | zeros (6) | generation u64 | zeros (8) | tag (32)
//! frame:  "SZFR" | body length u32 | index u64 | commit u64 | zeros (8) | head tag (16) | body tag (16) | body | zeros
//! body:   { item key (33) | length u16, 0xffff for a removal | sealed item }*
//! ```
//! Items are the very bytes that the engine holds. Tags bind the generation, so that a frame of another
//! mirror of the same vault is not taken for one of this.

use std::collections::BTreeMap;

use crate::envelope::{ITEM_KEY_LEN, ItemKey};
use crate::header::FORMAT_VERSION;
use crate::keys::Keys;
use crate::write_plan::ItemChange;

/// All items of a store by their keys.
pub(crate) type Items = BTreeMap<ItemKey, Vec<u8>>;

const MAGIC: &[u8; 8] = b"SZIDMIR\0";
const FRAME_MAGIC: &[u8; 4] = b"SZFR";
const ALIGNMENT: usize = 64;
const FRAME_HEAD: usize = 64;
pub(crate) const HEAD_LEN: usize = 64;
const REMOVED: u16 = u16::MAX;
/// No body is longer; the largest batch needs about half of this.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// The file's first bytes.
pub(crate) fn encode_head(keys: &Keys, generation: u64) -> [u8; HEAD_LEN] {
    let mut head = [0; HEAD_LEN];
    head[..8].copy_from_slice(MAGIC);
    head[8..10].copy_from_slice(&FORMAT_VERSION.to_be_bytes());
    head[16..24].copy_from_slice(&generation.to_be_bytes());
    let tag = keys.mirror_tag(&[b"head", &head[..32]]);
    head[32..].copy_from_slice(&tag);
    head
}

/// One commit as a frame.
pub(crate) fn encode_frame(
    keys: &Keys,
    generation: u64,
    index: u64,
    commit: u64,
    items: &[ItemChange],
) -> Vec<u8> {
    let mut frame = vec![0; FRAME_HEAD];
    for (key, sealed) in items {
        frame.extend_from_slice(key);
        match sealed {
            Some(sealed) => {
                frame.extend_from_slice(&(sealed.len() as u16).to_be_bytes());
                frame.extend_from_slice(sealed);
            }
            None => frame.extend_from_slice(&REMOVED.to_be_bytes()),
        }
    }
    let body_len = frame.len() - FRAME_HEAD;
    frame[..4].copy_from_slice(FRAME_MAGIC);
    frame[4..8].copy_from_slice(&(body_len as u32).to_be_bytes());
    frame[8..16].copy_from_slice(&index.to_be_bytes());
    frame[16..24].copy_from_slice(&commit.to_be_bytes());
    let generation = generation.to_be_bytes();
    let head_tag = keys.mirror_tag(&[b"frame head", &generation, &frame[..32]]);
    let body_tag =
        keys.mirror_tag(&[b"frame body", &generation, &frame[..32], &frame[FRAME_HEAD..]]);
    frame[32..48].copy_from_slice(&head_tag[..16]);
    frame[48..64].copy_from_slice(&body_tag[..16]);
    frame.resize(frame.len().next_multiple_of(ALIGNMENT), 0);
    frame
}

/// What a mirror says after all its frames were read.
pub(crate) struct Replay {
    pub(crate) items: Items,
    /// The last commit that was read.
    pub(crate) commit: u64,
    /// Index for the next frame.
    pub(crate) next_index: u64,
    /// Where the last whole frame ends; what follows was being written when the device stopped, or is
    /// damaged.
    pub(crate) end: usize,
    /// Every frame up to the last one that was read is whole.
    pub(crate) complete: bool,
}

/// Reads a mirror. Damaged frames are skipped; the replay then is not `complete`.
pub(crate) fn replay(keys: &Keys, generation: u64, bytes: &[u8]) -> Replay {
    let head_intact = bytes.get(..HEAD_LEN) == Some(&encode_head(keys, generation));
    let mut replay = Replay {
        items: Items::new(),
        commit: 0,
        next_index: 0,
        end: HEAD_LEN,
        complete: head_intact,
    };
    let mut at = HEAD_LEN;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= FRAME_HEAD) {
        let Some(frame) = decode_frame(keys, generation, rest) else {
            // A keyed tag stands before anything is believed, so stepping on can neither be fooled nor take
            // long.
            at += ALIGNMENT;
            continue;
        };
        if frame.index != replay.next_index {
            replay.complete = false;
        }
        if frame.index < replay.next_index {
            // Frames only ever count up; an earlier one that stands later was copied there.
            at += frame.len;
            continue;
        }
        for (key, sealed) in frame.items {
            match sealed {
                Some(sealed) => replay.items.insert(key, sealed),
                None => replay.items.remove(&key),
            };
        }
        replay.commit = frame.commit;
        replay.next_index = frame.index + 1;
        at += frame.len;
        replay.end = at;
    }
    // A mirror without a single frame was never put in place whole.
    replay.complete &= replay.next_index > 0;
    replay
}

struct Frame {
    index: u64,
    commit: u64,
    items: Vec<ItemChange>,
    len: usize,
}

fn decode_frame(keys: &Keys, generation: u64, bytes: &[u8]) -> Option<Frame> {
    let (head, rest) = bytes.split_first_chunk::<FRAME_HEAD>()?;
    let rest_of_head = head.strip_prefix(FRAME_MAGIC)?;
    let generation = generation.to_be_bytes();
    if keys.mirror_tag(&[b"frame head", &generation, &head[..32]])[..16] != head[32..48] {
        return None;
    }
    let (body_len, numbers) = rest_of_head.split_first_chunk::<4>()?;
    let (index, numbers) = numbers.split_first_chunk::<8>()?;
    let (commit, _) = numbers.split_first_chunk::<8>()?;
    let body_len = u32::from_be_bytes(*body_len) as usize;
    let body = rest.get(..body_len).filter(|body| body.len() <= MAX_BODY)?;
    if keys.mirror_tag(&[b"frame body", &generation, &head[..32], body])[..16] != head[48..64] {
        return None;
    }
    Some(Frame {
        index: u64::from_be_bytes(*index),
        commit: u64::from_be_bytes(*commit),
        items: decode_body(body)?,
        len: (FRAME_HEAD + body_len).next_multiple_of(ALIGNMENT),
    })
}

/// Whether these bytes are a well-formed body.
pub(crate) fn decode_any_body(body: &[u8]) -> bool {
    decode_body(body).is_some()
}

fn decode_body(mut body: &[u8]) -> Option<Vec<ItemChange>> {
    let mut items = Vec::new();
    while !body.is_empty() {
        let (key, rest) = body.split_first_chunk::<ITEM_KEY_LEN>()?;
        let (len, rest) = rest.split_first_chunk::<2>()?;
        let len = u16::from_be_bytes(*len);
        let (sealed, rest) = if len == REMOVED {
            (None, rest)
        } else {
            let (sealed, rest) = rest.split_at_checked(len.into())?;
            (Some(sealed.to_vec()), rest)
        };
        items.push((*key, sealed));
        body = rest;
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Keys, Vec<u8>) {
        let keys = Keys::derive(&[1; 32], &[2; 16]);
        let mut bytes = encode_head(&keys, 5).to_vec();
        bytes.extend(encode_frame(
            &keys,
            5,
            0,
            7,
            &[([1; 33], Some(vec![1; 70])), ([2; 33], Some(vec![2; 10]))],
        ));
        bytes.extend(encode_frame(&keys, 5, 1, 8, &[([2; 33], None)]));
        bytes.extend(encode_frame(&keys, 5, 2, 9, &[([3; 33], Some(vec![]))]));
        (keys, bytes)
    }

    #[test]
    fn replays_in_order() {
        let (keys, bytes) = sample();
        let replay = replay(&keys, 5, &bytes);
        assert!(replay.complete);
        assert_eq!((replay.commit, replay.next_index, replay.end), (9, 3, bytes.len()));
        assert_eq!(replay.items.keys().copied().collect::<Vec<_>>(), [[1; 33], [3; 33]]);
    }

    #[test]
    fn a_flipped_bit_costs_its_own_frame_at_most() {
        let (keys, bytes) = sample();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let replay = replay(&keys, 5, &flipped);
            let untouched = replay.complete && replay.commit == 9;
            let tail_lost = replay.complete && replay.commit == 8;
            assert!(untouched || tail_lost || !replay.complete, "bit {bit}");
            assert!((1..=3).contains(&replay.items.len()));
        }
    }

    #[test]
    fn a_cut_leaves_the_commits_before_it() {
        let (keys, bytes) = sample();
        let mut commits = Vec::new();
        for len in HEAD_LEN..bytes.len() {
            let replay = replay(&keys, 5, &bytes[..len]);
            assert!(replay.end <= len.next_multiple_of(ALIGNMENT));
            assert_eq!(replay.complete, replay.next_index > 0);
            commits.push(replay.commit);
        }
        assert!(commits.is_sorted());
    }

    #[test]
    fn another_generation_or_key_is_not_read() {
        let (keys, bytes) = sample();
        assert!(!replay(&keys, 6, &bytes).complete);
        assert!(replay(&Keys::derive(&[3; 32], &[2; 16]), 5, &bytes).items.is_empty());
    }
}
