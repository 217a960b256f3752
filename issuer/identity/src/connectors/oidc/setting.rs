//! What is set for a provider.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, EncodingKey};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::DecryptionKey;
use super::jwe::KeyFault;
use crate::connectors::{AddressFault, check_address};

/// The most rules and documents of one provider.
const MAX_ENTRIES: usize = 32;
/// The longest text of a setting, bytes.
const MAX_TEXT: usize = 512;

/// A provider as the city's configuration has it. The city is registered there with its `client_id`, its
/// return address and its public keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSetting {
    /// The connector's name, as the level policy has it.
    pub name: String,
    /// How it proves, as the level policy has it.
    pub method: String,
    /// The issuer identifier, without a trailing slash unless it has one.
    pub issuer: String,
    /// What the provider knows the city by.
    pub client_id: String,
    /// What is asked for, with `openid`.
    pub scope: String,
    /// The strengths of login that are asked for, where the provider heeds them.
    #[serde(default)]
    pub acr_values: Option<String>,
    /// What a login is worth: the first rule that fits.
    pub levels: Vec<LevelRule>,
    /// Where the number of a document stands, by the document's type: a JSON pointer (RFC 6901).
    pub documents: BTreeMap<String, String>,
    /// Where the name stands; without it the number has to do.
    #[serde(default)]
    pub name_claim: Option<String>,
    /// Algorithms of ID tokens' signatures.
    #[serde(default = "es256")]
    pub signatures: Vec<Algorithm>,
    /// Requests go to the provider first (PAR).
    #[serde(default = "yes")]
    pub pushed: bool,
    /// Tokens are bound to a key (DPoP).
    #[serde(default = "yes")]
    pub dpop: bool,
    /// ID tokens are encrypted to the city.
    #[serde(default)]
    pub encrypted: bool,
    /// Documents and names stand in the answer of the userinfo endpoint.
    #[serde(default)]
    pub userinfo: bool,
}

/// What a login of a strength is worth.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelRule {
    /// The authentication context class that the token has to name.
    #[serde(default)]
    pub acr: Option<String>,
    /// Methods that the token has to name, all of them (RFC 8176).
    #[serde(default)]
    pub amr: Vec<String>,
    /// The level that the login claims, 1 to 4.
    pub level: u8,
}

fn es256() -> Vec<Algorithm> {
    vec![Algorithm::ES256]
}

fn yes() -> bool {
    true
}

/// The city's keys at a provider.
pub struct OidcKeys {
    /// Signs in the client's name, on P-256.
    pub signing: EncodingKey,
    /// The key's id, as the provider knows it.
    pub signing_kid: String,
    /// Opens ID tokens that are encrypted.
    pub decryption: Option<DecryptionKey>,
}

/// Why a provider cannot be used as it is set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcFault {
    /// A text is empty or too long; its member.
    #[error("{0} is empty or too long")]
    Text(&'static str),
    /// The issuer's address.
    #[error("issuer {0}")]
    Issuer(AddressFault),
    /// The scope lacks `openid`.
    #[error("scope lacks openid")]
    Scope,
    /// No rule gives a level, one gives none of 1 to 4, or one fits every login.
    #[error("levels need rules of 1 to 4, each with acr or amr")]
    Levels,
    /// No document is named, one by no type that is known, or a claim by no JSON pointer.
    #[error("documents need types and JSON pointers")]
    Documents,
    /// Signatures that prove nothing between two parties.
    #[error("signatures are to be of public keys: ES256, PS256, RS256 or EdDSA")]
    Signatures,
    /// ID tokens are encrypted, and there is no key to open them.
    #[error("encrypted needs a decryption key")]
    DecryptionKey,
    /// A client cannot be made on this system.
    #[error("no HTTP client can be made")]
    Client,
}

impl OidcSetting {
    pub(super) fn check(&self, keys: &OidcKeys, demo_mode: bool) -> Result<(), OidcFault> {
        for (what, text) in [
            ("name", &self.name),
            ("method", &self.method),
            ("client_id", &self.client_id),
            ("scope", &self.scope),
        ] {
            if text.is_empty() || text.len() > MAX_TEXT {
                return Err(OidcFault::Text(what));
            }
        }
        check_address(&self.issuer, demo_mode).map_err(OidcFault::Issuer)?;
        if !self.scope.split(' ').any(|word| word == "openid") {
            return Err(OidcFault::Scope);
        }
        let is_rule = |rule: &LevelRule| {
            (1..=4).contains(&rule.level) && (rule.acr.is_some() || !rule.amr.is_empty())
        };
        let counts = 1..=MAX_ENTRIES;
        if !counts.contains(&self.levels.len()) || !self.levels.iter().all(is_rule) {
            return Err(OidcFault::Levels);
        }
        let is_document = |(kind, pointer): (&String, &String)| {
            crate::documents::is_type(kind) && pointer.starts_with('/')
        };
        let names_well = self.name_claim.as_ref().is_none_or(|pointer| pointer.starts_with('/'));
        if !counts.contains(&self.documents.len())
            || !self.documents.iter().all(is_document)
            || !names_well
        {
            return Err(OidcFault::Documents);
        }
        let is_public = |algorithm: &Algorithm| {
            !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
        };
        if self.signatures.is_empty() || !self.signatures.iter().all(is_public) {
            return Err(OidcFault::Signatures);
        }
        if self.encrypted && keys.decryption.is_none() {
            return Err(OidcFault::DecryptionKey);
        }
        Ok(())
    }
}

/// A party whose ways are known, so that a setting names it and little else. Written by public documentation;
/// none was run against the real party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Singpass of Singapore: FAPI 2.0, ID tokens encrypted.
    Singpass,
    /// The identity platform of Guangdong.
    Guangdong,
    /// The national network identity service.
    NetworkIdentity,
}

/// What each of them is set to.
const PROFILES: &str = include_str!("profiles.json");

impl Profile {
    /// The members of an [`OidcSetting`] that it sets.
    pub(crate) fn setting(self) -> Result<Map<String, Value>, serde_json::Error> {
        let mut all: Map<String, Value> = serde_json::from_str(PROFILES)?;
        let name = match self {
            Self::Singpass => "singpass",
            Self::Guangdong => "guangdong",
            Self::NetworkIdentity => "network_identity",
        };
        serde_json::from_value(all.remove(name).unwrap_or_default())
    }
}

/// The key in a PKCS #8 PEM file, with which the city signs as a client.
///
/// # Errors
/// [`KeyFault`].
pub fn signing_key(pem: &str) -> Result<EncodingKey, KeyFault> {
    let secret = SecretKey::from_pkcs8_pem(pem).map_err(|_| KeyFault)?;
    let der = secret.to_pkcs8_der().map_err(|_| KeyFault)?;
    Ok(EncodingKey::from_ec_der(der.as_bytes()))
}
