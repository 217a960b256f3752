//! Whether the service's clock may be believed, and an administrator's word that it is right.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::administration;
use crate::clock_guard::ClockState;
use crate::http::auth::Administrator;
use crate::http::problem::Refusal;
use crate::http::query::QueryOf;
use crate::http::refusals::{Conflict, Problems};
use crate::http::{App, Problem};
use crate::service::Service;

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ClockView {
    /// The service's time, Unix seconds.
    time: u64,
    /// `checked`, `unchecked` until the clocks have agreed for a minute, or `stepped`.
    state: &'static str,
    /// Seconds by which it is ahead of where it should be, behind where negative.
    step: i64,
    /// While it is unchecked: in how many seconds it is checked, as far as nothing speaks against it until
    /// then.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
}

impl ClockView {
    fn of(service: &Service) -> Self {
        let (reading, state) = service.common.look_at_clock();
        let (word, step) = match state {
            ClockState::Checked => ("checked", 0),
            ClockState::Unchecked => ("unchecked", 0),
            ClockState::Stepped(seconds) => ("stepped", seconds),
        };
        let seconds_left = (state == ClockState::Unchecked)
            .then(|| service.common.seconds_to_checked_clock(reading));
        Self { time: reading.wall, state: word, step, seconds_left }
    }
}

/// Whether the clock may be believed where something cannot be taken back.
#[utoipa::path(get, path = "/v1/admin/clock", tag = "administration",
    security(("administrator" = [])), responses(
    (status = 200, body = ClockView),
    Problems,
))]
pub(crate) async fn clock(
    _: Administrator,
    State(service): State<App>,
) -> Result<Json<ClockView>, Problem> {
    Ok(Json(ClockView::of(&service)))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfirmQuery {
    /// By how many seconds the clock is ahead of where it should be, as `step` says, behind where negative;
    /// within a minute. Needed for one that is behind, or ahead by more than an hour.
    step: Option<i64>,
}

/// Takes an administrator's word that the clock is right as it is. The audit keeps it, with the step. A clock
/// that is behind, or ahead by more than an hour, is `CLOCK_FAR` unless the step is named.
#[utoipa::path(post, path = "/v1/admin/clock/confirm", tag = "administration",
    operation_id = "confirm_clock",
    params(ConfirmQuery), security(("administrator" = [])), responses(
    (status = 200, body = ClockView),
    Problems, Conflict,
))]
pub(crate) async fn confirm(
    Administrator(name): Administrator,
    QueryOf(ConfirmQuery { step }): QueryOf<ConfirmQuery>,
    State(service): State<App>,
) -> Result<Json<ClockView>, Refusal> {
    administration::confirm_clock(&service.common, name, step).await?;
    Ok(Json(ClockView::of(&service)))
}
