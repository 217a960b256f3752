//! Passes: whose each is, who holds it, how it stands, and what is counted of a day.

use super::key::{Key, KeySink, KeySource, Leads, Part};
use super::record::{Record, RowSink, RowSource};
use super::{DayCounters, Holdings, PassedOver, Passes, Statuses};
use crate::{DeviceId, KeyDigest, PassHolder, PersonId};

/// A pass: its day and its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PassKey {
    pub(crate) exp: u64,
    pub(crate) index: u32,
}

impl PassKey {
    pub(crate) fn new(exp: u64, index: u32) -> Self {
        Self { exp, index }
    }
}

impl Part for PassKey {
    fn write(&self, key: &mut impl KeySink) {
        key.number(self.exp);
        key.index(self.index);
    }
}

impl Key for PassKey {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self { exp: key.number()?, index: key.index()? })
    }
}

impl Leads<Holdings> for PersonId {}

/// Of a day.
impl Leads<Passes> for u64 {}

/// Of a day.
impl Leads<Statuses> for u64 {}

impl Leads<Statuses> for PassKey {}

/// The row of a pass: whose it is, and by which key its codes are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PassRow {
    pub(crate) holder: PassHolder,
    /// Nothing for a pass of an older format, which did not say so: such a pass is gone after its day.
    pub(crate) key: Option<KeyDigest>,
}

impl PassRow {
    /// The holder, for a code of this device key.
    pub(crate) fn holder_with(self, key: KeyDigest) -> Option<PassHolder> {
        self.key.is_none_or(|own| own == key).then_some(self.holder)
    }
}

impl Record for PassRow {
    fn size(&self) -> usize {
        40
    }

    fn write(&self, row: &mut impl RowSink) {
        self.holder.write(row);
        row.optional_array("key", self.key.as_ref().map(|key| &key.0));
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let holder = PassHolder::read(row)?;
        // Version 3 did not say which key.
        let key = if row.version() >= 4 { row.optional_array("key")?.map(KeyDigest) } else { None };
        Some(Self { holder, key })
    }
}

/// What a pass's row and a person's row both begin with.
impl Record for PassHolder {
    fn write(&self, row: &mut impl RowSink) {
        row.array("person", &self.id.0);
        row.word("account", self.account);
        row.short("document_class", self.document_class);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            id: PersonId(row.array("person")?),
            account: row.word("account")?,
            document_class: row.short("document_class")?,
        })
    }
}

/// What is kept of a pass that was issued to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) device: DeviceId,
    /// When it was given, Unix seconds.
    pub(crate) given_at: u64,
    pub(crate) standing: Standing,
}

/// On whose word the keys of a strip are a device's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A key that was vouched for itself, or the offer that the device took up. So count those that an older
    /// build kept without a word about it: they are over within 15 days.
    Vouched,
    /// On that of its token alone, or of a key that came by it: since when, Unix seconds.
    TokenAlone(u64),
}

impl Holding {
    /// Whether its key was vouched for.
    pub(crate) fn is_vouched(&self) -> bool {
        self.standing == Standing::Vouched
    }
}

/// Device and time; and for keys without a word the time since which there is none. Nothing where the pass
/// was issued to no device, as older formats kept it.
impl Record for Option<Holding> {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a pass's holding";

    fn size(&self) -> usize {
        32
    }

    fn write(&self, row: &mut impl RowSink) {
        let Some(Holding { device, given_at, standing }) = self else { return };
        row.array("device", &device.0);
        row.number("given_at", *given_at);
        if let Standing::TokenAlone(since) = standing {
            row.number("unproven_since", *since);
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        if row.ends_before("device") {
            return Some(None);
        }
        let device = DeviceId(row.array("device")?);
        // Without its time, as it was kept before that was.
        let given_at = if row.ends_before("given_at") { 0 } else { row.number("given_at")? };
        let standing = if row.ends_before("unproven_since") {
            Standing::Vouched
        } else {
            Standing::TokenAlone(row.number("unproven_since")?)
        };
        Some(Some(Holding { device, given_at, standing }))
    }
}

/// How a pass stands that is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Record for Status {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a status";

    fn size(&self) -> usize {
        1
    }

    fn write(&self, row: &mut impl RowSink) {
        row.byte("status", self.0);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.byte("status").map(Self)
    }
}

/// A status list of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListKey {
    pub(crate) exp: u64,
    pub(crate) list: u32,
}

impl Part for ListKey {
    fn write(&self, key: &mut impl KeySink) {
        key.number(self.exp);
        key.index(self.list);
    }
}

impl Key for ListKey {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self { exp: key.number()?, list: key.index()? })
    }
}

impl Leads<DayCounters> for u64 {}

impl Leads<PassedOver> for u64 {}

/// Numbers of status lists: the first one, and the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListRange {
    pub(crate) first: u32,
    pub(crate) end: u32,
}

impl Record for ListRange {
    fn write(&self, row: &mut impl RowSink) {
        row.index("first", self.first);
        row.index("end", self.end);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self { first: row.index("first")?, end: row.index("end")? })
    }
}

impl Record for Vec<ListRange> {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "the lists that were passed over";

    fn write(&self, row: &mut impl RowSink) {
        row.last_list("ranges", self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.last_list("ranges")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
    use super::*;

    #[test]
    fn holdings_come_back_and_those_of_older_builds_count_as_vouched_for() {
        let device = DeviceId([7; 16]);
        for standing in [Standing::Vouched, Standing::TokenAlone(4)] {
            let holding = Some(Holding { device, given_at: 9, standing });
            assert_eq!(decode(&encode(&holding)), Ok(holding));
        }
        let older = [[7; 16].as_slice(), &9u64.to_be_bytes()].concat();
        let vouched = Holding { device, given_at: 9, standing: Standing::Vouched };
        assert_eq!(older, encode(&Some(vouched)));
        let before: Holding = decode::<Option<Holding>>(&[7; 16]).unwrap().unwrap();
        assert_eq!((before.device, before.standing), (device, Standing::Vouched));
        assert_eq!(decode::<Option<Holding>>(&[]), Ok(None));
        for damaged in [5, 17, 25, 33] {
            assert!(decode::<Option<Holding>>(&vec![1; damaged]).is_err(), "{damaged}");
        }
    }
}
