//! How records lie in a row: a version byte, then the fields one after the other, lengths before what has
//! one.

use crate::{
    Account, Bearer, Consent, Credential, DeviceId, DeviceRule, Earlier, Evidence, FormerKey, Gate,
    IdentityUse, KeyDigest, Made, Matter, OperatorRole, OtherDevices, PassHolder, Person, PersonId,
    PlaceNames, SealedIdentity, StoreError, Suspension, Venue, WrappedKey,
};

/// The version that is written. A field is added by a new version, which older rows are read without.
const VERSION: u8 = 6;

/// A record with a form on disk.
pub(super) trait Record: Sized {
    fn write(&self, row: &mut RowWriter);
    fn read(row: &mut RowReader<'_>) -> Option<Self>;
}

pub(super) fn encode(record: &impl Record) -> Vec<u8> {
    let mut row = RowWriter(Vec::with_capacity(128));
    row.byte(VERSION);
    record.write(&mut row);
    row.0
}

pub(super) fn decode<T: Record>(row: &[u8]) -> Result<T, StoreError> {
    read_whole(row).ok_or(StoreError::Damaged("a record"))
}

pub(super) fn decode_found<T: Record>(row: Option<Vec<u8>>) -> Result<Option<T>, StoreError> {
    row.as_deref().map(decode).transpose()
}

fn read_whole<T: Record>(row: &[u8]) -> Option<T> {
    let (version, fields) = row.split_first()?;
    let mut reader = RowReader(fields, *version);
    let record = T::read(&mut reader)?;
    ((1..=VERSION).contains(version) && reader.0.is_empty()).then_some(record)
}

pub(super) struct RowWriter(Vec<u8>);

impl RowWriter {
    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, value: u64) {
        self.0.extend(value.to_be_bytes());
    }

    pub(super) fn array<const N: usize>(&mut self, value: &[u8; N]) {
        self.0.extend(value);
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        // Request bodies are limited far below 4 GiB.
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.0.extend(length.to_be_bytes());
        self.0.extend(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    pub(super) fn optional_text(&mut self, value: Option<&str>) {
        self.byte(value.is_some().into());
        if let Some(value) = value {
            self.text(value);
        }
    }

    pub(super) fn optional_number(&mut self, value: Option<u64>) {
        self.byte(value.is_some().into());
        if let Some(value) = value {
            self.number(value);
        }
    }

    pub(super) fn optional_device(&mut self, device: Option<DeviceId>) {
        self.byte(device.is_some().into());
        if let Some(DeviceId(id)) = &device {
            self.array(id);
        }
    }

    pub(super) fn device_rule(&mut self, rule: DeviceRule) {
        self.byte(match rule {
            DeviceRule::Replaces => 0,
            DeviceRule::Adds => 1,
        });
    }

    pub(super) fn account(&mut self, account: Account) {
        self.byte(match account {
            Account::Active => 0,
            Account::Revoked => 1,
            Account::Frozen => 2,
        });
    }

    /// Names of claims, which hold no spaces.
    pub(super) fn names(&mut self, names: &[String]) {
        self.text(&names.join(" "));
    }

    pub(super) fn scenes(&mut self, scenes: &[u16]) {
        self.bytes(&scenes.iter().flat_map(|scene| scene.to_be_bytes()).collect::<Vec<_>>());
    }
}

/// What is left of a row, and its version.
pub(super) struct RowReader<'a>(&'a [u8], pub(super) u8);

impl<'a> RowReader<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Whether nothing is left to read.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_be_bytes(self.array()?)).ok()?;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub(super) fn device_rule(&mut self) -> Option<DeviceRule> {
        Some(match self.byte()? {
            0 => DeviceRule::Replaces,
            1 => DeviceRule::Adds,
            _ => return None,
        })
    }

    pub(super) fn account(&mut self) -> Option<Account> {
        Some(match self.byte()? {
            0 => Account::Active,
            1 => Account::Revoked,
            2 => Account::Frozen,
            _ => return None,
        })
    }

    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        Some(self.text()?.split_whitespace().map(str::to_owned).collect())
    }

    /// Nothing for damage, as everywhere; inside, the text if there is one.
    pub(super) fn optional_text(&mut self) -> Option<Option<String>> {
        if self.flag()? { self.text().map(Some) } else { Some(None) }
    }

    /// The same for a device.
    pub(super) fn optional_device(&mut self) -> Option<Option<DeviceId>> {
        if self.flag()? { Some(Some(DeviceId(self.array()?))) } else { Some(None) }
    }

    /// The same for a number.
    pub(super) fn optional_number(&mut self) -> Option<Option<u64>> {
        if self.flag()? { self.number().map(Some) } else { Some(None) }
    }
}

