//! What a caller asks to be written.

/// One change in a batch.
#[derive(Clone, Copy)]
pub enum Change<'a> {
    /// Writes a value under a name, over any earlier one.
    Put {
        /// Collection, at most [`MAX_COLLECTION_LEN`](crate::MAX_COLLECTION_LEN) bytes.
        collection: &'a str,
        /// Name in the collection, at most [`MAX_NAME_LEN`](crate::MAX_NAME_LEN) bytes.
        name: &'a str,
        /// The value, at most [`MAX_VALUE_LEN`](crate::MAX_VALUE_LEN) bytes.
        value: &'a [u8],
    },
    /// Removes a record; one that is not there is fine.
    Delete {
        /// Collection of the record.
        collection: &'a str,
        /// Name of the record.
        name: &'a str,
    },
}

impl<'a> Change<'a> {
    pub(crate) fn names(&self) -> (&'a str, &'a str) {
        match *self {
            Change::Put { collection, name, .. } | Change::Delete { collection, name } => {
                (collection, name)
            }
        }
    }
}
