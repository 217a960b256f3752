//! Requests to a provider, in the city's name.

use std::sync::{Mutex, PoisonError};

use jsonwebtoken::{Algorithm, Header, encode};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::discovery::{self, Metadata};
use super::dpop::{DpopKey, DpopProof};
use super::key_set::{self, KeySet, Signed};
use super::setting::{OidcFault, OidcKeys, OidcSetting};
use super::visit::VisitKept;
use crate::connectors::ProofFault;
use crate::connectors::http::{self, Answer};

/// How long an assertion of the client is good, seconds.
const ASSERTION_SECONDS: u64 = 60;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest token that is taken, bytes.
const MAX_TOKEN: usize = 64 * 1024;

/// The tokens of one login.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: Zeroizing<String>,
    pub(super) access_token: Zeroizing<String>,
    token_type: String,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

#[derive(Deserialize)]
struct OAuthError {
    error: String,
}

/// A provider as the city talks to it.
pub(super) struct Party {
    setting: OidcSetting,
    keys: OidcKeys,
    return_to: String,
    demo_mode: bool,
    client: Client,
    metadata: Mutex<Option<Metadata>>,
    key_set: Mutex<Option<KeySet>>,
}

impl Party {
    pub(super) fn new(
        setting: &OidcSetting,
        keys: OidcKeys,
        return_to: String,
        demo_mode: bool,
    ) -> Result<Self, OidcFault> {
        let client = http::client().map_err(|_| OidcFault::Client)?;
        let (metadata, key_set) = (Mutex::default(), Mutex::default());
        let setting = setting.clone();
        Ok(Self { setting, keys, return_to, demo_mode, client, metadata, key_set })
    }

    pub(super) fn return_to(&self) -> &str {
        &self.return_to
    }

    /// The provider's metadata, of the last hour.
    pub(super) async fn metadata(&self, now: u64) -> Result<Metadata, ProofFault> {
        let held = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held
            && now.abs_diff(held.read_at) < discovery::KEPT_SECONDS
        {
            return Ok(held);
        }
        let address = discovery::address(&self.setting.issuer);
        let text = ok(http::send(self.client.get(address)).await?)?.body;
        let read = Metadata::read(&text, &self.setting, self.demo_mode, now)?;
        *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
        Ok(read)
    }

