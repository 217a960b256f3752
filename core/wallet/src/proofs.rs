//! Raising the identity level: a party that the city trusts proves who the holder is.

pub use szid_api::proofs::{ProofRefusal, ProofState, ProofView as Proof};

use crate::error::WalletError;
use crate::wallet::Wallet;

impl Wallet {
    /// Has a connector that the account's `level_up` names prove who the holder is. It is done at once, or
    /// waits for the holder to visit its `url`; see [`Wallet::proof`]. Passes say the level from the next
    /// [`Wallet::refresh`] on.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], [`WalletError::Frozen`], or what went wrong with the service. What the
    /// party refuses is no error: the proof says why.
    pub async fn begin_proof(&self, connector: &str) -> Result<Proof, WalletError> {
        let begun = self.with_access(|by| async move {
            self.client.begin_proof(&by.at, &by.token, connector).await
        });
        begun.await
    }

    /// How a proof stands that was begun.
    ///
    /// # Errors
    /// As [`Wallet::begin_proof`]; [`WalletError::Refused`] with `PROOF_OVER` where it is over.
    pub async fn proof(&self, id: &str) -> Result<Proof, WalletError> {
        self.with_access(|by| async move { self.client.proof(&by.at, &by.token, id).await }).await
    }
}
