//! What every flow may work with.

use std::sync::Arc;

use szid_register::Store;
use szid_register::entropy::Entropy;
use szid_register::register_key::RegisterKey;

use crate::clock::Clock;
use crate::clock_watch::ClockWatch;
use crate::health::Health;
use crate::metrics::Metrics;

/// The parts that nearly every flow needs: the register and its key, time, randomness, and what the operator
/// is told.
pub(crate) struct Common {
    pub(crate) base_url: String,
    pub(crate) demo_mode: bool,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) register_key: RegisterKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clock_watch: ClockWatch,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
}
