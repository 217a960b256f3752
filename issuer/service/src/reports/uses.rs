//! Reports of uses that were not the holder's, from the list of uses.

use szid_register::{ReceiptId, ReportedWhen, Session, UseReport};

use super::ReportFault;
use crate::access::{Access, Payer};

/// Keeps that a holder did not make or expect a use. Reported again it changes nothing.
pub(crate) async fn report_use(
    access: &Access,
    holder: Session,
    receipt: ReceiptId,
) -> Result<(), ReportFault> {
    let Session { person, device } = holder;
    access.pay(Payer::Device(device), 1)?;
    match access.common.store.report_use(person, receipt, access.common.clock.now()).await? {
        UseReport::Kept => access.common.metrics.use_reported(ReportedWhen::Listed),
        UseReport::Known => {}
        UseReport::Spent => {
            access.common.metrics.limited("reports");
            return Err(ReportFault::Spent);
        }
    }
    Ok(())
}
