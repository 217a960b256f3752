//! What holders do with their own account.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{App, Problem, auth};
use crate::store::Account;

pub(super) async fn account(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let id = auth::holder(&service, &headers).await?;
    let person = service.store.person(id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(json!({
        "account": person.account,
        "identity_level": person.identity_level,
        "server_time": service.clock.now(),
    })))
}

pub(super) async fn freeze(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let id = auth::holder(&service, &headers).await?;
    service.set_account(id, Account::Frozen, "holder".into(), "reported_lost".into()).await?;
    Ok(Json(json!({ "account": Account::Frozen })))
}
