//! Venues: registered, described anew, suspended by one administrator and resumed by two.

use szid_identity::read_uscc;
use szid_register::{AdminChange, Place, Venue, VenuePatch};

use super::AdministrationFault;
use super::doing::{Acted, Before, administer};
use super::views::{check_ages, check_scenes, is_id, is_place_name};
use crate::publication::Publication;
use crate::shared::Common;

/// A venue as it is registered.
pub(crate) async fn registered_venue(
    common: &Common,
    id: &str,
) -> Result<Venue, AdministrationFault> {
    common.store.venue(id).await?.ok_or(AdministrationFault::Unknown)
}

/// The change that is asked for, if what it names can be right.
fn checked(
    publication: &Publication,
    patch: VenuePatch,
) -> Result<VenuePatch, AdministrationFault> {
    if !is_id(&patch.id) {
        return Err(AdministrationFault::Id);
    }
    if patch.name.as_deref().is_some_and(|name| !is_place_name(name)) {
        return Err(AdministrationFault::PlaceName);
    }
    let uscc = patch.uscc.as_deref().map(read_uscc).transpose();
    let uscc = uscc.map_err(|_| AdministrationFault::Uscc)?;
    if let Some(scenes) = &patch.scenes {
        let known = publication.scenes.current();
        check_scenes(scenes, |scene| known.policies.scene(scene).is_ok())?;
    }
    if let Some(ages) = &patch.ages {
        check_ages(ages)?;
    }
    Ok(VenuePatch { uscc, ..patch })
}

/// Registers a venue, or describes it anew.
pub(crate) async fn put_venue(
    common: &Common,
    publication: &Publication,
    name: String,
    patch: VenuePatch,
) -> Result<Acted<Venue>, AdministrationFault> {
    let id = patch.id.clone();
    let change = AdminChange::Venue(checked(publication, patch)?);
    match administer(common, name, change).await? {
        Acted::Done(()) => Ok(Acted::Done(registered_venue(common, &id).await?)),
        // A new one that waits is not there yet.
        Acted::Waits(request) => Ok(Acted::Waits(request)),
    }
}

/// Changes what is named of a venue, and leaves the rest as it is.
pub(crate) async fn change_venue(
    common: &Common,
    publication: &Publication,
    name: String,
    patch: VenuePatch,
) -> Result<Acted<Before<Venue>>, AdministrationFault> {
    let id = patch.id.clone();
    let change = AdminChange::Venue(checked(publication, patch)?);
    let before = registered_venue(common, &id).await?;
    match administer(common, name, change).await? {
        Acted::Done(()) => {
            let now = registered_venue(common, &id).await?;
            Ok(Acted::Done(Before { now, before }))
        }
        Acted::Waits(request) => Ok(Acted::Waits(request)),
    }
}

/// Suspends a venue: its devices are refused at once.
pub(crate) async fn suspend_venue(
    common: &Common,
    name: String,
    id: &str,
) -> Result<Acted<Venue>, AdministrationFault> {
    change_place(common, name, id, AdminChange::Suspend).await
}

/// Asks for a venue's suspension to be lifted.
pub(crate) async fn resume_venue(
    common: &Common,
    name: String,
    id: &str,
) -> Result<Acted<Venue>, AdministrationFault> {
    change_place(common, name, id, AdminChange::Resume).await
}

async fn change_place(
    common: &Common,
    name: String,
    id: &str,
    change: fn(Place) -> AdminChange,
) -> Result<Acted<Venue>, AdministrationFault> {
    let place = Place { venue: id.to_owned(), site: None };
    let acted = administer(common, name, change(place)).await?;
    let now = registered_venue(common, id).await?;
    Ok(acted.map(|()| now))
}
