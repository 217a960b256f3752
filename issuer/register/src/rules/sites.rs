//! Sites of venues, and the devices that stand there.

use super::transaction::Transaction;
use crate::backend::View;
use crate::rows::{InVenue, Name, OfVenue, Sites, Stations, Venues};
use crate::{PlaceNames, Site, Station, StoreError};

pub(super) fn put_site(transaction: &mut Transaction, site: &Site) -> Result<(), StoreError> {
    known(transaction.has::<Venues>(&Name::from(&site.venue))?)?;
    transaction.put::<Sites>(&OfVenue::new(&site.venue, &site.id), site);
    Ok(())
}

pub(super) fn put_station(
    transaction: &mut Transaction,
    station: &Station,
) -> Result<(), StoreError> {
    known(transaction.has::<Venues>(&Name::from(&station.venue))?)?;
    if let Some(site) = &station.site {
        known(transaction.has::<Sites>(&OfVenue::new(&station.venue, site))?)?;
    }
    transaction.put::<Stations>(&OfVenue::new(&station.venue, &station.device), station);
    Ok(())
}

fn known(is_known: bool) -> Result<(), StoreError> {
    if is_known { Ok(()) } else { Err(StoreError::NotFound) }
}

pub(super) fn list(tables: &dyn View, venue: &str) -> Result<Vec<Site>, StoreError> {
    tables.scan::<Sites>(&InVenue(venue)).map(|row| Ok(row?.1)).collect()
}

/// What a device is registered for.
pub(super) fn station(
    transaction: &Transaction,
    venue: &str,
    device: &str,
) -> Result<Option<Station>, StoreError> {
    transaction.find::<Stations>(&OfVenue::new(venue, device))
}

/// The site where a device stands now, for what it decided without connection.
pub(super) fn site_of(
    transaction: &Transaction,
    venue: &str,
    device: &str,
) -> Result<Option<String>, StoreError> {
    Ok(station(transaction, venue, device)?.and_then(|station| station.site))
}

/// What a venue and its site are called now.
pub(super) fn names(
    transaction: &Transaction,
    venue: &str,
    site: Option<&str>,
) -> Result<Option<PlaceNames>, StoreError> {
    let Some(found) = transaction.find::<Venues>(&Name::from(venue))? else { return Ok(None) };
    let site = match site {
        Some(site) => transaction.find::<Sites>(&OfVenue::new(venue, site))?,
        None => None,
    };
    Ok(Some(PlaceNames { venue: found.name, site: site.map(|site| site.name) }))
}

/// Whether a site of the venue must not scan.
pub(super) fn has_closed_one(transaction: &Transaction, venue: &str) -> Result<bool, StoreError> {
    for (_, site) in transaction.scan::<Sites>(&InVenue(venue))? {
        if site.closed {
            return Ok(true);
        }
    }
    Ok(false)
}
