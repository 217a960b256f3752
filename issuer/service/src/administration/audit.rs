//! The audit chain, as administrators look at it.

use szid_register::Store;
use szid_register::audit::{AuditHead, AuditPage, AuditQuery, ChainReport};

use crate::failure::Failure;

/// The chain's newest entry.
pub(crate) async fn audit_head(store: &dyn Store) -> Result<AuditHead, Failure> {
    Ok(store.audit_head().await?)
}

/// Walks the whole chain; what is written meanwhile is not looked at.
pub(crate) async fn verify_audit(
    store: &dyn Store,
    published: Option<AuditHead>,
) -> Result<ChainReport, Failure> {
    Ok(store.audit_verify(published).await?)
}

/// Entries, the newest first.
pub(crate) async fn audit_page(store: &dyn Store, query: AuditQuery) -> Result<AuditPage, Failure> {
    Ok(store.audit_page(query).await?)
}
