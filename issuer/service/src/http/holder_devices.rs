//! The holder's devices: seen and ended by their holder.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{self, Account, DeviceId};

use super::auth::{ActiveDevice, HolderDevice};
use super::body::JsonBody;
use super::query::QueryOf;
use super::refusals::{Conflict, Missing, Problems, Unprocessable};
use super::{App, Problem};
use crate::devices::{self, Held, HeldDevice, named};

/// A device of a person.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub(super) struct DeviceOfHolder {
    /// Its opaque name.
    id: String,
    /// What its holder calls it.
    name: String,
    /// When it took its offer up, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<u64>,
    /// The city's day on which it last got tokens, by its first second.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<u64>,
    /// Whether this request came from it.
    this_device: bool,
    /// Whether a registrar's freeze stopped it: it ends with the lifting, where that does not name it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopped: bool,
}

impl DeviceOfHolder {
    pub(super) fn of(device: szid_register::HolderDevice, this: Option<DeviceId>) -> Self {
        Self {
            id: write_device(device.id),
            name: named(device.name),
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            this_device: this == Some(device.id),
            stopped: false,
        }
    }
}

/// A device's opaque name, as it is written.
pub(super) fn write_device(id: DeviceId) -> String {
    BASE64URL_NOPAD.encode(&id.0)
}

/// A device that was ended.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EndedDevice {
    #[serde(flatten)]
    device: DeviceOfHolder,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<u64>,
    /// `holder`, `frozen`, `revoked`, `replaced`, `copied` (an old token of it came back: its passes are
    /// suspended until it is ended for good), or `unknown`.
    why: &'static str,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct DevicesOfHolder {
    /// For a counter: how the account stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    /// The oldest first; at most 5.
    devices: Vec<DeviceOfHolder>,
    /// Those that were ended within some three months, the last one first; at most 20.
    ended: Vec<EndedDevice>,
}

impl DevicesOfHolder {
    /// As a holder sees them from a device of theirs, or a counter from none.
    pub(super) fn of(held: Held, this: Option<DeviceId>) -> Self {
        let device = |HeldDevice { device, stopped }| DeviceOfHolder {
            stopped,
            ..DeviceOfHolder::of(device, this)
        };
        let ended = held.ended.into_iter().filter_map(|device| {
            let szid_register::Ended { at, why } = device.ended?;
            let device = DeviceOfHolder::of(device, this);
            Some(EndedDevice { device, ended_at: at, why: why.word() })
        });
        Self {
            account: this.is_none().then_some(held.account),
            devices: held.devices.into_iter().map(device).collect(),
            ended: ended.collect(),
        }
    }
}

/// The holder's devices.
#[utoipa::path(get, path = "/v1/holder/devices", tag = "holder",
    operation_id = "holder_devices", security(("holder" = [])), responses(
    (status = 200, body = DevicesOfHolder),
    Problems, Missing,
))]
pub(super) async fn devices(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
) -> Result<Json<DevicesOfHolder>, Problem> {
    let held = devices::held(&*service.store, holder.person, service.clock.now()).await?;
    Ok(Json(DevicesOfHolder::of(held, Some(holder.device))))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SigningOff {
    /// Says that the device that asks is to be ended itself.
    #[serde(default)]
    this_device: bool,
}

/// Ends the device that asks, as long as its holder has another one with passes: its tokens and its passes,
/// at once and for good. Of any other one, and of the last, a token alone ends nothing.
#[utoipa::path(delete, path = "/v1/holder/devices/{id}", tag = "holder",
    operation_id = "sign_off_device", security(("holder" = [])),
    params(("id" = String, Path, description = "The device"), SigningOff), responses(
    (status = 204, description = "It is ended"),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn sign_off(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    QueryOf(SigningOff { this_device }): QueryOf<SigningOff>,
) -> Result<StatusCode, Problem> {
    devices::sign_off(&service, holder, read_path(id)?, this_device).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct DeviceEnding {
    /// A citizen code of the device that asks whose challenge is the device that is to be ended (audience
    /// `szid:devices`, nonce: the bytes of its id), drawn with at least tier 2.
    code: String,
    /// Says that the device that asks is to be ended itself.
    #[serde(default)]
    this_device: bool,
}

/// Ends a device, signed by one that is there: its tokens and its passes, at once and for good.
#[utoipa::path(post, path = "/v1/holder/devices/{id}/end", tag = "holder",
    operation_id = "end_device", security(("holder" = [])),
    params(("id" = String, Path, description = "The device")),
    request_body = DeviceEnding, responses(
    (status = 204, description = "It is ended"),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn end(
    ActiveDevice(holder): ActiveDevice,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(DeviceEnding { code, this_device }): JsonBody<DeviceEnding>,
) -> Result<StatusCode, Problem> {
    devices::end(&service, holder, read_path(id)?, this_device, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read_path(id: Result<Path<String>, PathRejection>) -> Result<DeviceId, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    read_device(&id).ok_or(Problem::NotFound)
}

pub(super) fn read_device(text: &str) -> Option<DeviceId> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(DeviceId)
}
