//! What calls end with: one enum per flow, so that a shell matches on what it can do next.
//!
//! | file | is about |
//! |---|---|
//! | `advice` | the stable code and both texts, which every case carries |
//! | `flow_error` | how such an enum is defined |
//! | `kind` | what the core's errors come to, in one place |
//! | `open`, `enrol`, `present`, `unlock`, `unlock_setup`, `approve`, `venue_code`, `visit`, `sync`, `wipe`, `verifier` | the enum of each flow |
//! | `table` | `docs/mobile/errors.md`: which case each code of the core lands in |

#[macro_use]
mod flow_error;

mod advice;
mod approve;
mod enrol;
mod kind;
mod open;
mod present;
mod sync;
#[cfg(test)]
mod table;
mod unlock;
mod unlock_setup;
mod venue_code;
#[cfg(feature = "verifier")]
mod verifier;
mod visit;
mod wipe;

pub use advice::Advice;
pub use approve::ApproveError;
pub use enrol::{EnrolError, OfferEnd};
pub use open::OpenError;
pub use present::PresentError;
pub use sync::SyncError;
pub use unlock::UnlockError;
pub use unlock_setup::UnlockSetupError;
pub use venue_code::VenueCodeError;
#[cfg(feature = "verifier")]
pub use verifier::VerifierError;
pub use visit::VisitError;
pub use wipe::WipeError;

pub(crate) use szid_wallet::WalletError as CoreError;
