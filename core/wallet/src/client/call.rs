//! One request on its way together, and what its answer comes to.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use szid_api::issuance::tokens::Tokens;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::refusal::{freeze_told, refusal};
use super::{MAX_JSON, ServiceClient};
use crate::error::WalletError;
use crate::http::{HttpAnswer, HttpError, HttpMethod, HttpRequest};
use crate::last_known::Freeze;

/// What the wallet waits beyond the time that a client was given: one that keeps to it says better what
/// failed.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// A request, to be sent by [`ServiceClient::send`].
pub(super) struct Call {
    method: HttpMethod,
    url: Url,
    headers: Vec<(&'static str, Zeroizing<String>)>,
    body: Zeroizing<Vec<u8>>,
    /// Beyond the usual time.
    longer: Duration,
}

impl Call {
    pub(super) fn new(method: HttpMethod, url: Url) -> Self {
        let (headers, body) = (Vec::new(), Zeroizing::default());
        Self { method, url, headers, body, longer: Duration::ZERO }
    }

    pub(super) fn bearer(mut self, token: &str) -> Self {
        self.headers.push(("authorization", Zeroizing::new(format!("Bearer {token}"))));
        self
    }

    /// Gives the request an id, if there is one, by which it is known when it comes again
    /// (draft-ietf-httpapi-idempotency-key-header).
    pub(super) fn idempotent(mut self, id: Option<&str>) -> Self {
        let quoted = id.map(|id| Zeroizing::new(format!("\"{id}\"")));
        self.headers.extend(quoted.map(|id| ("idempotency-key", id)));
        self
    }

    /// Adds a parameter, if there is a value.
    pub(super) fn query(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.url.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    pub(super) fn form<'a>(self, fields: impl Iterator<Item = (&'static str, &'a str)>) -> Self {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.with_body("application/x-www-form-urlencoded", form.into_bytes())
    }

    pub(super) fn json(self, body: &impl Serialize) -> Result<Self, WalletError> {
        let body = serde_json::to_vec(body).map_err(|_| WalletError::Drawing)?;
        Ok(self.with_body("application/json", body))
    }

    /// For an answer that the service is asked to wait with.
    pub(super) fn longer(mut self, time: Duration) -> Self {
        self.longer = time;
        self
    }

    fn with_body(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.headers.push(("content-type", Zeroizing::new(media_type.to_owned())));
        self.body = Zeroizing::new(body);
        self
    }
}

impl ServiceClient {
    /// The JSON of a good answer.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, WalletError> {
        serde_json::from_slice(&self.send(call, MAX_JSON).await?)
            .map_err(|_| WalletError::Answer("not the promised JSON"))
    }

    /// A good answer that says nothing: whatever has a body is not the service's.
    pub(super) async fn nothing(&self, call: Call) -> Result<(), WalletError> {
        let body = self.send(call, MAX_JSON).await?;
        if body.is_empty() { Ok(()) } else { Err(WalletError::Answer("a body without need")) }
    }

    /// The body of a good answer. It may hold tokens, so it is cleared when dropped.
    pub(super) async fn send(
        &self,
        call: Call,
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, WalletError> {
        self.exchange(call, limit).await?.map_err(|(status, body)| refusal(status, &body))
    }

    /// The same, for a renewal: a device that a freeze stopped is told of the freeze.
    pub(super) async fn tokens(&self, call: Call) -> (Result<Tokens, WalletError>, Option<Freeze>) {
        let answered = match self.exchange(call, MAX_JSON).await {
            Err(error) => return (Err(error), None),
            Ok(answered) => answered,
        };
        match answered {
            Ok(body) => {
                let unreadable = WalletError::Answer("not the promised JSON");
                (serde_json::from_slice(&body).map_err(|_| unreadable), None)
            }
            Err((status, body)) => (Err(refusal(status, &body)), freeze_told(&body)),
        }
    }

    /// An answer that came whole: a good one's body, or the status and body of a refusal.
    async fn exchange(
        &self,
        call: Call,
        limit: usize,
    ) -> Result<Result<Zeroizing<Vec<u8>>, (u16, Zeroizing<Vec<u8>>)>, WalletError> {
        let timeout = self.total_timeout + call.longer;
        let request = HttpRequest {
            method: call.method,
            url: call.url.into(),
            headers: call.headers,
            body: call.body,
            timeout,
            // A refusal must be readable whatever was asked for.
            max_answer: limit.max(MAX_JSON),
        };
        let answer = tokio::time::timeout(timeout + GRACE, self.http.send(request)).await;
        let answer = answer.map_err(|_| WalletError::Network)?;
        let HttpAnswer { status, body } = answer.map_err(|error| match error {
            HttpError::TooLarge => WalletError::Answer("it is too large"),
            HttpError::Unreachable => WalletError::Network,
        })?;
        match status {
            200 | 201 | 204 if body.len() > limit => Err(WalletError::Answer("it is too large")),
            200 | 201 | 204 => Ok(Ok(body)),
            300..400 => Err(WalletError::Answer("it points elsewhere")),
            _ if body.len() > MAX_JSON => Err(WalletError::Answer("it is too large")),
            _ => Ok(Err((status, body))),
        }
    }
}
