//! The reasons that a record of a scan may have, with their words, as the operators' page offers them.

use std::sync::LazyLock;

use serde::Serialize;
use szid_protocol::reason::{Reason, Text};

#[derive(Serialize)]
struct Listed {
    code: &'static str,
    text: Text,
}

/// A JSON array of `{"code": ..., "text": {"zh": ..., "en": ...}}`, in the catalogue's order.
pub(crate) fn list() -> &'static str {
    static LIST: LazyLock<String> = LazyLock::new(|| {
        let recorded = Reason::ALL.iter().filter(|reason| !reason.leaves_a_count());
        let listed = recorded.map(|reason| Listed { code: reason.code(), text: reason.text() });
        // Plain texts always become JSON.
        serde_json::to_string(&listed.collect::<Vec<_>>()).unwrap_or_default()
    });
    &LIST
}
