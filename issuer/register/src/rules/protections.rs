//! What is registered, as far as a register that is put back from a copy may have less of it than there was:
//! what protects, and a digest of the rest by which a change is noticed.

use std::collections::BTreeSet;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use super::administration::{self, Signature};
use super::transaction::Transaction;
use super::{copied, credentials};
use crate::backend::{Found, View};
use crate::rows::{All, CopiedDevices, Credentials, Gates, Rows, Sites, Stations, Venues, encode};
use crate::{AdminChange, Place, Protected, Protections, StoreError, credential_id};

/// How much of a digest is kept: enough to notice a change.
const DIGEST: usize = 8;

pub(super) fn read(tables: &dyn View) -> Result<Protections, StoreError> {
    gather(&OnDisk(tables))
}

/// Where all rows of a kind are read from.
trait Source {
    fn all<R: Rows>(&self) -> Result<Vec<Found<R>>, StoreError>;
}

struct OnDisk<'a>(&'a dyn View);

impl Source for OnDisk<'_> {
    fn all<R: Rows>(&self) -> Result<Vec<Found<R>>, StoreError> {
        self.0.scan::<R>(&All).collect()
    }
}

impl Source for Transaction {
    fn all<R: Rows>(&self) -> Result<Vec<Found<R>>, StoreError> {
        self.scan::<R>(&All)
    }
}

fn gather(rows: &impl Source) -> Result<Protections, StoreError> {
    let copied: Vec<_> =
        rows.all::<CopiedDevices>()?.into_iter().map(|(device, ())| device).collect();
    let copied = Some(copied::names(&copied));
    let mut found = Protections { copied, ..Protections::default() };
    let digest = |bytes: &[u8]| HEXLOWER.encode(&Sha256::digest(bytes)[..DIGEST]);
    for (_, venue) in rows.all::<Venues>()? {
        if venue.suspended {
            found.suspended.insert(venue.id.clone());
        }
        found.registered.insert(format!("venue {}", venue.id), digest(&encode(&venue)));
    }
    for (_, site) in rows.all::<Sites>()? {
        let id = format!("{}/{}", site.venue, site.id);
        if site.closed {
            found.suspended.insert(id.clone());
        }
        found.registered.insert(format!("site {id}"), digest(&encode(&site)));
    }
    for (_, station) in rows.all::<Stations>()? {
        let id = format!("device {}/{}", station.venue, station.device);
        found.registered.insert(id, digest(&encode(&station)));
    }
    for (key, gate) in rows.all::<Gates>()? {
        // Its counts change with every upload.
        let id = format!("{}/{}", key.venue, key.id);
        found.registered.insert(format!("gate {id}"), digest(&gate.key));
    }
    for (hash, credential) in rows.all::<Credentials>()? {
        if credential.revoked {
            found.withdrawn.insert(BASE64URL_NOPAD.encode(&credential_id(&hash)));
        }
    }
    Ok(found)
}

/// Protects again what was protected, and tells what else is registered otherwise. Nothing here gives anybody
/// more.
pub(super) fn apply(
    transaction: &mut Transaction,
    known: &Protections,
    at: u64,
) -> Result<Protected, StoreError> {
    let mut told = Protected::default();
    for id in &known.suspended {
        let (venue, site) = match id.split_once('/') {
            None => (id.clone(), None),
            Some((venue, site)) => (venue.to_owned(), Some(site.to_owned())),
        };
        let place = Place { venue, site };
        match administration::is_suspended(transaction, &place) {
            Ok(false) => {
                let change = AdminChange::Suspend(place);
                administration::apply(transaction, change, Signature::OFFLINE, at)?;
                told.suspended.push(id.clone());
            }
            // One that came after the copy is told with what is registered no more.
            Ok(true) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    for id in &known.withdrawn {
        let decoded = BASE64URL_NOPAD.decode(id.as_bytes()).ok();
        let Some(name) = decoded.and_then(|bytes| bytes.try_into().ok()) else { continue };
        if let Some((_, credential)) = credentials::find(transaction, &name)?
            && !credential.revoked
        {
            let change = AdminChange::Withdraw(name);
            administration::apply(transaction, change, Signature::OFFLINE, at)?;
            told.withdrawn.push(id.clone());
        }
    }
    let own = gather(transaction)?;
    let differs = |id: &&String| own.registered.get(*id) != known.registered.get(*id);
    let ids: BTreeSet<_> = known.registered.keys().chain(own.registered.keys()).collect();
    told.otherwise = ids.into_iter().filter(differs).cloned().collect();
    Ok(told)
}
