//! Who scanned a holder's code, where and when, and what they were given: names of claims, no values.

use szid_register::{Consent, IdentityUse, PersonId, PlaceNames, ReceiptId};

use super::HolderFault;
use crate::publication::{Publication, SignedScenes};
use crate::shared::Common;

/// The most uses that one answer holds.
const MAX_USES: usize = 100;

/// A use of a holder's identity, with the names that the holder knows.
pub(crate) struct UseShown {
    pub(crate) found: IdentityUse,
    /// The venue's name, as the holder was asked with it, or as it was at the scan.
    pub(crate) venue_name: String,
    /// Its name of today, where that is another one.
    pub(crate) venue_name_now: Option<String>,
    /// The venue's site where the code was scanned: its name then.
    pub(crate) site_name: Option<String>,
    /// The site's name of today, where that is another one.
    pub(crate) site_name_now: Option<String>,
    /// The scene's names.
    pub(crate) scene_zh: String,
    pub(crate) scene_en: String,
    /// Whether this is a notice of a lawful check: made for a named case, without asking the holder.
    pub(crate) notice: bool,
}

/// The uses of a holder's identity, the newest first.
pub(crate) async fn uses(
    common: &Common,
    publication: &Publication,
    person: PersonId,
    before: Option<ReceiptId>,
) -> Result<Vec<UseShown>, HolderFault> {
    let scenes = publication.scenes.current();
    let mut uses = Vec::new();
    for found in common.store.uses(person, before, MAX_USES).await? {
        uses.push(show(common, &scenes, found).await?);
    }
    Ok(uses)
}

async fn show(
    common: &Common,
    scenes: &SignedScenes,
    mut found: IdentityUse,
) -> Result<UseShown, HolderFault> {
    let (scene_zh, scene_en) = scenes.names(found.scene);
    let site = match &found.site {
        Some(id) => common.store.site(&found.venue, id).await?,
        None => None,
    };
    let site_now = site.map(|site| site.name);
    let venue_now = common.store.venue(&found.venue).await?.map(|venue| venue.name);
    let (venue_name, site_name) = match found.names.take() {
        Some(PlaceNames { venue, site }) => (venue, site),
        // Of a version that kept none.
        None => (venue_now.clone().unwrap_or_default(), site_now.clone()),
    };
    Ok(UseShown {
        venue_name_now: venue_now.filter(|now| *now != venue_name),
        venue_name,
        site_name_now: site_now.filter(|now| Some(now) != site_name.as_ref()),
        site_name,
        scene_zh,
        scene_en,
        notice: found.matter.is_some() && found.consent == Consent::NotAsked,
        found,
    })
}
