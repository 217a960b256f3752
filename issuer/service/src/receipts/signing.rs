//! Receipts of scans, signed for either side: the same words, and no claim values.

use szid_protocol::crypto::Signer;
use szid_protocol::scan_receipt::ScanReceipt;
use szid_register::{IdentityUse, PersonId, ReceiptId, Store};

use super::ReceiptFault;
use crate::clock::Clock;
use crate::failure::Failure;

/// What receipts of scans are made of.
pub(crate) struct ScanReceipts<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) signer: &'a dyn Signer,
    pub(crate) clock: &'a dyn Clock,
}

impl ScanReceipts<'_> {
    /// The receipt of a scan of this venue with a connection.
    pub(crate) async fn of_venue(
        &self,
        venue: &str,
        id: ReceiptId,
    ) -> Result<Vec<u8>, ReceiptFault> {
        self.sign(self.store.scan_of(venue, id).await?)
    }

    /// The receipt of a use of this person's identity.
    pub(crate) async fn of_holder(
        &self,
        person: PersonId,
        id: ReceiptId,
    ) -> Result<Vec<u8>, ReceiptFault> {
        self.sign(self.store.use_of(person, id).await?)
    }

    fn sign(&self, kept: Option<IdentityUse>) -> Result<Vec<u8>, ReceiptFault> {
        let IdentityUse { receipt, venue, device, scene, reason, claims, consent, at, .. } =
            kept.ok_or(ReceiptFault::NoScan)?;
        let consent = consent.word().to_owned();
        let signed_at = self.clock.now();
        let id = receipt;
        let receipt =
            ScanReceipt { signed_at, at, id, venue, device, scene, reason, consent, claims };
        receipt.sign(self.signer).map_err(|error| {
            tracing::error!(%error, "a receipt cannot be signed");
            ReceiptFault::Failed(Failure::Internal)
        })
    }
}
