//! What holders do with their own account.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::auth::Holder;
use super::problem::Problems;
use super::{App, Problem};
use crate::store::Account;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct HolderAccount {
    account: Account,
    /// How identity was proven, 1 to 4.
    identity_level: u8,
    /// Unix seconds.
    server_time: u64,
}

/// The holder's own account.
#[utoipa::path(get, path = "/v1/holder", tag = "holder", security(("holder" = [])), responses(
    (status = 200, body = HolderAccount),
    Problems,
))]
pub(super) async fn account(
    Holder(id): Holder,
    State(service): State<App>,
) -> Result<Json<HolderAccount>, Problem> {
    let person = service.store.person(id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(HolderAccount {
        account: person.account,
        identity_level: person.identity_level,
        server_time: service.clock.now(),
    }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AccountState {
    account: Account,
}

/// Freezes the holder's own account: a lost phone, reported from another one.
#[utoipa::path(post, path = "/v1/holder/freeze", tag = "holder", security(("holder" = [])), responses(
    (status = 200, body = AccountState),
    Problems,
))]
pub(super) async fn freeze(
    Holder(id): Holder,
    State(service): State<App>,
) -> Result<Json<AccountState>, Problem> {
    service.set_account(id, Account::Frozen, "holder".into(), "reported_lost".into()).await?;
    Ok(Json(AccountState { account: Account::Frozen }))
}
