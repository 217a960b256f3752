//! Why the store could not do what was asked.

use crate::entropy::EntropyError;

/// A store's refusal or failure. `code()` is stable and listed in `docs/errors.md`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk failed: nothing of this write was acknowledged, and no further one is taken until the store is opened anew.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// An earlier write failed. Reading goes on; writing does after the store was opened anew.
    #[error(
        "the store takes no writes since the disk failed: make room or mend it, then start again"
    )]
    ReadOnly,
    /// More writes wait than memory is set aside for.
    #[error("too many writes are waiting for the disk: try again")]
    Busy,
    /// Something read back is not what was written.
    #[error("a record of the store is damaged: {0}")]
    Damaged(&'static str),
    /// The store was made by newer software.
    #[error("the store has format {found}, this software knows {known}: update the software")]
    NewerFormat {
        /// The format on disk.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Another process has the store open.
    #[error("the store is in use by another process")]
    InUse,
    /// No such person, grant, token or venue.
    #[error("there is no such record")]
    NotFound,
    /// The account's state does not allow this.
    #[error("the account's state does not allow this")]
    AccountState,
    /// More passes were asked for than a person may hold for one day.
    #[error("the quota for this day is used up")]
    Quota,
    /// The day has no free status index left.
    #[error("no status index is left for this day")]
    Exhausted,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "STORE_DISK",
            Self::ReadOnly => "STORE_READ_ONLY",
            Self::Busy => "STORE_BUSY",
            Self::Damaged(_) => "STORE_DAMAGED",
            Self::NewerFormat { .. } => "STORE_NEWER_FORMAT",
            Self::InUse => "STORE_IN_USE",
            Self::NotFound => "STORE_NOT_FOUND",
            Self::AccountState => "STORE_ACCOUNT_STATE",
            Self::Quota => "STORE_QUOTA",
            Self::Exhausted => "STORE_EXHAUSTED",
            Self::Entropy(_) => "STORE_ENTROPY",
            Self::Closed => "STORE_CLOSED",
        }
    }

    /// Every code, for the catalogue.
    pub const CODES: &'static [&'static str] = &[
        "STORE_DISK",
        "STORE_READ_ONLY",
        "STORE_BUSY",
        "STORE_DAMAGED",
        "STORE_NEWER_FORMAT",
        "STORE_IN_USE",
        "STORE_NOT_FOUND",
        "STORE_ACCOUNT_STATE",
        "STORE_QUOTA",
        "STORE_EXHAUSTED",
        "STORE_ENTROPY",
        "STORE_CLOSED",
    ];
}
