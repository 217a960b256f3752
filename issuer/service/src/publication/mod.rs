//! The city's signed documents, kept current: trust list, scene policies, status lists.

pub(crate) mod default_scenes;
mod scenes;
mod status_board;
mod status_lists;
mod trust;

pub(crate) use scenes::{ScenePublication, SignedScenes};
pub(crate) use status_board::StatusBoard;
pub use status_lists::STATUS_TTL;
pub(crate) use status_lists::StatusLists;
pub(crate) use trust::TrustPublication;

/// A signed document, ready to be handed out.
#[derive(Clone)]
pub(crate) struct Published {
    /// The document.
    pub(crate) bytes: axum::body::Bytes,
    /// When it was made, Unix seconds.
    pub(crate) made_at: u64,
}
