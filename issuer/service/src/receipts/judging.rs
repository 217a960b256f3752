//! What a receipt is worth by itself: who signed it, when, and what its code proves.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::key::PublicKey;
use szid_protocol::proof::{ProvenCode, prove};
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{MAX_BYTES, Receipt, ScannedCode};
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verify::{MAX_AGE, MAX_AHEAD, PassCache};
use szid_register::{FormerKey, LONGEST_ALONE, Objection, UploadedReceipt};
use szid_verifier::AwsLcBackend;

use crate::access::VenueDevice;

/// Seconds that a receipt may be ahead of this clock, whatever it holds: a gate whose clock is ahead by the
/// age of the oldest code lets people pass with codes that were drawn just now, by phones that may be ahead
/// themselves.
pub(super) const MAX_EARLY: u64 = MAX_AGE + MAX_AHEAD;

/// What receipts are judged by without the register.
pub(super) struct Judge {
    pub(super) caller: VenueDevice,
    pub(super) key: PublicKey,
    pub(super) former: Vec<(PublicKey, FormerKey)>,
    pub(super) trust: Arc<VerifiedTrustList>,
    /// Whether receipts without the scanned code are taken.
    pub(super) codeless: bool,
    pub(super) now: u64,
}

impl Judge {
    pub(super) fn judge(&self, text: String, passes: &dyn PassCache) -> UploadedReceipt {
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes());
        let mut bytes = decoded.unwrap_or_else(|_| text.into_bytes());
        let read = self.read(&bytes);
        // No receipt is longer; of what is none, the start is enough to look at.
        bytes.truncate(MAX_BYTES);
        let without = |objection| UploadedReceipt {
            bytes: bytes.clone(),
            key: self.key.to_compressed(),
            receipt: None,
            proof: None,
            objection: Some(objection),
        };
        let Some((key, receipt)) = read else { return without(Objection::Invalid) };
        if receipt.venue != self.caller.venue.id || receipt.device != self.caller.device {
            return without(Objection::Foreign);
        }
        let (proof, objection) = match self.proof(key, &receipt, passes) {
            Ok(proof) => (proof, None),
            Err(objection) => (None, Some(objection)),
        };
        UploadedReceipt {
            bytes,
            key: key.to_compressed(),
            receipt: Some(receipt),
            proof,
            objection,
        }
    }

    /// What one of the device's keys signed, and which: receipts may have waited while it got another one.
    fn read(&self, bytes: &[u8]) -> Option<(&PublicKey, Receipt)> {
        let signed_by = |key| Receipt::verify(bytes, key, &AwsLcBackend).ok();
        if let Some(receipt) = signed_by(&self.key) {
            return Some((&self.key, receipt));
        }
        self.former.iter().rev().find_map(|(key, former)| {
            let receipt = signed_by(key)?;
            former.may_sign_at(receipt.at).then_some((key, receipt))
        })
    }

    /// What a receipt's code proves, or what speaks against the receipt.
    fn proof(
        &self,
        key: &PublicKey,
        receipt: &Receipt,
        passes: &dyn PassCache,
    ) -> Result<Option<ProvenCode>, Objection> {
        let reason = Reason::from_code(&receipt.reason).ok_or(Objection::Reason)?;
        if !receipt.has_its_own_id(key) {
            return Err(Objection::Id);
        }
        if receipt.at.saturating_add(LONGEST_ALONE) < self.now {
            return Err(Objection::TooOld);
        }
        if !self.caller.venue.scenes.contains(&receipt.scene) {
            return Err(Objection::Scene);
        }
        let proven = self.proven(receipt, reason, passes);
        // Whoever's phone has signed the code was there, whatever the gate's clock says: the citizen has to
        // see it.
        let is_proven = matches!(proven, Ok(Some(_)));
        if !is_proven && receipt.at > self.now.saturating_add(MAX_EARLY) {
            return Err(Objection::Ahead);
        }
        proven
    }

    /// What the code alone proves, by the receipt's own time.
    fn proven(
        &self,
        receipt: &Receipt,
        reason: Reason,
        passes: &dyn PassCache,
    ) -> Result<Option<ProvenCode>, Objection> {
        match &receipt.code {
            Some(ScannedCode::Whole(code)) => {
                let proof = prove(code, receipt.at, &self.trust, &AwsLcBackend, passes);
                let proof = proof.map_err(|_| Objection::Code)?;
                let fits = !reason.is_accept() || proof.suits(receipt.scene);
                if fits { Ok(Some(proof)) } else { Err(Objection::Code) }
            }
            Some(ScannedCode::Told(_)) if !self.codeless => Err(Objection::Codeless),
            None if !self.codeless && reason.is_accept() => Err(Objection::Codeless),
            Some(ScannedCode::Told(_)) | None => Ok(None),
        }
    }
}
