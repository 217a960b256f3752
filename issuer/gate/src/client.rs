//! The service as a gate talks to it. Every wait and every answer is bounded.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use szid_api::documents::StatusLists;
use szid_api::paths;
use szid_api::problem::{PROBLEM_JSON, ProblemBody};
use szid_api::receipts::{CountStanding, ReceiptStanding, Upload, Uploaded};
use szid_protocol::time::{self, NONCE_BYTES};

use crate::reach::Unreached;
use crate::setup::{self, SetupError};

/// The longest wait for a connection, and for a whole answer.
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(20);
/// The largest document, bytes: a status list that does not compress.
const MAX_DOCUMENT: usize = 2 << 20;
const MAX_ANSWER: usize = 16 * 1024;
/// The largest answer that names a day's status lists, bytes: some hundred, of which a gate holds fewer.
const MAX_NAMES: usize = 128 * 1024;

/// Why something could not be had. The words are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The service cannot be reached.
    #[error("UNREACHABLE")]
    Unreachable(Unreached),
    /// It refused, or something between did.
    #[error("REFUSED_{0}")]
    Refused(u16),
    /// The service says that this gate's venue or site is suspended.
    #[error("VENUE_SUSPENDED")]
    Suspended,
    /// The service says that this gate's credential was withdrawn.
    #[error("CREDENTIAL_REVOKED")]
    Withdrawn,
    /// The service says that no key is registered for the device of this credential, and which one that is.
    #[error("GATE_UNKNOWN")]
    NoKey(Option<String>),
    /// The answer is not what the interface promises.
    #[error("UNEXPECTED")]
    Unexpected,
}

/// The service, and the tags of what was fetched.
pub struct ServiceClient {
    http: Client,
    base_url: String,
    credential: String,
    tags: Mutex<HashMap<String, String>>,
}

/// Where the service says that this gate's count stands.
pub(crate) struct Standing {
    pub(crate) last: u64,
    /// The SHA-256 of the receipt under it, where the service knows it.
    pub(crate) digest: Option<Vec<u8>>,
    /// The device of this credential, where the service says it: its venue and label.
    pub(crate) device: Option<String>,
    /// The scenes that the venue's device is registered for, where the service says it.
    pub(crate) scenes: Option<Vec<u16>>,
    /// The id of the key that is registered.
    pub(crate) key: Vec<u8>,
    /// Where that key has signed none yet: the last number of the keys before it, and its receipt's SHA-256.
    pub(crate) before: Option<(u64, Option<Vec<u8>>)>,
    /// When two devices were last seen to use this gate's numbers, if lately.
    pub(crate) conflict_at: Option<u64>,
}

