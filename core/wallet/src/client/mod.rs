//! The service as the wallet talks to it. Every wait and every answer is bounded.

mod account;
mod call;
mod refusal;

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use szid_protocol::{audit_head, receipt, time, trust};
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use self::call::Call;
pub(crate) use self::call::GRACE;
use crate::config::WalletOptions;
use crate::consent::{ConsentRequest, IdentityUse};
use crate::error::WalletError;
use crate::http::{Http, HttpMethod};
use crate::key_proofs::Shown;
use crate::last_known::Freeze;
use crate::offer::Offer;
use crate::records::TakingUp;
use crate::trust::ListedIssuer;
use crate::venue::{ShortNumberGiven, VenueRequest, Visit};

/// The largest JSON answer that is read, bytes: a batch of 32 passes takes about a fifth of it.
const MAX_JSON: usize = 64 * 1024;
/// The longest that a question is waited for, seconds.
const MAX_WAIT_SECONDS: u64 = 25;
/// The service's code for a day of which this device was given as many passes as it may have.
pub(crate) const PASS_QUOTA: &str = "PASS_QUOTA";
/// The service's word for a refresh token that it renews together with a key of this device alone.
pub(crate) const USE_KEY_PROOF: &str = "use_key_proof";
/// The service's code where its data were put back and lack this device.
pub(crate) const DEVICE_UNKNOWN: &str = "DEVICE_UNKNOWN";
/// The service's word that its own clock is not where it should be.
pub(crate) const CLOCK_UNCHECKED: &str = "CLOCK_UNCHECKED";
const CONFIGURATION: &str = "szid-day-pass";
const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

pub(crate) struct ServiceClient {
    http: Arc<dyn Http>,
    demo_mode: bool,
    total_timeout: Duration,
}

/// What a credential offer says.
pub(crate) struct Grant {
    pub(crate) issuer: String,
    pub(crate) code: Zeroizing<String>,
}

/// Endpoints of a service. Kept in the vault.
#[derive(Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) issuer: String,
    /// The most passes that one request may ask for.
    pub(crate) batch_size: usize,
    /// Goes up when the issuer's register was put back from a copy: it may not know passes of an earlier
    /// epoch. Signed by nobody: where it is another one than before, the audit head is asked for.
    pub(crate) epoch: u32,
    token: String,
    nonce: String,
    credential: String,
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// Seconds; a server may leave it out, then the token is used at once and not again.
    #[serde(default)]
    pub(crate) expires_in: u64,
    /// What the service calls this device; one of an earlier version does not say.
    #[serde(default)]
    pub(crate) szid_device: Option<String>,
}

impl ServiceClient {
    pub(crate) fn new(options: &WalletOptions, http: Arc<dyn Http>) -> Self {
        Self { http, demo_mode: options.demo_mode, total_timeout: options.total_timeout }
    }

    fn get(&self, url: &str) -> Result<Call, WalletError> {
        Ok(Call::new(HttpMethod::Get, self.allowed(url)?))
    }

    fn post(&self, url: &str) -> Result<Call, WalletError> {
        Ok(Call::new(HttpMethod::Post, self.allowed(url)?))
    }

    /// Only https; in demo mode http to this very machine, too.
    fn allowed(&self, url: &str) -> Result<Url, WalletError> {
        let url = Url::parse(url).map_err(|_| WalletError::Offer)?;
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        match url.scheme() {
            "https" => Ok(url),
            "http" if loopback && self.demo_mode => Ok(url),
            "http" => Err(WalletError::NotHttps),
            _ => Err(WalletError::Offer),
        }
    }

    /// The address of something by its id, which is made part of the path and nothing else.
    fn below(&self, folder: &str, id: &str) -> Result<Url, WalletError> {
        let mut url = self.allowed(folder)?;
        url.path_segments_mut().map_err(|()| WalletError::Offer)?.pop_if_empty().push(id);
        Ok(url)
    }

    /// The offer that a link stands for. One that is fetched must lie with the issuer that it names.
    pub(crate) async fn offer(&self, offer: Offer) -> Result<Grant, WalletError> {
        let (body, fetched_from): (Value, _) = match offer {
            Offer::Value(text) => {
                (serde_json::from_str(&text).map_err(|_| WalletError::Offer)?, None)
            }
            Offer::Reference(uri) => (self.json(self.get(&uri)?).await?, Some(self.allowed(&uri)?)),
        };
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(WalletError::Offer);
        let issuer = text(&body["credential_issuer"])?;
        let issuer_origin = self.allowed(&issuer)?.origin();
        if fetched_from.is_some_and(|uri| uri.origin() != issuer_origin) {
            return Err(WalletError::Offer);
        }
        let code = text(&body["grants"][PRE_AUTHORISED]["pre-authorized_code"])?;
        Ok(Grant { issuer, code: code.into() })
    }

