//! What a city sets for its connectors: one `[[connectors]]` each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use szid_protocol::told::{Tell, Told, catalogue};
use szid_register::entropy::Entropy;
use szid_register::key_file::{KeyFileError, read_private};
use zeroize::Zeroizing;

use super::mock::MockPopulationRegister;
use super::oidc::{Oidc, OidcKeys, OidcSetting, Profile, signing_key};
use super::population_register::PopulationRegister;
use super::{AddressFault, Bounds, Guarded, check_address};

/// The longest that a party may be waited for, seconds: with a retry, no longer than a request may take.
const MAX_SECONDS: u64 = 10;
/// The most times that a party is asked again.
const MAX_RETRIES: u32 = 3;

/// A connector as it is set.
#[derive(Clone, Debug, Deserialize)]
pub struct ConnectorSetting {
    /// How long and how often the party is asked.
    #[serde(default)]
    bounds: BoundsSetting,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct BoundsSetting {
    /// The longest that a proof's begin may take, seconds; its end may take twice as long.
    seconds: u64,
    /// How often one that got no answer is made again.
    retries: u32,
    /// Requests at once.
    at_once: usize,
}

impl Default for BoundsSetting {
    fn default() -> Self {
        let Bounds { time, retries, at_once, .. } = Bounds::default();
        Self { seconds: time.as_secs(), retries, at_once }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    PopulationRegister(PopulationRegisterSetting),
    MockPopulationRegister(NothingMore),
    Oidc(Box<OidcAsSet>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NothingMore {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PopulationRegisterSetting {
    /// The adapter's address.
    address: String,
    /// A file with the bearer token that it takes.
    token_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
struct OidcAsSet {
    /// What is set where the setting says nothing.
    profile: Option<Profile>,
    /// The client's key, PKCS #8 PEM on P-256, and its id at the provider.
    signing_key: PathBuf,
    signing_kid: String,
    /// The key that opens encrypted ID tokens, PKCS #8 PEM on P-256.
    decryption_key: Option<PathBuf>,
    /// An [`OidcSetting`], as far as the profile does not say it.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Why a connector cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorFault {
    /// An address.
    #[error("connector {name}: the address {fault}")]
    Address {
        /// The connector.
        name: String,
        /// What is wrong with it.
        fault: AddressFault,
    },
    /// Something else of what is set.
    #[error("connector {name}: {fault}")]
    Setting {
        /// The connector, as far as it is known.
        name: String,
        /// What is wrong, in the words of the format.
        fault: String,
    },
    /// A file with a key or token.
    #[error("connector {name}: {path}: {fault}")]
    File {
        /// The connector.
        name: String,
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: KeyFileError,
    },
}

catalogue! { ConnectorFault:
    Self::Address { .. } => "CONNECTOR_ADDRESS", "认证机构的地址有误", "请写成 https 地址，不带参数和片段；演示模式下本机可用 http", "write an https address without query and fragment; in demo mode this machine may do with http";
    Self::Setting { .. } => "CONNECTOR_SETTING", "connectors 中的设置有误", "请对照 szid serve --print-example 更正", "compare it with szid serve --print-example";
    Self::File { .. } => "CONNECTOR_FILE", "认证机构的密钥或令牌文件不可用", "请核对路径、权限（chmod 600）和内容（P-256 私钥，PKCS #8 PEM）", "check path, permissions (chmod 600) and content (a P-256 private key as PKCS #8 PEM)";
}

impl Tell for ConnectorFault {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Address { name, .. } => name.clone(),
            Self::Setting { name, fault } => format!("{name}: {fault}"),
            Self::File { name, path, .. } => format!("{name}: {path}"),
        };
        Told::of(self.row(), self, &particulars)
    }
}

/// What connectors are made with.
pub struct Surroundings<'a> {
    /// The folder that paths are relative to.
    pub folder: &'a Path,
    /// The address that browsers come back to.
    pub return_to: String,
    /// Takes mocks, and parties on this machine without TLS.
    pub demo_mode: bool,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl ConnectorSetting {
    /// The connector behind its bounds.
    ///
    /// # Errors
    /// [`ConnectorFault`].
    pub fn connect(&self, with: &Surroundings<'_>) -> Result<Guarded, ConnectorFault> {
        let name = self.kind.name();
        let wrong = |fault: String| ConnectorFault::Setting { name: name.clone(), fault };
        let BoundsSetting { seconds, retries, at_once } = self.bounds;
        if !(1..=MAX_SECONDS).contains(&seconds) || retries > MAX_RETRIES || at_once == 0 {
            let bounds = "bounds: seconds 1 to 10, retries up to 3, at_once at least 1";
            return Err(wrong(bounds.into()));
        }
        let time = Duration::from_secs(seconds);
        let bounds = Bounds { time, retries, at_once, ..Bounds::default() };
        let file = |path: &Path| {
            let path = with.folder.join(path);
            read_private(&path).map_err(|fault| ConnectorFault::File {
                name: name.clone(),
                path: path.display().to_string(),
                fault,
            })
        };
        Ok(match &self.kind {
            Kind::MockPopulationRegister(_) => {
                let mock =
                    MockPopulationRegister::new().map_err(|error| wrong(error.to_string()))?;
                Guarded::new(Box::new(mock), bounds)
            }
            Kind::PopulationRegister(set) => {
                let address = check_address(&set.address, with.demo_mode);
                let address = address
                    .map_err(|fault| ConnectorFault::Address { name: name.clone(), fault })?;
                let token = set.token_file.as_deref().map(file).transpose()?;
                let token = token.map(|bytes| text(&bytes)).transpose().map_err(&wrong)?;
                let register = PopulationRegister::new(address, token);
                let register = register.map_err(|_| wrong("no HTTP client can be made".into()))?;
                Guarded::new(Box::new(register), bounds)
            }
            Kind::Oidc(set) => {
                let setting = set.setting().map_err(&wrong)?;
                let pem = text(&file(&set.signing_key)?).map_err(&wrong)?;
                let signing = signing_key(&pem).map_err(|fault| wrong(fault.to_string()))?;
                let decryption = match &set.decryption_key {
                    None => None,
                    Some(path) => {
                        let pem = text(&file(path)?).map_err(&wrong)?;
                        let key = super::oidc::DecryptionKey::from_pem(&pem);
                        Some(key.map_err(|fault| wrong(fault.to_string()))?)
                    }
                };
                let keys = OidcKeys { signing, signing_kid: set.signing_kid.clone(), decryption };
                let (back, entropy) = (with.return_to.clone(), Arc::clone(&with.entropy));
                let party = Oidc::new(setting, keys, back, with.demo_mode, entropy);
                let party = party.map_err(|fault| wrong(fault.to_string()))?;
                Guarded::new(Box::new(party), bounds)
            }
        })
    }
}

impl Kind {
    fn name(&self) -> String {
        match self {
            Self::PopulationRegister(_) => "population_register".into(),
            Self::MockPopulationRegister(_) => "mock_population_register".into(),
            Self::Oidc(set) => {
                let named = set.rest.get("name").and_then(Value::as_str).map(str::to_owned);
                named
                    .or_else(|| set.profile.map(|profile| format!("{profile:?}").to_lowercase()))
                    .unwrap_or_else(|| "oidc".into())
            }
        }
    }
}

impl OidcAsSet {
    /// What the profile says, and what is set before it.
    fn setting(&self) -> Result<OidcSetting, String> {
        let mut all = match self.profile {
            Some(profile) => profile.setting().map_err(|error| error.to_string())?,
            None => Map::new(),
        };
        all.extend(self.rest.clone());
        serde_json::from_value(Value::Object(all)).map_err(|error| error.to_string())
    }
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "a file that is no text".to_owned())?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use p256::SecretKey;
    use p256::pkcs8::EncodePrivateKey;
    use szid_register::entropy::SystemEntropy;
    use szid_register::key_file::write_private;

    use super::*;

    fn connect(folder: &Path, set: Value, demo_mode: bool) -> Result<Guarded, ConnectorFault> {
        let setting: ConnectorSetting = serde_json::from_value(set).unwrap();
        setting.connect(&Surroundings {
            folder,
            return_to: "https://city/v1/proofs/return".into(),
            demo_mode,
            entropy: Arc::new(SystemEntropy),
        })
    }

    fn code(outcome: Result<Guarded, ConnectorFault>) -> &'static str {
        outcome.err().unwrap().tell().code
    }

    #[test]
    fn each_kind_is_set_with_what_it_needs_and_nothing_else() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_slice(&[7; 32]).unwrap();
        let pem = key.to_pkcs8_pem(p256::pkcs8::LineEnding::LF).unwrap();
        write_private(&folder.path().join("key.pem"), pem.as_bytes()).unwrap();
        write_private(&folder.path().join("token"), b"secret\n").unwrap();
        let connect = |set, demo| connect(folder.path(), set, demo);
        let register = serde_json::json!({ "kind": "population_register",
            "address": "https://adapter.example.cn/match", "token_file": "token",
            "bounds": { "seconds": 2 } });
        assert_eq!(connect(register.clone(), false).unwrap().name(), "population_register");
        let mut plain = register.clone();
        plain["address"] = "http://adapter.example.cn/match".into();
        assert_eq!(code(connect(plain, true)), "CONNECTOR_ADDRESS");
        let mut lost = register.clone();
        lost["token_file"] = "lost".into();
        assert_eq!(code(connect(lost, false)), "CONNECTOR_FILE");
        let mut patient = register;
        patient["bounds"]["seconds"] = 60.into();
        assert_eq!(code(connect(patient, false)), "CONNECTOR_SETTING");
        let mock = serde_json::json!({ "kind": "mock_population_register" });
        assert!(connect(mock, true).unwrap().is_mock());

        let login = serde_json::json!({ "kind": "oidc", "profile": "singpass",
            "issuer": "https://id.example.sg/fapi", "client_id": "city", "signing_key": "key.pem",
            "signing_kid": "1", "decryption_key": "key.pem" });
        let party = connect(login.clone(), false).unwrap();
        assert_eq!((party.name(), party.method()), ("singpass", "singpass_login"));
        for (member, value) in [
            ("levels", serde_json::json!([{ "level": 4 }])),
            ("documents", serde_json::json!({ "999": "/sub" })),
            ("scope", "profile".into()),
            ("signatures", serde_json::json!(["HS256"])),
            ("signatures", serde_json::json!(["none"])),
            ("issuer", "http://id.example.sg".into()),
            ("colour", "blue".into()),
            ("decryption_key", Value::Null),
        ] {
            let mut wrong = login.clone();
            wrong[member] = value;
            assert_eq!(code(connect(wrong, false)), "CONNECTOR_SETTING", "{member}");
        }
    }
}