impl ServiceClient {
    /// A client for a service and this device's credential.
    ///
    /// # Errors
    /// [`SetupError`] for an address or a credential that cannot be one, or without the system's TLS.
    pub fn new(base_url: &str, credential: &str) -> Result<Self, SetupError> {
        let base_url = setup::service_address(base_url)?;
        let credential = setup::credential(credential)?.to_owned();
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| SetupError::Tls)?;
        Ok(Self { http, base_url, credential, tags: Mutex::default() })
    }

    /// The service's address.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A document, or `None` where it has not changed since it was last [noted](Self::note).
    pub(crate) async fn document(&self, path: &str) -> Result<Option<Document>, Fault> {
        let known = self.tags.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        let mut request = self.http.get(format!("{}{path}", self.base_url));
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = request.send().await.map_err(unreached)?;
        match response.status() {
            StatusCode::NOT_MODIFIED => Ok(None),
            StatusCode::OK => {
                let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
                let tag = tag.map(str::to_owned);
                Ok(Some(Document { tag, bytes: bounded(response, MAX_DOCUMENT).await? }))
            }
            other => Err(Fault::Refused(other.as_u16())),
        }
    }

    /// The numbers of a day's status lists; nothing where the service is of a version that does not name
    /// them.
    pub(crate) async fn status_lists(&self, day: u64) -> Result<Option<Vec<u32>>, Fault> {
        let request = self.http.get(format!("{}{}", self.base_url, paths::status_lists(day)));
        let response = request.send().await.map_err(unreached)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            other => return Err(Fault::Refused(other.as_u16())),
        }
        let body = bounded(response, MAX_NAMES).await?;
        let answer: StatusLists = serde_json::from_slice(&body).map_err(|_| Fault::Unexpected)?;
        let number = |uri: &String| {
            let (of_day, list) = uri.rsplit_once('/')?;
            list.parse().ok().filter(|_| of_day.ends_with(&format!("/{day}")))
        };
        let numbers: Option<_> = answer.status_lists.iter().map(number).collect();
        numbers.map(Some).ok_or(Fault::Unexpected)
    }

    /// The service's time, signed together with this nonce.
    pub(crate) async fn time(&self, nonce: &[u8; NONCE_BYTES]) -> Result<Vec<u8>, Fault> {
        let nonce = BASE64URL_NOPAD.encode(nonce);
        let request = self.http.get(format!("{}{}?nonce={nonce}", self.base_url, paths::TIME));
        let response = request.send().await.map_err(unreached)?;
        match response.status() {
            StatusCode::OK => bounded(response, time::MAX_BYTES).await,
            other => Err(Fault::Refused(other.as_u16())),
        }
    }

    /// Notes that a document is in use, so that it is only fetched again once it has changed.
    pub(crate) fn note(&self, path: &str, tag: Option<String>) {
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        // Status lists of past days are never asked for again.
        if tags.len() > 256 {
            tags.clear();
        }
        if let Some(tag) = tag {
            tags.insert(path.to_owned(), tag);
        }
    }

    /// Where this gate's count stands; nothing where the service is of a version that does not say.
    pub(crate) async fn standing(&self) -> Result<Option<Standing>, Fault> {
        let request = self.http.get(format!("{}{}", self.base_url, paths::RECEIPTS));
        let response = request.bearer_auth(&self.credential).send().await;
        let response = response.map_err(unreached)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::METHOD_NOT_ALLOWED => return Ok(None),
            _ => return Err(refusal(response).await),
        }
        let body = bounded(response, MAX_ANSWER).await?;
        let answer: ReceiptStanding =
            serde_json::from_slice(&body).map_err(|_| Fault::Unexpected)?;
        let bytes =
            |text: String| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Fault::Unexpected);
        let (digest, key) = (answer.digest.map(bytes).transpose()?, bytes(answer.key)?);
        let before = answer.before.map(|CountStanding { last, digest }| {
            digest.map(bytes).transpose().map(|digest| (last, digest))
        });
        let before = before.transpose()?;
        let (last, conflict_at, scenes) = (answer.last, answer.conflict_at, answer.scenes);
        let device = answer.venue.zip(answer.device);
        let device = device.and_then(|(venue, device)| device_name(format!("{venue}/{device}")));
        Ok(Some(Standing { last, digest, device, scenes, key, before, conflict_at }))
    }

    pub(crate) async fn upload(&self, receipts: Vec<String>) -> Result<Uploaded, Fault> {
        let request = self
            .http
            .post(format!("{}{}", self.base_url, paths::RECEIPTS))
            .bearer_auth(&self.credential)
            .json(&Upload { receipts });
        let response = request.send().await.map_err(unreached)?;
        match response.status() {
            StatusCode::OK => {
                let body = bounded(response, MAX_ANSWER).await?;
                serde_json::from_slice(&body).map_err(|_| Fault::Unexpected)
            }
            _ => Err(refusal(response).await),
        }
    }
}

/// Why a request with this gate's credential was refused. What a proxy answers by itself is no word of the
/// service's.
async fn refusal(response: Response) -> Fault {
    let refused = Fault::Refused(response.status().as_u16());
    // A proxy may add parameters, which make it no other type (RFC 9110, 8.3.1).
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let is_problem = kind.eq_ignore_ascii_case(PROBLEM_JSON);
    if response.status() != StatusCode::FORBIDDEN || !is_problem {
        return refused;
    }
    let Ok(body) = bounded(response, MAX_ANSWER).await else { return refused };
    match serde_json::from_slice(&body) {
        Ok(ProblemBody { code, .. }) if code == "VENUE_SUSPENDED" => Fault::Suspended,
        Ok(ProblemBody { code, .. }) if code == "CREDENTIAL_REVOKED" => Fault::Withdrawn,
        Ok(ProblemBody { code, about, .. }) if code == "GATE_UNKNOWN" => {
            Fault::NoKey(about.and_then(device_name))
        }
        _ => refused,
    }
}

/// A venue's id and a device's label, as they are shown: nothing else is.
fn device_name(name: String) -> Option<String> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_/".contains(&byte);
    (name.len() <= 64 && name.bytes().all(fits)).then_some(name)
}

fn unreached(error: reqwest::Error) -> Fault {
    Fault::Unreachable(error.into())
}

pub(crate) struct Document {
    pub(crate) tag: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

async fn bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreached)? {
        if body.len() + chunk.len() > limit {
            return Err(Fault::Unexpected);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
