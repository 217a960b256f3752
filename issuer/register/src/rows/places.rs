//! Venues, their sites, and the devices that stand there.

use super::key::{Key, KeySink, KeySource, Leads, Name, Part};
use super::record::{Record, RowSink, RowSource};
use super::{DeviceCredentials, Sites};
use crate::{FormerKey, Gate, Site, Station, Venue};

impl Part for Name<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.last_text(self);
    }
}

impl Key for Name<'_> {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        key.last_text().map(Name::Owned)
    }
}

/// A site or a device of a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfVenue<'a> {
    pub(crate) venue: Name<'a>,
    pub(crate) id: Name<'a>,
}

impl<'a> OfVenue<'a> {
    pub(crate) fn new(venue: &'a str, id: &'a str) -> Self {
        Self { venue: Name::Borrowed(venue), id: Name::Borrowed(id) }
    }
}

impl Part for OfVenue<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.text(&self.venue);
        key.last_text(&self.id);
    }
}

impl Key for OfVenue<'_> {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self { venue: key.text()?.into(), id: key.last_text()?.into() })
    }
}

/// What the keys of all that a venue has begin with.
pub(crate) struct InVenue<'a>(pub(crate) &'a str);

impl Part for InVenue<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.text(self.0);
    }
}

impl Leads<Sites> for InVenue<'_> {}

impl Leads<DeviceCredentials> for InVenue<'_> {}

impl Record for Venue {
    fn write(&self, row: &mut impl RowSink) {
        row.text("id", &self.id);
        row.text("name", &self.name);
        row.text("uscc", &self.uscc);
        row.shorts("scenes", &self.scenes);
        row.flag("suspended", self.suspended);
        row.bytes("ages", &self.ages);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            id: row.text("id")?,
            name: row.text("name")?,
            uscc: row.text("uscc")?,
            scenes: row.shorts("scenes")?,
            suspended: row.flag("suspended")?,
            // Version 1 knew no ages.
            ages: if row.version() < 2 { Vec::new() } else { row.bytes("ages")? },
        })
    }
}

impl Record for Site {
    fn write(&self, row: &mut impl RowSink) {
        row.text("venue", &self.venue);
        row.text("id", &self.id);
        row.text("name", &self.name);
        row.flag("closed", self.closed);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            venue: row.text("venue")?,
            id: row.text("id")?,
            name: row.text("name")?,
            closed: row.flag("closed")?,
        })
    }
}

impl Record for Station {
    fn write(&self, row: &mut impl RowSink) {
        row.text("venue", &self.venue);
        row.text("device", &self.device);
        row.optional_text("site", self.site.as_deref());
        row.shorts("scenes", &self.scenes);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            venue: row.text("venue")?,
            device: row.text("device")?,
            site: row.optional_text("site")?,
            scenes: row.shorts("scenes")?,
        })
    }
}

impl Record for FormerKey {
    fn write(&self, row: &mut impl RowSink) {
        row.array("key", &self.key);
        row.number("last", self.last);
        row.number("digests_from", self.digests_from);
        row.number("until", self.until);
        row.flag("apart", self.apart);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            key: row.array("key")?,
            last: row.number("last")?,
            digests_from: row.number("digests_from")?,
            until: row.number("until")?,
            apart: row.flag("apart")?,
        })
    }
}

impl Record for Gate {
    fn write(&self, row: &mut impl RowSink) {
        row.array("key", &self.key);
        row.number("last", self.last);
        row.number("digests_from", self.digests_from);
        row.number("conflict_at", self.conflict_at);
        // As before, until it has had another key.
        if !self.former.is_empty() {
            row.number("count", self.count);
            row.last_list("former", &self.former);
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let (key, last) = (row.array("key")?, row.number("last")?);
        // Version 3 kept no digests.
        let (digests_from, conflict_at) = if row.version() < 4 {
            (last.saturating_add(1), 0)
        } else {
            (row.number("digests_from")?, row.number("conflict_at")?)
        };
        let (count, former) = if row.ends_before("count") {
            (last, Vec::new())
        } else {
            (row.number("count")?, row.last_list("former")?)
        };
        Some(Self { key, last, digests_from, conflict_at, count, former })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
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

    #[test]
    fn a_gate_comes_back_as_it_was_with_all_its_keys() {
        let mut gate = Gate::new([1; 33]);
        for number in 1..=3 {
            gate.take(&[number; 33], 7);
            assert_eq!(decode::<Gate>(&encode(&gate)), Ok(gate.clone()));
            gate.replace([number + 1; 33], 9);
            assert_eq!(decode::<Gate>(&encode(&gate)), Ok(gate.clone()));
        }
        assert_eq!((gate.former.len(), gate.count), (3, 7));
    }

    #[test]
    fn a_gate_from_before_there_were_former_keys_is_read_and_its_row_goes_on() {
        // Version 4: the key, its last number, the first one with a digest, no conflict.
        let numbers = [7u64, 3, 0].map(u64::to_be_bytes).concat();
        let row = [&[4][..], &[1; 33], &numbers].concat();
        let gate: Gate = decode(&row).unwrap();
        assert_eq!(gate, Gate { last: 7, digests_from: 3, count: 7, ..Gate::new([1; 33]) });
        assert_eq!(encode(&gate)[1..], row[1..]);
    }
}
