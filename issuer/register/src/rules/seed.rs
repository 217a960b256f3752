//! Made-up rows in bulk, to measure a store of a city's size.

use sha2::{Digest, Sha256};
use szid_protocol::day::{DAY, end_of_day};

use super::people::allocate_passes;
use super::transaction::Transaction;
use crate::register::Register;
use crate::rows::{Lookup, Persons};
use crate::{
    Account, Evidence, KeyDigest, PassAsked, PassesAsked, Person, PersonId, SealedIdentity,
    StoreError,
};

/// Persons that share one fsync.
const AT_ONCE: u64 = 500;
/// About what a name and a document number come to, sealed.
const SEALED_BYTES: usize = 120;

impl Register {
    /// Enrols made-up persons with passes for the days from `now` on: for benchmarks and load tests, not for
    /// a real register.
    ///
    /// # Errors
    /// As every write.
    pub async fn seed(&self, persons: u64, passes: u64, now: u64) -> Result<(), StoreError> {
        let secret = self.secret;
        let mut first = 0;
        while first < persons {
            let last = persons.min(first + AT_ONCE);
            let group = move |transaction: &mut Transaction| {
                (first..last).try_for_each(|number| put(transaction, &secret, number, passes, now))
            };
            self.submit(group).await?;
            first = last;
        }
        Ok(())
    }
}

/// The id of a made-up person.
#[must_use]
pub fn derive_seeded_id(number: u64) -> PersonId {
    let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    PersonId(id)
}

fn put(
    transaction: &mut Transaction,
    secret: &[u8; 32],
    number: u64,
    passes: u64,
    now: u64,
) -> Result<(), StoreError> {
    let id = derive_seeded_id(number);
    let lookup: [u8; 32] = Sha256::digest(id.0).into();
    // Sealed data cannot be compressed, so what stands for it must not be either.
    let sealed = (0u8..).flat_map(|part| Sha256::digest([&id.0[..], &[part]].concat()));
    let person = Person {
        id,
        account: Account::Active,
        document_class: 111,
        evidence: vec![Evidence::of_registrar("counter".into(), 3, 111, now)],
        sealed: SealedIdentity { key: None, content: sealed.take(SEALED_BYTES).collect() },
        enrolled_at: now,
        updated_at: now,
        suspension: None,
    };
    transaction.put::<Persons>(&id, &person);
    transaction.put::<Lookup>(&lookup, &id);
    let days = (0..passes).map(|day| end_of_day(now) + day * DAY);
    let passes = days.map(|exp| PassAsked { exp, key: KeyDigest(id.0) }).collect();
    let asked = PassesAsked { person: id, device: None, passes, proven: Vec::new(), at: now };
    allocate_passes(transaction, secret, &asked).map(drop)
}
