//! Argon2id over the PIN, and how much of it this phone can do in the time that a person waits gladly.
//!
//! Whoever can read the vault can try all PINs on a machine of their own: what this costs is all that slows
//! them down, and a million tries are few. The counter in the vault is what stops whoever holds the phone.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::error::UnlockError;
use super::pin::Pin;
use crate::records::base64url;

/// The length of salt and digest, bytes: RFC 9106 asks for 16 and 32 at least.
pub(super) const SALT_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;

/// The least memory, KiB: with two passes the weakest choice that current advice for servers allows.
const MIN_MEMORY: u32 = 19 * 1024;
/// The most, KiB: a phone of 2 GB kills background apps for much more than this.
const MAX_MEMORY: u32 = 64 * 1024;
/// Passes over the memory at least and at most.
const MIN_PASSES: u32 = 2;
const MAX_PASSES: u32 = 64;

/// What a check should take.
const AIM: Duration = Duration::from_millis(275);
/// What it may take: below, the PIN is cheaper to guess than it need be; above, people tap again.
const BAND: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(150)..=Duration::from_millis(400);

/// How much work one check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
}

/// A PIN as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPin {
    /// Names algorithm and parameters: `argon2id-13` is Argon2id of version 1.3 with one lane.
    scheme: String,
    cost: Cost,
    #[serde(with = "base64url")]
    salt: Vec<u8>,
    #[serde(with = "base64url")]
    digest: Vec<u8>,
}

const SCHEME: &str = "argon2id-13";

/// Memory for one check, taken before a try is counted, and wiped afterwards.
pub(super) struct Room {
    cost: Cost,
    blocks: Vec<Block>,
}

impl Cost {
    /// What every phone can do, and what is taken where nothing was measured.
    pub(super) const LEAST: Self = Self { memory: MIN_MEMORY, passes: MIN_PASSES };

    /// Finds what takes about [`AIM`] here. `measure` says how long one check of a cost takes; `None` where
    /// nothing can be measured. Two or three checks are made.
    pub(super) fn calibrated(
        mut measure: impl FnMut(Self) -> Result<Option<Duration>, UnlockError>,
    ) -> Result<Self, UnlockError> {
        let mut cost = Self::LEAST;
        // The first try may be far off: memory that is larger than the caches is slower for each block.
        for _ in 0..3 {
            let Some(took) = measure(cost)? else { return Ok(Self::LEAST) };
            let is_least = cost == Self::LEAST && took > AIM;
            if BAND.contains(&took) || is_least {
                break;
            }
            cost = cost.scaled(took);
        }
        Ok(cost)
    }

    /// The cost that takes [`AIM`] where this one took `took`: memory first, passes with what is left.
    fn scaled(self, took: Duration) -> Self {
        let work = u128::from(self.memory) * u128::from(self.passes);
        let wanted = work * AIM.as_micros() / took.as_micros().max(1);
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let bounded = |value: u64, least: u32, most: u32| {
            u32::try_from(value).unwrap_or(most).clamp(least, most)
        };
        let memory = bounded(wanted / u64::from(MIN_PASSES), MIN_MEMORY, MAX_MEMORY);
        Self { memory, passes: bounded(wanted / u64::from(memory), MIN_PASSES, MAX_PASSES) }
    }

    /// A cost as this software chooses it. The vault authenticates what it gives; this bounds what another
    /// version wrote.
    fn is_bounded(self) -> bool {
        (MIN_MEMORY..=MAX_MEMORY).contains(&self.memory)
            && (MIN_PASSES..=MAX_PASSES).contains(&self.passes)
    }

    /// Takes the memory for one check.
    pub(super) fn room(self) -> Result<Room, UnlockError> {
        let count = usize::try_from(self.memory).map_err(|_| UnlockError::Unavailable)?;
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).map_err(|_| UnlockError::Unavailable)?;
        blocks.resize(count, Block::default());
        Ok(Room { cost: self, blocks })
    }
}

