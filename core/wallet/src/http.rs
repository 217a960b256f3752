//! How the wallet reaches a service: a port, so that a phone's own HTTP stack can do it, with its proxies and
//! its trust store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use zeroize::Zeroizing;

/// An HTTP client.
///
/// It sends a request once, as it is; follows no redirect; keeps no cookies and no cache; checks the server's
/// certificate by the platform's rules; and sends nothing to another origin than the URL's. The wallet has
/// chosen the URL by then: https, or http to this very machine in demo mode. Times and sizes are bounded by
/// the wallet as well, so that one that answers late, never or with too much costs a failed call and nothing
/// else.
pub trait Http: Send + Sync {
    /// Sends a request and reads the answer, whatever its status.
    ///
    /// # Errors
    /// [`HttpError`].
    fn send(&self, request: HttpRequest) -> HttpFuture<'_>;
}

/// An answer to come.
pub type HttpFuture<'a> = Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + 'a>>;

/// What is sent.
#[derive(Clone)]
pub struct HttpRequest {
    /// How.
    pub method: HttpMethod,
    /// Where, absolute.
    pub url: String,
    /// Names in lower case, and values. They may hold tokens.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The body; empty for GET and DELETE.
    pub body: Zeroizing<Vec<u8>>,
    /// The longest that the whole exchange may take.
    pub timeout: Duration,
    /// The longest body of an answer that is read, bytes.
    pub max_answer: usize,
}

impl fmt::Debug for HttpRequest {
    /// Without address, headers and body: they hold tokens and personal data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET.
    Get,
    /// POST.
    Post,
    /// DELETE.
    Delete,
}

/// What came back.
#[derive(Clone)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The body. It may hold tokens.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection, a certificate that is not trusted, or no answer in time.
    #[error("the service cannot be reached")]
    Unreachable,
    /// The answer is longer than was asked for.
    #[error("the answer is too large")]
    TooLarge,
}
