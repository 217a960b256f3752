//! Rows as columns: each field under its name, for a database whose operators ask in SQL.

use std::collections::BTreeMap;

use super::key::{Key, KeySink, KeySource, Part};
use super::record::{Record, RowSink, RowSource, VERSION};
use super::word::Word;
use super::{Rows, Table, Visitor, decode, decode_key, encode, encode_key};
use crate::StoreError;
use crate::backend::RawRow;

/// What stands in a column. A column that is not there is NULL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Number(u64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
    Json(String),
    Numbers(Vec<u64>),
    Texts(Vec<String>),
    Arrays(Vec<Vec<u8>>),
    Records(Vec<Columns>),
}

/// A row by the names of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Columns(BTreeMap<String, Value>);

impl Columns {
    /// A row as columns, those of its key among them.
    pub(crate) fn of<R: Rows>(key: &R::Key<'_>, row: &R::Row) -> Self {
        let mut columns = Self::default();
        key.write(&mut KeyColumns { names: R::KEY.iter(), columns: &mut columns });
        row.write(&mut RowColumns { prefix: "", columns: &mut columns });
        columns
    }

    /// Key and row from the columns.
    pub(crate) fn read<R: Rows>(&self) -> Option<(R::Key<'static>, R::Row)> {
        let key = R::Key::read(&mut KeyColumns { names: R::KEY.iter(), columns: self })?;
        let row = R::Row::read(&mut RowColumns { prefix: "", columns: self })?;
        Some((key, row))
    }

    /// A name is used once; but for what key and row both say.
    fn put(&mut self, name: String, value: Value) {
        let before = self.0.insert(name.clone(), value);
        assert!(before.is_none() || before.as_ref() == self.0.get(&name), "{name} twice");
    }
}

/// The parts of a key, under the names that its rows give them.
struct KeyColumns<C> {
    names: std::slice::Iter<'static, &'static str>,
    columns: C,
}

impl KeyColumns<&mut Columns> {
    fn put(&mut self, value: Value) {
        if let Some(name) = self.names.next() {
            self.columns.put((*name).to_owned(), value);
        }
    }
}

impl KeySink for KeyColumns<&mut Columns> {
    fn number(&mut self, value: u64) {
        self.put(Value::Number(value));
    }

    fn index(&mut self, value: u32) {
        self.put(Value::Number(value.into()));
    }

    fn word<W: Word>(&mut self, value: W) {
        self.put(Value::Text(value.word().to_owned()));
    }

    fn array<const N: usize>(&mut self, value: &[u8; N]) {
        self.put(Value::Bytes(value.to_vec()));
    }

    fn text(&mut self, value: &str) {
        self.put(Value::Text(value.to_owned()));
    }

    fn last_text(&mut self, value: &str) {
        self.put(Value::Text(value.to_owned()));
    }

    fn nothing(&mut self) {
        self.names.next();
    }
}

impl KeyColumns<&Columns> {
    fn take(&mut self) -> Option<&Value> {
        let name = self.names.next()?;
        self.columns.0.get(*name)
    }
}

impl KeySource for KeyColumns<&Columns> {
    fn number(&mut self) -> Option<u64> {
        self.take().and_then(Value::number)
    }

    fn index(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn word<W: Word>(&mut self) -> Option<W> {
        self.take().and_then(Value::text).and_then(W::of_word)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take().and_then(Value::bytes)?.try_into().ok()
    }

    fn text(&mut self) -> Option<String> {
        self.take().and_then(Value::text).map(str::to_owned)
    }

    fn last_text(&mut self) -> Option<String> {
        self.text()
    }

    fn nothing(&mut self) {
        self.names.next();
    }
}

impl Value {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(value) => Some(value),
            _ => None,
        }
    }
}

/// The fields of a record; those of a record within another one with its prefix.
struct RowColumns<C> {
    prefix: &'static str,
    columns: C,
}

impl RowColumns<&mut Columns> {
    fn put(&mut self, name: &str, value: Value) {
        self.columns.put(format!("{}{name}", self.prefix), value);
    }
}

