//! Proofs of identity: begun and looked at by the holder's wallet, ended by the browser that comes back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use szid_api::paths;
use szid_api::proofs::{ProofRefusal, ProofRequest, ProofState, ProofView};
use szid_identity::connectors::{ProofFault, Returned};
use szid_protocol::told::{Tell, Told};

use super::auth::{ActiveHolder, Holder};
use super::body::JsonBody;
use super::problem::Refusal;
use super::query::QueryOf;
use super::refusals::{Conflict, Forbidden, Gone, Missing, Problems, Unprocessable};
use super::{App, Problem};
use crate::failure::Failure;
use crate::proofs::{self, PROOF_ID_BYTES, ProofId, ProofShown, ProofsFault, Proven, Standing};

/// The longest value of an address that somebody comes back with, bytes.
const MAX_RETURNED: usize = 4096;

/// Has a connector prove who the holder is: at once (`proven` or `refused`), or by a visit to the
/// party's page, at `url`.
/// `connector` is one that the account's `level_up` names.
#[utoipa::path(post, path = paths::PROOFS, tag = "holder",
    operation_id = "begin_proof", security(("holder" = [])),
    request_body = ProofRequest, responses(
    (status = 201, body = ProofView, description = "Proven, or waiting for the holder"),
    Problems, Forbidden, Missing, Conflict, Unprocessable,
))]
pub(super) async fn begin(
    ActiveHolder(person): ActiveHolder,
    State(service): State<App>,
    JsonBody(ProofRequest { connector }): JsonBody<ProofRequest>,
) -> Result<Response, Refusal> {
    // What has begun is carried to its end, whoever waits for it.
    let begun =
        tokio::spawn(async move { proofs::begin(&service.proofs, person, &connector).await });
    let begun = begun.await.map_err(|_| Failure::internal("a proof was broken off"))??;
    Ok((StatusCode::CREATED, Json(wire_proof(begun))).into_response())
}

/// How a proof of the holder's stands.
#[utoipa::path(get, path = paths::PROOF, tag = "holder",
    operation_id = "proof", security(("holder" = [])),
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{32}$", description = "The proof's id")),
    responses(
    (status = 200, body = ProofView),
    Problems, Gone,
))]
pub(super) async fn look(
    Holder(person): Holder,
    State(service): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ProofView>, Refusal> {
    let shown = read_id(&id).and_then(|id| proofs::look(&service.proofs, person, &id));
    Ok(Json(wire_proof(shown.ok_or(Problem::ProofOver)?)))
}

fn read_id(text: &str) -> Option<ProofId> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    <[u8; PROOF_ID_BYTES]>::try_from(bytes).ok()
}

fn wire_proof(shown: ProofShown) -> ProofView {
    let ProofShown { id, connector, state } = shown;
    let mut view = ProofView {
        id: BASE64URL_NOPAD.encode(&id),
        connector,
        state: ProofState::Waiting,
        url: None,
        seconds: None,
        identity_level: None,
        refusal: None,
    };
    match state {
        Standing::Waits { url, seconds } => (view.url, view.seconds) = (Some(url), Some(seconds)),
        Standing::Ends => {}
        Standing::Ended(Ok(Proven::Level(level))) => {
            (view.state, view.identity_level) = (ProofState::Proven, Some(level));
        }
        Standing::Ended(Ok(Proven::Not(fault))) => {
            (view.state, view.refusal) = (ProofState::Refused, Some(of_party(fault)));
        }
        Standing::Ended(Err(fault)) => {
            (view.state, view.refusal) = (ProofState::Refused, Some(of_service(fault)));
        }
    }
    view
}

fn of_party(fault: ProofFault) -> ProofRefusal {
    let Told { code, zh, en } = fault.tell();
    ProofRefusal { code: code.into(), zh, en }
}

fn of_service(fault: ProofsFault) -> ProofRefusal {
    let problem = Refusal::from(fault).problem();
    ProofRefusal {
        code: problem.code().into(),
        zh: format!("{}。{}", problem.title_zh(), problem.detail_zh()),
        en: format!("{}: {}", problem.title(), problem.detail()),
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Back {
    /// The proof's id.
    state: String,
    /// The authorization code (RFC 6749, section 4.1.2).
    code: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    /// The error's word (RFC 6749, section 4.1.2.1).
    error: Option<String>,
}

/// Where a party sends the holder's browser back to. The page says what became of the proof; the wallet asks
/// for itself.
#[utoipa::path(get, path = paths::PROOF_RETURN, tag = "holder",
    operation_id = "return_from_proof", params(Back), responses(
    (status = 200, content_type = "text/html", description = "A page for the holder"),
    Problems,
))]
pub(super) async fn come_back(
    State(service): State<App>,
    QueryOf(Back { state, code, iss, error }): QueryOf<Back>,
) -> Result<Response, Refusal> {
    let values = [&code, &iss, &error].into_iter().flatten();
    let id = read_id(&state).filter(|_| values.into_iter().all(|one| one.len() <= MAX_RETURNED));
    let ended = match id {
        None => Err(ProofsFault::Over),
        Some(id) => {
            let service = Arc::clone(&service);
            let returned = Returned { code, iss, error };
            // The party's code is used up: a browser that is closed breaks nothing off.
            let ending =
                tokio::spawn(async move { proofs::finish(&service.proofs, &id, &returned).await });
            ending.await.map_err(|_| Failure::internal("a proof was broken off"))?
        }
    };
    Ok(szid_console::page(&match ended {
        Ok(Proven::Level(level)) => proven_page(level),
        Ok(Proven::Not(fault)) => refused_page(of_party(fault)),
        Err(fault) => refused_page(of_service(fault)),
    }))
}

fn proven_page(level: u8) -> String {
    page(
        "已核实身份",
        "Identity proven",
        &format!("认证等级为 {level}。请回到“i深圳”。"),
        &format!("Your identity level is {level}. Go back to i Shenzhen."),
    )
}

fn refused_page(ProofRefusal { code, zh, en }: ProofRefusal) -> String {
    page("未能核实身份", "Identity not proven", &format!("{zh}（{code}）"), &format!("{en}."))
}

/// All texts are the program's own.
fn page(title_zh: &str, title_en: &str, zh: &str, en: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title_zh} · {title_en}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="../../console/console.css">
</head>
<body>
<main class="home">
  <h1>{title_zh} <span lang="en">{title_en}</span></h1>
  <p>{zh}</p>
  <p lang="en">{en}</p>
</main>
</body>
</html>
"#
    )
}
