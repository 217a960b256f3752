//! A command that failed: what its terminal shows, in Chinese and English, and its exit code.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::Path;

use szid_issuer::Problem;
use szid_issuer::commands::CommandFault;
use szid_issuer::given::GivenFault;
use szid_protocol::reason::Reason;
use szid_protocol::told::{Tell, Told};

/// What to print, and the exit code. There is none without both languages.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The stable code, where it has one.
    code: String,
    zh: String,
    en: String,
    pub(crate) exit: u8,
}

impl Failure {
    /// The command was used wrongly, or a file that it names cannot be used.
    pub(crate) fn usage(zh: impl Display, en: impl Display) -> Self {
        Self { exit: 2, ..Self::failed(zh, en) }
    }

    /// The command could not do its work.
    pub(crate) fn failed(zh: impl Display, en: impl Display) -> Self {
        Self { code: String::new(), zh: zh.to_string(), en: en.to_string(), exit: 1 }
    }

    /// An error of the catalogue.
    pub(crate) fn told(error: impl Tell) -> Self {
        let Told { code, zh, en } = error.tell();
        Self::failed(zh, en).with_code(code)
    }

    /// What the administration's commands say themselves, with an exit code for each kind.
    pub(crate) fn of(fault: &CommandFault) -> Self {
        Self::told(fault).with_exit(fault.exit())
    }

    /// A problem of the service's interface, and what it is about.
    pub(crate) fn problem(problem: Problem, about: Option<&str>) -> Self {
        let (zh, en) = (problem.title_zh(), problem.title());
        Self::answered((zh, problem.detail_zh()), (en, problem.detail()), about)
            .with_code(problem.code())
    }

    /// The same as a service answers it: what happened and what to do, in both languages.
    pub(crate) fn answered(zh: (&str, &str), en: (&str, &str), about: Option<&str>) -> Self {
        match about {
            None => {
                Self::failed(format_args!("{}：{}", zh.0, zh.1), format_args!("{}: {}", en.0, en.1))
            }
            Some(about) => Self::failed(
                format_args!("{}（{about}）：{}", zh.0, zh.1),
                format_args!("{} ({about}): {}", en.0, en.1),
            ),
        }
    }

    /// An error of the system or of a library: it says what happened in its own words.
    pub(crate) fn system(error: impl Display) -> Self {
        let error = error.to_string();
        Self::failed(
            format_args!("未能完成：{error}"),
            format_args!("it could not be done: {error}"),
        )
    }

    /// The same of something that the command was given.
    pub(crate) fn unusable(error: impl Display) -> Self {
        let error = error.to_string();
        Self::usage(format_args!("无法使用：{error}"), format_args!("it cannot be used: {error}"))
    }

    /// Something that the command was given: it was used wrongly.
    pub(crate) fn given(fault: &GivenFault) -> Self {
        Self::told(fault).with_exit(2)
    }

    /// A file that cannot be read.
    pub(crate) fn unread(path: &Path, error: impl Display) -> Self {
        Self::given(&GivenFault::FileUnread(format!("{}: {error}", path.display())))
    }

    /// A file that cannot be written.
    pub(crate) fn unwritten(path: &Path, error: impl Display) -> Self {
        let path = path.display();
        Self::failed(
            format_args!("无法写入 {path}，请核对路径、权限和磁盘空间：{error}"),
            format_args!("cannot write {path}, check the path, its rights and the disk: {error}"),
        )
    }

    /// An address that cannot be listened on.
    pub(crate) fn unlistened(address: impl Display, error: &io::Error) -> Self {
        let what = format!("{address}: {error}");
        Self::given(&match error.kind() {
            io::ErrorKind::AddrInUse => GivenFault::ListenInUse(what),
            _ => GivenFault::ListenFailed(what),
        })
    }

    /// A signed document that is refused.
    pub(crate) fn refused(path: &Path, reason: Reason) -> Self {
        let (path, text) = (path.display(), reason.text());
        Self::usage(
            format_args!("{path} 被拒绝：{}", text.zh),
            format_args!("{path} is refused: {}", text.en),
        )
        .with_code(reason.code())
    }

    /// With a stable code.
    pub(crate) fn with_code(self, code: impl Into<String>) -> Self {
        Self { code: code.into(), ..self }
    }

    /// And this besides.
    pub(crate) fn with_more(self, zh: impl Display, en: impl Display) -> Self {
        Self { zh: format!("{}。{zh}", self.zh), en: format!("{}; {en}", self.en), ..self }
    }

    /// With lines of a library's below, which speaks English.
    pub(crate) fn with_english(self, more: impl Display) -> Self {
        Self { en: format!("{}{more}", self.en), ..self }
    }

    /// Whether it has this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// With another exit code.
    pub(crate) fn with_exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    /// Of this file.
    pub(crate) fn at(self, path: &Path) -> Self {
        let path = path.display();
        Self { zh: format!("{path}：{}", self.zh), en: format!("{path}: {}", self.en), ..self }
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { code, zh, en, .. } = self;
        let gap = if code.is_empty() { "" } else { " " };
        write!(formatter, "{code}{gap}{zh}\n  {en}")
    }
}
