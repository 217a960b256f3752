//! What serde says of texts that it cannot read.

/// The name of the member or parameter that serde found missing, where that is what it says.
pub(crate) fn missing_field(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.split('`').next()
}
