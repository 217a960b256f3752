//! How a holder ends a device: its tokens and its passes, at once and for good.

use szid_register::{DeviceId, Session};

use super::approvals::{Asked, check_approval};
use super::fault::DeviceFault;
use crate::accounts::Accounts;
use crate::verification::Verification;

/// What a code that ends a device is for: no venue's id has a colon.
const AUDIENCE: &str = "szid:devices";

/// Ends the device that asks, as long as its holder has another one with passes. Of any other one, and of the
/// last, a token alone ends nothing.
pub(crate) async fn sign_off(
    accounts: &Accounts,
    holder: Session,
    device: DeviceId,
    this_device: bool,
) -> Result<(), DeviceFault> {
    if device != holder.device {
        return Err(DeviceFault::CodeRefused);
    }
    if !this_device {
        return Err(DeviceFault::ThisDevice);
    }
    if accounts.sign_off(holder).await? { Ok(()) } else { Err(DeviceFault::CodeRefused) }
}

/// Ends a device, by a code of the one that asks.
pub(crate) async fn end(
    accounts: &Accounts,
    verification: &Verification,
    holder: Session,
    device: DeviceId,
    this_device: bool,
    code: &str,
) -> Result<(), DeviceFault> {
    if device == holder.device && !this_device {
        return Err(DeviceFault::ThisDevice);
    }
    let asked = Asked { audience: AUDIENCE, id: &device.0 };
    check_approval(verification, holder, asked, code).await?;
    Ok(accounts.end_device(holder, device).await?)
}
