//! UniFFI surface of the wallet core.
