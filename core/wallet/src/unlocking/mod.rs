//! Unlocking: what the holder did just now, and the authentication tier that a code may state for it.
//!
//! | file | is about |
//! |---|---|
//! | `method` | the ways to unlock, their tiers and how long each lasts |
//! | `proof` | [`Unlocking`], which only the wallet makes |
//! | `pin`, `weak_pin` | the PIN and the rules for a good one |
//! | `cost` | Argon2id, and how much of it this phone can do |
//! | `tries` | the counter of tries and the waits between them |
//! | `policy` | what the city decided |
//! | `by_pin`, `by_phone`, `by_biometric` | the flows |

mod by_biometric;
mod by_phone;
mod by_pin;
mod cost;
mod error;
mod method;
mod pin;
mod policy;
mod proof;
mod tries;
mod weak_pin;

pub use by_biometric::PendingUnlocking;
pub(crate) use by_biometric::StoredBiometric;
pub use by_pin::PinStatus;
pub use error::UnlockError;
pub use method::UnlockMethod;
pub use policy::{AfterLastTry, UnlockPolicy};
pub use proof::Unlocking;
pub use weak_pin::PinWeakness;
