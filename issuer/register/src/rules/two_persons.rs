//! Which changes of registrations take two administrators: whatever gives more than there was, or undoes or
//! goes round what protects. Every change is named here, so that a new one is thought about. The table is in
//! ADR 0021.

use super::transaction::Transaction;
use super::{administration, credentials, gates, restrictions, sites, withdrawals};
use crate::rows::{All, Gates, Name, OfVenue, Sites, Venues};
use crate::{
    AdminAct, AdminChange, Approval, Place, Request, Site, SiteChange, SitePatch, Station,
    StationChange, StoreError, Venue, VenueChange, VenuePatch,
};

/// The act that waits for a second administrator; none for what takes one.
pub(super) fn act(
    transaction: &Transaction,
    change: &AdminChange,
    name: &str,
    at: u64,
) -> Result<Option<AdminAct>, StoreError> {
    // Whoever takes away much alone needs a second one from some point on.
    let takes_two = gives_more(transaction, change, name)?
        || (restrictions::are_spent(transaction, name)?
            && restrictions::takes_away(transaction, change, at)?);
    takes_two.then(|| act_of(transaction, change)).transpose()
}

/// Whether a change gives more than there was, or undoes or goes round what protects.
fn gives_more(
    transaction: &Transaction,
    change: &AdminChange,
    name: &str,
) -> Result<bool, StoreError> {
    Ok(match change {
        AdminChange::Venue(patch) => {
            let (known, wanted) = wanted_venue(transaction, patch)?;
            is_more_of_a_venue(known.as_ref(), &wanted)
        }
        AdminChange::Station(wanted) => {
            match sites::station(transaction, &wanted.venue, &wanted.device)? {
                None => false,
                Some(known) => {
                    let closed = stands_where_it_must_not_scan(transaction, &known)?;
                    is_more_of_a_station(&known, wanted, closed)
                }
            }
        }
        AdminChange::Credential { .. } => true,
        AdminChange::Gate { venue, device, key } => {
            gate_key(transaction, venue, device)? != Some(*key)
        }
        AdminChange::Resume(place) => administration::is_suspended(transaction, place)?,
        // A name is what citizens are asked in, and one alone moves a device to any site. None is opened
        // again by being described anew.
        AdminChange::Site(patch) => {
            let (known, wanted) = wanted_site(transaction, patch)?;
            known.is_none_or(|known| known.name != wanted.name)
        }
        AdminChange::Withdraw(id) => withdrawals::take_two(transaction, id, name)?,
        AdminChange::Suspend(_) => false,
    })
}

/// A change as an act that waits: what is there now beside what is wanted.
fn act_of(transaction: &Transaction, change: &AdminChange) -> Result<AdminAct, StoreError> {
    Ok(match change {
        AdminChange::Venue(patch) => {
            let (known, wanted) = wanted_venue(transaction, patch)?;
            let suspended_elsewhere = suspended_elsewhere(transaction, &wanted)?;
            AdminAct::Venue(Box::new(VenueChange { known, wanted, suspended_elsewhere }))
        }
        AdminChange::Site(patch) => {
            let (known, wanted) = wanted_site(transaction, patch)?;
            AdminAct::Site(Box::new(SiteChange { known, wanted }))
        }
        AdminChange::Station(wanted) => {
            let known = sites::station(transaction, &wanted.venue, &wanted.device)?;
            AdminAct::Station(Box::new(StationChange { known, wanted: wanted.clone() }))
        }
        AdminChange::Credential { bearer, .. } => AdminAct::Credential(bearer.clone()),
        AdminChange::Gate { venue, device, key } => {
            let known = gate_key(transaction, venue, device)?;
            let (venue, device) = (venue.clone(), device.clone());
            AdminAct::Gate { venue, device, key: *key, known }
        }
        AdminChange::Suspend(place) => AdminAct::Suspend(place.clone()),
        AdminChange::Resume(place) => AdminAct::Resume(place.clone()),
        AdminChange::Withdraw(id) => {
            let found = credentials::find(transaction, id)?.ok_or(StoreError::NotFound)?;
            AdminAct::Withdraw { credential: *id, bearer: found.1.bearer }
        }
    })
}

/// Whether what an act was asked from is still so. What is outdated is asked for again by somebody who sees
/// what is there now.
pub(super) fn is_current(transaction: &Transaction, act: &AdminAct) -> Result<bool, StoreError> {
    Ok(match act {
        AdminAct::Venue(change) => {
            find_venue(transaction, &change.wanted.id)? == change.known
                && suspended_elsewhere(transaction, &change.wanted)? == change.suspended_elsewhere
        }
        AdminAct::Site(change) => {
            find_site(transaction, &change.wanted.venue, &change.wanted.id)? == change.known
        }
        AdminAct::Station(change) => {
            let StationChange { known, wanted } = &**change;
            let venue = find_venue(transaction, &wanted.venue)?;
            let own = venue.map(|venue| venue.scenes).unwrap_or_default();
            sites::station(transaction, &wanted.venue, &wanted.device)? == *known
                && wanted.scenes.iter().all(|scene| own.contains(scene))
        }
        AdminAct::Gate { venue, device, key, known } => {
            gate_key(transaction, venue, device)? == *known
                && gates::other_with_key(transaction, venue, device, key)?.is_none()
        }
        // Somebody may have been given a name that looks the same meanwhile.
        AdminAct::Credential(bearer) => match credentials::require_own_name(transaction, bearer) {
            Err(StoreError::NameTwice(_)) => false,
            looked => looked.map(|()| true)?,
        },
        AdminAct::Resume(_) | AdminAct::Suspend(_) | AdminAct::Withdraw { .. } => true,
    })
}