pub(super) fn read_scenes(row: &mut RowReader<'_>) -> Option<Vec<u16>> {
    let (scenes, rest) = row.bytes()?.as_chunks::<2>();
    let scenes = scenes.iter().map(|scene| u16::from_be_bytes(*scene)).collect();
    rest.is_empty().then_some(scenes)
}

/// The row of a pass: whose it is, and by which key its codes are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PassRow {
    pub(super) holder: PassHolder,
    /// Nothing for a pass of an older format, which did not say so: such a pass is gone after its day.
    pub(super) key: Option<KeyDigest>,
}

impl PassRow {
    /// The holder, for a code of this device key.
    pub(super) fn holder_with(self, key: KeyDigest) -> Option<PassHolder> {
        self.key.is_none_or(|own| own == key).then_some(self.holder)
    }
}

impl Record for PassRow {
    fn write(&self, row: &mut RowWriter) {
        self.holder.write(row);
        row.byte(self.key.is_some().into());
        if let Some(KeyDigest(key)) = &self.key {
            row.array(key);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let holder = PassHolder::read(row)?;
        // Version 3 did not say which key.
        let key = if row.1 >= 4 && row.flag()? { Some(KeyDigest(row.array()?)) } else { None };
        Some(Self { holder, key })
    }
}

/// What a pass's row and a person's row both begin with.
impl Record for PassHolder {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.id.0);
        row.account(self.account);
        row.array(&self.document_class.to_be_bytes());
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            id: PersonId(row.array()?),
            account: row.account()?,
            document_class: u16::from_be_bytes(row.array()?),
        })
    }
}

impl Record for Evidence {
    fn write(&self, row: &mut RowWriter) {
        row.text(&self.method);
        row.text(&self.connector);
        row.byte(self.level);
        row.array(&self.document_class.to_be_bytes());
        row.number(self.at);
        row.optional_number(self.expires_at);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            method: row.text()?,
            connector: row.text()?,
            level: row.byte()?,
            document_class: u16::from_be_bytes(row.array()?),
            at: row.number()?,
            expires_at: row.optional_number()?,
        })
    }
}

impl Record for SealedIdentity {
    fn write(&self, row: &mut RowWriter) {
        row.byte(self.key.is_some().into());
        if let Some(WrappedKey(key)) = &self.key {
            row.array(key);
        }
        row.bytes(&self.content);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        // Version 5 knew no key of a person.
        let key = if row.1 >= 6 && row.flag()? { Some(WrappedKey(row.array()?)) } else { None };
        Some(Self { key, content: row.bytes()?.to_vec() })
    }
}