    /// Reads an issuer's metadata and checks that they are its own: codes and tokens go to its own origin
    /// only.
    pub(crate) async fn endpoints(&self, issuer: &ListedIssuer) -> Result<Endpoints, WalletError> {
        let issuer = issuer.base_url();
        let issuer_url = self.allowed(issuer)?;
        let well_known = |name: &str| {
            let mut url = issuer_url.clone();
            let path = issuer_url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("/.well-known/{name}{path}"));
            Call::new(HttpMethod::Get, url)
        };
        let metadata: Value = self.json(well_known("openid-credential-issuer")).await?;
        let server: Value = self.json(well_known("oauth-authorization-server")).await?;
        if metadata["credential_issuer"] != issuer || server["issuer"] != issuer {
            return Err(WalletError::Answer("the metadata are another issuer's"));
        }
        let endpoint = |value: &Value| {
            let url = value.as_str().ok_or(WalletError::Answer("an endpoint is missing"))?;
            let is_own = Url::parse(url).is_ok_and(|url| url.origin() == issuer_url.origin());
            if is_own {
                Ok(url.to_owned())
            } else {
                Err(WalletError::Answer("an endpoint is not the issuer's own"))
            }
        };
        let batch_size = &metadata["batch_credential_issuance"]["batch_size"];
        Ok(Endpoints {
            issuer: issuer.to_owned(),
            // Without the parameter a request holds one proof (OpenID4VCI 1.0, section 12.2.4).
            batch_size: batch_size.as_u64().and_then(|n| n.try_into().ok()).unwrap_or(1),
            epoch: metadata["szid_epoch"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(0),
            token: endpoint(&server["token_endpoint"])?,
            nonce: endpoint(&metadata["nonce_endpoint"])?,
            credential: endpoint(&metadata["credential_endpoint"])?,
        })
    }

    pub(crate) async fn redeem(
        &self,
        at: &Endpoints,
        offer: &TakingUp,
        tx_code: &str,
        device_name: &str,
    ) -> Result<Tokens, WalletError> {
        let mut form = vec![
            ("grant_type", PRE_AUTHORISED),
            ("pre-authorized_code", offer.code.as_str()),
            ("tx_code", tx_code),
            ("device_name", device_name),
        ];
        form.extend(offer.retry_secret.as_deref().map(|secret| ("retry_secret", secret)));
        self.json(self.post(&at.token)?.form(&form)).await
    }

    /// Renews a refresh token; with proofs by device keys where the service asks for them.
    pub(crate) async fn refresh(
        &self,
        at: &Endpoints,
        token: &str,
        shown: Option<&Shown>,
    ) -> (Result<Tokens, WalletError>, Option<Freeze>) {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        if let Some(Shown { proofs, passes }) = shown {
            form.extend([("key_proofs", proofs.as_str()), ("passes", passes.as_str())]);
        }
        match self.post(&at.token) {
            Ok(call) => self.tokens(call.form(&form)).await,
            Err(error) => (Err(error), None),
        }
    }

    pub(crate) async fn nonce(&self, at: &Endpoints) -> Result<String, WalletError> {
        let body: Value = self.json(self.post(&at.nonce)?).await?;
        let nonce = body["c_nonce"].as_str().map(str::to_owned);
        nonce.ok_or(WalletError::Answer("the nonce is missing"))
    }

    /// One batch request, with proofs by keys that vouch for the new ones; the passes come back in the order
    /// of the keys.
    pub(crate) async fn passes(
        &self,
        at: &Endpoints,
        access_token: &str,
        from_day: u64,
        proofs: &[String],
        vouching: &[String],
    ) -> Result<Vec<Vec<u8>>, WalletError> {
        let mut body = json!({
            "credential_configuration_id": CONFIGURATION,
            "proofs": { "jwt": proofs },
            "szid_from_day": from_day,
        });
        if !vouching.is_empty() {
            body["szid_key_proofs"] = json!(vouching);
        }
        let request = self.post(&at.credential)?.bearer(access_token).json(&body)?;
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
        let body = self.send(self.get(&format!("{issuer}/v1/trust"))?, trust::MAX_BYTES).await?;
        Ok(body.to_vec())
    }

    pub(crate) async fn audit_head(&self, issuer: &str) -> Result<Vec<u8>, WalletError> {
        let head = self.get(&format!("{issuer}/v1/audit/head"))?;
        Ok(self.send(head, audit_head::MAX_BYTES).await?.to_vec())
    }

    pub(crate) async fn time(
        &self,
        issuer: &str,
        nonce: &[u8; time::NONCE_BYTES],
    ) -> Result<Vec<u8>, WalletError> {
        let url = format!("{issuer}/v1/time?nonce={}", BASE64URL_NOPAD.encode(nonce));
        Ok(self.send(self.get(&url)?, time::MAX_BYTES).await?.to_vec())
    }

