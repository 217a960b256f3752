//! The population register (公安人口库): asked whether name and number belong together, and for nothing else.
//!
//! The register's own interface is not public. This is the one that a city's adapter in front of it serves:
//! `POST {address}` with `document_type`, `number` and `name` as JSON, answered with 200 and `result`, one of
//! `match`, `mismatch`, `not_found` and `deceased`. No answer holds a record.

use reqwest::{Client, StatusCode, Url};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Asked, Connector, Proof, ProofFault, Proving, Returned, Step, http};

/// The connector's name.
pub const NAME: &str = "population_register";
/// How it proves: two factors, name and number.
pub const METHOD: &str = "name_and_number";
/// The level that a match claims: real name.
const LEVEL: u8 = 2;

/// What is asked.
#[derive(Serialize, Deserialize)]
pub struct Question<'a> {
    /// A GA/T 517 code.
    pub document_type: &'a str,
    /// In its one written form.
    pub number: &'a str,
    /// As it stands in the document.
    pub name: &'a str,
}

/// What is answered.
#[derive(Serialize, Deserialize)]
pub struct Answered {
    /// How name and number stand to each other.
    pub result: MatchResult,
}

/// How name and number stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchResult {
    /// They belong together.
    Match,
    /// The number is somebody else's.
    Mismatch,
    /// The number is nobody's.
    NotFound,
    /// They belong together, and the person is dead.
    Deceased,
}

impl MatchResult {
    /// As a proof's outcome.
    pub(crate) fn proof(self, now: u64) -> Result<Proof, ProofFault> {
        match self {
            Self::Match => Ok(Proof { level: LEVEL, at: now, expires_at: None }),
            Self::Mismatch => Err(ProofFault::Mismatch),
            Self::NotFound => Err(ProofFault::NotFound),
            Self::Deceased => Err(ProofFault::Deceased),
        }
    }
}

/// The adapter's address, and what it is asked with.
pub struct PopulationRegister {
    address: Url,
    token: Option<Zeroizing<String>>,
    client: Client,
}

impl PopulationRegister {
    /// The adapter at an address, which takes a bearer token where there is one.
    ///
    /// # Errors
    /// Where the system has no roots of trust.
    pub fn new(address: Url, token: Option<Zeroizing<String>>) -> Result<Self, reqwest::Error> {
        Ok(Self { address, token, client: http::client()? })
    }

    async fn ask(&self, asked: Asked<'_>) -> Result<Proof, ProofFault> {
        let identity = asked.identity;
        let question = Question {
            document_type: &identity.document_type,
            number: &identity.number,
            name: &identity.name,
        };
        let mut request = self.client.post(self.address.clone()).json(&question);
        if let Some(token) = &self.token {
            request = request.bearer_auth(&**token);
        }
        let answer = http::send(request).await?;
        // Whatever is wrong there, such as a token that ran out, says nothing of the person.
        if answer.status != StatusCode::OK {
            return Err(ProofFault::Unavailable);
        }
        let answered: Answered =
            serde_json::from_slice(&answer.body).map_err(|_| ProofFault::Answer("form"))?;
        answered.result.proof(asked.now)
    }
}

impl Connector for PopulationRegister {
    fn name(&self) -> &str {
        NAME
    }

    fn method(&self) -> &str {
        METHOD
    }

    fn begin<'a>(&'a self, asked: Asked<'a>) -> Proving<'a, Step> {
        Box::pin(async move { self.ask(asked).await.map(Step::Proven) })
    }

    fn finish<'a>(&'a self, _: Asked<'a>, _: &'a [u8], _: &'a Returned) -> Proving<'a, Proof> {
        // Nobody goes anywhere for it.
        Box::pin(std::future::ready(Err(ProofFault::Answer("visit"))))
    }
}