impl Record for Person {
    fn write(&self, row: &mut RowWriter) {
        PassHolder::from(self).write(row);
        // A connector has one at a time.
        row.byte(self.evidence.len().try_into().unwrap_or(u8::MAX));
        self.evidence.iter().take(u8::MAX.into()).for_each(|evidence| evidence.write(row));
        self.sealed.write(row);
        row.number(self.enrolled_at);
        row.number(self.updated_at);
        // As before, for all who are not frozen so.
        if let Some(Suspension { keep }) = self.suspension {
            row.optional_device(keep);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let PassHolder { id, account, document_class } = PassHolder::read(row)?;
        // Version 5 knew one level and how it was proven, by a registrar.
        let older = if row.1 < 6 { Some((row.byte()?, row.text()?)) } else { None };
        let mut evidence = Vec::new();
        if older.is_none() {
            for _ in 0..row.byte()? {
                evidence.push(Evidence::read(row)?);
            }
        }
        let sealed = SealedIdentity::read(row)?;
        let enrolled_at = row.number()?;
        if let Some((level, method)) = older {
            evidence.push(Evidence::of_registrar(method, level, document_class, enrolled_at));
        }
        Some(Self {
            id,
            account,
            document_class,
            evidence,
            sealed,
            enrolled_at,
            updated_at: row.number()?,
            suspension: if row.is_over() {
                None
            } else {
                Some(Suspension { keep: row.optional_device()? })
            },
        })
    }
}

impl Record for Venue {
    fn write(&self, row: &mut RowWriter) {
        row.text(&self.id);
        row.text(&self.name);
        row.text(&self.uscc);
        row.scenes(&self.scenes);
        row.byte(self.suspended.into());
        row.bytes(&self.ages);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (id, name, uscc) = (row.text()?, row.text()?, row.text()?);
        let scenes = read_scenes(row)?;
        let suspended = row.flag()?;
        // Version 1 knew no ages.
        let ages = if row.1 < 2 { Vec::new() } else { row.bytes()?.to_vec() };
        Some(Self { id, name, uscc, scenes, suspended, ages })
    }
}

impl Record for IdentityUse {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.receipt);
        row.text(&self.venue);
        row.text(&self.device);
        row.array(&self.scene.to_be_bytes());
        row.text(&self.reason);
        row.names(&self.claims);
        row.byte(self.consent as u8);
        row.byte(self.matter.is_some().into());
        if let Some(Matter { operator, purpose, case }) = &self.matter {
            [operator, purpose, case].into_iter().for_each(|text| row.text(text));
        }
        row.byte(self.offline.into());
        row.number(self.at);
        row.optional_text(self.site.as_deref());
        row.optional_text(self.names.as_ref().map(|names| names.venue.as_str()));
        row.optional_text(self.names.as_ref().and_then(|names| names.site.as_deref()));
        // As before, for all that nobody reported.
        if let Some(at) = self.reported_at {
            row.number(at);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            receipt: row.array()?,
            venue: row.text()?,
            device: row.text()?,
            scene: u16::from_be_bytes(row.array()?),
            reason: row.text()?,
            claims: row.names()?,
            consent: read_consent(row)?,
            matter: if row.flag()? {
                Some(Matter { operator: row.text()?, purpose: row.text()?, case: row.text()? })
            } else {
                None
            },
            offline: row.flag()?,
            at: row.number()?,
            // Version 2 knew no sites.
            site: if row.1 < 3 { None } else { row.optional_text()? },
            // Version 4 knew no names.
            names: if row.1 < 5 { None } else { read_names(row)? },
            reported_at: if row.is_over() { None } else { Some(row.number()?) },
        })
    }
}

fn read_names(row: &mut RowReader<'_>) -> Option<Option<PlaceNames>> {
    let (venue, site) = (row.optional_text()?, row.optional_text()?);
    Some(venue.map(|venue| PlaceNames { venue, site }))
}

fn read_consent(row: &mut RowReader<'_>) -> Option<Consent> {
    Some(match row.byte()? {
        0 => Consent::NotAsked,
        1 => Consent::Approved,
        2 => Consent::Denied,
        3 => Consent::Expired,
        _ => return None,
    })
}

