//! What the register must know of a sealed identity: which document it is of. The rest is read above it.

use serde::Deserialize;

use crate::StoreError;

#[derive(Deserialize)]
pub(crate) struct SealedDocument {
    pub(crate) document_type: String,
    pub(crate) number: String,
}

impl SealedDocument {
    /// From an identity that was opened.
    pub(crate) fn read(opened: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(opened).map_err(|_| StoreError::Damaged("a sealed identity"))
    }
}
