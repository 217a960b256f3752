//! The venue's trail, page by page and as a file.

use szid_register::{Site, Store, TrailEntry, TrailPage, TrailQuery};

use crate::failure::Failure;

/// Entries of one file, about 150 bytes each: a larger trail goes day by day, or file by file.
const MAX_ENTRIES: usize = 10_000;
/// Looks at the trail, each of a bounded number of rows: a filter that finds little ends here.
const MAX_LOOKS: usize = 20;

/// A page of the trail, the newest first, and the venue's sites, which its entries name.
pub(crate) async fn trail(
    store: &dyn Store,
    venue: &str,
    query: TrailQuery,
) -> Result<(TrailPage, Vec<Site>), Failure> {
    let page = store.trail(venue, query).await?;
    Ok((page, store.sites(venue).await?))
}

/// The entries of one file, the newest first, and where the next file begins.
pub(crate) async fn export(
    store: &dyn Store,
    venue: &str,
    mut query: TrailQuery,
) -> Result<TrailPage, Failure> {
    let mut entries: Vec<TrailEntry> = Vec::new();
    for _ in 0..MAX_LOOKS {
        query.limit = MAX_ENTRIES - entries.len();
        let page = store.trail(venue, query.clone()).await?;
        entries.extend(page.entries);
        query.before = page.next;
        if page.next.is_none() || entries.len() >= MAX_ENTRIES {
            break;
        }
    }
    Ok(TrailPage { entries, next: query.before })
}
