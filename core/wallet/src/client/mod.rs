//! The service as the wallet talks to it, one file per flow. Every wait and every answer is bounded.

mod account;
mod call;
mod consents;
mod devices;
mod documents;
mod issuance;
mod metadata;
mod offers;
mod proofs;
mod refusal;
mod tokens;
mod uses;
mod venues;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use self::call::Call;
pub(crate) use self::call::GRACE;
pub(crate) use self::metadata::Endpoints;
pub(crate) use self::offers::Grant;
use crate::config::WalletOptions;
use crate::error::WalletError;
use crate::http::{Http, HttpMethod};

/// The largest JSON answer that is read, bytes: a batch of 32 passes takes about a fifth of it.
const MAX_JSON: usize = 64 * 1024;
/// The service's code for a day of which this device was given as many passes as it may have.
pub(crate) const PASS_QUOTA: &str = "PASS_QUOTA";
/// The service's code for a day on which no proof of the holder's identity counts any more.
pub(crate) const PASS_LEVEL: &str = "PASS_LEVEL";
/// The service's code where none counts any more now.
pub(crate) const LEVEL_LAPSED: &str = "LEVEL_LAPSED";
/// The service's word for a refresh token that it renews together with a key of this device alone.
pub(crate) const USE_KEY_PROOF: &str = "use_key_proof";
/// The service's code where its data were put back and lack this device.
pub(crate) const DEVICE_UNKNOWN: &str = "DEVICE_UNKNOWN";
/// The service's word that its own clock is not where it should be.
pub(crate) const CLOCK_UNCHECKED: &str = "CLOCK_UNCHECKED";

pub(crate) struct ServiceClient {
    http: Arc<dyn Http>,
    demo_mode: bool,
    total_timeout: Duration,
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

    /// A request of the holder at a path of the interface.
    fn by_holder(
        &self,
        method: HttpMethod,
        at: &Endpoints,
        path: &str,
        access_token: &str,
    ) -> Result<Call, WalletError> {
        let url = self.allowed(&format!("{}{path}", at.issuer))?;
        Ok(Call::new(method, url).bearer(access_token))
    }

    /// The address that a path of the interface comes to with an id, which becomes a part of it and nothing
    /// else.
    fn address(&self, issuer: &str, path: &str, id: &str) -> Result<Url, WalletError> {
        let mut url = self.allowed(issuer)?;
        let parts = path.split('/').skip(1);
        let parts = parts.map(|part| if part.starts_with('{') { id } else { part });
        url.path_segments_mut().map_err(|()| WalletError::Offer)?.pop_if_empty().extend(parts);
        Ok(url)
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
