//! The city's signed documents, kept current: trust list, scene policies, status lists.

mod days;
pub(crate) mod default_scenes;
mod scenes;
mod status_board;
mod status_lists;
mod trust;

pub(crate) use days::{status_list, status_list_uris};
pub(crate) use scenes::{SCENES_GOOD_FOR, ScenePublication, SignedScenes};
pub(crate) use status_board::StatusBoard;
pub use status_lists::STATUS_TTL;
pub(crate) use status_lists::StatusLists;
pub(crate) use trust::TrustPublication;
pub use trust::{check_serves, trust_folder};

use std::sync::Arc;

use axum::http::HeaderValue;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verify::MAX_AHEAD;

use crate::start_error::StartError;

/// All that is published, and the statuses that lists are made of.
pub(crate) struct Publication {
    pub(crate) trust: Arc<TrustPublication>,
    pub(crate) scenes: ScenePublication,
    pub(crate) statuses: Arc<StatusBoard>,
    pub(crate) status_lists: Arc<StatusLists>,
}

impl Publication {
    /// The trust list in force.
    pub(crate) fn trusted(&self) -> Result<Arc<VerifiedTrustList>, StartError> {
        self.trust.current().map_err(|reason| StartError::Trust(reason.into()))
    }
}

/// A signed document, ready to be handed out.
#[derive(Clone)]
pub(crate) struct Published {
    /// The document.
    pub(crate) bytes: axum::body::Bytes,
    /// When it was made, Unix seconds.
    pub(crate) made_at: u64,
    /// The entity tag: names these bytes.
    pub(crate) tag: HeaderValue,
}

impl Published {
    pub(crate) fn new(bytes: Vec<u8>, made_at: u64) -> Self {
        let tag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(&bytes)[..16]));
        // Quotes and hexadecimal digits always fit a header.
        let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { bytes: bytes.into(), made_at, tag }
    }

    /// True for a document that was made while the clock was ahead, by more than verifiers bear: it has to be
    /// signed anew.
    pub(crate) fn is_ahead(&self, now: u64) -> bool {
        self.made_at > now.saturating_add(MAX_AHEAD)
    }
}
