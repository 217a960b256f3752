//! Tells another program of each verdict, over HTTP: a controller that opens a turnstile, a display.
//!
//! The form is that of Standard Webhooks: `webhook-id`, `webhook-timestamp`, and, with a secret,
//! `webhook-signature`. A verdict never waits for it, and what could not be told at once is not told later: a
//! door that opens for somebody who has gone is worse than one that stays shut.

use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Url};
use sha2::Sha256;
use tokio::sync::{Mutex, mpsc};
use zeroize::Zeroizing;

use crate::gate::GateAnswer;

/// Verdicts that may wait while one is being told.
const WAITING: usize = 8;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How old one may be before it is told, to a webhook as to a turnstile's command, seconds.
pub(crate) const MAX_AGE: u64 = 5;
/// A secret is this and 24 to 64 bytes in base64 (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why there is no webhook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address is not http or https.
    #[error("the webhook's address must be http or https")]
    Address,
    /// The secret is not one.
    #[error("the webhook's secret must be whsec_ and 24 to 64 bytes in base64")]
    Secret,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls,
}

/// Where verdicts are told.
pub struct Webhook {
    client: Client,
    url: Url,
    secret: Option<Zeroizing<Vec<u8>>>,
}

/// The gate's end of a webhook.
#[derive(Clone)]
pub struct VerdictNotifier(mpsc::Sender<Notice>);

struct Notice {
    id: String,
    at: u64,
    body: Vec<u8>,
}

impl VerdictNotifier {
    /// Hands a verdict over under its own id, if there is room.
    pub(crate) fn tell(&self, answer: &GateAnswer, id: String) {
        let Ok(body) = serde_json::to_vec(answer) else { return };
        if self.0.try_send(Notice { id, at: answer.at, body }).is_err() {
            tracing::warn!("the webhook is too slow: a verdict is not told");
        }
    }
}

impl Webhook {
    /// A webhook at an address, with the secret that signs what it sends.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn new(url: &str, secret: Option<&str>) -> Result<Self, WebhookError> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or(WebhookError::Address)?;
        let secret =
            secret.map(|text| read_secret(text).ok_or(WebhookError::Secret)).transpose()?;
        let client =
            Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|_| WebhookError::Tls)?;
        Ok(Self { client, url, secret })
    }

    /// The gate's end, and the one that tells what is handed over there.
    pub fn start(self) -> (VerdictNotifier, Telling) {
        let (sender, waiting) = mpsc::channel::<Notice>(WAITING);
        (VerdictNotifier(sender), Telling { webhook: self, waiting: Mutex::new(waiting) })
    }

    async fn tell(&self, Notice { id, at, body }: Notice) -> bool {
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at.to_string());
        if let Some(secret) = &self.secret {
            request = request.header("webhook-signature", sign(secret, &id, at, &body));
        }
        request.body(body).send().await.is_ok_and(|answer| answer.status().is_success())
    }
}

/// The end of a webhook that sends.
pub struct Telling {
    webhook: Webhook,
    waiting: Mutex<mpsc::Receiver<Notice>>,
}

impl Telling {
    /// Tells until the gate closes; may be run again after it was ended. `now` is Unix seconds.
    pub async fn run(&self, now: impl Fn() -> u64) {
        let mut waiting = self.waiting.lock().await;
        while let Some(notice) = waiting.recv().await {
            if now().saturating_sub(notice.at) > MAX_AGE {
                tracing::warn!("a verdict is too old to be told");
            } else if !self.webhook.tell(notice).await {
                tracing::warn!("the webhook did not take a verdict");
            }
        }
    }
}

fn read_secret(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let encoded = text.trim().strip_prefix(SECRET_PREFIX)?;
    let secret = Zeroizing::new(BASE64.decode(encoded.as_bytes()).ok()?);
    SECRET_BYTES.contains(&secret.len()).then_some(secret)
}

/// `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, dots between them.
fn sign(secret: &[u8], id: &str, at: u64, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // The example of the Standard Webhooks specification.
        let secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn addresses_and_secrets_are_checked() {
        for bad in ["", "ftp://127.0.0.1/", "door"] {
            assert!(matches!(Webhook::new(bad, None), Err(WebhookError::Address)), "{bad}");
        }
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"] {
            let read = Webhook::new("http://127.0.0.1:9/", Some(bad));
            assert!(matches!(read, Err(WebhookError::Secret)), "{bad}");
        }
    }
}
