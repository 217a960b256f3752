//! Requests to other parties: bounded in size, and never led elsewhere.

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use zeroize::Zeroizing;

use super::ProofFault;

/// The largest answer that is read, bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Why an address is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It cannot be read, or has credentials, a query or a fragment.
    #[error("is not a plain http or https address")]
    Form,
    /// No TLS, and not this machine in demo mode.
    #[error("has no TLS")]
    Tls,
}

/// Whether an address of a party can be used: with TLS, or, in demo mode, on this machine.
///
/// # Errors
/// [`AddressFault`].
pub fn check_address(address: &str, demo_mode: bool) -> Result<Url, AddressFault> {
    let url = Url::parse(address).map_err(|_| AddressFault::Form)?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match (is_plain, url.scheme()) {
        (true, "https") => Ok(url),
        (true, "http") if demo_mode && is_this_machine(&url) => Ok(url),
        (true, "http") => Err(AddressFault::Tls),
        _ => Err(AddressFault::Form),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What a party answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// A client that follows no redirect: what is sent is meant for one party.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build()
}

/// Sends a request; what gets no whole answer, or one of a server in trouble, is no answer at all. The time
/// is the caller's to bound.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, ProofFault> {
    let mut answer = request.send().await.map_err(|_| ProofFault::Unavailable)?;
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ProofFault::Unavailable);
    }
    let headers = answer.headers().clone();
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = answer.chunk().await.map_err(|_| ProofFault::Unavailable)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ProofFault::Answer("size"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_are_reached_over_tls_or_on_this_machine() {
        for good in ["https://id.example.cn/fapi", "https://id.example.cn:8443"] {
            assert!(check_address(good, false).is_ok(), "{good}");
        }
        for local in ["http://127.0.0.1:9", "http://[::1]:9/x", "http://localhost:9"] {
            assert_eq!(check_address(local, false).unwrap_err(), AddressFault::Tls);
            assert!(check_address(local, true).is_ok(), "{local}");
        }
        assert_eq!(check_address("http://192.0.2.1", true).unwrap_err(), AddressFault::Tls);
        for bad in ["", "id.example.cn", "ftp://a", "https://u@a", "https://a?b", "https://a#b"] {
            assert_eq!(check_address(bad, true).unwrap_err(), AddressFault::Form, "{bad}");
        }
    }
}