impl Record for Earlier {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.request);
        row.array(&self.receipt);
        row.byte(self.person.is_some().into());
        if let Some(PersonId(person)) = &self.person {
            row.array(person);
        }
        row.text(&self.reason);
        row.byte(self.consent as u8);
        row.number(self.at);
        row.array(&self.registration);
        row.names(&self.claims);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (request, receipt) = (row.array()?, row.array()?);
        let person = if row.flag()? { Some(PersonId(row.array()?)) } else { None };
        let (reason, consent, at) = (row.text()?, read_consent(row)?, row.number()?);
        // Version 3 did not say what was given to whom: nothing of it is given again.
        let (registration, claims) =
            if row.1 < 4 { ([0; 32], Vec::new()) } else { (row.array()?, row.names()?) };
        Some(Self { request, registration, receipt, person, reason, consent, claims, at })
    }
}

/// What a report of a loss was answered with.
impl Record for OtherDevices {
    fn write(&self, row: &mut RowWriter) {
        row.byte(match self {
            Self::Ended => 1,
            Self::Suspended => 2,
        });
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        match row.byte()? {
            1 => Some(Self::Ended),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }
}

impl Record for Gate {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.key);
        row.number(self.last);
        row.number(self.digests_from);
        row.number(self.conflict_at);
        // As before, until it has had another key.
        if self.former.is_empty() {
            return;
        }
        row.number(self.count);
        for former in &self.former {
            row.array(&former.key);
            row.number(former.last);
            row.number(former.digests_from);
            row.number(former.until);
            row.byte(former.apart.into());
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (key, last) = (row.array()?, row.number()?);
        // Version 3 kept no digests.
        let (digests_from, conflict_at) =
            if row.1 < 4 { (last.saturating_add(1), 0) } else { (row.number()?, row.number()?) };
        let (mut count, mut former) = (last, Vec::new());
        if !row.is_over() {
            count = row.number()?;
        }
        while !row.is_over() {
            former.push(FormerKey {
                key: row.array()?,
                last: row.number()?,
                digests_from: row.number()?,
                until: row.number()?,
                apart: row.flag()?,
            });
        }
        Some(Self { key, last, digests_from, conflict_at, count, former })
    }
}

impl Record for Bearer {
    fn write(&self, row: &mut RowWriter) {
        match self {
            Bearer::Venue { venue, device } => {
                row.byte(0);
                row.text(venue);
                row.text(device);
            }
            Bearer::Registrar { registrar } => {
                row.byte(1);
                row.text(registrar);
            }
            Bearer::Operator { venue, name, duty } => {
                row.byte(2);
                row.text(venue);
                row.text(name);
                row.byte(match duty {
                    OperatorRole::Viewer => 0,
                    OperatorRole::Manager => 1,
                });
            }
            Bearer::Administrator { name } => {
                row.byte(3);
                row.text(name);
            }
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(match row.byte()? {
            0 => Bearer::Venue { venue: row.text()?, device: row.text()? },
            1 => Bearer::Registrar { registrar: row.text()? },
            2 => Bearer::Operator {
                venue: row.text()?,
                name: row.text()?,
                duty: match row.byte()? {
                    0 => OperatorRole::Viewer,
                    1 => OperatorRole::Manager,
                    _ => return None,
                },
            },
            3 => Bearer::Administrator { name: row.text()? },
            _ => return None,
        })
    }
}

impl Record for Credential {
    fn write(&self, row: &mut RowWriter) {
        self.bearer.write(row);
        row.byte(self.revoked.into());
        row.byte(self.made.is_some().into());
        if let Some(Made { at, by }) = &self.made {
            row.number(*at);
            row.text(by);
        }
        // As before, for all but the few that it is about.
        if let Some(Made { at, by }) = &self.contested {
            row.number(*at);
            row.text(by);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (bearer, revoked) = (Bearer::read(row)?, row.flag()?);
        let read_made = |row: &mut RowReader<'_>| Some(Made { at: row.number()?, by: row.text()? });
        // Version 3 did not say when and by whom.
        let made = if row.1 >= 4 && row.flag()? { Some(read_made(row)?) } else { None };
        let contested = if row.is_over() { None } else { Some(read_made(row)?) };
        Some(Self { bearer, revoked, made, contested })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
