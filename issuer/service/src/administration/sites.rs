//! Sites of a venue: registered, described anew, suspended by one administrator and resumed by two.

use szid_register::{AdminChange, Place, Site, SitePatch};

use super::AdministrationFault;
use super::doing::{Acted, Before, administer};
use super::venues::registered_venue;
use super::views::{is_id, is_place_name};
use crate::shared::Common;

/// A site as it is registered.
async fn registered_site(
    common: &Common,
    venue: &str,
    id: &str,
) -> Result<Site, AdministrationFault> {
    common.store.site(venue, id).await?.ok_or(AdministrationFault::Unknown)
}

/// The sites of a venue, by their ids.
pub(crate) async fn sites(common: &Common, venue: &str) -> Result<Vec<Site>, AdministrationFault> {
    let venue = registered_venue(common, venue).await?;
    Ok(common.store.sites(&venue.id).await?)
}

/// Registers a site, or describes it anew.
pub(crate) async fn put_site(
    common: &Common,
    name: String,
    patch: SitePatch,
) -> Result<Acted<Site>, AdministrationFault> {
    if !is_id(&patch.id) {
        return Err(AdministrationFault::Id);
    }
    check_name(&patch)?;
    let (venue, id) = (patch.venue.clone(), patch.id.clone());
    match administer(common, name, AdminChange::Site(patch)).await? {
        Acted::Done(()) => Ok(Acted::Done(registered_site(common, &venue, &id).await?)),
        // A new one that waits is not there yet.
        Acted::Waits(request) => Ok(Acted::Waits(request)),
    }
}

/// Changes what is named of a site, and leaves the rest as it is.
pub(crate) async fn change_site(
    common: &Common,
    name: String,
    patch: SitePatch,
) -> Result<Acted<Before<Site>>, AdministrationFault> {
    check_name(&patch)?;
    let (venue, id) = (patch.venue.clone(), patch.id.clone());
    let before = registered_site(common, &venue, &id).await?;
    let acted = administer(common, name, AdminChange::Site(patch)).await?;
    let now = registered_site(common, &venue, &id).await?;
    Ok(acted.map(|()| Before { now, before }))
}

fn check_name(patch: &SitePatch) -> Result<(), AdministrationFault> {
    match &patch.name {
        Some(name) if !is_place_name(name) => Err(AdministrationFault::PlaceName),
        _ => Ok(()),
    }
}

/// Suspends a site: its devices are refused at once.
pub(crate) async fn suspend_site(
    common: &Common,
    name: String,
    venue: &str,
    id: &str,
) -> Result<Acted<Site>, AdministrationFault> {
    change_place(common, name, (venue, id), AdminChange::Suspend).await
}

/// Asks for a site's suspension to be lifted.
pub(crate) async fn resume_site(
    common: &Common,
    name: String,
    venue: &str,
    id: &str,
) -> Result<Acted<Site>, AdministrationFault> {
    change_place(common, name, (venue, id), AdminChange::Resume).await
}

async fn change_place(
    common: &Common,
    name: String,
    (venue, id): (&str, &str),
    change: fn(Place) -> AdminChange,
) -> Result<Acted<Site>, AdministrationFault> {
    let place = Place { venue: venue.to_owned(), site: Some(id.to_owned()) };
    let acted = administer(common, name, change(place)).await?;
    let now = registered_site(common, venue, id).await?;
    Ok(acted.map(|()| now))
}
