//! What one administrator alone takes away, and how much of it: whoever stops a place or moves and narrows
//! its devices keeps its desks from scanning as whoever withdraws their credentials does, so that all of it
//! counts together.

use super::transaction::Transaction;
use super::two_persons::{has_others, scans_for_others};
use super::{administration, credentials, deeds, requests, sites, two_persons};
use crate::rows::{Deed, Doer};
use crate::{AdminChange, Approvers, Bearer, Request, Station, StoreError};

/// A device that got its credential within so many seconds is being set up: it is put into its place.
const SET_UP_WITHIN: u64 = 3600;

/// Whether this administrator has taken away so much alone that the rest takes a second one.
pub(super) fn are_spent(transaction: &Transaction, name: &str) -> Result<bool, StoreError> {
    let count = deeds::count(transaction, Deed::Restriction, &Doer::named(name))?;
    Ok(count >= deeds::alone(Deed::Restriction))
}

/// Whether the change takes something away. Withdrawals are looked at where they are made.
pub(super) fn takes_away(
    transaction: &Transaction,
    change: &AdminChange,
    at: u64,
) -> Result<bool, StoreError> {
    Ok(match change {
        // To suspend again ends what others have asked for to end it: without a count nobody would ever get
        // it resumed.
        AdminChange::Suspend(place) => {
            let resumes = |request: &Request| two_persons::would_resume(request, place);
            !administration::is_suspended(transaction, place)?
                || requests::waits(transaction, &Approvers::Administrators, resumes)?
        }
        AdminChange::Venue(patch) => match two_persons::wanted_venue(transaction, patch)? {
            (None, _) => false,
            (Some(known), wanted) => {
                (wanted.suspended && !known.suspended)
                    || has_others(&known.scenes, &wanted.scenes)
                    || has_others(&known.ages, &wanted.ages)
            }
        },
        AdminChange::Site(patch) => match two_persons::wanted_site(transaction, patch)? {
            (None, _) => false,
            (Some(known), wanted) => wanted.closed && !known.closed,
        },
        AdminChange::Station(wanted) => {
            let known = sites::station(transaction, &wanted.venue, &wanted.device)?;
            is_less(known.as_ref(), wanted) && is_in_use(transaction, wanted, at)?
        }
        AdminChange::Withdraw(_)
        | AdminChange::Resume(_)
        | AdminChange::Credential { .. }
        | AdminChange::Gate { .. } => false,
    })
}

/// Counts one more.
pub(super) fn note(transaction: &mut Transaction, name: &str, at: u64) -> Result<(), StoreError> {
    deeds::note(transaction, Deed::Restriction, Doer::named(name), at)
}

/// Whether a device scans for less, or elsewhere. It stood nowhere, and had all scenes, if nothing was said
/// of it.
fn is_less(known: Option<&Station>, wanted: &Station) -> bool {
    let unsaid = Station { site: None, scenes: Vec::new(), ..wanted.clone() };
    let known = known.unwrap_or(&unsaid);
    scans_for_others(known, wanted) || known.site != wanted.site
}

/// Whether a device can have scanned for longer than it takes to set it up.
fn is_in_use(transaction: &Transaction, station: &Station, at: u64) -> Result<bool, StoreError> {
    let (venue, device) = (station.venue.clone(), station.device.clone());
    let credentials = credentials::of(transaction, &Bearer::Venue { venue, device })?;
    Ok(credentials.iter().any(|(_, credential)| {
        let made = credential.made.as_ref().map_or(0, |made| made.at);
        !credential.revoked && made.saturating_add(SET_UP_WITHIN) <= at
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(site: Option<&str>, scenes: &[u16]) -> Station {
        Station {
            venue: "library".into(),
            device: "desk".into(),
            site: site.map(str::to_owned),
            scenes: scenes.into(),
        }
    }

    #[test]
    fn a_device_loses_by_fewer_scenes_and_by_another_site() {
        let (all, two, one) = (station(None, &[]), station(None, &[2, 3]), station(None, &[3]));
        assert!(is_less(None, &one) && is_less(Some(&all), &two) && is_less(Some(&two), &one));
        assert!(!is_less(None, &all) && !is_less(Some(&two), &two) && !is_less(Some(&one), &two));
        let (east, west) = (station(Some("east"), &[]), station(Some("west"), &[]));
        assert!(is_less(Some(&east), &west) && is_less(Some(&east), &all) && is_less(None, &east));
        assert!(!is_less(Some(&east), &east));
    }
}