fn record_columns<T: Record>(record: &T) -> Columns {
    let mut columns = Columns::default();
    record.write(&mut RowColumns { prefix: "", columns: &mut columns });
    columns
}

impl RowSink for RowColumns<&mut Columns> {
    fn byte(&mut self, name: &'static str, value: u8) {
        self.put(name, Value::Number(value.into()));
    }

    fn short(&mut self, name: &'static str, value: u16) {
        self.put(name, Value::Number(value.into()));
    }

    fn index(&mut self, name: &'static str, value: u32) {
        self.put(name, Value::Number(value.into()));
    }

    fn number(&mut self, name: &'static str, value: u64) {
        self.put(name, Value::Number(value));
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.put(name, Value::Flag(value));
    }

    fn word<W: Word>(&mut self, name: &'static str, value: W) {
        self.put(name, Value::Text(value.word().to_owned()));
    }

    fn array<const N: usize>(&mut self, name: &'static str, value: &[u8; N]) {
        self.put(name, Value::Bytes(value.to_vec()));
    }

    fn bytes(&mut self, name: &'static str, value: &[u8]) {
        self.put(name, Value::Bytes(value.to_vec()));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.put(name, Value::Text(value.to_owned()));
    }

    fn names(&mut self, name: &'static str, values: &[String]) {
        self.put(name, Value::Texts(values.to_vec()));
    }

    fn shorts(&mut self, name: &'static str, values: &[u16]) {
        self.put(name, Value::Numbers(values.iter().map(|value| (*value).into()).collect()));
    }

    fn arrays<const N: usize>(&mut self, name: &'static str, values: &[[u8; N]]) {
        self.put(name, Value::Arrays(values.iter().map(|value| value.to_vec()).collect()));
    }

    fn last_bytes(&mut self, name: &'static str, value: &[u8]) {
        self.bytes(name, value);
    }

    fn last_json(&mut self, name: &'static str, value: &[u8]) {
        self.put(name, Value::Json(String::from_utf8_lossy(value).into_owned()));
    }

    fn last_numbers(&mut self, name: &'static str, values: &[u64]) {
        self.put(name, Value::Numbers(values.to_vec()));
    }

    fn last_arrays<const N: usize>(&mut self, name: &'static str, values: &[[u8; N]]) {
        self.arrays(name, values);
    }

    fn list<T: Record>(&mut self, name: &'static str, records: &[T]) {
        self.put(name, Value::Records(records.iter().map(record_columns).collect()));
    }

    fn last_list<T: Record>(&mut self, name: &'static str, records: &[T]) {
        self.list(name, records);
    }

    fn optional<T>(&mut self, _: &'static str, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn part<T: Record>(&mut self, prefix: &'static str, record: &T) {
        record.write(&mut RowColumns { prefix, columns: &mut *self.columns });
    }
}

impl<'a> RowColumns<&'a Columns> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.columns.0.get(&format!("{}{name}", self.prefix))
    }
}

impl RowSource for RowColumns<&Columns> {
    fn version(&self) -> u8 {
        VERSION
    }

    fn ends_before(&self, name: &'static str) -> bool {
        self.get(name).is_none()
    }

    fn is_only(&self, name: &'static str, _: usize) -> bool {
        self.get(name).is_some()
    }

    fn byte(&mut self, name: &'static str) -> Option<u8> {
        self.number(name)?.try_into().ok()
    }

    fn short(&mut self, name: &'static str) -> Option<u16> {
        self.number(name)?.try_into().ok()
    }

    fn index(&mut self, name: &'static str) -> Option<u32> {
        self.number(name)?.try_into().ok()
    }

    fn number(&mut self, name: &'static str) -> Option<u64> {
        self.get(name)?.number()
    }

    fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.get(name)? {
            Value::Flag(value) => Some(*value),
            _ => None,
        }
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Option<W> {
        W::of_word(self.get(name)?.text()?)
    }

