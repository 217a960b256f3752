//! What staff did alone that an operator should look at, by the names of their credentials.

use super::deeds::{self, Done};
use super::{credentials, requests};
use crate::backend::{KeyRange, View};
use crate::rows::{All, CheckedTime, Credentials, Deed, StaffCredentials, Venues};
use crate::{Approvers, StoreError, Unusual, UnusualKind, credential_id};

pub(super) fn read(tables: &dyn View) -> Result<Vec<Unusual>, StoreError> {
    let mut found = Vec::new();
    for done in deeds::unusual(tables, Deed::Restriction)? {
        add_good(tables, &Approvers::Administrators, done, Deed::Restriction, &mut found)?;
    }
    for done in deeds::unusual(tables, Deed::Freeze)? {
        add_good(tables, &Approvers::Registrars, done, Deed::Freeze, &mut found)?;
    }
    for done in deeds::unusual(tables, Deed::Refusal)? {
        let about = done.doer.about.ok_or(StoreError::Damaged("deeds"))?;
        let approvers = approvers_of(tables, about)?;
        // None where its venue is gone.
        if let Some(approvers) = approvers {
            add_good(tables, &approvers, done, Deed::Refusal, &mut found)?;
        }
    }
    let checked = tables.find::<CheckedTime>(&())?;
    for (hash, credential) in credentials::of_administrators_on_disk(tables)? {
        if credential.contested.is_some_and(|made| made.is_contest(checked)) {
            found.push(Unusual { kind: UnusualKind::Contested, credential: credential_id(&hash) });
        }
    }
    Ok(found)
}

/// The approvers whose requests have keys that begin so.
fn approvers_of(tables: &dyn View, prefix: [u8; 16]) -> Result<Option<Approvers>, StoreError> {
    let is_it = |approvers: &Approvers| requests::prefix(approvers) == prefix;
    let of_city = [Approvers::Registrars, Approvers::Administrators].into_iter().find(is_it);
    if of_city.is_some() {
        return Ok(of_city);
    }
    for row in tables.scan::<Venues>(&All) {
        let approvers = Approvers::Venue(row?.1.id);
        if is_it(&approvers) {
            return Ok(Some(approvers));
        }
    }
    Ok(None)
}

/// The good credentials of the name with which it may have been done: nobody can tell which of several it
/// was, but one that was made since has not done what came before it.
fn add_good(
    tables: &dyn View,
    approvers: &Approvers,
    done: Done,
    deed: Deed,
    found: &mut Vec<Unusual>,
) -> Result<(), StoreError> {
    let kind = match deed {
        Deed::Restriction => UnusualKind::Restrictions,
        Deed::Freeze => UnusualKind::Freezes,
        Deed::Refusal => UnusualKind::Refusals,
        Deed::GivenUp | Deed::Question | Deed::Look | Deed::UseReport => return Ok(()),
    };
    let name = done.doer.name.ok_or(StoreError::Damaged("deeds"))?;
    let member = credentials::of_member(approvers, &name);
    for key in tables.keys::<StaffCredentials>(KeyRange::of::<StaffCredentials>(&member)) {
        let hash = key?.hash;
        let credential = tables.find::<Credentials>(&hash)?;
        let Some(credential) = credential.filter(|credential| !credential.revoked) else {
            continue;
        };
        let made_at = credential.made.map_or(0, |made| made.at);
        if done.times.iter().filter(|at| **at >= made_at).count() >= deeds::unusual_from(deed) {
            found.push(Unusual { kind, credential: credential_id(&hash) });
        }
    }
    Ok(())
}