pub(super) fn find_venue(transaction: &Transaction, id: &str) -> Result<Option<Venue>, StoreError> {
    transaction.find::<Venues>(&Name::from(id))
}

fn find_site(transaction: &Transaction, venue: &str, id: &str) -> Result<Option<Site>, StoreError> {
    transaction.find::<Sites>(&OfVenue::new(venue, id))
}

/// A venue as it is, and as it is to be. Describing a place anew does not lift its suspension: that is an act
/// of its own.
pub(super) fn wanted_venue(
    transaction: &Transaction,
    patch: &VenuePatch,
) -> Result<(Option<Venue>, Venue), StoreError> {
    let known = find_venue(transaction, &patch.id)?;
    let wanted = patch.applied_to(known.as_ref()).ok_or(StoreError::NotFound)?;
    Ok((known, wanted))
}

/// The same of a site.
pub(super) fn wanted_site(
    transaction: &Transaction,
    patch: &SitePatch,
) -> Result<(Option<Site>, Site), StoreError> {
    let known = find_site(transaction, &patch.venue, &patch.id)?;
    let wanted = patch.applied_to(known.as_ref()).ok_or(StoreError::NotFound)?;
    Ok((known, wanted))
}

fn gate_key(
    transaction: &Transaction,
    venue: &str,
    device: &str,
) -> Result<Option<[u8; 33]>, StoreError> {
    Ok(transaction.find::<Gates>(&OfVenue::new(venue, device))?.map(|gate| gate.key))
}

/// Name and organisation are what a citizen consents to: another one is not less.
fn is_more_of_a_venue(known: Option<&Venue>, wanted: &Venue) -> bool {
    known.is_none_or(|known| {
        known.name != wanted.name
            || known.uscc != wanted.uscc
            || has_others(&wanted.scenes, &known.scenes)
            || has_others(&wanted.ages, &known.ages)
    })
}

fn is_more_of_a_station(known: &Station, wanted: &Station, closed: bool) -> bool {
    scans_for_others(wanted, known) || (closed && known.site != wanted.site)
}

/// Whether a device as `one` has it scans for scenes that it does not as `other` has it. No scenes are all of
/// the venue's.
pub(super) fn scans_for_others(one: &Station, other: &Station) -> bool {
    !other.scenes.is_empty() && (one.scenes.is_empty() || has_others(&one.scenes, &other.scenes))
}

/// Whether some of these are none of those.
pub(super) fn has_others<T: PartialEq>(these: &[T], those: &[T]) -> bool {
    these.iter().any(|one| !those.contains(one))
}

fn stands_where_it_must_not_scan(
    transaction: &Transaction,
    station: &Station,
) -> Result<bool, StoreError> {
    let Some(site) = &station.site else { return Ok(false) };
    let found = transaction.find::<Sites>(&OfVenue::new(&station.venue, site))?;
    Ok(found.is_some_and(|site| site.closed))
}

/// An organisation whose venue is suspended may not be back under another id without anybody noticing.
fn suspended_elsewhere(
    transaction: &Transaction,
    wanted: &Venue,
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (_, venue) in transaction.scan::<Venues>(&All)? {
        if venue.suspended && venue.uscc == wanted.uscc && venue.id != wanted.id {
            found.push(venue.id);
        }
    }
    Ok(found)
}

/// Whether what is asked for would end this suspension.
pub(super) fn would_resume(request: &Request, place: &Place) -> bool {
    matches!(&request.act, Approval::Administration(AdminAct::Resume(resumed)) if resumed == place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn venue() -> Venue {
        let (id, name, uscc) = ("library".into(), "图书馆".into(), "12440399EXAMPLEB3N".into());
        Venue { id, name, uscc, scenes: vec![2, 3], suspended: false, ages: vec![18] }
    }

    #[test]
    fn less_of_a_venue_takes_one_and_all_else_two() {
        let more = |change: fn(&mut Venue)| {
            let mut wanted = venue();
            change(&mut wanted);
            is_more_of_a_venue(Some(&venue()), &wanted)
        };
        assert!(!more(|_| {}));
        assert!(!more(|venue| venue.scenes = vec![3]));
        assert!(!more(|venue| venue.ages.clear()));
        assert!(!more(|venue| venue.suspended = true));
        assert!(more(|venue| venue.scenes = vec![3, 9]));
        assert!(more(|venue| venue.ages.push(60)));
        assert!(more(|venue| venue.name = "派出所".into()));
        assert!(more(|venue| venue.uscc = "11440399EXAMPLE119".into()));
        assert!(is_more_of_a_venue(None, &venue()));
    }

    #[test]
    fn a_device_is_widened_and_leaves_a_closed_site_by_two() {
        let station = |site: Option<&str>, scenes: &[u16]| Station {
            venue: "library".into(),
            device: "desk".into(),
            site: site.map(str::to_owned),
            scenes: scenes.into(),
        };
        let more = |known: &Station, wanted: &Station| is_more_of_a_station(known, wanted, false);
        let (all, two, one) = (station(None, &[]), station(None, &[2, 3]), station(None, &[3]));
        assert!(!more(&all, &two) && !more(&two, &one) && !more(&one, &one));
        assert!(more(&one, &two) && more(&one, &all) && more(&two, &all));
        let (east, west) = (station(Some("east"), &[]), station(Some("west"), &[]));
        assert!(!more(&east, &west) && !more(&east, &all));
        assert!(
            is_more_of_a_station(&east, &west, true) && is_more_of_a_station(&east, &all, true)
        );
        assert!(!is_more_of_a_station(&east, &station(Some("east"), &[2]), true));
    }
}
