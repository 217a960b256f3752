//! The keys that sign in a service's name, as the command line and the files call them.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use szid_protocol::trust::Purpose;

/// One of a service's signing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyName {
    Pass,
    Status,
    Scenes,
    Time,
    Venue,
    Receipt,
}

impl KeyName {
    pub(super) const ALL: [Self; 6] =
        [Self::Pass, Self::Status, Self::Scenes, Self::Time, Self::Venue, Self::Receipt];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Status => "status",
            Self::Scenes => "scenes",
            Self::Time => "time",
            Self::Venue => "venue",
            Self::Receipt => "receipt",
        }
    }

    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::Pass => Purpose::Pass,
            Self::Status => Purpose::Status,
            Self::Scenes => Purpose::Scenes,
            Self::Time => Purpose::Time,
            Self::Venue => Purpose::Venue,
            Self::Receipt => Purpose::Receipt,
        }
    }

    /// For how many days after its last signature something that the key signed may be shown.
    pub(super) const fn days_of_use(self) -> u64 {
        match self {
            // A wallet gets passes for today and 14 days ahead.
            Self::Pass => 16,
            // Scene policies are good for 30 days, status lists and the time for less.
            Self::Status | Self::Scenes | Self::Time => 32,
            // Printed codes hang, and citizens keep receipts, for about a year.
            Self::Venue | Self::Receipt => 400,
        }
    }

    /// The key's file in a folder.
    pub(super) fn file(self, folder: &Path) -> PathBuf {
        folder.join(self.word()).with_extension("pem")
    }
}

/// Reads a name for `--rotate`; the register's key is told apart, since another command replaces it.
pub(super) fn parse_rotated(name: &str) -> Result<KeyName, String> {
    if name == "register" {
        return Err("register.key 用另一条命令更换 · register.key wraps the register's data secret: replace it with \
                    szid admin register-key --rotate --data DIR --keys DIR"
            .into());
    }
    KeyName::from_str(name, false)
        .map_err(|_| format!("请使用 · one of {}", KeyName::ALL.map(KeyName::word).join(", ")))
}
