//! The configuration file of `szid gate`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use szid_verifier::scanner::{MAX_FRAME, Scanner};

use crate::{Failure, read_toml};

/// Every setting, explained.
pub(super) const EXAMPLE: &str = include_str!("../../gate.example.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) service: String,
    pub(super) venue: String,
    pub(super) device: String,
    pub(super) scene: u16,
    pub(super) roots: Vec<PathBuf>,
    pub(super) key: PathBuf,
    pub(super) data_dir: PathBuf,
    #[serde(default = "default_listen")]
    pub(super) listen: String,
    #[serde(default = "default_used_codes")]
    pub(super) used_codes: usize,
    #[serde(default)]
    scanner_prefix: String,
    #[serde(default)]
    scanner_suffix: String,
    pub(super) webhook: Option<String>,
    pub(super) webhook_secret: Option<PathBuf>,
    #[serde(default = "default_log")]
    pub(super) log: String,
}

fn default_listen() -> String {
    "127.0.0.1:8090".into()
}

fn default_used_codes() -> usize {
    1_000_000
}

fn default_log() -> String {
    "info".into()
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut config: Self = read_toml(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = [&mut config.data_dir, &mut config.key];
        for part in paths.into_iter().chain(&mut config.roots).chain(&mut config.webhook_secret) {
            *part = folder.join(&*part);
        }
        if config.scanner_prefix.len().max(config.scanner_suffix.len()) > MAX_FRAME {
            return Err(Failure::usage(
                format_args!("scanner_prefix 和 scanner_suffix 各不超过{MAX_FRAME}字节"),
                format_args!(
                    "scanner_prefix and scanner_suffix have at most {MAX_FRAME} bytes each"
                ),
            ));
        }
        Ok(config)
    }

    /// What the scanner puts around each scan.
    pub(super) fn scanner(&self) -> Scanner {
        let (prefix, suffix) = (self.scanner_prefix.clone(), self.scanner_suffix.clone());
        Scanner { prefix, suffix }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.toml");
        std::fs::write(&path, EXAMPLE).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.data_dir, folder.path().join("gate-data"));
        assert_eq!((config.listen, config.used_codes), (default_listen(), default_used_codes()));
    }

    #[test]
    fn a_scanner_is_set_up_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.toml");
        let read = |prefix: &str| {
            let scanner = format!("scanner_prefix = \"{prefix}\"\nscanner_suffix = '99'\n");
            std::fs::write(&path, format!("{EXAMPLE}{scanner}")).unwrap();
            Config::read(&path)
        };
        let scanner = read("\\u0002园").unwrap().scanner();
        assert_eq!((&*scanner.prefix, &*scanner.suffix), ("\u{2}园", "99"));
        assert!(read(&"x".repeat(MAX_FRAME + 1)).is_err());
    }
}