    /// Leaves an authorization request with the provider (RFC 9126): the name that it gives it.
    pub(super) async fn push(
        &self,
        metadata: &Metadata,
        parameters: &[(&'static str, String)],
        now: u64,
    ) -> Result<String, ProofFault> {
        let address = metadata.pushed.clone().ok_or(ProofFault::Answer("endpoint"))?;
        let nonce = parameters.iter().find(|(name, _)| *name == "nonce");
        let id = nonce.map(|(_, nonce)| nonce.as_str()).unwrap_or_default();
        let mut form = parameters.to_vec();
        form.extend(self.assertion(id, now)?);
        let answer = http::send(self.client.post(address).form(&form)).await?;
        if answer.status != StatusCode::CREATED {
            return Err(ProofFault::Answer("pushed request"));
        }
        let pushed: Pushed =
            serde_json::from_slice(&answer.body).map_err(|_| ProofFault::Answer("request_uri"))?;
        Ok(pushed.request_uri)
    }

    /// Redeems a code, once.
    pub(super) async fn redeem(
        &self,
        metadata: &Metadata,
        code: &str,
        kept: &VisitKept,
        dpop: Option<&DpopKey>,
        now: u64,
    ) -> Result<Tokens, ProofFault> {
        let ask = async |id: &str, nonce: Option<&str>| {
            let mut form = vec![
                ("grant_type", "authorization_code".to_owned()),
                ("code", code.to_owned()),
                ("redirect_uri", self.return_to.clone()),
                ("code_verifier", kept.verifier.to_string()),
            ];
            form.extend(self.assertion(id, now)?);
            let mut request = self.client.post(metadata.token.clone()).form(&form);
            if let Some(key) = dpop {
                // Providers may remember both kinds of ids as one (oidc-provider 9 does).
                let id = &format!("{id}.proof");
                let proof = DpopProof {
                    id,
                    method: "POST",
                    address: metadata.token.as_str(),
                    now,
                    nonce,
                    access_token: None,
                };
                request = request.header("DPoP", key.prove(&proof)?);
            }
            http::send(request).await
        };
        let mut answer = ask(&format!("{}.1", kept.ids), None).await?;
        if let Some(nonce) = nonce_wanted(&answer) {
            answer = ask(&format!("{}.2", kept.ids), Some(&nonce)).await?;
        }
        if answer.status != StatusCode::OK {
            return Err(ProofFault::Answer("token request"));
        }
        let tokens: Tokens =
            serde_json::from_slice(&answer.body).map_err(|_| ProofFault::Answer("tokens"))?;
        let expected = if dpop.is_some() { "dpop" } else { "bearer" };
        if !tokens.token_type.eq_ignore_ascii_case(expected) {
            return Err(ProofFault::Answer("token_type"));
        }
        Ok(tokens)
    }

    /// The claims of the userinfo endpoint (OpenID Connect Core 1.0, section 5.3), as JSON or signed.
    pub(super) async fn userinfo(
        &self,
        metadata: &Metadata,
        access_token: &str,
        dpop: Option<&DpopKey>,
        now: u64,
    ) -> Result<Value, ProofFault> {
        let address = metadata.userinfo.clone().ok_or(ProofFault::Answer("endpoint"))?;
        let ask = async |nonce: Option<&str>| {
            let request = self.client.get(address.clone());
            let request = match dpop {
                Some(key) => with_proof(request, key, &address, (access_token, nonce), now)?,
                None => request.bearer_auth(access_token),
            };
            http::send(request).await
        };
        let mut answer = ask(None).await?;
        if let Some(nonce) = nonce_wanted(&answer) {
            answer = ask(Some(&nonce)).await?;
        }
        let is_signed = answer
            .headers
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/jwt"));
        let body = ok(answer)?.body;
        if !is_signed {
            return serde_json::from_slice(&body).map_err(|_| ProofFault::Answer("userinfo"));
        }
        let text = std::str::from_utf8(&body).map_err(|_| ProofFault::Answer("userinfo"))?;
        self.open(metadata, text.trim(), now).await
    }

    /// Opens and verifies a token of the provider.
    pub(super) async fn open(
        &self,
        metadata: &Metadata,
        token: &str,
        now: u64,
    ) -> Result<Value, ProofFault> {
        if token.len() > MAX_TOKEN {
            return Err(ProofFault::Answer("size"));
        }
        let opened;
        let signed = match (&self.keys.decryption, self.setting.encrypted) {
            (Some(key), true) => {
                opened = key.open(token)?;
                &*opened
            }
            _ => token,
        };
        let held = self.key_set.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let held = held.filter(|held| now.abs_diff(held.read_at) < key_set::KEPT_SECONDS);
        let mut read_again_at = None;
        if let Some(held) = &held {
            if let Signed::By(claims) = held.verify(signed, &self.setting.signatures)? {
                return Ok(claims);
            }
            // It may be of a new key: but nobody has the set read with each token that they make up.
            if !held.may_be_read_again(now) {
                return Err(ProofFault::Answer("kid"));
            }
            read_again_at = Some(now);
        }
        let text = ok(http::send(self.client.get(metadata.keys.clone())).await?)?.body;
        let read = KeySet::read(&text, now, read_again_at)?;
        let verified = read.verify(signed, &self.setting.signatures);
        *self.key_set.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
        match verified? {
            Signed::By(claims) => Ok(claims),
            Signed::Unknown => Err(ProofFault::Answer("kid")),
        }
    }

    /// Who asks, by a signature (RFC 7523; FAPI 2.0 Security Profile, section 5.3.3: the audience is the
    /// issuer alone).
    fn assertion(&self, id: &str, now: u64) -> Result<[(&'static str, String); 2], ProofFault> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.keys.signing_kid.clone());
        let client_id = &self.setting.client_id;
        let claims = json!({ "iss": client_id, "sub": client_id, "aud": self.setting.issuer,
            "jti": id, "iat": now, "exp": now + ASSERTION_SECONDS });
        let signed = encode(&header, &claims, &self.keys.signing);
        let signed = signed.map_err(|_| ProofFault::Answer("assertion"))?;
        Ok([("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", signed)])
    }
}

fn with_proof(
    request: RequestBuilder,
    key: &DpopKey,
    address: &Url,
    (access_token, nonce): (&str, Option<&str>),
    now: u64,
) -> Result<RequestBuilder, ProofFault> {
    let id = format!("{access_token:.16}.{}", nonce.unwrap_or_default());
    let proof = DpopProof {
        id: &id,
        method: "GET",
        address: address.as_str(),
        now,
        nonce,
        access_token: Some(access_token),
    };
    let proof = key.prove(&proof)?;
    Ok(request.header("Authorization", format!("DPoP {access_token}")).header("DPoP", proof))
}

fn ok(answer: Answer) -> Result<Answer, ProofFault> {
    if answer.status == StatusCode::OK { Ok(answer) } else { Err(ProofFault::Answer("status")) }
}

/// The nonce that the provider wants in the next proof (RFC 9449, section 8).
fn nonce_wanted(answer: &Answer) -> Option<String> {
    let nonce = answer.headers.get("DPoP-Nonce")?.to_str().ok()?.to_owned();
    let in_header = || {
        let challenge = answer.headers.get("WWW-Authenticate")?.to_str().ok()?;
        Some(challenge.contains("use_dpop_nonce"))
    };
    let in_body = || {
        let error: OAuthError = serde_json::from_slice(&answer.body).ok()?;
        Some(error.error == "use_dpop_nonce")
    };
    let wants = match answer.status {
        StatusCode::BAD_REQUEST => in_body(),
        StatusCode::UNAUTHORIZED => in_header().filter(|wants| *wants).or_else(in_body),
        _ => None,
    };
    wants.unwrap_or(false).then_some(nonce)
}
