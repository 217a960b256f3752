//! Why a proof does not come about.

use szid_protocol::told::{Tell, Told, catalogue};

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

catalogue! { ProofFault:
    Self::Unavailable => "PROOF_UNAVAILABLE", "认证机构暂无答复", "请稍后再试，或改用其他认证方式；现有等级不受影响", "try again later or use another way; your level stays as it is";
    Self::Mismatch => "PROOF_MISMATCH", "姓名与证件号码未能对应", "请到服务窗口核对登记的姓名和证件号码", "have a service counter compare name and number as they are kept with your document";
    // Which of the two it is, a clerk finds out: not whoever holds the phone.
    Self::NotFound | Self::Deceased => "PROOF_UNKNOWN", "认证机构不能确认此证件", "请携带证件到服务窗口办理", "go to a service counter with your document";
    Self::OtherPerson => "PROOF_PERSON", "认证的是另一人", "请用本人的账号登录后再试；登记信息有误的，请到服务窗口更正", "log in there as yourself and try again; where what is kept of you is wrong, have a service counter correct it";
    Self::Document => "PROOF_DOCUMENT", "此方式不适用于您的证件", "请改用其他认证方式，或到服务窗口办理", "use another way, or go to a service counter";
    Self::GivenUp => "PROOF_GIVEN_UP", "认证已取消", "需要时请重新开始；现有等级不受影响", "begin again if you want to; your level stays as it is";
    Self::Level => "PROOF_LEVEL", "所用登录方式的强度不够", "请在该机构改用更强的登录方式后再试", "use a stronger way of logging in there, and try again";
    Self::Answer(_) => "PROOF_ANSWER", "认证机构的答复不可信", "请改用其他认证方式，或到服务窗口办理；服务运行人员已得到通知", "use another way or go to a service counter; the operator is told";
}

impl Tell for ProofFault {
    /// As its holder is told: no particulars.
    fn tell(&self) -> Told {
        let what = match self {
            Self::NotFound | Self::Deceased => "the document cannot be confirmed there",
            Self::Answer(_) => "the answer is not to be believed",
            other => return Told::of(other.row(), other, ""),
        };
        Told::of(self.row(), &what, "")
    }
}
