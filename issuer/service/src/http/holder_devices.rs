//! The holder's devices: seen and ended by their holder.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use szid_api::devices::{DeviceEnding, DeviceOfHolder, DevicesOfHolder, EndedDevice};
use szid_api::paths;
use szid_register::DeviceId;

use super::auth::{ActiveDevice, HolderDevice};
use super::body::JsonBody;
use super::holder::wire_account;
use super::query::QueryOf;
use super::refusals::{Conflict, Missing, Problems, Unprocessable};
use super::{App, Problem};
use crate::devices::{self, Held, HeldDevice, named};

/// A device of a person, as it is told to the one that asks.
pub(super) fn wire_device(
    device: szid_register::HolderDevice,
    this: Option<DeviceId>,
) -> DeviceOfHolder {
    DeviceOfHolder {
        id: write_device(device.id),
        name: named(device.name),
        created_at: device.created_at,
        last_used_at: device.last_used_at,
        this_device: this == Some(device.id),
        stopped: false,
    }
}

/// A device's opaque name, as it is written.
pub(super) fn write_device(id: DeviceId) -> String {
    BASE64URL_NOPAD.encode(&id.0)
}

/// A person's devices, as a holder sees them from one of theirs, or a counter from none.
pub(super) fn wire_devices(held: Held, this: Option<DeviceId>) -> DevicesOfHolder {
    let device =
        |HeldDevice { device, stopped }| DeviceOfHolder { stopped, ..wire_device(device, this) };
    let ended = held.ended.into_iter().filter_map(|device| {
        let szid_register::Ended { at, why } = device.ended?;
        let device = wire_device(device, this);
        Some(EndedDevice { device, ended_at: at, why: why.word().into() })
    });
    DevicesOfHolder {
        account: this.is_none().then(|| wire_account(held.account)),
        devices: held.devices.into_iter().map(device).collect(),
        ended: ended.collect(),
    }
}

/// The holder's devices.
#[utoipa::path(get, path = paths::DEVICES, tag = "holder",
    operation_id = "holder_devices", security(("holder" = [])), responses(
    (status = 200, body = DevicesOfHolder),
    Problems, Missing,
))]
pub(super) async fn devices(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
) -> Result<Json<DevicesOfHolder>, Problem> {
    let held =
        devices::held(&*service.common.store, holder.person, service.common.clock.now()).await?;
    Ok(Json(wire_devices(held, Some(holder.device))))
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
#[utoipa::path(delete, path = paths::DEVICE, tag = "holder",
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
    devices::sign_off(&service.accounts, holder, read_path(id)?, this_device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a device, signed by one that is there: its tokens and its passes, at once and for good.
#[utoipa::path(post, path = paths::DEVICE_END, tag = "holder",
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
    devices::end(
        &service.accounts,
        &service.verification,
        holder,
        read_path(id)?,
        this_device,
        &code,
    )
    .await?;
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
