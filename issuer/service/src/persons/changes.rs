//! Another name, level or other details of somebody known: one registrar asks, another one confirms.

use szid_identity::{Identity, is_name, is_word};
use szid_protocol::level_policy::Way;
use szid_register::entropy::make_random;
use szid_register::register_key::RegisterKey;
use szid_register::{Account, Approval, Evidence, OTHER_EVIDENCE, PersonChange, PersonId, Request};

use super::PersonFault;
use super::details::PersonDetails;
use super::requests::{PersonRequest, read_asked};
use super::sealed::{open_identity, seal_identity};
use crate::levels::Levels;
use crate::shared::Common;

/// What is to be kept of a person; what is left out stays.
pub(crate) struct ChangeWanted {
    pub(crate) name: Option<String>,
    pub(crate) identity_level: Option<u8>,
    /// How identity was proven.
    pub(crate) method: Option<String>,
    pub(crate) details: PersonDetails,
    /// A short word such as `marriage`.
    pub(crate) reason: String,
}

/// What is to be kept of a person, as far as it changes.
pub(crate) struct ShownChange {
    pub(crate) name: Option<String>,
    pub(crate) identity_level: Option<u8>,
    pub(crate) method: Option<String>,
    /// Whether other details change.
    pub(crate) details: bool,
}

impl ShownChange {
    pub(super) fn of(key: &RegisterKey, change: &PersonChange) -> Option<Self> {
        let identity = key.open_identity(&change.sealed, change.person)?;
        let identity: Identity = serde_json::from_slice(&identity).ok()?;
        Some(Self {
            name: change.changes("name").then_some(identity.name),
            identity_level: change.changes("identity_level").then_some(change.evidence.level),
            method: change.changes("method").then(|| change.evidence.method.clone()),
            details: change.changes("details"),
        })
    }
}

/// The way of a registrar's method, where it can give the level.
pub(crate) fn check_level<'l>(
    levels: &'l Levels,
    method: &str,
    level: u8,
) -> Result<&'l Way, PersonFault> {
    let way = levels.of_registrar(method).ok_or(PersonFault::Method)?;
    if (1..=way.cap).contains(&level) { Ok(way) } else { Err(PersonFault::Level) }
}

/// Asks for a change. Where name or level change, passes that are out are revoked once it is confirmed.
pub(crate) async fn change(
    common: &Common,
    levels: &Levels,
    actor: String,
    id: PersonId,
    wanted: ChangeWanted,
) -> Result<PersonRequest, PersonFault> {
    let now = common.clock.now();
    let ChangeWanted { name, identity_level, method, details, reason } = wanted;
    if !is_word(&reason) {
        return Err(PersonFault::Reason);
    }
    let person = common.store.person(id).await?.ok_or(PersonFault::Unknown)?;
    if person.account == Account::Revoked {
        return Err(PersonFault::Revoked);
    }
    let now_worth = levels.of(&person, now);
    let (method_now, level_now) = (now_worth.method, now_worth.number());
    // Said again, a level is proven anew: its time begins from now.
    let proves_anew = identity_level.is_some() && now_worth.falls_at.is_some();
    let method = method.unwrap_or_else(|| method_now.to_owned());
    let identity_level = identity_level.unwrap_or(level_now);
    let proves_level = proves_anew || identity_level != level_now;
    // What is not proven anew stays as it is, whoever proved it and whether or not it counts.
    let proves = proves_level || method != method_now;
    if proves {
        let way = check_level(levels, &method, identity_level)?;
        if !way.classes.contains(&person.document_class) {
            return Err(PersonFault::Level);
        }
    }
    if !details.fit(now) {
        return Err(PersonFault::Details);
    }
    let mut identity = open_identity(&common.register_key, &person)?;
    let mut changed = Vec::new();
    if let Some(name) = name.filter(|name| *name != identity.name) {
        if !is_name(&name) {
            return Err(PersonFault::Name);
        }
        // What others proved was under the other name, and counts no more.
        if !proves && levels.of_registrars(&person, now) < level_now {
            return Err(PersonFault::LevelNeeded);
        }
        identity.name = name;
        changed.push("name".to_owned());
    }
    if proves_level {
        changed.push("identity_level".to_owned());
    }
    // A level that registrars lower falls, whatever others have proven or prove meanwhile.
    if identity_level < level_now {
        changed.push(OTHER_EVIDENCE.to_owned());
    }
    if method != method_now {
        changed.push("method".to_owned());
    }
    if details.write_over(&mut identity) {
        changed.push("details".to_owned());
    }
    if changed.is_empty() {
        return Err(PersonFault::NoChange);
    }
    let (key, entropy) = (&common.register_key, &*common.entropy);
    let change = PersonChange {
        person: id,
        evidence: Evidence::of_registrar(method, identity_level, person.document_class, now),
        sealed: seal_identity(key, entropy, id, &identity)?,
        made_from: person.sealed.digest(),
        changed,
        reason,
    };
    let request = Request {
        id: make_random(entropy)?,
        act: Approval::Change(Box::new(change)),
        asked_by: actor,
        asked_at: now,
        approved_on: None,
    };
    let asked = common.store.request_approval(request).await??;
    read_asked(common, asked, now).await
}
