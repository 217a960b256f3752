//! The service's interface, from the wallet's side. Every wait and every answer is bounded.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::WalletError;

const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(10);
/// The largest answer that is read, bytes.
const MAX_ANSWER: usize = 1 << 20;
const CONFIGURATION: &str = "szid-day-pass";
const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

pub(crate) struct ServiceClient(Client);

/// What a credential offer says.
pub(crate) struct Offer {
    pub(crate) issuer: String,
    pub(crate) code: String,
}

/// Endpoints of a service.
pub(crate) struct Endpoints {
    pub(crate) issuer: String,
    pub(crate) token: String,
    nonce: String,
    credential: String,
}

#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(alias = "code")]
    error: String,
}

impl ServiceClient {
    pub(crate) fn new() -> Result<Self, WalletError> {
        let builder = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(reqwest::redirect::Policy::none());
        builder.build().map(Self).map_err(|_| WalletError::Network)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, WalletError> {
        let response = request.send().await.map_err(|_| WalletError::Network)?;
        let status = response.status();
        let body = bounded(response).await?;
        match status {
            StatusCode::OK | StatusCode::CREATED => Ok(body),
            _ => match serde_json::from_slice::<Refusal>(&body) {
                Ok(refusal) if refusal.error.len() <= 64 => {
                    Err(WalletError::Refused(refusal.error))
                }
                _ => Err(WalletError::Refused(status.as_u16().to_string())),
            },
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, WalletError> {
        serde_json::from_slice(&self.send(request).await?)
            .map_err(|_| WalletError::Answer("not the promised JSON"))
    }

    /// Resolves an offer: a deep link by reference, or the reference itself.
    pub(crate) async fn offer(&self, offer: &str) -> Result<Offer, WalletError> {
        let uri = match offer.strip_prefix("openid-credential-offer://?credential_offer_uri=") {
            Some(escaped) => percent_decoded(escaped).ok_or(WalletError::Offer)?,
            None => offer.to_owned(),
        };
        let body: Value = self.json(self.0.get(allowed(&uri)?)).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(WalletError::Offer);
        Ok(Offer {
            issuer: text(&body["credential_issuer"])?,
            code: text(&body["grants"][PRE_AUTHORISED]["pre-authorized_code"])?,
        })
    }

    /// Reads a service's metadata and checks that it is the issuer it was asked for.
    pub(crate) async fn endpoints(&self, issuer: &str) -> Result<Endpoints, WalletError> {
        let issuer_url = allowed(issuer)?;
        let well_known = |name: &str| {
            let mut url = issuer_url.clone();
            let path = issuer_url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("/.well-known/{name}{path}"));
            url
        };
        let metadata: Value = self.json(self.0.get(well_known("openid-credential-issuer"))).await?;
        let server: Value = self.json(self.0.get(well_known("oauth-authorization-server"))).await?;
        if metadata["credential_issuer"] != issuer || server["issuer"] != issuer {
            return Err(WalletError::Answer("the metadata are another issuer's"));
        }
        let endpoint = |value: &Value| {
            value.as_str().map(str::to_owned).ok_or(WalletError::Answer("an endpoint is missing"))
        };
        Ok(Endpoints {
            issuer: issuer.to_owned(),
            token: endpoint(&server["token_endpoint"])?,
            nonce: endpoint(&metadata["nonce_endpoint"])?,
            credential: endpoint(&metadata["credential_endpoint"])?,
        })
    }

    pub(crate) async fn redeem(
        &self,
        at: &Endpoints,
        code: &str,
        tx_code: &str,
    ) -> Result<Tokens, WalletError> {
        let form =
            [("grant_type", PRE_AUTHORISED), ("pre-authorized_code", code), ("tx_code", tx_code)];
        self.json(self.0.post(allowed(&at.token)?).form(&form)).await
    }

    pub(crate) async fn refresh(&self, at: &Endpoints, token: &str) -> Result<Tokens, WalletError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.json(self.0.post(allowed(&at.token)?).form(&form)).await
    }

    pub(crate) async fn nonce(&self, at: &Endpoints) -> Result<String, WalletError> {
        let body: Value = self.json(self.0.post(allowed(&at.nonce)?)).await?;
        body["c_nonce"]
            .as_str()
            .map(str::to_owned)
            .ok_or(WalletError::Answer("the nonce is missing"))
    }

    /// One batch request; the passes come back in the order of the proofs.
    pub(crate) async fn passes(
        &self,
        at: &Endpoints,
        access_token: &str,
        from_day: u64,
        proofs: &[String],
    ) -> Result<Vec<Vec<u8>>, WalletError> {
        let body = json!({
            "credential_configuration_id": CONFIGURATION,
            "proofs": { "jwt": proofs },
            "szid_from_day": from_day,
        });
        let request = self.0.post(allowed(&at.credential)?).bearer_auth(access_token).json(&body);
        let answer: Value = self.json(request).await?;
        let passes = answer["credentials"]
            .as_array()
            .ok_or(WalletError::Answer("the credentials are missing"))?;
        let decode =
            |entry: &Value| BASE64URL_NOPAD.decode(entry["credential"].as_str()?.as_bytes()).ok();
        passes
            .iter()
            .map(|entry| decode(entry).ok_or(WalletError::Answer("a credential is malformed")))
            .collect()
    }

    pub(crate) async fn trust(&self, issuer: &str) -> Result<Vec<u8>, WalletError> {
        self.send(self.0.get(allowed(&format!("{issuer}/v1/trust"))?)).await
    }

    pub(crate) async fn time(
        &self,
        issuer: &str,
        nonce: &[u8; 16],
    ) -> Result<Vec<u8>, WalletError> {
        let nonce = BASE64URL_NOPAD.encode(nonce);
        self.send(self.0.get(allowed(&format!("{issuer}/v1/time?nonce={nonce}"))?)).await
    }

    pub(crate) async fn account(
        &self,
        issuer: &str,
        access_token: &str,
    ) -> Result<String, WalletError> {
        let request =
            self.0.get(allowed(&format!("{issuer}/v1/holder"))?).bearer_auth(access_token);
        let body: Value = self.json(request).await?;
        body["account"]
            .as_str()
            .map(str::to_owned)
            .ok_or(WalletError::Answer("the account is missing"))
    }
}

/// Only https, or http to this very machine.
fn allowed(url: &str) -> Result<reqwest::Url, WalletError> {
    let url = reqwest::Url::parse(url).map_err(|_| WalletError::Offer)?;
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        _ => Err(WalletError::Offer),
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, WalletError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| WalletError::Network)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(WalletError::Answer("it is too large"));
        }
        body.extend(chunk);
    }
    Ok(body)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let (hex, after) = rest.split_first_chunk::<2>()?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_asked() {
        for url in ["https://id.example/x", "http://127.0.0.1:1/x", "http://localhost/x"] {
            assert!(allowed(url).is_ok(), "{url}");
        }
        for url in
            ["http://id.example/x", "http://127.0.0.1.example/", "file:///etc/passwd", "", "六"]
        {
            assert!(allowed(url).is_err(), "{url}");
        }
    }

    #[test]
    fn links_are_decoded_strictly() {
        assert_eq!(percent_decoded("http%3A%2F%2Fx").as_deref(), Some("http://x"));
        assert_eq!(percent_decoded("%"), None);
        assert_eq!(percent_decoded("%zz"), None);
    }
}
