//! Draws the tables of levels in `docs/identity` anew.
#![allow(clippy::unwrap_used, reason = "a tool of the repository")]

use szid_identity::levels::bundled_policy;
use szid_identity::levels::tables::{Language, draw_into};

fn main() {
    let policy = bundled_policy().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/identity");
    for (page, language) in [("levels.zh.md", Language::Zh), ("levels.md", Language::En)] {
        let path = format!("{folder}/{page}");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, draw_into(&text, &policy, language).unwrap()).unwrap();
    }
}
