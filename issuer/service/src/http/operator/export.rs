//! A venue's trail as a file: CSV for a spreadsheet, JSON for a program.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::TrailKind;

use super::scans::{Filter, ScanView};
use super::times;
use crate::access::Operator;
use crate::http::App;
use crate::http::problem::Refusal;
use crate::http::query::QueryOf;
use crate::http::refusals::Problems;
use crate::operators;

/// Names where the next file begins.
const NEXT: &str = "szid-next";
/// Makes spreadsheets read the file as UTF-8.
const MARK: &str = "\u{feff}";

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Csv,
    Json,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormatAsked {
    /// `csv` or `json`.
    #[param(inline)]
    format: Format,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Exported {
    /// The newest first, at most 10,000.
    scans: Vec<ScanView>,
    /// Where the next file begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The same as the list, as a file of at most 10,000 entries. Where there may be more, the header `szid-next`
/// names the place, to be given as `before`.
#[utoipa::path(get, path = "/v1/operator/scans/export", tag = "operator",
    operation_id = "export_scans", params(FormatAsked, Filter),
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 200, headers(("szid-next" = String, description = "Where the next file begins")), content(
        (Exported = "application/json"),
        (String = "text/csv"),
    )),
    Problems,
))]
pub(crate) async fn export(
    caller: Operator,
    State(service): State<App>,
    QueryOf(FormatAsked { format }): QueryOf<FormatAsked>,
    QueryOf(filter): QueryOf<Filter>,
) -> Result<Response, Refusal> {
    let page = operators::export(&*service.common.store, &caller.venue.id, filter.query()?).await?;
    let exported = Exported {
        scans: page.entries.into_iter().map(ScanView::plain).collect(),
        next: page.next.map(|next| BASE64URL_NOPAD.encode(&next)),
    };
    let next = exported.next.clone().map(|next| [(NEXT, next)]);
    let file = |name: &'static str| [(header::CONTENT_DISPOSITION, name)];
    Ok(match format {
        Format::Json => {
            let name = "attachment; filename=\"szid-scans.json\"";
            (next, file(name), Json(exported)).into_response()
        }
        Format::Csv => {
            let name = "attachment; filename=\"szid-scans.csv\"";
            let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
            (next, file(name), kind, table(&exported.scans)).into_response()
        }
    })
}

fn table(scans: &[ScanView]) -> String {
    let mut text = String::from(MARK);
    text.push_str("time,gate_time,kind,device,scene,decision,reason,receipt,site\r\n");
    for scan in scans {
        let kind = match scan.kind {
            TrailKind::Online => "online",
            TrailKind::Offline => "offline",
            TrailKind::DoubleUse => "double_use",
        };
        let cells = [
            times::local(scan.at),
            scan.scanned_at.map(times::local).unwrap_or_default(),
            kind.into(),
            cell(&scan.device),
            scan.scene.map(|scene| scene.to_string()).unwrap_or_default(),
            scan.decision.unwrap_or_default().into(),
            cell(scan.reason.as_deref().unwrap_or_default()),
            cell(&scan.receipt),
            cell(scan.site.as_deref().unwrap_or_default()),
        ];
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula, whatever label a device was given.
fn cell(text: &str) -> String {
    let formula = |first: char| "=+-@\t\r\n＝＋－＠".contains(first);
    let guard = if text.trim_start_matches(' ').starts_with(formula) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', ';', '"', '\r', '\n', '\t']) {
        return text.into();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_row() {
        for plain in ["", "desk-1", "OK", "一号台"] {
            assert_eq!(cell(plain), plain);
        }
        for formula in ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", " =1"] {
            assert!(cell(formula).starts_with("\"'"), "{formula}");
        }
        assert_eq!(cell("a,\"b\"\r\n"), "\"a,\"\"b\"\"\r\n\"");
    }
}
