//! What happened at the venue: scans, receipts of gates, double uses. Nothing of any person.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::day::DAY;
use szid_protocol::reason::Reason;
use szid_register::{Site, TrailEntry, TrailKind, TrailQuery};

use super::{read_bytes, times};
use crate::access::Operator;
use crate::http::problem::Refusal;
use crate::http::query::{QueryOf, read_where_given};
use crate::http::refusals::Problems;
use crate::http::{App, Problem};
use crate::operators;
use crate::service::Service;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;
/// The longest filter, bytes.
const MAX_FILTER: usize = 200;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// A device's label.
    #[param(pattern = "^[a-z0-9_-]{1,32}$")]
    pub(super) device: Option<String>,
    /// A site's id.
    #[param(pattern = "^[a-z0-9-]{1,22}$")]
    pub(super) site: Option<String>,
    /// A day of Asia/Shanghai, YYYY-MM-DD: when the register was told.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    pub(super) day: Option<String>,
    /// A reason's code.
    pub(super) reason: Option<String>,
    /// Scans decided here, receipts of gates, or codes that two gates accepted.
    pub(super) kind: Option<TrailKind>,
    /// `next` of the page before.
    pub(super) before: Option<String>,
    /// Entries of the page, 1 to 200; 50 where it is not given. An export takes no notice of it.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<usize>,
}

impl Filter {
    pub(super) fn query(self) -> Result<TrailQuery, Refusal> {
        let fits =
            |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= MAX_FILTER);
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        let texts = [&self.device, &self.site, &self.reason];
        if !texts.into_iter().all(fits) || !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::BadRequest.about("device, site, reason, limit"));
        }
        let (from, to) = match &self.day {
            None => (0, u64::MAX),
            Some(day) => {
                let start = times::start_of(day).ok_or_else(|| Problem::BadRequest.about("day"))?;
                (start, start.saturating_add(DAY))
            }
        };
        let before = read_where_given(self.before.as_deref(), "before", read_bytes)?;
        let Self { device, site, reason, kind, .. } = self;
        Ok(TrailQuery { device, site, reason, kind, from, to, before, limit })
    }
}

/// An entry of the venue's trail. Lists add names and texts in both languages, exports do not.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ScanView {
    pub(super) kind: TrailKind,
    /// When the register was told, Unix seconds.
    pub(super) at: u64,
    /// When the gate scanned, where it decided without connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scanned_at: Option<u64>,
    pub(super) device: String,
    /// The id of the site where the device stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) site: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scene: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_en: Option<String>,
    /// `accept` or `refuse`; a double use has none, nor a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_zh: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_en: Option<&'static str>,
    /// The venue's own receipt.
    pub(super) receipt: String,
}

impl ScanView {
    pub(super) fn plain(entry: TrailEntry) -> Self {
        let verdict = entry.verdict;
        let accepted = verdict.as_ref().map(|verdict| verdict.accepted);
        Self {
            kind: entry.kind,
            at: entry.at,
            scanned_at: entry.scanned_at,
            device: entry.device,
            site: entry.site,
            site_name: None,
            scene: verdict.as_ref().map(|verdict| verdict.scene),
            scene_zh: None,
            scene_en: None,
            decision: accepted.map(|accepted| if accepted { "accept" } else { "refuse" }),
            reason: verdict.map(|verdict| verdict.reason),
            reason_zh: None,
            reason_en: None,
            receipt: BASE64URL_NOPAD.encode(&entry.receipt),
        }
    }

    fn with_texts(mut self, service: &Service, sites: &[Site]) -> Self {
        let site = sites.iter().find(|site| Some(&site.id) == self.site.as_ref());
        self.site_name = site.map(|site| site.name.clone());
        if let Some(scene) = self.scene {
            let (zh, en) = service.publication.scenes.current().names(scene);
            (self.scene_zh, self.scene_en) = (Some(zh), Some(en));
        }
        if let Some(reason) = self.reason.as_deref().and_then(Reason::from_code) {
            let text = reason.text();
            (self.reason_zh, self.reason_en) = (Some(text.zh), Some(text.en));
        }
        self
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Scans {
    /// The newest first.
    scans: Vec<ScanView>,
    /// Where the next page begins, if there may be one. A page may hold less than its limit, even nothing,
    /// and yet have a next one: a request looks at a bounded part of the trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The venue's scans, its gates' receipts and the codes that two gates accepted.
#[utoipa::path(get, path = "/v1/operator/scans", tag = "operator",
    operation_id = "operator_scans", params(Filter),
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 200, body = Scans),
    Problems,
))]
pub(crate) async fn scans(
    caller: Operator,
    State(service): State<App>,
    QueryOf(filter): QueryOf<Filter>,
) -> Result<Json<Scans>, Refusal> {
    let query = filter.query()?;
    let (page, sites) = operators::trail(&*service.common.store, &caller.venue.id, query).await?;
    let shown = page.entries.into_iter();
    let shown = shown.map(|entry| ScanView::plain(entry).with_texts(&service, &sites));
    let next = page.next.map(|next| BASE64URL_NOPAD.encode(&next));
    Ok(Json(Scans { scans: shown.collect(), next }))
}
