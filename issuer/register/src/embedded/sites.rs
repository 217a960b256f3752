//! Sites of venues, and the devices that stand there.

use super::gates::key;
use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode, read_scenes};
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use crate::{PlaceNames, Site, Station, StoreError, Venue};

pub(super) fn put_site(transaction: &mut Transaction, site: &Site) -> Result<(), StoreError> {
    known(transaction.find(Table::Venues, site.venue.as_bytes())?)?;
    transaction.put(Table::Sites, &key(&site.venue, &site.id), encode(site));
    Ok(())
}

pub(super) fn put_station(
    transaction: &mut Transaction,
    station: &Station,
) -> Result<(), StoreError> {
    known(transaction.find(Table::Venues, station.venue.as_bytes())?)?;
    if let Some(site) = &station.site {
        known(transaction.find(Table::Sites, &key(&station.venue, site))?)?;
    }
    transaction.put(Table::Stations, &key(&station.venue, &station.device), encode(station));
    Ok(())
}

fn known(row: Option<Vec<u8>>) -> Result<(), StoreError> {
    row.map(drop).ok_or(StoreError::NotFound)
}

pub(super) fn list(tables: &Tables, venue: &str) -> Result<Vec<Site>, StoreError> {
    tables.scan(Table::Sites, &key(venue, "")).map(|row| decode(&row?.1)).collect()
}

/// What a device is registered for.
pub(super) fn station(
    transaction: &Transaction,
    venue: &str,
    device: &str,
) -> Result<Option<Station>, StoreError> {
    decode_found(transaction.find(Table::Stations, &key(venue, device))?)
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
    let row = transaction.find(Table::Venues, venue.as_bytes())?;
    let Some(found) = decode_found::<Venue>(row)? else { return Ok(None) };
    let site = match site {
        Some(site) => decode_found::<Site>(transaction.find(Table::Sites, &key(venue, site))?)?,
        None => None,
    };
    Ok(Some(PlaceNames { venue: found.name, site: site.map(|site| site.name) }))
}

/// Whether a site of the venue must not scan.
pub(super) fn has_closed_one(transaction: &Transaction, venue: &str) -> Result<bool, StoreError> {
    for (_, row) in transaction.scan(Table::Sites, &key(venue, ""))? {
        if decode::<Site>(&row)?.closed {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Record for Site {
    fn write(&self, row: &mut RowWriter) {
        [&self.venue, &self.id, &self.name].into_iter().for_each(|text| row.text(text));
        row.byte(self.closed.into());
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (venue, id, name) = (row.text()?, row.text()?, row.text()?);
        Some(Self { venue, id, name, closed: row.flag()? })
    }
}

impl Record for Station {
    fn write(&self, row: &mut RowWriter) {
        row.text(&self.venue);
        row.text(&self.device);
        row.optional_text(self.site.as_deref());
        row.scenes(&self.scenes);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (venue, device) = (row.text()?, row.text()?);
        Some(Self { venue, device, site: row.optional_text()?, scenes: read_scenes(row)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were() {
        let (venue, device) = ("hotel".to_owned(), "desk-1".to_owned());
        let (id, name) = ("nanshan".to_owned(), "南山店".to_owned());
        let site = Site { venue: venue.clone(), id, name, closed: true };
        assert_eq!(decode::<Site>(&encode(&site)), Ok(site));
        for (site, scenes) in [(None, vec![]), (Some("nanshan".to_owned()), vec![1, 701])] {
            let (venue, device) = (venue.clone(), device.clone());
            let station = Station { venue, device, site, scenes };
            assert_eq!(decode::<Station>(&encode(&station)), Ok(station));
        }
    }
}
