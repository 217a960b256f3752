//! The configuration file of `szid serve`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use szid_identity::connectors::ConnectorSetting;
use szid_issuer::{Limits, default_scenes};
use szid_protocol::scene::ScenePolicy;

use crate::log::LogFormat;
use crate::{Failure, read_file, read_toml};

/// Every setting, explained.
pub(super) const EXAMPLE: &str = include_str!("../../szid.example.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) base_url: String,
    #[serde(default = "default_listen")]
    pub(super) listen: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) witness: Option<PathBuf>,
    #[serde(default)]
    pub(super) demo_mode: bool,
    pub(super) roots: Vec<PathBuf>,
    pub(super) trust_list: PathBuf,
    pub(crate) keys_dir: PathBuf,
    pub(super) scenes: Option<PathBuf>,
    pub(super) levels: Option<PathBuf>,
    /// Where the configuration lies: connectors' files are named from there.
    #[serde(skip)]
    pub(super) folder: PathBuf,
    #[serde(default)]
    pub(super) attesters: Vec<AttesterConfig>,
    #[serde(default)]
    pub(super) connectors: Vec<ConnectorSetting>,
    pub(super) audit_months: Option<u32>,
    pub(super) admin_socket: Option<PathBuf>,
    #[serde(default)]
    pub(super) admin_over_http: bool,
    #[serde(default = "default_codeless_receipts")]
    pub(super) codeless_receipts: bool,
    #[serde(default = "default_log")]
    pub(super) log: String,
    #[serde(default)]
    pub(super) log_format: LogFormat,
    #[serde(default)]
    pub(super) limits: Limits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttesterConfig {
    pub(super) kid: String,
    pub(super) key: PathBuf,
    pub(super) at_most: u8,
}

fn default_listen() -> String {
    "127.0.0.1:8080".into()
}

/// Until every gate keeps the scanned code.
fn default_codeless_receipts() -> bool {
    true
}

fn default_log() -> String {
    "info".into()
}

impl Config {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let mut config: Self = read_toml(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.folder = folder.to_owned();
        let paths = [&mut config.data_dir, &mut config.trust_list, &mut config.keys_dir];
        let more = config.roots.iter_mut().chain(config.scenes.as_mut());
        let more = more.chain(config.levels.as_mut());
        let more = more.chain(config.admin_socket.as_mut());
        let more = more.chain(config.witness.as_mut());
        let more = more.chain(config.attesters.iter_mut().map(|attester| &mut attester.key));
        for part in paths.into_iter().chain(more) {
            *part = folder.join(&*part);
        }
        Ok(config)
    }
}

impl Config {
    /// The one that is named, or the one that lies here where it has this folder as its own.
    pub(crate) fn of_folder(
        named: Option<&Path>,
        folder: &Path,
        its: impl Fn(&Self) -> &Path,
    ) -> Result<Option<Self>, Failure> {
        if let Some(named) = named {
            return Self::read(named).map(Some);
        }
        let is_its = |config: &Self| {
            let folders = [its(config), folder].map(std::fs::canonicalize);
            matches!(&folders, [Ok(its), Ok(folder)] if its == folder)
        };
        Ok(Self::read(Path::new("szid.toml")).ok().filter(is_its))
    }

    /// The scenes of the city.
    pub(crate) fn read_scenes(&self) -> Result<Vec<ScenePolicy>, Failure> {
        let Some(path) = &self.scenes else { return default_scenes().map_err(Failure::system) };
        serde_json::from_slice(&read_file(path)?).map_err(|error| {
            let path = path.display();
            Failure::usage(
                format_args!("{path} 不是有效的场景规则：{error}"),
                format_args!("{path} holds no scenes: {error}"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_example_is_a_configuration_with_the_default_limits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("szid.toml");
        std::fs::write(&path, EXAMPLE).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.data_dir, folder.path().join("data"));
        assert_eq!(config.roots, [folder.path().join("root.spki")]);
        let proxies = ["127.0.0.1", "::1"].map(|proxy| proxy.parse().unwrap()).to_vec();
        let limits = Limits { proxies, ..Limits::default() };
        assert_eq!(format!("{:?}", config.limits), format!("{limits:?}"));
    }

    #[test]
    fn a_setting_that_is_not_known_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("szid.toml");
        std::fs::write(&path, format!("lisen = \"x\"\n{EXAMPLE}")).unwrap();
        let failure = Config::read(&path).err().unwrap();
        assert!(failure.exit == 2 && failure.to_string().contains("lisen"), "{failure}");
    }
}
