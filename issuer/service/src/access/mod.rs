//! Who asks, and how much at once: what `http` and the flows both know of sessions, devices, holders, rates
//! and places to wait.

mod admission;
mod credentials;
mod devices;
mod fault;
mod holders;
mod operators;
mod rates;
mod sessions;

use std::sync::Arc;

pub(crate) use admission::{Admission, Room, Rooms, WaitsFor};
pub(crate) use credentials::bearer;
pub(crate) use devices::{KnownDevices, VenueDevice, still_admitted, venue_device};
pub(crate) use fault::AccessFault;
pub(crate) use holders::{check_active, session, still_active};
pub(crate) use operators::{Operator, administrator, operator};
pub(crate) use rates::{CodeRates, Payer, Rates, Wait};
pub(crate) use sessions::{Living, Opened, SECRET_BYTES, SESSION_SECONDS, Sessions};
pub(crate) use szid_api::limits::MAX_WAIT_SECONDS;

use crate::shared::Common;

/// What is known of those who ask, beside the register.
pub(crate) struct Access {
    pub(crate) common: Arc<Common>,
    pub(crate) devices: KnownDevices,
    /// Those of the desk console.
    pub(crate) sessions: Sessions,
    /// Those of the operators' page.
    pub(crate) operator_sessions: Sessions,
    pub(crate) code_rates: CodeRates,
}

impl Access {
    /// Counts codes towards whoever brings them.
    pub(crate) fn pay(&self, payer: Payer, codes: usize) -> Result<(), Wait> {
        self.code_rates.take(payer, codes, &self.common.metrics)
    }
}