impl Room {
    /// Argon2id over a PIN.
    pub(super) fn digest(
        &mut self,
        pin: &Pin,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; DIGEST_BYTES]>, UnlockError> {
        let Cost { memory, passes } = self.cost;
        let params = Params::new(memory, passes, 1, Some(DIGEST_BYTES));
        let params = params.map_err(|_| UnlockError::Unavailable)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut digest = Zeroizing::new([0; DIGEST_BYTES]);
        argon
            .hash_password_into_with_memory(
                pin.digits(),
                salt,
                digest.as_mut(),
                self.blocks.as_mut_slice(),
            )
            .map_err(|_| UnlockError::Unavailable)?;
        Ok(digest)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl StoredPin {
    /// A PIN as it is to be kept.
    pub(super) fn new(pin: &Pin, cost: Cost, salt: [u8; SALT_BYTES]) -> Result<Self, UnlockError> {
        let digest = cost.room()?.digest(pin, &salt)?.to_vec();
        Ok(Self { scheme: SCHEME.into(), cost, salt: salt.to_vec(), digest })
    }

    /// Takes the memory that checking it needs.
    ///
    /// # Errors
    /// [`UnlockError::Unavailable`] where there is not enough, or where a newer version of this software
    /// wrote it.
    pub(super) fn room(&self) -> Result<Room, UnlockError> {
        if self.scheme == SCHEME && self.cost.is_bounded() {
            self.cost.room()
        } else {
            Err(UnlockError::Unavailable)
        }
    }

    /// True for the right PIN. Takes the same time for every wrong one.
    pub(super) fn is(&self, pin: &Pin, mut room: Room) -> Result<bool, UnlockError> {
        let digest = room.digest(pin, &self.salt)?;
        Ok(digest.as_slice().ct_eq(&self.digest).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A phone that does a MiB once in so many microseconds.
    fn phone(per_mebibyte: u64) -> impl FnMut(Cost) -> Result<Option<Duration>, UnlockError> {
        move |cost| {
            let work = u64::from(cost.memory) * u64::from(cost.passes) / 1024;
            Ok(Some(Duration::from_micros(work * per_mebibyte)))
        }
    }

    #[test]
    fn fast_and_slow_phones_end_within_the_band_or_at_the_least() {
        // A server's core does a MiB in half a millisecond; the slowest phones take some eight.
        for per_mebibyte in [40, 100, 250, 500, 1000, 2000, 3000, 5000, 7000, 10_000, 40_000] {
            let cost = Cost::calibrated(phone(per_mebibyte)).unwrap();
            assert!(cost.is_bounded(), "{cost:?}");
            let took = phone(per_mebibyte)(cost).unwrap().unwrap();
            let as_least = cost == Cost::LEAST && took > AIM;
            let as_most = cost.memory == MAX_MEMORY && cost.passes == MAX_PASSES;
            assert!(BAND.contains(&took) || as_least || as_most, "{per_mebibyte}: {took:?}");
        }
    }

    #[test]
    fn where_nothing_can_be_measured_the_least_is_taken() {
        assert_eq!(Cost::calibrated(|_| Ok(None)).unwrap(), Cost::LEAST);
        let broken = Cost::calibrated(|_| Ok(Some(Duration::ZERO))).unwrap();
        assert!(broken.is_bounded());
    }

    #[test]
    fn the_record_keeps_its_bytes_and_other_schemes_are_left_alone() {
        let pin = Pin::read("493536").unwrap();
        let stored = StoredPin::new(&pin, Cost::LEAST, [7; SALT_BYTES]).unwrap();
        let bytes = serde_json::to_string(&stored).unwrap();
        let frozen = concat!(
            r#"{"scheme":"argon2id-13","cost":{"memory":19456,"passes":2},"#,
            r#""salt":"BwcHBwcHBwcHBwcHBwcHBw","digest":"9xffiVbxh25VJEqUp0zKl0x3qgSDwtzKDT5qQJUjvk8"}"#,
        );
        assert_eq!(bytes, frozen);
        let read: StoredPin = serde_json::from_str(frozen).unwrap();
        assert!(read.is(&pin, read.room().unwrap()).unwrap());
        assert!(!read.is(&Pin::read("493537").unwrap(), read.room().unwrap()).unwrap());
        for other in [
            bytes.replace("argon2id-13", "argon2id-14"),
            bytes.replace("19456", "999999999"),
            bytes.replace(r#""passes":2"#, r#""passes":4000000000"#),
        ] {
            let read: StoredPin = serde_json::from_str(&other).unwrap();
            assert!(matches!(read.room(), Err(UnlockError::Unavailable)));
        }
    }
}