    fn array<const N: usize>(&mut self, name: &'static str) -> Option<[u8; N]> {
        self.get(name)?.bytes()?.try_into().ok()
    }

    fn bytes(&mut self, name: &'static str) -> Option<Vec<u8>> {
        Some(self.get(name)?.bytes()?.to_vec())
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        Some(self.get(name)?.text()?.to_owned())
    }

    fn names(&mut self, name: &'static str) -> Option<Vec<String>> {
        match self.get(name)? {
            Value::Texts(values) => Some(values.clone()),
            _ => None,
        }
    }

    fn shorts(&mut self, name: &'static str) -> Option<Vec<u16>> {
        let numbers = self.last_numbers(name)?.into_iter();
        numbers.map(|value| value.try_into().ok()).collect()
    }

    fn arrays<const N: usize>(&mut self, name: &'static str) -> Option<Vec<[u8; N]>> {
        match self.get(name)? {
            Value::Arrays(values) => {
                values.iter().map(|value| value.as_slice().try_into().ok()).collect()
            }
            _ => None,
        }
    }

    fn last_bytes(&mut self, name: &'static str) -> Option<Vec<u8>> {
        self.bytes(name)
    }

    fn last_json(&mut self, name: &'static str) -> Option<Vec<u8>> {
        match self.get(name)? {
            Value::Json(value) => Some(value.clone().into_bytes()),
            _ => None,
        }
    }

    fn last_numbers(&mut self, name: &'static str) -> Option<Vec<u64>> {
        match self.get(name)? {
            Value::Numbers(values) => Some(values.clone()),
            _ => None,
        }
    }

    fn last_arrays<const N: usize>(&mut self, name: &'static str) -> Option<Vec<[u8; N]>> {
        self.arrays(name)
    }

    fn list<T: Record>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let Value::Records(records) = self.get(name)? else { return None };
        let read = |columns| T::read(&mut RowColumns { prefix: "", columns });
        records.iter().map(read).collect()
    }

    fn last_list<T: Record>(&mut self, name: &'static str) -> Option<Vec<T>> {
        self.list(name)
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.ends_before(name) { Some(None) } else { read(self).map(Some) }
    }

    fn part<T: Record>(&mut self, prefix: &'static str) -> Option<T> {
        T::read(&mut RowColumns { prefix, columns: self.columns })
    }
}

/// The kind of the rows that lie under a key, for a backend that keeps columns: what is called, and how its
/// bytes and its columns are made of each other.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    name: &'static str,
    reads: fn(&[u8]) -> bool,
    to_columns: fn(&RawRow) -> Result<Columns, StoreError>,
    to_bytes: fn(&Columns) -> Option<RawRow>,
}

impl Kind {
    fn of<R: Rows>() -> Self {
        Self {
            name: R::NAME,
            reads: |key| decode_key::<R>(key).is_ok(),
            to_columns: |(key, row)| Ok(Columns::of::<R>(&decode_key::<R>(key)?, &decode(row)?)),
            to_bytes: |columns| {
                let (key, row) = columns.read::<R>()?;
                Some((encode_key::<R>(&key), encode(&row)))
            },
        }
    }

    /// That of the rows of a table under this key.
    pub(crate) fn under(table: Table, key: &[u8]) -> Option<Self> {
        struct Kinds(Table, Vec<Kind>);
        impl Visitor for Kinds {
            fn visit<R: Rows>(&mut self) {
                if R::TABLE == self.0 {
                    self.1.push(Kind::of::<R>());
                }
            }
        }
        let mut kinds = Kinds(table, Vec::new());
        super::visit_all(&mut kinds);
        kinds.1.into_iter().find(|kind| (kind.reads)(key))
    }

    /// What such rows are called.
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// A row as columns.
    pub(crate) fn to_columns(self, row: &RawRow) -> Result<Columns, StoreError> {
        (self.to_columns)(row)
    }

    /// A row as it travels.
    pub(crate) fn to_bytes(self, columns: &Columns) -> Option<RawRow> {
        (self.to_bytes)(columns)
    }
}
