//! How much one request may hold, and how long one may wait.

/// How long before an identity level falls its holder is told how to keep it, seconds: thirty days.
pub const LEVEL_TOLD_BEFORE: u64 = 30 * 86_400;
/// The longest that a request is held open for what it waits for, seconds.
pub const MAX_WAIT_SECONDS: u64 = 25;
/// The most proofs by device keys of passes beside a request: one that the register knows is enough.
pub const MAX_KEY_PROOFS: usize = 16;
/// The most receipts of one upload.
pub const MAX_RECEIPTS: usize = 100;
