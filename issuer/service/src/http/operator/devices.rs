//! The venue's devices and their credentials. Withdrawing protects, and takes one person; giving takes two.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::CredentialId;

use super::read_bytes;
use crate::access::Operator;
use crate::http::auth::Manager;
use crate::http::problem::Refusal;
use crate::http::query::{QueryOf, read_where_given};
use crate::http::refusals::{Conflict, Problems};
use crate::http::{App, Problem};
use crate::operators::{self, DevicePage, Placed};

/// Longer than any label in use.
const MAX_AFTER: usize = 400;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DevicesAsked {
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DeviceView {
    /// The device's label; a device may have several credentials.
    device: String,
    /// Names the credential: no secret.
    credential: String,
    /// `good` or `withdrawn`.
    state: &'static str,
    /// Whether the device has a registered key for receipts.
    gate_key: bool,
    /// The id of the site where the device stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    /// The scenes that the device is narrowed to; none for all of the venue's.
    scenes: Vec<u16>,
}

impl From<Placed> for DeviceView {
    fn from(placed: Placed) -> Self {
        let Placed { credential, site, site_name, scenes } = placed;
        Self {
            device: credential.device,
            credential: BASE64URL_NOPAD.encode(&credential.id),
            state: if credential.revoked { "withdrawn" } else { "good" },
            gate_key: credential.gate,
            site,
            site_name,
            scenes,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Devices {
    /// By device, at most 200.
    devices: Vec<DeviceView>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

type Answered = Json<Devices>;

/// The venue's devices, with every credential that they have or had.
#[utoipa::path(get, path = "/v1/operator/devices", tag = "operator",
    operation_id = "operator_devices", params(DevicesAsked),
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 200, body = Devices),
    Problems,
))]
pub(crate) async fn devices(
    caller: Operator,
    State(service): State<App>,
    QueryOf(DevicesAsked { after }): QueryOf<DevicesAsked>,
) -> Result<Answered, Refusal> {
    let after = read_where_given(after.as_deref(), "after", read_place)?;
    let DevicePage { devices, next } =
        operators::devices(&*service.common.store, &caller.venue.id, after).await?;
    let write = |(device, id): (String, CredentialId)| [id.as_slice(), device.as_bytes()].concat();
    let next = next.map(|next| BASE64URL_NOPAD.encode(&write(next)));
    Ok(Json(Devices { devices: devices.into_iter().map(Into::into).collect(), next }))
}

fn read_place(text: &str) -> Option<(String, CredentialId)> {
    if text.len() > MAX_AFTER {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (id, device) = bytes.split_first_chunk::<16>()?;
    Some((String::from_utf8(device.to_vec()).ok()?, *id))
}

/// Withdraws a device's credential, at once: what it is about to scan is refused. Again, it changes nothing.
#[utoipa::path(post, path = "/v1/operator/credentials/{id}/withdraw", tag = "operator",
    operation_id = "withdraw_device_credential",
    params(("id" = String, Path, description = "The credential, as the list names it")),
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 200, body = DeviceView),
    Problems, Conflict,
))]
pub(crate) async fn withdraw(
    Manager(caller): Manager,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<DeviceView>, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let id: CredentialId = read_bytes(&id).ok_or(Problem::NotFound)?;
    let now = service.common.clock.now();
    Ok(Json(operators::withdraw(&*service.common.store, caller, id, now).await?.into()))
}
