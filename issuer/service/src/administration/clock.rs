//! An administrator's word that the service's clock is right.

use super::AdministrationFault;
use crate::clock_guard::may_confirm;
use crate::shared::Common;

/// Takes the word that the clock is right as it is, by somebody who names its step where it is far off.
pub(crate) async fn confirm_clock(
    common: &Common,
    name: String,
    step: Option<i64>,
) -> Result<(), AdministrationFault> {
    if !may_confirm(common.look_at_clock().1.step(), step) {
        return Err(AdministrationFault::ClockFar);
    }
    common.confirm_clock(name).await?;
    Ok(())
}
