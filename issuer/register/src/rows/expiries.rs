//! What runs out, and when.

use super::key::{Key, KeySink, KeySource, Leads, Part, decode_start, encode_key};
use super::record::{Record, RowSink, RowSource};
use super::word::Word;
use super::{
    Events, Expiries, Families, Grants, OfflineUses, ReceiptIds, Receipts, ReceiptsSetAside,
    Requests, Retries, Rows, Tokens, Uses,
};
use crate::StoreError;

/// What a row of [`Expiries`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expiring {
    Grant,
    Token,
    Family,
    Use,
    Retry,
    OfflineUse,
    Request,
    Event,
    Receipt,
    ReceiptId,
    SetAside,
}

impl Word for Expiring {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Grant, 0, "grant"),
        (Self::Token, 1, "token"),
        (Self::Family, 2, "family"),
        (Self::Use, 3, "use"),
        (Self::Retry, 4, "retry"),
        (Self::OfflineUse, 5, "offline_use"),
        (Self::Request, 6, "request"),
        (Self::Event, 7, "event"),
        (Self::Receipt, 8, "receipt"),
        (Self::ReceiptId, 9, "receipt_id"),
        (Self::SetAside, 10, "set_aside"),
    ];
}

/// Rows that run out.
pub(crate) trait RunsOut: Rows {
    const EXPIRING: Expiring;

    /// The key as [`Expiries`] names it: with zeros behind it where it is shorter.
    fn name(key: &Self::Key<'_>) -> [u8; 32] {
        let (mut name, key) = ([0; 32], encode_key::<Self>(key));
        let length = key.len().min(name.len());
        name[..length].copy_from_slice(&key[..length]);
        name
    }

    /// The key that is named so.
    fn named(name: &[u8; 32]) -> Result<Self::Key<'static>, StoreError> {
        decode_start::<Self>(name)
    }
}

macro_rules! runs_out {
    ($($rows:ident as $kind:ident;)*) => {
        $(impl RunsOut for $rows {
            const EXPIRING: Expiring = Expiring::$kind;
        })*
    };
}

runs_out! {
    Grants as Grant;
    Tokens as Token;
    Families as Family;
    Uses as Use;
    Retries as Retry;
    OfflineUses as OfflineUse;
    Requests as Request;
    Events as Event;
    Receipts as Receipt;
    ReceiptIds as ReceiptId;
    ReceiptsSetAside as SetAside;
}

/// What runs out first of a kind and second; its row names those that do so with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExpiryKey {
    pub(crate) at: u64,
    pub(crate) kind: Expiring,
    pub(crate) key: [u8; 32],
}

impl Part for ExpiryKey {
    fn write(&self, key: &mut impl KeySink) {
        key.number(self.at);
        key.word(self.kind);
        key.array(&self.key);
    }
}

impl Key for ExpiryKey {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self { at: key.number()?, kind: key.word()?, key: key.array()? })
    }
}

impl Leads<Expiries> for u64 {}

impl Record for Vec<[u8; 32]> {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "an expiry";

    fn size(&self) -> usize {
        32 * self.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        row.last_arrays("more", self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.last_arrays("more")
    }
}