    pub(crate) async fn consents(
        &self,
        at: &Endpoints,
        access_token: &str,
        wait: u64,
    ) -> Result<Vec<ConsentRequest>, WalletError> {
        #[derive(Deserialize)]
        struct Questions {
            consents: Vec<ConsentRequest>,
        }
        let wait = wait.min(MAX_WAIT_SECONDS);
        let url = format!("{}/v1/holder/consents?wait={wait}", at.issuer);
        let request = self.get(&url)?.bearer(access_token).longer(Duration::from_secs(wait));
        Ok(self.json::<Questions>(request).await?.consents)
    }

    /// Approves a question with a code, or denies it without, which may be a report.
    pub(crate) async fn answer(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
        code: Option<&str>,
        report: bool,
    ) -> Result<(), WalletError> {
        let url = format!("{}/v1/holder/consents/{id}", at.issuer);
        let mut body = json!({ "approve": code.is_some(), "code": code });
        if report {
            body["report"] = json!(true);
        }
        let request = self.post(&url)?.bearer(access_token).json(&body)?;
        let answer: Value = self.json(request).await?;
        // A service of before takes the refusal alone: nobody is told of a report that was not kept.
        if report && answer["reported"] != true {
            return Err(WalletError::Answer("the refusal was taken, and the report was not"));
        }
        Ok(())
    }

    pub(crate) async fn report_use(
        &self,
        at: &Endpoints,
        access_token: &str,
        receipt: &str,
    ) -> Result<(), WalletError> {
        let mut url = self.below(&format!("{}/v1/holder/uses/", at.issuer), receipt)?;
        url.path_segments_mut().map_err(|()| WalletError::Offer)?.push("report");
        self.nothing(Call::new(HttpMethod::Post, url).bearer(access_token)).await
    }

    pub(crate) async fn uses(
        &self,
        at: &Endpoints,
        access_token: &str,
        before: Option<&str>,
    ) -> Result<Vec<IdentityUse>, WalletError> {
        #[derive(Deserialize)]
        struct Uses {
            uses: Vec<IdentityUse>,
        }
        let request = self.get(&format!("{}/v1/holder/uses", at.issuer))?;
        let request = request.bearer(access_token).query("before", before);
        Ok(self.json::<Uses>(request).await?.uses)
    }

    pub(crate) async fn receipt(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
    ) -> Result<Vec<u8>, WalletError> {
        let url = self.below(&format!("{}/v1/holder/receipts/", at.issuer), id)?;
        let request = Call::new(HttpMethod::Get, url).bearer(access_token);
        Ok(self.send(request, receipt::MAX_BYTES).await?.to_vec())
    }

    pub(crate) async fn number(
        &self,
        at: &Endpoints,
        access_token: &str,
        code: &str,
    ) -> Result<ShortNumberGiven, WalletError> {
        let request = self.post(&format!("{}/v1/holder/numbers", at.issuer))?;
        self.json(request.bearer(access_token).json(&json!({ "code": code }))?).await
    }

    /// What a venue's code asks for.
    pub(crate) async fn venue(
        &self,
        at: &Endpoints,
        access_token: &str,
        venue_code: &str,
    ) -> Result<VenueRequest, WalletError> {
        let request = self.post(&format!("{}/v1/holder/venue", at.issuer))?;
        self.json(request.bearer(access_token).json(&json!({ "venue_code": venue_code }))?).await
    }

    pub(crate) async fn visit(
        &self,
        at: &Endpoints,
        access_token: &str,
        venue_code: &str,
        code: &str,
    ) -> Result<Visit, WalletError> {
        let body = json!({ "venue_code": venue_code, "code": code });
        let request = self.post(&format!("{}/v1/holder/visits", at.issuer))?;
        self.json(request.bearer(access_token).json(&body)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HttpError, HttpFuture, HttpRequest};

    struct NoHttp;

    impl Http for NoHttp {
        fn send(&self, _: HttpRequest) -> HttpFuture<'_> {
            Box::pin(std::future::ready(Err(HttpError::Unreachable)))
        }
    }

    #[test]
    fn only_https_is_asked_and_in_demo_mode_this_machine_without_it() {
        let client = |demo_mode| ServiceClient {
            http: Arc::new(NoHttp),
            demo_mode,
            total_timeout: Duration::from_secs(1),
        };
        let (usual, demo) = (client(false), client(true));
        assert!(
            [&usual, &demo].iter().all(|client| client.allowed("https://id.example/x").is_ok())
        );
        for url in ["http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]/x"] {
            assert!(matches!(usual.allowed(url), Err(WalletError::NotHttps)), "{url}");
            assert!(demo.allowed(url).is_ok(), "{url}");
        }
        for url in [
            "http://id.example/x",
            "http://10.0.0.2/x",
            "http://127.0.0.1.example/",
            "http://127.0.0.1@id.example/",
            "ftp://127.0.0.1/x",
            "file:///etc/passwd",
            "",
            "六",
        ] {
            assert!(usual.allowed(url).is_err() && demo.allowed(url).is_err(), "{url}");
        }
    }
}
