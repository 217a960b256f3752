//! The register's rules, a file for each subject: over typed rows, whatever database keeps them.

mod accounts;
mod administration;
mod copied;
mod credentials;
mod deeds;
mod devices;
mod events;
mod expiries;
mod families;
mod floors;
mod gates;
mod grants;
mod grounds;
mod holders;
mod holdings;
mod keyed;
mod last_restored;
mod marks;
mod operations;
mod people;
mod permutation;
mod person_acts;
mod proofs;
mod protections;
mod prune;
mod quota;
mod receipts;
mod recovery;
mod requests;
mod restoration;
mod restrictions;
mod returning;
mod scans;
mod seed;
mod shared;
mod sites;
mod statuses;
mod time;
mod tokens;
mod trails;
mod transaction;
mod two_persons;
mod unusual;
mod uses;
mod withdrawals;

pub(crate) use administration::register;
pub(crate) use credentials::{Listed, listed};
pub(crate) use grants::without_offer;
pub(crate) use keyed::{Keyed, WaitingChange};
pub(crate) use marks::first_rows;
#[cfg(test)]
pub(crate) use people::allocate_passes;
#[cfg(test)]
pub(crate) use prune::prune as prune_once;
#[cfg(test)]
pub(crate) use scans::record as record_scans;
pub use seed::derive_seeded_id;
pub(crate) use shared::Shared;
pub(crate) use statuses::REVOKED;
pub(crate) use trails::keys as trail_keys;
pub(crate) use transaction::{Changes, MAX_KEY_BYTES, Transaction};
