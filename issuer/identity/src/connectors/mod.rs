//! Connectors: parties that prove who somebody is, such as the population register or another country's
//! login.
//!
//! A connector compares what the party says with the identity that it is given, and answers with a proof or a
//! fault. It hands out no record: neither what the party knows nor what differs. Time-outs, retries, the
//! breaker and the cap of the policy are the [`Guarded`] connector's, never a connector's own.

mod fault;
mod guarded;
mod http;
mod matching;
pub mod mock;
pub mod oidc;
pub mod population_register;
mod setting;

use std::future::Future;
use std::pin::Pin;

pub use fault::ProofFault;
pub use guarded::{Bounds, Guarded, GuardedStep};
pub use http::{AddressFault, check_address};
pub use setting::{ConnectorFault, ConnectorSetting, Surroundings};
use zeroize::Zeroizing;

use crate::Identity;

/// The answer of a connector, to be awaited.
pub type Proving<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProofFault>> + Send + 'a>>;

/// A party that proves who somebody is.
pub trait Connector: Send + Sync {
    /// Its name, as the level policy and evidence have it.
    fn name(&self) -> &str;

    /// How it proves, as the level policy and evidence have it.
    fn method(&self) -> &str;

    /// Whether it is a mock, which is refused outside demo mode.
    fn is_mock(&self) -> bool {
        false
    }

    /// Begins a proof. It can be called again where no answer came.
    fn begin<'a>(&'a self, asked: Asked<'a>) -> Proving<'a, Step>;

    /// Ends a proof for which somebody went elsewhere. It is called once: codes are good for one use.
    fn finish<'a>(
        &'a self,
        asked: Asked<'a>,
        visit: &'a [u8],
        returned: &'a Returned,
    ) -> Proving<'a, Proof>;
}

/// Whose identity is to be proven, and when.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Who they are, as the register keeps it.
    pub identity: &'a Identity,
    /// The name under which the person comes back, unguessable, letters and digits of base64url.
    pub state: &'a str,
    /// Unix seconds.
    pub now: u64,
}

/// How a proof goes on.
pub enum Step {
    /// It is done.
    Proven(Proof),
    /// The person goes to a page of the party, and comes back.
    Visit(Visit),
}

/// A visit to a party's page.
pub struct Visit {
    /// Where the person goes.
    pub url: String,
    /// What the connector wants back when the person returns: secrets of this visit, for no log.
    pub kept: Zeroizing<Vec<u8>>,
}

/// With what a person comes back, as it stood in the address.
#[derive(Clone, Default)]
pub struct Returned {
    /// The authorization code (RFC 6749, section 4.1.2).
    pub code: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
    /// The error's word (RFC 6749, section 4.1.2.1).
    pub error: Option<String>,
}

/// That the party confirms the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The level that it claims, 1 to 4; the policy's cap is not applied yet.
    pub level: u8,
    /// When it was proven, Unix seconds.
    pub at: u64,
    /// From when on it counts no more, Unix seconds, where the party says so.
    pub expires_at: Option<u64>,
}
