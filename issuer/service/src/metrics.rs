//! What an operator watches, in Prometheus' text form. Nothing here names a person or a venue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use szid_register::ReportedWhen;

use crate::health::Condition;

/// Upper bounds in seconds: from an answer out of memory to the time limit.
const SECONDS: [f64; 11] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    /// The route as it is registered, never the address that was asked for.
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Scan {
    decision: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReceiptOutcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProofOutcome {
    /// A name of the configuration.
    connector: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UseReported {
    when: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Held {
    code: &'static str,
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Folder {
    folder: &'static str,
}

/// The metrics of one service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    scans: Family<Scan, Counter>,
    limited: Family<Refusal, Counter>,
    pub(crate) passes_issued: Counter,
    pub(crate) persons_enrolled: Counter,
    pub(crate) double_uses: Counter,
    uses_reported: Family<UseReported, Counter>,
    receipts: Family<ReceiptOutcome, Counter>,
    proofs: Family<ProofOutcome, Counter>,
    pub(crate) receipt_gaps: Counter,
    pub(crate) unreadable_scans: Counter,
    disk_free: Family<Folder, Gauge>,
    pub(crate) in_flight: Gauge,
    pub(crate) clock_step: Gauge,
    pub(crate) clock_checked: Gauge,
    trust_expires: Gauge,
    conditions: Family<Held, Gauge>,
    log_lines_dropped: Counter,
    /// Where the log counts them.
    dropped_by_log: Arc<AtomicU64>,
}

impl Metrics {
    pub(crate) fn new(dropped_by_log: Arc<AtomicU64>) -> Self {
        let mut registry = Registry::with_prefix("szid");
        let requests = Family::default();
        let make: fn() -> Histogram = || Histogram::new(SECONDS);
        let seconds = Family::new_with_constructor(make);
        let (scans, limited) = (Family::default(), Family::default());
        let (passes_issued, persons_enrolled) = (Counter::default(), Counter::default());
        let double_uses = Counter::default();
        let (in_flight, trust_expires) = (Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer",
            Unit::Seconds,
            Family::clone(&seconds),
        );
        registry.register("http_requests_in_flight", "Requests being answered", in_flight.clone());
        registry.register("scans", "Scans answered with a verdict", scans.clone());
        registry.register("requests_limited", "Requests refused by a limit", limited.clone());
        registry.register("passes_issued", "Passes issued", passes_issued.clone());
        registry.register("persons_enrolled", "Enrolments at a counter", persons_enrolled.clone());
        registry.register(
            "double_uses",
            "Codes that two devices accepted, one of them without connection",
            double_uses.clone(),
        );
        let uses_reported = Family::default();
        registry.register(
            "uses_reported",
            "Uses that citizens reported as unexpected: when they were asked, or from their list",
            Family::clone(&uses_reported),
        );
        let (receipts, receipt_gaps) = (Family::default(), Counter::default());
        registry.register(
            "receipts",
            "Receipts of devices without connection: proven, unproven, known, or why one was set aside",
            Family::clone(&receipts),
        );
        let proofs = Family::default();
        registry.register(
            "proofs",
            "Proofs of identity by connectors: proven, or why not",
            Family::clone(&proofs),
        );
        registry.register("receipt_gaps", "Gaps in devices' numbers", receipt_gaps.clone());
        registry.register(
            "trust_list_expiry_timestamp_seconds",
            "When the trust list in force runs out, Unix seconds",
            trust_expires.clone(),
        );
        let (clock_step, clock_checked) = (Gauge::default(), Gauge::default());
        registry.register_with_unit(
            "clock_step",
            "By how much the clock is ahead of where it should be, below 0 for behind, 0 for where it should be",
            Unit::Seconds,
            clock_step.clone(),
        );
        registry.register(
            "clock_checked",
            "1 while the clock has agreed with the monotonic one long enough to forget by it",
            clock_checked.clone(),
        );
        let (unreadable_scans, disk_free) = (Counter::default(), Family::default());
        registry.register(
            "unreadable_scans",
            "Scans of what is no code of this city: counted, and told to the audit once a minute for each device",
            unreadable_scans.clone(),
        );
        registry.register_with_unit(
            "disk_free",
            "Free space on the file system of a folder, for this user",
            Unit::Bytes,
            Family::clone(&disk_free),
        );
        let conditions = Family::default();
        registry.register(
            "condition",
            "1 while a condition holds that an operator has to look at",
            Family::clone(&conditions),
        );
        let log_lines_dropped = Counter::default();
        registry.register(
            "log_lines_dropped",
            "Lines of the log that nobody took or no disk had room for",
            log_lines_dropped.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            scans,
            limited,
            passes_issued,
            persons_enrolled,
            double_uses,
            uses_reported,
            receipts,
            proofs,
            receipt_gaps,
            unreadable_scans,
            disk_free,
            in_flight,
            clock_step,
            clock_checked,
            trust_expires,
            conditions,
            log_lines_dropped,
            dropped_by_log,
        }
    }

    pub(crate) fn answered(&self, route: &str, method: &'static str, status: u16, time: Duration) {
        let request = Request { route: route.into(), method, status };
        self.requests.get_or_create(&request).inc();
        self.seconds.get_or_create(&Route { route: route.into() }).observe(time.as_secs_f64());
    }

    pub(crate) fn scanned(&self, accepted: bool, reason: &'static str) {
        let decision = if accepted { "accept" } else { "refuse" };
        self.scans.get_or_create(&Scan { decision, reason }).inc();
    }

    pub(crate) fn receipts(&self, outcome: &'static str, count: u64) {
        self.receipts.get_or_create(&ReceiptOutcome { outcome }).inc_by(count);
    }

    pub(crate) fn proof(&self, connector: &str, outcome: &'static str) {
        let connector = connector.to_owned();
        self.proofs.get_or_create(&ProofOutcome { connector, outcome }).inc();
    }

    pub(crate) fn use_reported(&self, when: ReportedWhen) {
        self.uses_reported.get_or_create(&UseReported { when: when.word() }).inc();
    }

    pub(crate) fn disk_free(&self, folder: &'static str, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.disk_free.get_or_create(&Folder { folder }).set(bytes);
    }

    pub(crate) fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&Refusal { limit }).inc();
    }

    /// The text form, with the second at which the trust list in force runs out; empty if it cannot be
    /// written.
    pub(crate) fn text(&self, trust_expires: u64, conditions: &[Condition]) -> String {
        for condition in Condition::ALL {
            let held = Held { code: condition.code(), severity: condition.severity().word() };
            self.conditions.get_or_create(&held).set(conditions.contains(condition).into());
        }
        let dropped = self.dropped_by_log.load(Ordering::Relaxed);
        self.log_lines_dropped.inner().store(dropped, Ordering::Relaxed);
        self.trust_expires.set(i64::try_from(trust_expires).unwrap_or(i64::MAX));
        let mut text = String::with_capacity(8 * 1024);
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }
}
