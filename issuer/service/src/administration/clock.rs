//! An administrator's word that the service's clock is right.

use super::AdministrationFault;
use crate::clock_guard::may_confirm;
use crate::service::Service;

/// Takes the word that the clock is right as it is, by somebody who names its step where it is far off.
pub(crate) async fn confirm_clock(
    service: &Service,
    name: String,
    step: Option<i64>,
) -> Result<(), AdministrationFault> {
    if !may_confirm(service.common.look_at_clock().1.step(), step) {
        return Err(AdministrationFault::ClockFar);
    }
    service.common.confirm_clock(name).await?;
    Ok(())
}
