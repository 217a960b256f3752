//! The audit chain's head, a walk along the whole chain, and its entries.

use axum::Json;
use axum::extract::{Extension, State};
use serde::{Deserialize, Serialize};
use szid_register::audit::{AuditEntry, AuditQuery, ChainReport, KINDS};

use crate::access::Admission;
use crate::administration;
use crate::http::auth::Administrator;
use crate::http::problem::Refusal;
use crate::http::query::{QueryOf, read_where_given};
use crate::http::refusals::Problems;
use crate::http::{App, Problem};

/// A walk over years of a city's scans, seconds.
const WALK_SECONDS: u32 = 3600;

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditHeadView {
    /// The newest entry's number, a colon and the digest of the whole chain in hex.
    head: String,
}

/// The audit chain's head: kept elsewhere, it finds a tail that was cut off later.
#[utoipa::path(get, path = "/v1/admin/audit/head", tag = "administration",
    operation_id = "audit_head_of_register",
    security(("administrator" = [])), responses(
    (status = 200, body = AuditHeadView),
    Problems,
))]
pub(crate) async fn head(
    _: Administrator,
    State(service): State<App>,
) -> Result<Json<AuditHeadView>, Problem> {
    let head = administration::audit_head(&*service.common.store).await?;
    Ok(Json(AuditHeadView { head: format!("{head:?}") }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
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
#[utoipa::path(get, path = "/v1/admin/audit/verify", tag = "administration",
    operation_id = "verify_audit", params(AuditVerified),
    security(("administrator" = [])), responses(
    (status = 200, body = AuditReport),
    Problems,
))]
pub(crate) async fn verify(
    _: Administrator,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    QueryOf(AuditVerified { from }): QueryOf<AuditVerified>,
) -> Result<Json<AuditReport>, Refusal> {
    let published = read_where_given(from.as_deref(), "from", |text| text.parse().ok())?;
    admission.take_longer(WALK_SECONDS);
    let report = administration::verify_audit(&*service.common.store, published).await?;
    Ok(Json(report.into()))
}

/// Entries of one answer, where it is not said and at most.
const PAGE: usize = 50;
const MAX_PAGE: usize = 200;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditAsked {
    /// Entries of this kind alone, such as `registration`, `account` or `person_request`.
    kind: Option<String>,
    /// Of this second and later, Unix seconds.
    since: Option<u64>,
    /// `next` of the page before.
    before: Option<u64>,
    /// 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

impl AuditAsked {
    fn query(self) -> Option<AuditQuery> {
        let Self { kind, since, before, limit } = self;
        let limit = limit.unwrap_or(PAGE);
        let fits = kind.as_ref().is_none_or(|kind| KINDS.contains(&kind.as_str()));
        let query = AuditQuery { kind, since: since.unwrap_or(0), before, limit };
        (fits && (1..=MAX_PAGE).contains(&limit)).then_some(query)
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditEntryView {
    number: u64,
    /// Unix seconds.
    at: u64,
    /// What kind of thing happened.
    kind: String,
    /// What happened: who did it, to what. Nothing of a person but the opaque id, and nothing of a venue's
    /// case.
    #[schema(value_type = Object)]
    details: serde_json::Value,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        let (kind, details) = (entry.event.kind(), entry.event.details());
        Self { number: entry.number, at: entry.at, kind, details }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditEntries {
    /// The newest first, at most 200. A page may be short or empty and still have a `next`.
    entries: Vec<AuditEntryView>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// What was done, the newest first.
#[utoipa::path(get, path = "/v1/admin/audit/entries", tag = "administration",
    operation_id = "audit_entries", params(AuditAsked),
    security(("administrator" = [])), responses(
    (status = 200, body = AuditEntries),
    Problems,
))]
pub(crate) async fn entries(
    _: Administrator,
    State(service): State<App>,
    QueryOf(asked): QueryOf<AuditAsked>,
) -> Result<Json<AuditEntries>, Refusal> {
    let query = asked.query().ok_or_else(|| Problem::BadRequest.about("kind, limit"))?;
    let page = administration::audit_page(&*service.common.store, query).await?;
    let entries = page.entries.into_iter().map(AuditEntryView::from).collect();
    Ok(Json(AuditEntries { entries, next: page.next }))
}
