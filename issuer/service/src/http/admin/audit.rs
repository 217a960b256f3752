//! The audit chain's head, and a walk along the whole chain.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::HeaderName;
use serde::{Deserialize, Serialize};

use super::UNKEPT;
use crate::audit::{AuditHead, ChainReport};
use crate::http::admission::Admission;
use crate::http::auth::Administrator;
use crate::http::problem::Problems;
use crate::http::{App, Problem};

/// A walk over years of a city's scans, seconds.
const WALK_SECONDS: u32 = 3600;

type Unkept<T> = ([(HeaderName, &'static str); 1], Json<T>);

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditHeadView {
    /// The newest entry's number, a colon and the digest of the whole chain in hex.
    head: String,
}

/// The audit chain's head: kept elsewhere, it finds a tail that was cut off later.
#[utoipa::path(get, path = "/v1/admin/audit/head", tag = "administration",
    security(("administrator" = [])), responses(
    (status = 200, body = AuditHeadView),
    Problems,
))]
pub(crate) async fn head(
    _: Administrator,
    State(service): State<App>,
) -> Result<Unkept<AuditHeadView>, Problem> {
    let head = service.store.audit_head().await?;
    Ok((UNKEPT, Json(AuditHeadView { head: format!("{head:?}") })))
}

#[derive(Deserialize, utoipa::IntoParams)]
pub(crate) struct AuditVerified {
    /// A head that was told before.
    from: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditReport {
    /// Whether every entry is as it was written.
    whole: bool,
    /// The head, where the chain is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    /// The first entry that is missing or was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_broken: Option<u64>,
}

impl From<ChainReport> for AuditReport {
    fn from(report: ChainReport) -> Self {
        match report {
            ChainReport::Whole(head) => {
                Self { whole: true, head: Some(format!("{head:?}")), first_broken: None }
            }
            ChainReport::Broken { number } => {
                Self { whole: false, head: None, first_broken: Some(number) }
            }
        }
    }
}

/// Walks the audit chain and says whether it is whole.
#[utoipa::path(get, path = "/v1/admin/audit/verify", tag = "administration", params(AuditVerified),
    security(("administrator" = [])), responses(
    (status = 200, body = AuditReport),
    Problems,
))]
pub(crate) async fn verify(
    _: Administrator,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    query: Result<Query<AuditVerified>, QueryRejection>,
) -> Result<Unkept<AuditReport>, Problem> {
    let Query(AuditVerified { from }) = query.map_err(|_| Problem::BadRequest)?;
    let published = match from {
        None => None,
        Some(text) => Some(text.parse::<AuditHead>().map_err(|_| Problem::BadRequest)?),
    };
    admission.take_longer(WALK_SECONDS);
    let report = service.store.audit_verify(published).await?;
    Ok((UNKEPT, Json(report.into())))
}
