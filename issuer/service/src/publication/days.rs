//! The status lists of a day: which there are, and one of them as it stands.

use std::sync::Arc;

use szid_protocol::day::{DAY, is_end_of_day};
use szid_protocol::status::list_uri;
use szid_protocol::verify::codes_end;
use szid_register::Store;

use super::{Publication, Published};
use crate::failure::Failure;
use crate::keys::status_prefix;

/// Days whose passes may have been issued, today not counted, and one more for clocks.
const DAYS_AHEAD: u64 = 16;

/// A day's signed status list; none where passes of that day point to no such list.
pub(crate) async fn status_list(
    store: &dyn Store,
    publication: &Publication,
    (exp, list): (u64, u32),
    now: u64,
) -> Result<Option<Published>, Failure> {
    if !is_known(exp, now) || list >= store.status_lists(exp).await? {
        return Ok(None);
    }
    let lists = Arc::clone(&publication.status_lists);
    let signed = lists.document(Arc::clone(&publication.statuses), (exp, list), now).await;
    signed.map(Some).map_err(|error| {
        tracing::error!(%error, "a status list cannot be signed");
        Failure::Internal
    })
}

/// The URIs of a day's status lists that a pass may point to (Token Status List, section 9.3); none for a day
/// of which there are no passes.
pub(crate) async fn status_list_uris(
    store: &dyn Store,
    base_url: &str,
    exp: u64,
    now: u64,
) -> Result<Option<Vec<String>>, Failure> {
    if !is_known(exp, now) {
        return Ok(None);
    }
    let lists = store.named_status_lists(exp).await?;
    let prefix = status_prefix(base_url);
    Ok(Some(lists.into_iter().map(|list| list_uri(&prefix, exp, list)).collect()))
}

fn is_known(exp: u64, now: u64) -> bool {
    is_end_of_day(exp) && codes_end(exp) > now && exp <= now + DAYS_AHEAD * DAY
}
