//! Where a venue's devices stand, and what they may scan for.

/// A place of a venue: a branch, a building, an entrance. The citizen is told its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The venue's id.
    pub venue: String,
    /// A short stable id, unlike those of the venue's other sites.
    pub id: String,
    /// The name.
    pub name: String,
    /// True while its devices must not scan.
    pub closed: bool,
}

/// What a venue's device is registered for. A device without one stands at no site and scans for all of its
/// venue's scenes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The site where it stands.
    pub site: Option<String>,
    /// The scenes that it is narrowed to; none for all of its venue's. Others than the venue's own count for
    /// nothing.
    pub scenes: Vec<u16>,
}
