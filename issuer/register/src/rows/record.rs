//! How records are written and read: field by field, each under its name, whatever becomes of it. As bytes,
//! the fields lie one after the other, lengths before what has one, and names are left out; a database with
//! columns takes the names.

use super::word::Word;
use crate::StoreError;

/// The version that is written. A field is added by a new version, which older rows are read without.
pub(crate) const VERSION: u8 = 6;

/// What stands in a row.
pub(crate) trait Record: Sized {
    /// Whether the bytes begin with a version. Rows that are short, and many, have none.
    const VERSIONED: bool = true;
    /// What is damaged where the bytes cannot be read.
    const WHAT: &'static str = "a record";

    /// About how many bytes it takes.
    fn size(&self) -> usize {
        128
    }

    fn write(&self, row: &mut impl RowSink);
    /// Nothing for damage.
    fn read(row: &mut impl RowSource) -> Option<Self>;
}

/// What takes the fields of a record. Each name is used once in a row.
pub(crate) trait RowSink: Sized {
    fn byte(&mut self, name: &'static str, value: u8);
    fn short(&mut self, name: &'static str, value: u16);
    fn index(&mut self, name: &'static str, value: u32);
    fn number(&mut self, name: &'static str, value: u64);
    fn flag(&mut self, name: &'static str, value: bool);
    fn word<W: Word>(&mut self, name: &'static str, value: W);
    fn array<const N: usize>(&mut self, name: &'static str, value: &[u8; N]);
    fn bytes(&mut self, name: &'static str, value: &[u8]);
    fn text(&mut self, name: &'static str, value: &str);
    /// Texts that hold no spaces.
    fn names(&mut self, name: &'static str, values: &[String]);
    fn shorts(&mut self, name: &'static str, values: &[u16]);
    fn arrays<const N: usize>(&mut self, name: &'static str, values: &[[u8; N]]);
    /// Bytes to the end of the row.
    fn last_bytes(&mut self, name: &'static str, value: &[u8]);
    /// JSON to the end of the row.
    fn last_json(&mut self, name: &'static str, value: &[u8]);
    /// Numbers to the end of the row.
    fn last_numbers(&mut self, name: &'static str, values: &[u64]);
    /// Arrays to the end of the row.
    fn last_arrays<const N: usize>(&mut self, name: &'static str, values: &[[u8; N]]);
    /// Records, at most 255.
    fn list<T: Record>(&mut self, name: &'static str, records: &[T]);
    /// Records to the end of the row.
    fn last_list<T: Record>(&mut self, name: &'static str, records: &[T]);
    /// What may be missing: written by `write`, which begins with the field of this name.
    fn optional<T>(
        &mut self,
        name: &'static str,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T),
    );
    /// A record within this one; all its names have the prefix.
    fn part<T: Record>(&mut self, prefix: &'static str, record: &T);

    fn optional_text(&mut self, name: &'static str, value: Option<&str>) {
        self.optional(name, value, |row, value| row.text(name, value));
    }

    fn optional_number(&mut self, name: &'static str, value: Option<u64>) {
        self.optional(name, value, |row, value| row.number(name, value));
    }

    fn optional_array<const N: usize>(&mut self, name: &'static str, value: Option<&[u8; N]>) {
        self.optional(name, value, |row, value| row.array(name, value));
    }
}

/// What gives the fields of a record back. Nothing for damage, everywhere; of what may be missing, nothing
/// inside where it is.
pub(crate) trait RowSource: Sized {
    /// The version of the row.
    fn version(&self) -> u8;
    /// Whether the row ends before the field of this name, which comes next if there is one.
    fn ends_before(&self, name: &'static str) -> bool;
    /// Whether the row is of the kind that has so many bytes and nothing else than the field of this name.
    fn is_only(&self, name: &'static str, bytes: usize) -> bool;
    fn byte(&mut self, name: &'static str) -> Option<u8>;
    fn short(&mut self, name: &'static str) -> Option<u16>;
    fn index(&mut self, name: &'static str) -> Option<u32>;
    fn number(&mut self, name: &'static str) -> Option<u64>;
    fn flag(&mut self, name: &'static str) -> Option<bool>;
    fn word<W: Word>(&mut self, name: &'static str) -> Option<W>;
    fn array<const N: usize>(&mut self, name: &'static str) -> Option<[u8; N]>;
    fn bytes(&mut self, name: &'static str) -> Option<Vec<u8>>;
    fn text(&mut self, name: &'static str) -> Option<String>;
    fn names(&mut self, name: &'static str) -> Option<Vec<String>>;
    fn shorts(&mut self, name: &'static str) -> Option<Vec<u16>>;
    fn arrays<const N: usize>(&mut self, name: &'static str) -> Option<Vec<[u8; N]>>;
    fn last_bytes(&mut self, name: &'static str) -> Option<Vec<u8>>;
    fn last_json(&mut self, name: &'static str) -> Option<Vec<u8>>;
    fn last_numbers(&mut self, name: &'static str) -> Option<Vec<u64>>;
    fn last_arrays<const N: usize>(&mut self, name: &'static str) -> Option<Vec<[u8; N]>>;
    fn list<T: Record>(&mut self, name: &'static str) -> Option<Vec<T>>;
    fn last_list<T: Record>(&mut self, name: &'static str) -> Option<Vec<T>>;
    fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>>;
    fn part<T: Record>(&mut self, prefix: &'static str) -> Option<T>;

    fn optional_text(&mut self, name: &'static str) -> Option<Option<String>> {
        self.optional(name, |row| row.text(name))
    }

    fn optional_number(&mut self, name: &'static str) -> Option<Option<u64>> {
        self.optional(name, |row| row.number(name))
    }

    fn optional_array<const N: usize>(&mut self, name: &'static str) -> Option<Option<[u8; N]>> {
        self.optional(name, |row| row.array(name))
    }
}

/// A record as bytes.
pub(crate) fn encode<T: Record>(record: &T) -> Vec<u8> {
    let mut row = RowWriter(Vec::with_capacity(record.size()));
    if T::VERSIONED {
        row.0.push(VERSION);
    }
    record.write(&mut row);
    row.0
}

/// A record from bytes.
pub(crate) fn decode<T: Record>(row: &[u8]) -> Result<T, StoreError> {
    read_whole(row).ok_or(StoreError::Damaged(T::WHAT))
}

fn read_whole<T: Record>(row: &[u8]) -> Option<T> {
    let (version, fields) = if T::VERSIONED { row.split_first()? } else { (&VERSION, row) };
    let mut reader = RowReader(fields, *version);
    let record = T::read(&mut reader)?;
    ((1..=VERSION).contains(version) && reader.0.is_empty()).then_some(record)
}

struct RowWriter(Vec<u8>);

impl RowSink for RowWriter {
    fn byte(&mut self, _: &'static str, value: u8) {
        self.0.push(value);
    }

    fn short(&mut self, _: &'static str, value: u16) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn index(&mut self, _: &'static str, value: u32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn number(&mut self, _: &'static str, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn flag(&mut self, _: &'static str, value: bool) {
        self.0.push(value.into());
    }

    fn word<W: Word>(&mut self, _: &'static str, value: W) {
        self.0.push(value.to_byte());
    }

    fn array<const N: usize>(&mut self, _: &'static str, value: &[u8; N]) {
        self.0.extend_from_slice(value);
    }

    fn bytes(&mut self, _: &'static str, value: &[u8]) {
        // Request bodies are limited far below 4 GiB.
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.bytes(name, value.as_bytes());
    }

    fn names(&mut self, name: &'static str, values: &[String]) {
        self.text(name, &values.join(" "));
    }

    fn shorts(&mut self, name: &'static str, values: &[u16]) {
        let bytes = values.iter().flat_map(|value| value.to_be_bytes());
        self.bytes(name, &bytes.collect::<Vec<_>>());
    }

    fn arrays<const N: usize>(&mut self, name: &'static str, values: &[[u8; N]]) {
        self.bytes(name, values.as_flattened());
    }

    fn last_bytes(&mut self, _: &'static str, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    fn last_json(&mut self, name: &'static str, value: &[u8]) {
        self.last_bytes(name, value);
    }

    fn last_numbers(&mut self, _: &'static str, values: &[u64]) {
        self.0.extend(values.iter().flat_map(|value| value.to_be_bytes()));
    }

    fn last_arrays<const N: usize>(&mut self, _: &'static str, values: &[[u8; N]]) {
        self.0.extend(values.as_flattened());
    }

    fn list<T: Record>(&mut self, _: &'static str, records: &[T]) {
        self.0.push(records.len().try_into().unwrap_or(u8::MAX));
        records.iter().take(u8::MAX.into()).for_each(|record| record.write(self));
    }

    fn last_list<T: Record>(&mut self, _: &'static str, records: &[T]) {
        records.iter().for_each(|record| record.write(self));
    }

    fn optional<T>(&mut self, _: &'static str, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.0.push(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn part<T: Record>(&mut self, _: &'static str, record: &T) {
        record.write(self);
    }
}

/// What is left of a row, and its version.
struct RowReader<'a>(&'a [u8], u8);

impl<'a> RowReader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_be_bytes(self.take()?)).ok()?;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Bytes as arrays, where they are whole.
fn whole<const N: usize>(bytes: &[u8]) -> Option<&[[u8; N]]> {
    let (arrays, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then_some(arrays)
}

impl RowSource for RowReader<'_> {
    fn version(&self) -> u8 {
        self.1
    }

    fn ends_before(&self, _: &'static str) -> bool {
        self.0.is_empty()
    }

    fn is_only(&self, _: &'static str, bytes: usize) -> bool {
        self.0.len() == bytes
    }

    fn byte(&mut self, _: &'static str) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn short(&mut self, _: &'static str) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn index(&mut self, _: &'static str) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn number(&mut self, _: &'static str) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.byte(name)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Option<W> {
        W::of_byte(self.byte(name)?)
    }

    fn array<const N: usize>(&mut self, _: &'static str) -> Option<[u8; N]> {
        self.take()
    }

    fn bytes(&mut self, _: &'static str) -> Option<Vec<u8>> {
        Some(self.sized()?.to_vec())
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        String::from_utf8(self.bytes(name)?).ok()
    }

    fn names(&mut self, name: &'static str) -> Option<Vec<String>> {
        Some(self.text(name)?.split_whitespace().map(str::to_owned).collect())
    }

    fn shorts(&mut self, _: &'static str) -> Option<Vec<u16>> {
        Some(whole(self.sized()?)?.iter().map(|value| u16::from_be_bytes(*value)).collect())
    }

    fn arrays<const N: usize>(&mut self, _: &'static str) -> Option<Vec<[u8; N]>> {
        whole(self.sized()?).map(<[_]>::to_vec)
    }

    fn last_bytes(&mut self, _: &'static str) -> Option<Vec<u8>> {
        Some(self.rest().to_vec())
    }

    fn last_json(&mut self, name: &'static str) -> Option<Vec<u8>> {
        self.last_bytes(name)
    }

    fn last_numbers(&mut self, _: &'static str) -> Option<Vec<u64>> {
        Some(whole(self.rest())?.iter().map(|value| u64::from_be_bytes(*value)).collect())
    }

    fn last_arrays<const N: usize>(&mut self, _: &'static str) -> Option<Vec<[u8; N]>> {
        whole(self.rest()).map(<[_]>::to_vec)
    }

    fn list<T: Record>(&mut self, name: &'static str) -> Option<Vec<T>> {
        (0..self.byte(name)?).map(|_| T::read(self)).collect()
    }

    fn last_list<T: Record>(&mut self, _: &'static str) -> Option<Vec<T>> {
        let mut records = Vec::new();
        while !self.0.is_empty() {
            records.push(T::read(self)?);
        }
        Some(records)
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.flag(name)? { read(self).map(Some) } else { Some(None) }
    }

    fn part<T: Record>(&mut self, _: &'static str) -> Option<T> {
        T::read(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::PassRow;
    use super::*;
    use crate::{
        Account, Bearer, Consent, Credential, DeviceId, Earlier, Evidence, IdentityUse, KeyDigest,
        Made, Matter, OperatorRole, PassHolder, Person, PersonId, PlaceNames, SealedIdentity,
        Suspension, Venue,
    };

    fn venue() -> Venue {
        Venue {
            id: "library".into(),
            name: "图书馆".into(),
            uscc: "12440300".into(),
            scenes: vec![2, 700],
            suspended: true,
            ages: vec![60],
        }
    }

    #[test]
    fn records_come_back_as_they_were() {
        let person = Person {
            id: PersonId([3; 16]),
            account: Account::Frozen,
            document_class: 553,
            evidence: vec![Evidence::of_registrar("counter".into(), 4, 553, 5)],
            sealed: SealedIdentity { key: None, content: vec![9; 300] },
            enrolled_at: 5,
            updated_at: 6,
            suspension: None,
        };
        for suspension in [None, Some(None), Some(Some(DeviceId([4; 16])))] {
            let suspension = suspension.map(|keep| Suspension { keep });
            let person = Person { suspension, ..person.clone() };
            assert_eq!(decode::<Person>(&encode(&person)), Ok(person));
        }
        assert_eq!(decode::<Venue>(&encode(&venue())), Ok(venue()));
        let holder =
            PassHolder { id: PersonId([3; 16]), account: Account::Active, document_class: 111 };
        for key in [None, Some(KeyDigest([8; 16]))] {
            let row = PassRow { holder, key };
            assert_eq!(decode::<PassRow>(&encode(&row)), Ok(row));
        }
        let matter =
            Matter { operator: "7".into(), purpose: "check".into(), case: "2026-1".into() };
        let mut entry = IdentityUse {
            receipt: [4; 16],
            venue: "hotel".into(),
            device: "desk".into(),
            scene: 1,
            reason: "OK".into(),
            claims: vec!["name".into(), "sex".into()],
            consent: Consent::Expired,
            matter: Some(matter),
            offline: true,
            at: 9,
            site: Some("nanshan".into()),
            names: Some(PlaceNames { venue: "酒店".into(), site: Some("南山店".into()) }),
            reported_at: Some(10),
        };
        assert_eq!(decode::<IdentityUse>(&encode(&entry)), Ok(entry.clone()));
        let with_report = encode(&entry);
        entry.reported_at = None;
        // What nobody reported is as it was before anybody could.
        let without = &with_report[..with_report.len() - 8];
        assert_eq!(encode(&entry), without);
        assert_eq!(decode::<IdentityUse>(without), Ok(entry.clone()));
        (entry.matter, entry.claims, entry.site, entry.names) = (None, Vec::new(), None, None);
        let row = encode(&entry);
        let without_names = [&[4], &row[1..row.len() - 2]].concat();
        let older = [&[2], &row[1..row.len() - 3]].concat();
        for row in [row, without_names, older] {
            assert_eq!(decode::<IdentityUse>(&row), Ok(entry.clone()));
        }
        for person in [None, Some(PersonId([3; 16]))] {
            let mut earlier = Earlier {
                request: [1; 32],
                registration: [3; 32],
                receipt: [2; 16],
                person,
                reason: "OK".into(),
                consent: Consent::Approved,
                claims: vec!["name".into(), "sex".into()],
                at: 7,
            };
            assert_eq!(decode::<Earlier>(&encode(&earlier)), Ok(earlier.clone()));
            (earlier.registration, earlier.claims) = ([0; 32], Vec::new());
            let row = encode(&earlier);
            let older = [&[3], &row[1..row.len() - 36]].concat();
            assert_eq!(decode::<Earlier>(&older), Ok(earlier));
        }
        let registrar = Bearer::Registrar { registrar: "hall".into() };
        let device = Bearer::Venue { venue: "library".into(), device: "gate".into() };
        let operator = |duty| Bearer::Operator { venue: "library".into(), name: "li".into(), duty };
        let operators = [OperatorRole::Viewer, OperatorRole::Manager].map(operator);
        let administrator = Bearer::Administrator { name: "chen".into() };
        for bearer in [registrar, device, administrator].into_iter().chain(operators) {
            let made = Some(Made { at: 7, by: "chen".into() });
            let mut credential =
                Credential { bearer: bearer.clone(), revoked: true, made, contested: None };
            assert_eq!(decode::<Credential>(&encode(&credential)), Ok(credential.clone()));
            credential.contested = Some(Made { at: 8, by: "zhao".into() });
            assert_eq!(decode::<Credential>(&encode(&credential)), Ok(credential));
            let unknown = Credential { bearer, revoked: true, made: None, contested: None };
            let row = encode(&unknown);
            let older = [&[3], &row[1..row.len() - 1]].concat();
            for row in [row, older] {
                assert_eq!(decode::<Credential>(&row), Ok(unknown.clone()));
            }
        }
    }

    #[test]
    fn cut_longer_and_foreign_rows_are_damage() {
        let row = encode(&venue());
        for length in 0..row.len() {
            assert!(decode::<Venue>(&row[..length]).is_err(), "{length}");
        }
        let longer = [row.as_slice(), &[0]].concat();
        let newer = [&[VERSION + 1], &row[1..]].concat();
        for wrong in [longer, newer] {
            assert_eq!(decode::<Venue>(&wrong), Err(StoreError::Damaged("a record")));
        }
    }
}
