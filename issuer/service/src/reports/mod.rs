//! What holders report: a use of their identity that was not theirs, and a loss.

mod fault;
mod losses;
mod uses;

pub(crate) use fault::ReportFault;
pub(crate) use losses::report_loss;
pub(crate) use uses::report_use;
