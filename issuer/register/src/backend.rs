//! What the register's rules need of a database: rows by key, in order, and at one moment. What it keeps of a
//! row is the database's own matter.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::StoreError;
use crate::rows::{KeyBytes, Leads, Part, Rows, Table, beyond, decode, decode_key, encode_key};
use crate::rules::Transaction;

/// A row as it travels: the bytes of its key, and its own.
pub(crate) type RawRow = (Vec<u8>, Vec<u8>);

/// Rows in order. It holds nothing of the view that it came from.
pub(crate) type RawRows = Box<dyn Iterator<Item = Result<RawRow, StoreError>> + Send>;

/// Keys from one on, up to another one where it is given, which is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) from: Vec<u8>,
    pub(crate) below: Option<Vec<u8>>,
}

impl KeyRange {
    /// Those that begin with `lead`.
    pub(crate) fn of<R: Rows>(lead: &impl Leads<R>) -> Self {
        let from = encode_key::<R>(lead);
        Self { below: beyond(from.clone()), from }
    }

    /// The same, from `start` on.
    pub(crate) fn from<R: Rows>(lead: &impl Leads<R>, start: &impl Leads<R>) -> Self {
        Self { from: encode_key::<R>(start), ..Self::of::<R>(lead) }
    }

    /// The same, beyond all that begin with `last`.
    pub(crate) fn after<R: Rows>(lead: &impl Leads<R>, last: &impl Leads<R>) -> Self {
        let all = Self::of::<R>(lead);
        let from = beyond(encode_key::<R>(last));
        // Nothing lies beyond the last key of all.
        let from = from.or_else(|| all.below.clone()).unwrap_or_else(|| vec![u8::MAX; 256]);
        Self { from, ..all }
    }

    /// From `start` on, below `end`.
    pub(crate) fn between<R: Rows>(start: &impl Leads<R>, end: &impl Part) -> Self {
        Self { from: encode_key::<R>(start), below: Some(encode_key::<R>(end)) }
    }

    /// Whether a key is in it.
    #[cfg(test)]
    pub(crate) fn holds(&self, key: &[u8]) -> bool {
        key >= self.from.as_slice() && self.below.as_deref().is_none_or(|below| key < below)
    }

    /// Whether there can be nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.below.as_ref().is_some_and(|below| *below <= self.from)
    }
}

/// A row as it was before a change; without a value where there was none.
pub(crate) struct Before {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// A change for the one who writes: applied to the transaction that is open, or refused where there is none,
/// since the database takes no writes.
pub(crate) type Change = Box<dyn FnOnce(Option<&mut Transaction>) -> Reply + Send>;

/// Sends a change's result, once it is known whether it is durable.
pub(crate) type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A database.
///
/// Changes are applied one after the other, each to a [`Transaction`] over what is durable and what those
/// before it have changed. Those that gathered are committed together, all or none, and answered once they
/// are durable; nobody reads them before.
pub(crate) trait Backend: Send + Sync {
    /// Shows what there is to a look-up that is over soon.
    fn look(&self, look: &mut dyn FnMut(&dyn View)) -> Result<(), StoreError>;

    /// What there is, for a longer walk. Each read sees what is durable then, and a
    /// [`snapshot`](View::snapshot) of it one moment.
    fn hold(&self) -> Result<Arc<dyn View>, StoreError>;

    /// Takes a change. [`StoreError::Busy`] where too many wait, [`StoreError::Closed`] where the end has
    /// come.
    fn submit(&self, change: Change) -> Result<(), StoreError>;
}

/// What is in the database, without changes that are not durable.
pub(crate) trait View: Send + Sync {
    fn find_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Rows in the order of their keys.
    fn range(&self, table: Table, range: KeyRange) -> RawRows;

    /// The same, the last first.
    fn range_back(&self, table: Table, range: KeyRange) -> RawRows;

    /// What is there now, whatever is changed later.
    fn snapshot(&self) -> Box<dyn View + '_>;
}

/// A key and its row.
pub(crate) type Found<R> = (<R as Rows>::Key<'static>, <R as Rows>::Row);

/// Key and row from their bytes.
pub(crate) fn read_row<R: Rows>((key, row): RawRow) -> Result<Found<R>, StoreError> {
    Ok((decode_key::<R>(&key)?, decode(&row)?))
}

/// Rows of one kind, in order.
pub(crate) struct TypedRows<R>(RawRows, PhantomData<fn() -> R>);

impl<R: Rows> Iterator for TypedRows<R> {
    type Item = Result<Found<R>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(read_row::<R>))
    }
}

/// Keys of one kind of rows, in order.
pub(crate) struct TypedKeys<R>(RawRows, PhantomData<fn() -> R>);

impl<R: Rows> Iterator for TypedKeys<R> {
    type Item = Result<R::Key<'static>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(|(key, _)| decode_key::<R>(&key)))
    }
}

impl dyn View + '_ {
    pub(crate) fn find<R: Rows>(&self, key: &R::Key<'_>) -> Result<Option<R::Row>, StoreError> {
        let found = self.find_bytes(R::TABLE, KeyBytes::of::<R>(key).as_slice())?;
        found.as_deref().map(decode).transpose()
    }

    pub(crate) fn has<R: Rows>(&self, key: &R::Key<'_>) -> Result<bool, StoreError> {
        Ok(self.find_bytes(R::TABLE, KeyBytes::of::<R>(key).as_slice())?.is_some())
    }

    /// Rows whose keys begin with `lead`, in order.
    pub(crate) fn scan<R: Rows>(&self, lead: &impl Leads<R>) -> TypedRows<R> {
        self.scan_range(KeyRange::of::<R>(lead))
    }

    pub(crate) fn scan_range<R: Rows>(&self, range: KeyRange) -> TypedRows<R> {
        TypedRows(self.range(R::TABLE, range), PhantomData)
    }

    /// The last first.
    pub(crate) fn scan_back<R: Rows>(&self, range: KeyRange) -> TypedRows<R> {
        TypedRows(self.range_back(R::TABLE, range), PhantomData)
    }

    /// The keys alone.
    pub(crate) fn keys<R: Rows>(&self, range: KeyRange) -> TypedKeys<R> {
        TypedKeys(self.range(R::TABLE, range), PhantomData)
    }
}
