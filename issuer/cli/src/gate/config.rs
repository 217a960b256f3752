//! The configuration file of `szid gate`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

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
        Ok(config)
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
}
