//! The HTTP client of programs that bring none of their own.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, Response};
use zeroize::Zeroizing;

use crate::http::{Http, HttpAnswer, HttpError, HttpFuture, HttpMethod, HttpRequest};

/// The longest wait for a connection.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// [`Http`] by reqwest and rustls, whose provider the program has installed. The client is made with the
/// first request: the roots of the system that it reads take memory, and most openings of a wallet ask
/// nobody.
#[derive(Debug, Default)]
pub struct ReqwestHttp(OnceLock<Client>);

impl ReqwestHttp {
    /// A client that is not made yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn client(&self) -> Result<&Client, HttpError> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIME)
            // Tokens go to the endpoint that the metadata names and nowhere else.
            .redirect(reqwest::redirect::Policy::none());
        // Fails where the system has no roots at all.
        let client = builder.build().map_err(|_| HttpError::Unreachable)?;
        Ok(self.0.get_or_init(|| client))
    }
}

impl Http for ReqwestHttp {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move {
            let client = self.client()?;
            let mut sent = match request.method {
                HttpMethod::Get => client.get(&request.url),
                HttpMethod::Post => client.post(&request.url),
                HttpMethod::Delete => client.delete(&request.url),
            };
            for (name, value) in &request.headers {
                sent = sent.header(*name, value.as_str());
            }
            if !request.body.is_empty() {
                sent = sent.body(request.body.to_vec());
            }
            let answer = sent.timeout(request.timeout).send().await;
            let answer = answer.map_err(|_| HttpError::Unreachable)?;
            let status = answer.status().as_u16();
            Ok(HttpAnswer { status, body: read(answer, request.max_answer).await? })
        })
    }
}

async fn read(mut answer: Response, limit: usize) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    if answer.content_length().is_some_and(|length| length > limit as u64) {
        return Err(HttpError::TooLarge);
    }
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = answer.chunk().await.map_err(|_| HttpError::Unreachable)? {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
