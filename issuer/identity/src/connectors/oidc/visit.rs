//! The authorization request, and what is kept until the person comes back.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use szid_register::entropy::{Entropy, make_random};
use zeroize::Zeroizing;

use super::discovery::Metadata;
use super::dpop::DpopKey;
use super::setting::OidcSetting;
use crate::connectors::ProofFault;

/// The secrets of one visit.
#[derive(Serialize, Deserialize)]
pub(super) struct VisitKept {
    /// The code verifier (RFC 7636).
    pub(super) verifier: Zeroizing<String>,
    pub(super) nonce: String,
    /// The scalar of the login's own key.
    pub(super) dpop: Zeroizing<[u8; 32]>,
    /// What the ids of proofs and assertions begin with, so that each is new.
    pub(super) ids: String,
}

impl VisitKept {
    /// # Errors
    /// [`ProofFault::Unavailable`] where there is no randomness.
    pub(super) fn draw(entropy: &dyn Entropy) -> Result<Self, ProofFault> {
        let random = || make_random::<32>(entropy).map_err(|_| ProofFault::Unavailable);
        let text = || Ok(BASE64URL_NOPAD.encode(&random()?));
        let mut dpop = Zeroizing::new(random()?);
        // Below the order of the curve whatever was drawn, and not zero.
        dpop[0] &= 0x7f;
        dpop[31] |= 1;
        Ok(Self { verifier: Zeroizing::new(text()?), nonce: text()?, dpop, ids: text()? })
    }

    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, ProofFault> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| ProofFault::Answer("visit"))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, ProofFault> {
        serde_json::from_slice(bytes).map_err(|_| ProofFault::Answer("visit"))
    }
}

/// What an authorization request is made of.
pub(super) struct Request<'a> {
    pub(super) setting: &'a OidcSetting,
    pub(super) return_to: &'a str,
    pub(super) state: &'a str,
    pub(super) kept: &'a VisitKept,
}

impl Request<'_> {
    pub(super) fn parameters(&self) -> Result<Vec<(&'static str, String)>, ProofFault> {
        let Self { setting, return_to, state, kept } = self;
        let challenge = digest(&SHA256, kept.verifier.as_bytes());
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", setting.client_id.clone()),
            ("redirect_uri", (*return_to).to_owned()),
            ("scope", setting.scope.clone()),
            ("state", (*state).to_owned()),
            ("nonce", kept.nonce.clone()),
            ("code_challenge", BASE64URL_NOPAD.encode(challenge.as_ref())),
            ("code_challenge_method", "S256".to_owned()),
        ];
        if let Some(acr_values) = &setting.acr_values {
            parameters.push(("acr_values", acr_values.clone()));
        }
        if setting.dpop {
            parameters.push(("dpop_jkt", DpopKey::of(kept)?.thumbprint()?));
        }
        Ok(parameters)
    }
}

/// Where the person goes with a request that was pushed (RFC 9126, section 4).
pub(super) fn pushed_url(
    metadata: &Metadata,
    client_id: &str,
    request_uri: &str,
) -> Result<String, ProofFault> {
    let parameters = [("client_id", client_id.to_owned()), ("request_uri", request_uri.to_owned())];
    plain_url(metadata, &parameters)
}

/// Where the person goes with the request itself.
pub(super) fn plain_url(
    metadata: &Metadata,
    parameters: &[(&'static str, String)],
) -> Result<String, ProofFault> {
    let url = Url::parse_with_params(metadata.authorization.as_str(), parameters);
    url.map(String::from).map_err(|_| ProofFault::Answer("endpoint"))
}
