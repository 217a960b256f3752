//! What operators are told, in Chinese and English: an error's stable code, what happened, and what to do.

use std::fmt::{self, Display, Formatter};

use crate::error::EncodeError;
use crate::reason::{Reason, Text};

/// What the catalogue says of one kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The stable code, listed in `docs/errors.md`.
    pub code: &'static str,
    /// What happened, in Chinese; in English the error's own text says it.
    pub what_zh: &'static str,
    /// What to do.
    pub advice: Text,
}

impl Row {
    /// As it is told of one error, with its particulars: a path, a reason of the system's.
    pub fn told(&self, error: &dyn Display, particulars: &str) -> Told {
        let Self { code, what_zh, advice } = self;
        let zh = match particulars {
            "" => format!("{what_zh}。{}", advice.zh),
            particulars => format!("{what_zh}（{particulars}）。{}", advice.zh),
        };
        Told { code, zh, en: format!("{error}: {}", advice.en) }
    }
}

/// What an error names besides what its kind says, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Particulars {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Display for Particulars {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.en)
    }
}

impl From<Text> for Particulars {
    fn from(Text { zh, en }: Text) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl From<Reason> for Particulars {
    fn from(reason: Reason) -> Self {
        let (code, Text { zh, en }) = (reason.code(), reason.text());
        Self { zh: format!("{code} {zh}"), en: format!("{code} {en}") }
    }
}

impl From<EncodeError> for Particulars {
    fn from(error: EncodeError) -> Self {
        let (code, Text { zh, en }) = (error.code(), error.advice());
        Self { zh: format!("{code} {zh}"), en: format!("{code} {en}") }
    }
}

/// An error as a terminal shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The stable code.
    pub code: &'static str,
    /// What happened and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Told {
    /// An error with its row, which every error has that stands for no other one.
    pub fn of(row: Option<&Row>, error: &dyn Display, particulars: &str) -> Self {
        match row {
            Some(row) => row.told(error, particulars),
            None => Self { code: "", zh: error.to_string(), en: error.to_string() },
        }
    }
}

impl Display for Told {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { code, zh, en } = self;
        write!(formatter, "{code} {zh}\n  {en}")
    }
}

/// An error that an operator is told of.
pub trait Tell {
    /// In both languages, with what to do.
    fn tell(&self) -> Told;
}

impl<T: Tell> Tell for &T {
    fn tell(&self) -> Told {
        (*self).tell()
    }
}

/// One table for an error's codes and texts: `pattern => code, what happened (Chinese), what to do (Chinese,
/// English)`.
#[macro_export]
macro_rules! catalogue {
    ($error:ident: $($case:pat => $code:literal, $what:expr, $zh:expr, $en:expr;)+) => {
        impl $error {
            /// Every row of the catalogue.
            pub const ROWS: &'static [$crate::told::Row] = &[$($crate::told::Row {
                code: $code,
                what_zh: $what,
                advice: $crate::reason::Text { zh: $zh, en: $en },
            }),+];

            /// What the catalogue says of it; nothing where the error under it has a row of its own.
            #[allow(unreachable_patterns, reason = "not every error stands for another one")]
            pub fn row(&self) -> Option<&'static $crate::told::Row> {
                let code = match self { $($case => $code,)+ _ => return None };
                Self::ROWS.iter().find(|row| row.code == code)
            }
        }
    };
}
pub use catalogue;
