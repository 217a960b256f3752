//! What can go wrong around a verification: files, caches, documents. What is wrong with a code is a [`Reason`].

use szid_protocol::reason::Reason;

/// A fault of the verifier's own keeping. [`VerifierError::code`] is stable and listed in `docs/errors.md`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// A signed document was refused; what was held before still counts.
    #[error("the document was refused: {0}")]
    Document(Reason),
    /// A signed document lies this many seconds ahead of this clock. It is taken once the service has said for long enough
    /// that it is that late.
    #[error(
        "the document lies {0} s ahead of this clock, and is not taken until signed time says so for ten minutes"
    )]
    Ahead(u64),
    /// Something kept could not be read.
    #[error("a file could not be read")]
    Read(#[source] std::io::Error),
    /// Something could not be kept.
    #[error("a file could not be written")]
    Write(#[source] std::io::Error),
    /// A kept document is damaged: remove it and fetch the document again.
    #[error("the kept document {0} is damaged; remove it and synchronise")]
    CacheDamaged(String),
    /// The status cache is full of lists for days that are not over.
    #[error("the status cache is full of lists that still count")]
    StatusCacheFull,
    /// Another process uses the folder.
    #[error("the folder is in use by another process")]
    ReplayInUse,
    /// A file in the replay folder is not a log of this format.
    #[error("the file {0} is not a replay log of this version")]
    ReplayForeign(String),
    /// A replay log is damaged before its end: used codes may be missing, so it is not used.
    #[error("the replay log {0} is damaged")]
    ReplayDamaged(String),
}

impl VerifierError {
    /// Every code, for the catalogue.
    pub const CODES: &'static [&'static str] = &[
        "VERIFIER_DOCUMENT",
        "VERIFIER_DOCUMENT_AHEAD",
        "VERIFIER_READ",
        "VERIFIER_WRITE",
        "VERIFIER_CACHE_DAMAGED",
        "VERIFIER_STATUS_CACHE_FULL",
        "VERIFIER_REPLAY_IN_USE",
        "VERIFIER_REPLAY_FOREIGN",
        "VERIFIER_REPLAY_DAMAGED",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Document(_) => "VERIFIER_DOCUMENT",
            Self::Ahead(_) => "VERIFIER_DOCUMENT_AHEAD",
            Self::Read(_) => "VERIFIER_READ",
            Self::Write(_) => "VERIFIER_WRITE",
            Self::CacheDamaged(_) => "VERIFIER_CACHE_DAMAGED",
            Self::StatusCacheFull => "VERIFIER_STATUS_CACHE_FULL",
            Self::ReplayInUse => "VERIFIER_REPLAY_IN_USE",
            Self::ReplayForeign(_) => "VERIFIER_REPLAY_FOREIGN",
            Self::ReplayDamaged(_) => "VERIFIER_REPLAY_DAMAGED",
        }
    }

    /// Why a document was refused.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Document(reason) => Some(*reason),
            _ => None,
        }
    }
}

impl From<Reason> for VerifierError {
    fn from(reason: Reason) -> Self {
        Self::Document(reason)
    }
}
