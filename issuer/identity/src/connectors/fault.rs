//! Why a proof does not come about.

/// Why a proof does not come about. None says anything of the person but what stands in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The party does not answer, not in time, or is left in peace for a while: never a mismatch.
    #[error("the party that proves identities does not answer")]
    Unavailable,
    /// The party knows another name with this document.
    #[error("name and document do not belong together")]
    Mismatch,
    /// The party does not know the document.
    #[error("the document is not known there")]
    NotFound,
    /// The party says that the person is dead.
    #[error("the person is said to be dead")]
    Deceased,
    /// The party proves somebody, and it is somebody else.
    #[error("another person was proven")]
    OtherPerson,
    /// The way is none for documents of this class.
    #[error("documents of this class cannot be proven so")]
    Document,
    /// The person, or the party on their behalf, ended it.
    #[error("the proof was given up")]
    GivenUp,
    /// What the party proves is worth no level.
    #[error("what was proven is worth no level")]
    Level,
    /// The party's answer is not to be believed; what is wrong with it.
    #[error("the answer is not to be believed: {0}")]
    Answer(&'static str),
}

impl ProofFault {
    /// The word for it in audit and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Mismatch => "mismatch",
            Self::NotFound => "not_found",
            Self::Deceased => "deceased",
            Self::OtherPerson => "other_person",
            Self::Document => "document",
            Self::GivenUp => "given_up",
            Self::Level => "level",
            Self::Answer(_) => "answer",
        }
    }
}
