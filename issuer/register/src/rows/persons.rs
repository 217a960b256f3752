//! Persons.

use super::key::{Key, KeySink, KeySource, Part};
use super::record::{Record, RowSink, RowSource};
use crate::{
    DeviceId, Evidence, PassHolder, Person, PersonId, SealedIdentity, Suspension, WrappedKey,
};

impl Part for PersonId {
    fn write(&self, key: &mut impl KeySink) {
        key.array(&self.0);
    }
}

impl Key for PersonId {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        key.array().map(Self)
    }
}

/// Of whom something else leads to.
impl Record for PersonId {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a person's id";

    fn size(&self) -> usize {
        16
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("person", &self.0);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.array("person").map(Self)
    }
}

impl Record for Evidence {
    fn write(&self, row: &mut impl RowSink) {
        row.text("method", &self.method);
        row.text("connector", &self.connector);
        row.byte("level", self.level);
        row.short("document_class", self.document_class);
        row.number("at", self.at);
        row.optional_number("expires_at", self.expires_at);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            method: row.text("method")?,
            connector: row.text("connector")?,
            level: row.byte("level")?,
            document_class: row.short("document_class")?,
            at: row.number("at")?,
            expires_at: row.optional_number("expires_at")?,
        })
    }
}

impl Record for SealedIdentity {
    fn write(&self, row: &mut impl RowSink) {
        row.optional_array("wrapped_key", self.key.as_ref().map(|key| &key.0));
        row.bytes("sealed", &self.content);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        // Version 5 knew no key of a person.
        let key = if row.version() >= 6 { row.optional_array("wrapped_key")? } else { None };
        Some(Self { key: key.map(WrappedKey), content: row.bytes("sealed")? })
    }
}

impl Record for Person {
    fn size(&self) -> usize {
        192 + self.sealed.content.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        PassHolder::from(self).write(row);
        // A connector has one at a time.
        row.list("evidence", &self.evidence);
        self.sealed.write(row);
        row.number("enrolled_at", self.enrolled_at);
        row.number("updated_at", self.updated_at);
        // As before, for all who are not frozen so.
        if let Some(Suspension { keep }) = self.suspension {
            row.flag("suspension_keeps_one", keep.is_some());
            if let Some(DeviceId(device)) = &keep {
                row.array("suspension_keeps", device);
            }
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let PassHolder { id, account, document_class } = PassHolder::read(row)?;
        // Version 5 knew one level and how it was proven, by a registrar.
        let older =
            if row.version() < 6 { Some((row.byte("level")?, row.text("method")?)) } else { None };
        let mut evidence = if older.is_none() { row.list("evidence")? } else { Vec::new() };
        let sealed = SealedIdentity::read(row)?;
        let enrolled_at = row.number("enrolled_at")?;
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
            updated_at: row.number("updated_at")?,
            suspension: read_suspension(row)?,
        })
    }
}

fn read_suspension(row: &mut impl RowSource) -> Option<Option<Suspension>> {
    if row.ends_before("suspension_keeps_one") {
        return Some(None);
    }
    let keeps_one = row.flag("suspension_keeps_one")?;
    let keep = if keeps_one { Some(DeviceId(row.array("suspension_keeps")?)) } else { None };
    Some(Some(Suspension { keep }))
}
