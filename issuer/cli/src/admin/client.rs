//! The administration of a running service, over its local socket or HTTPS.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::Failure;

/// How long the service may take to be reached.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Where an administrator's credential is read: not among the arguments, which everybody on the machine can see.
const CREDENTIAL: &str = "SZID_CREDENTIAL";
/// The exit code of what waits for a second administrator.
const WAITS: u8 = 3;

/// A running service, spoken to as one administrator.
pub(super) struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    base: Url,
    credential: Zeroizing<String>,
}

/// What a service answered to a change.
pub(super) enum Told {
    /// It is done.
    Done(Value),
    /// It waits for another administrator.
    Waits(Value),
}

impl Client {
    /// `service` is `unix:` and a path, or a URL.
    pub(super) fn open(service: &str) -> Result<Self, Failure> {
        let credential = std::env::var(CREDENTIAL).map(Zeroizing::new).map_err(|_| {
            Failure::usage(format_args!("{CREDENTIAL} is not set: an administrator's credential"))
        })?;
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME)
            .redirect(reqwest::redirect::Policy::none());
        let (builder, base) = match service.strip_prefix("unix:") {
            Some(path) => (over_socket(builder, path)?, "http://localhost"),
            None => (builder, service),
        };
        let base = Url::parse(base).map_err(|_| {
            Failure::usage("the service is unix: and the path of its socket, or a URL")
        })?;
        if !is_protected(&base) {
            return Err(Failure::usage("a credential travels over https or on this machine alone"));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: runtime.map_err(Failure::failed)?,
            http: builder.build().map_err(Failure::failed)?,
            base,
            credential,
        })
    }

    /// A request to a path below the administration's, part by part.
    pub(super) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // Only an address such as `data:` has no path: none of those is protected.
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(["v1", "admin"]).extend(path);
        }
        self.http.request(method, url).bearer_auth(&*self.credential)
    }

    /// Sends a request; what the service refuses is a failure with its code.
    pub(super) fn send(&self, request: RequestBuilder) -> Result<Told, Failure> {
        let (status, body) = self
            .runtime
            .block_on(async {
                let answer = request.send().await?;
                Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
            })
            .map_err(|error| {
                Failure::failed(format_args!("the service does not answer: {error:?}"))
            })?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        match status {
            StatusCode::ACCEPTED => Ok(Told::Waits(body)),
            status if status.is_success() => Ok(Told::Done(body)),
            status => Err(refused(status, &body)),
        }
    }

    /// The answer to a request that changes nothing, or waits for nobody.
    pub(super) fn ask(&self, request: RequestBuilder) -> Result<Value, Failure> {
        match self.send(request)? {
            Told::Done(body) | Told::Waits(body) => Ok(body),
        }
    }
}

impl Told {
    /// Prints what was done, or which request waits.
    pub(super) fn print(self, done: impl FnOnce(&Value)) -> std::process::ExitCode {
        match self {
            Self::Done(body) => {
                done(&body);
                std::process::ExitCode::SUCCESS
            }
            Self::Waits(body) => {
                let request = body["request"].as_str().unwrap_or_default();
                eprintln!(
                    "需另一位管理员在24小时内确认 · another administrator confirms it within 24 hours: \
                     szid admin confirm {request}"
                );
                std::process::ExitCode::from(WAITS)
            }
        }
    }
}

fn refused(status: StatusCode, body: &Value) -> Failure {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    match text("code") {
        "" => Failure::failed(format_args!("the service answers {status}")),
        code => Failure::failed(format_args!(
            "{code} {} · {}: {}",
            text("title_zh"),
            text("title"),
            text("detail")
        )),
    }
}

/// Whether nobody else can read what is sent there.
fn is_protected(base: &Url) -> bool {
    let here = || matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    base.scheme() == "https" || base.scheme() == "http" && here()
}

#[cfg(unix)]
fn over_socket(
    builder: reqwest::ClientBuilder,
    path: &str,
) -> Result<reqwest::ClientBuilder, Failure> {
    Ok(builder.unix_socket(std::path::PathBuf::from(path)))
}

#[cfg(not(unix))]
fn over_socket(_: reqwest::ClientBuilder, _: &str) -> Result<reqwest::ClientBuilder, Failure> {
    Err(Failure::usage("there are no local sockets on this system: name the service's URL"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_credential_is_sent_over_tls_or_not_far() {
        let protected = |text: &str| is_protected(&Url::parse(text).unwrap());
        for good in ["https://id.example.cn", "http://localhost", "http://[::1]:8080"] {
            assert!(protected(good), "{good}");
        }
        for bad in ["http://id.example.cn", "http://10.0.0.1:8080", "ftp://localhost"] {
            assert!(!protected(bad), "{bad}");
        }
    }
}
