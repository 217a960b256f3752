//! The phone's own HTTP stack, seen from the other side of the border.

use std::sync::Arc;

use szid_wallet::{HttpError, HttpFuture};
use uniffi::UnexpectedUniFFICallbackError;
use zeroize::Zeroizing;

/// The phone's HTTP client, with its proxies and its trust store: `HttpURLConnection`, `URLSession`.
///
/// Sends a request once, as it is; follows no redirect; keeps no cookies and no cache. Called on threads of
/// this library, several at once, and may wait as long as the request says.
#[uniffi::export(foreign)]
pub trait Http: Send + Sync {
    /// Sends a request and reads the answer, whatever its status.
    fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpPortError>;
}

/// What is sent. It may hold tokens: it is not for any log.
#[derive(Clone, uniffi::Record)]
pub struct HttpRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// Where, absolute.
    pub url: String,
    /// Names in lower case, each once, and values.
    pub headers: Vec<HttpHeader>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
    /// The longest that the whole exchange may take, milliseconds.
    pub timeout_ms: u64,
    /// The longest body of an answer that is of use, bytes: stop reading there and say `TooLarge`.
    pub max_answer: u64,
}

/// A header of a request.
#[derive(Clone, uniffi::Record)]
pub struct HttpHeader {
    /// In lower case.
    pub name: String,
    /// As it is sent.
    pub value: String,
}

/// What came back.
#[derive(Clone, uniffi::Record)]
pub struct HttpAnswer {
    /// The status, whatever it is.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HttpPortError {
    /// No connection, a certificate that is not trusted, or no answer in time.
    #[error("the service cannot be reached")]
    Unreachable,
    /// The answer is longer than was asked for.
    #[error("the answer is too large")]
    TooLarge,
}

impl From<UnexpectedUniFFICallbackError> for HttpPortError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unreachable
    }
}

/// The shell's HTTP client as the core's port.
pub(crate) struct ShellHttp(pub(crate) Arc<dyn Http>);

impl szid_wallet::Http for ShellHttp {
    fn send(&self, request: szid_wallet::HttpRequest) -> HttpFuture<'_> {
        let shell = Arc::clone(&self.0);
        Box::pin(async move {
            let sent = tokio::task::spawn_blocking(move || shell.send(read(request)));
            // A panic of the shell's side is no answer either.
            let answer = sent.await.unwrap_or(Err(HttpPortError::Unreachable));
            match answer {
                // What a shell that failed in silence answers.
                Ok(HttpAnswer { status: 0, .. }) | Err(HttpPortError::Unreachable) => {
                    Err(HttpError::Unreachable)
                }
                Err(HttpPortError::TooLarge) => Err(HttpError::TooLarge),
                Ok(HttpAnswer { status, body }) => {
                    Ok(szid_wallet::HttpAnswer { status, body: Zeroizing::new(body) })
                }
            }
        })
    }
}

fn read(request: szid_wallet::HttpRequest) -> HttpRequest {
    let method = match request.method {
        szid_wallet::HttpMethod::Get => "GET",
        szid_wallet::HttpMethod::Post => "POST",
        szid_wallet::HttpMethod::Delete => "DELETE",
    };
    let header = |(name, value): &(&str, Zeroizing<String>)| HttpHeader {
        name: (*name).to_owned(),
        value: value.to_string(),
    };
    HttpRequest {
        method: method.to_owned(),
        url: request.url,
        headers: request.headers.iter().map(header).collect(),
        body: request.body.to_vec(),
        timeout_ms: request.timeout.as_millis().try_into().unwrap_or(u64::MAX),
        max_answer: request.max_answer as u64,
    }
}
