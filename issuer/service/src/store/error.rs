//! Why the store could not do what was asked.

use super::Mode;
use crate::entropy::EntropyError;

/// A store's refusal or failure. `code()` is stable and listed in `docs/errors.md`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk failed: nothing of this write was acknowledged, and no further one is taken until the disk does again.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// An earlier write failed. Reading goes on; writing does by itself once the disk takes something again.
    #[error("the store takes no writes since the disk failed: make room or mend it")]
    ReadOnly,
    /// The store is being opened anew after its disk had failed.
    #[error("the store is being opened anew after its disk had failed: try again")]
    Reopening,
    /// Room is scarce: what makes the register grow and protects nobody is not taken.
    #[error("the disk is nearly full: nothing new is taken until there is room")]
    LowWater,
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
    /// There is no register here: founding one is a deed of its own, see `szid admin found`.
    #[error(
        "there is no register in {0}: mount or restore the folder that holds it, or found a new one \
         with szid admin found"
    )]
    NoRegister(String),
    /// A register is founded in an empty place only.
    #[error("{0} is not empty: a register is founded in a place of its own")]
    Occupied(String),
    /// The key is another register's, or one that was replaced.
    #[error("register.key is not the key of this register: put the right one back")]
    WrongKey,
    /// A register of older software that was used with two keys, one after the other.
    #[error(
        "this older register was used with two keys: {opened} identities open with this register.key and {other} do not; \
         name the other one: szid admin register-key --data DIR --keys DIR --also OTHER-KEY-FILE"
    )]
    MixedKeys {
        /// Identities that the key opens.
        opened: u64,
        /// Those that it does not open.
        other: u64,
    },
    /// A register is served in the mode that it was founded in.
    #[error(
        "this register is for {register}, the service runs for {service}: correct demo_mode or data_dir"
    )]
    WrongMode {
        /// The register's mode.
        register: Mode,
        /// What was asked for.
        service: Mode,
    },
    /// A production register takes no organisation that was made up.
    #[error("a production register takes no fictional organisation")]
    Fictional,
    /// Another process has the store open.
    #[error("the store is in use by another process")]
    InUse,
    /// No such person, grant, token or venue.
    #[error("there is no such record")]
    NotFound,
    /// The account's state does not allow this.
    #[error("the account's state does not allow this")]
    AccountState,
    /// The account is frozen: nothing is issued, and no offer is made.
    #[error("the account is frozen")]
    AccountFrozen,
    /// Whoever acts has no good credential any more.
    #[error("whoever asks has no good credential any more")]
    Withdrawn,
    /// The person is enrolled already.
    #[error("the person is enrolled already")]
    Enrolled,
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
            Self::Reopening => "STORE_REOPENING",
            Self::LowWater => "STORE_LOW_WATER",
            Self::Busy => "STORE_BUSY",
            Self::Damaged(_) => "STORE_DAMAGED",
            Self::NewerFormat { .. } => "STORE_NEWER_FORMAT",
            Self::NoRegister(_) => "STORE_NO_REGISTER",
            Self::Occupied(_) => "STORE_OCCUPIED",
            Self::WrongKey => "STORE_WRONG_KEY",
            Self::MixedKeys { .. } => "STORE_MIXED_KEYS",
            Self::WrongMode { .. } => "STORE_WRONG_MODE",
            Self::Fictional => "STORE_FICTIONAL",
            Self::InUse => "STORE_IN_USE",
            Self::NotFound => "STORE_NOT_FOUND",
            Self::AccountState => "STORE_ACCOUNT_STATE",
            Self::AccountFrozen => "STORE_ACCOUNT_FROZEN",
            Self::Withdrawn => "STORE_WITHDRAWN",
            Self::Enrolled => "STORE_ENROLLED",
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
        "STORE_REOPENING",
        "STORE_LOW_WATER",
        "STORE_BUSY",
        "STORE_DAMAGED",
        "STORE_NEWER_FORMAT",
        "STORE_NO_REGISTER",
        "STORE_OCCUPIED",
        "STORE_WRONG_KEY",
        "STORE_MIXED_KEYS",
        "STORE_WRONG_MODE",
        "STORE_FICTIONAL",
        "STORE_IN_USE",
        "STORE_NOT_FOUND",
        "STORE_ACCOUNT_STATE",
        "STORE_ACCOUNT_FROZEN",
        "STORE_WITHDRAWN",
        "STORE_ENROLLED",
        "STORE_QUOTA",
        "STORE_EXHAUSTED",
        "STORE_ENTROPY",
        "STORE_CLOSED",
    ];
}
