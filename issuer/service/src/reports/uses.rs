//! Reports of uses that were not the holder's, from the list of uses.

use szid_register::{ReceiptId, ReportedWhen, Session, UseReport};

use super::ReportFault;
use crate::access::Payer;
use crate::service::Service;

/// Keeps that a holder did not make or expect a use. Reported again it changes nothing.
pub(crate) async fn report_use(
    service: &Service,
    holder: Session,
    receipt: ReceiptId,
) -> Result<(), ReportFault> {
    let Session { person, device } = holder;
    service.access.code_rates.take(Payer::Device(device), 1, &service.common.metrics)?;
    match service.common.store.report_use(person, receipt, service.common.clock.now()).await? {
        UseReport::Kept => service.common.metrics.use_reported(ReportedWhen::Listed),
        UseReport::Known => {}
        UseReport::Spent => {
            service.common.metrics.limited("reports");
            return Err(ReportFault::Spent);
        }
    }
    Ok(())
}
