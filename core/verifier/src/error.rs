//! What can go wrong around a verification: files, caches, documents. What is wrong with a code is a
//! [`Reason`].

use szid_protocol::reason::{Reason, Text};
use szid_protocol::told::{Particulars, Tell, Told};

/// A fault of the verifier's own keeping. [`VerifierError::code`] is stable and listed in `docs/errors.md`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// A signed document was refused; what was held before still counts.
    #[error("the document was refused: {0}")]
    Document(Reason),
    /// A signed document lies this many seconds ahead of this clock. It is taken once the service has said
    /// for long enough that it is that late.
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
    #[error("the folder is in use by this or another process")]
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

    /// What to do.
    pub const fn advice(&self) -> Text {
        let (zh, en) = match self {
            Self::Document(_) => (
                "签名文件被拒绝，原先的仍然有效；原因见其代码",
                "a signed document was refused; its own reason says why",
            ),
            Self::Ahead(_) => (
                "签名文件的时间超前于本机时钟过多；服务持续十分钟给出这样的时间后才会采信：若反复出现，请核对本机与服务的时钟",
                "a signed document lies ahead of this clock by more than clocks may differ; it is taken once the service has said for ten minutes that it is that late: if it keeps coming, compare this clock and the service's",
            ),
            Self::Read(_) => (
                "无法读取缓存或防重放记录：请检查磁盘",
                "the cache or the memory of used codes cannot be read: check the disk",
            ),
            Self::Write(_) => (
                "无法写入：请检查磁盘；已采信的在下次启动之前有效",
                "it cannot be written: check the disk; what was taken counts until the next start",
            ),
            Self::CacheDamaged(_) => (
                "保存的文件已损坏：请删除该文件后重新同步",
                "a kept document is damaged: remove its file and synchronise",
            ),
            Self::StatusCacheFull => (
                "状态清单数量超出设置：请调高上限",
                "more status lists than the set-up allows: raise it",
            ),
            Self::ReplayInUse => (
                "防重放记录已由本进程或另一进程打开：请先在那里关闭",
                "this or another process has the memory of used codes open: close it there",
            ),
            Self::ReplayForeign(_) => (
                "防重放记录的目录中有其他文件：请将其移走",
                "a file of the memory of used codes is not one of its own: move it away",
            ),
            Self::ReplayDamaged(_) => (
                "防重放记录的文件已损坏：请将其移走，等待两分钟后再扫码",
                "a file of the memory of used codes is damaged: move it away and wait two minutes before scanning",
            ),
        };
        Text { zh, en }
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

impl Tell for VerifierError {
    fn tell(&self) -> Told {
        let advice = self.advice();
        let en = format!("{self}: {}", advice.en);
        Told { code: self.code(), zh: advice.zh.into(), en }
    }
}

impl From<VerifierError> for Particulars {
    fn from(error: VerifierError) -> Self {
        let Told { code, zh, en } = error.tell();
        Self { zh: format!("{code} {zh}"), en: format!("{code} {en}") }
    }
}
