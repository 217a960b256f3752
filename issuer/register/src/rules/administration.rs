//! Changes of registrations, each with its audit entry; those that take two administrators wait as requests.

use data_encoding::BASE64URL_NOPAD;

use super::transaction::Transaction;
use super::{credentials, gates, marks, requests, restrictions, sites, two_persons, withdrawals};
use crate::audit::{AuditEvent, RegisteredAs};
use crate::fictional::is_fictional_uscc;
use crate::rows::{Name, OfVenue, Sites, Venues};
use crate::{
    AdminAct, AdminChange, AdminFault, Administered, Approval, ApprovalConfirmed, Approvers,
    Author, Bearer, CredentialId, Mode, OFFLINE, Place, Request, RequestFault, RequestId, Site,
    Station, StoreError, Venue, credential_id,
};

/// Who makes a change, as the audit names them.
#[derive(Clone, Copy)]
pub(super) struct Signature<'a> {
    pub(super) actor: &'a str,
    /// The request that the change was asked for with.
    pub(super) request: Option<&'a Request>,
}

impl Signature<'_> {
    pub(super) const OFFLINE: Self = Self { actor: OFFLINE, request: None };
}

/// What a change is about, in the audit's words.
struct Subject {
    what: &'static str,
    id: String,
    act: Option<&'static str>,
    credential: Option<String>,
    scenes: Vec<u16>,
    before: Option<RegisteredAs>,
    after: Option<RegisteredAs>,
}

impl From<&Venue> for RegisteredAs {
    fn from(Venue { id: _, name, uscc, scenes, suspended, ages }: &Venue) -> Self {
        let (name, uscc) = (Some(name.clone()), Some(uscc.clone()));
        let (scenes, ages, suspended) = (scenes.clone(), ages.clone(), *suspended);
        Self { name, uscc, scenes, ages, site: None, suspended }
    }
}

impl From<&Site> for RegisteredAs {
    fn from(Site { venue: _, id: _, name, closed: suspended }: &Site) -> Self {
        Self { name: Some(name.clone()), suspended: *suspended, ..Self::default() }
    }
}

impl From<&Station> for RegisteredAs {
    fn from(Station { venue: _, device: _, site, scenes }: &Station) -> Self {
        Self { site: site.clone(), scenes: scenes.clone(), ..Self::default() }
    }
}

impl Subject {
    fn new(what: &'static str, id: String) -> Self {
        let (before, after) = (None, None);
        Self { what, id, act: None, credential: None, scenes: Vec::new(), before, after }
    }

    /// What it was, if it was anything, and what it is to be.
    fn described<T>(self, known: Option<&T>, wanted: &T) -> Self
    where
        RegisteredAs: for<'a> From<&'a T>,
    {
        Self { before: known.map(RegisteredAs::from), after: Some(wanted.into()), ..self }
    }

    fn of_place(place: &Place, act: &'static str) -> Self {
        let subject = match &place.site {
            None => Self::new("venue", place.venue.clone()),
            Some(site) => Self::new("site", format!("{}/{site}", place.venue)),
        };
        Self { act: Some(act), ..subject }
    }

    fn of_venue(known: Option<&Venue>, venue: &Venue) -> Self {
        let subject = Self { scenes: venue.scenes.clone(), ..Self::new("venue", venue.id.clone()) };
        subject.described(known, venue)
    }

    fn of_site(known: Option<&Site>, site: &Site) -> Self {
        Self::new("site", format!("{}/{}", site.venue, site.id)).described(known, site)
    }

    fn of_station(known: Option<&Station>, station: &Station) -> Self {
        let subject = Self::new("device", format!("{}/{}", station.venue, station.device));
        Self { scenes: station.scenes.clone(), ..subject }.described(known, station)
    }

    fn of_bearer(bearer: &Bearer) -> Self {
        match bearer {
            Bearer::Venue { venue, device } => Self::new("credential", format!("{venue}/{device}")),
            Bearer::Operator { venue, name, .. } => {
                Self::new("operator", format!("{venue}/{name}"))
            }
            Bearer::Registrar { registrar } => Self::new("registrar", registrar.clone()),
            Bearer::Administrator { name } => Self::new("administrator", name.clone()),
        }
    }

    fn of_withdrawn(id: &CredentialId, bearer: &Bearer) -> Self {
        let credential = Some(BASE64URL_NOPAD.encode(id));
        Self { act: Some("withdrawn"), credential, ..Self::of_bearer(bearer) }
    }

    fn of_act(act: &AdminAct) -> Self {
        match act {
            AdminAct::Venue(change) => Self::of_venue(change.known.as_ref(), &change.wanted),
            AdminAct::Site(change) => Self::of_site(change.known.as_ref(), &change.wanted),
            AdminAct::Station(change) => Self::of_station(change.known.as_ref(), &change.wanted),
            AdminAct::Credential(bearer) => Self::of_bearer(bearer),
            AdminAct::Gate { venue, device, .. } => Self::new("gate", format!("{venue}/{device}")),
            AdminAct::Resume(place) => Self::of_place(place, "resumed"),
            AdminAct::Suspend(place) => Self::of_place(place, "suspended"),
            AdminAct::Withdraw { credential, bearer } => Self::of_withdrawn(credential, bearer),
        }
    }

    fn event(self, signature: Signature<'_>, step: Option<&str>) -> AuditEvent {
        let asked = signature.request.filter(|_| step != Some("asked"));
        AuditEvent::Registration {
            what: self.what.into(),
            id: self.id,
            act: self.act.map(Into::into),
            step: step.map(Into::into),
            actor: Some(signature.actor.into()),
            asked_by: asked.map(|request| request.asked_by.clone()),
            request: signature.request.map(|request| BASE64URL_NOPAD.encode(&request.id)),
            credential: self.credential,
            scenes: self.scenes,
            before: self.before.map(Box::new),
            after: self.after.map(Box::new),
        }
    }
}

/// Writes that a withdrawal which one alone had made is confirmed by another one.
pub(super) fn note_confirmed(
    transaction: &mut Transaction,
    id: &CredentialId,
    bearer: &Bearer,
    signature: Signature<'_>,
    at: u64,
) -> Result<(), StoreError> {
    let event = Subject::of_withdrawn(id, bearer).event(signature, Some("confirmed"));
    transaction.audit(event, at).map(drop)
}

/// The audit's word for a step of a request, before the act itself.
pub(super) fn event(request: &Request, act: &AdminAct, step: &str, actor: &str) -> AuditEvent {
    Subject::of_act(act).event(Signature { actor, request: Some(request) }, Some(step))
}

pub(super) fn administer(
    transaction: &mut Transaction,
    change: AdminChange,
    author: Author,
    at: u64,
) -> Result<Result<Administered, AdminFault>, StoreError> {
    require_subject(transaction, &change)?;
    let Author::Administrator { name, request } = author else {
        // Of one key that two gates have nobody can tell whose receipts it signs.
        if let Some(fault @ AdminFault::GateKeyTwice { .. }) = fault(transaction, &change)? {
            return Ok(Err(fault));
        }
        apply(transaction, change, Signature::OFFLINE, at)?;
        return Ok(Ok(Administered::Done));
    };
    if let Some(fault) = fault(transaction, &change)? {
        return Ok(Err(fault));
    }
    // What protects does not wait for what is described anew with it.
    if let Some(place) = suspended_with(transaction, &change)?
        && !restrictions::are_spent(transaction, &name)?
    {
        apply_alone(transaction, AdminChange::Suspend(place), &name, at)?;
    }
    if let Some(act) = two_persons::act(transaction, &change, &name, at)? {
        let act = Approval::Administration(act);
        let request = Request { id: request, act, asked_by: name, asked_at: at, approved_on: None };
        let asked = requests::request_approval(transaction, &request)?;
        return Ok(asked
            .map(|asked| Administered::Waits(asked.request))
            .map_err(AdminFault::Request));
    }
    if let AdminChange::Withdraw(id) = change {
        withdrawals::withdraw_alone(transaction, &id, &name, request, at)?;
        return Ok(Ok(Administered::Done));
    }
    apply_alone(transaction, change, &name, at)?;
    Ok(Ok(Administered::Done))
}

/// Makes a change in one administrator's name, and counts what it takes away.
fn apply_alone(
    transaction: &mut Transaction,
    change: AdminChange,
    name: &str,
    at: u64,
) -> Result<(), StoreError> {
    if restrictions::takes_away(transaction, &change, at)? {
        restrictions::note(transaction, name, at)?;
    }
    apply(transaction, change, Signature { actor: name, request: None }, at)
}

/// The known place that a description suspends as well.
fn suspended_with(
    transaction: &Transaction,
    change: &AdminChange,
) -> Result<Option<Place>, StoreError> {
    Ok(match change {
        AdminChange::Venue(new) if new.suspended => {
            let known = two_persons::find_venue(transaction, &new.id)?;
            known.map(|known| Place { venue: known.id, site: None })
        }
        AdminChange::Site(new) if new.closed => {
            let is_known = transaction.has::<Sites>(&OfVenue::new(&new.venue, &new.id))?;
            let place = || Place { venue: new.venue.clone(), site: Some(new.id.clone()) };
            is_known.then(place)
        }
        _ => None,
    })
}

pub(super) fn confirm(
    transaction: &mut Transaction,
    id: &RequestId,
    actor: &str,
    hash: [u8; 32],
    at: u64,
) -> Result<Result<ApprovalConfirmed, RequestFault>, StoreError> {
    let request = match requests::take(transaction, &Approvers::Administrators, id, actor, at)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    let Approval::Administration(act) = request.act.clone() else {
        return Err(StoreError::Damaged("a request"));
    };
    if !two_persons::is_current(transaction, &act)? {
        let step = requests::Step::Outdated;
        requests::note(transaction, &request, step, actor.into(), None, at)?;
        return Ok(Err(RequestFault::Outdated));
    }
    let credential = matches!(act, AdminAct::Credential(_)).then(|| credential_id(&hash));
    let change = match act.clone() {
        AdminAct::Venue(change) => AdminChange::Venue(change.wanted.into()),
        AdminAct::Site(change) => AdminChange::Site(change.wanted.into()),
        AdminAct::Station(change) => AdminChange::Station(change.wanted),
        AdminAct::Credential(bearer) => AdminChange::Credential { hash, bearer },
        AdminAct::Gate { venue, device, key, .. } => AdminChange::Gate { venue, device, key },
        AdminAct::Resume(place) => AdminChange::Resume(place),
        AdminAct::Suspend(place) => AdminChange::Suspend(place),
        AdminAct::Withdraw { credential, .. } => AdminChange::Withdraw(credential),
    };
    let signature = Signature { actor, request: Some(&request) };
    if let AdminAct::Withdraw { credential, bearer } = &act
        && withdrawals::settle(transaction, credential)?
    {
        note_confirmed(transaction, credential, bearer, signature, at)?;
        return Ok(Ok(ApprovalConfirmed { act, credential: None }));
    }
    apply(transaction, change, signature, at)?;
    Ok(Ok(ApprovalConfirmed { act, credential }))
}

pub(super) fn is_suspended(transaction: &Transaction, place: &Place) -> Result<bool, StoreError> {
    match &place.site {
        None => Ok(venue(transaction, &place.venue)?.suspended),
        Some(id) => Ok(site(transaction, &place.venue, id)?.closed),
    }
}

/// What is named must be there.
fn require_subject(transaction: &Transaction, change: &AdminChange) -> Result<(), StoreError> {
    match change {
        // A venue may be new, if it is whole; a station looks for its own.
        AdminChange::Venue(patch) => two_persons::wanted_venue(transaction, patch).map(drop),
        AdminChange::Station(_) => Ok(()),
        AdminChange::Site(patch) => {
            venue(transaction, &patch.venue)?;
            two_persons::wanted_site(transaction, patch).map(drop)
        }
        AdminChange::Suspend(place) | AdminChange::Resume(place) => {
            venue(transaction, &place.venue)?;
            place.site.iter().try_for_each(|id| site(transaction, &place.venue, id).map(drop))
        }
        AdminChange::Credential { bearer, .. } => match bearer {
            Bearer::Venue { venue: id, .. } | Bearer::Operator { venue: id, .. } => {
                venue(transaction, id)?;
                credentials::require_own_name(transaction, bearer)
            }
            Bearer::Registrar { .. } | Bearer::Administrator { .. } => {
                credentials::require_own_name(transaction, bearer)
            }
        },
        AdminChange::Gate { venue: id, .. } => venue(transaction, id).map(drop),
        AdminChange::Withdraw(id) => {
            credentials::find(transaction, id)?.map(drop).ok_or(StoreError::NotFound)
        }
    }
}

fn fault(
    transaction: &Transaction,
    change: &AdminChange,
) -> Result<Option<AdminFault>, StoreError> {
    match change {
        AdminChange::Station(station) => {
            let own = venue(transaction, &station.venue)?.scenes;
            let foreign = station.scenes.iter().any(|scene| !own.contains(scene));
            Ok(foreign.then_some(AdminFault::Scene))
        }
        AdminChange::Withdraw(id) => {
            let Some((_, credential)) = credentials::find(transaction, id)? else {
                return Ok(None);
            };
            let good =
                matches!(credential.bearer, Bearer::Administrator { .. }) && !credential.revoked;
            let last = good && !credentials::other_administrator(transaction, id)?;
            Ok(last.then_some(AdminFault::LastAdministrator))
        }
        AdminChange::Gate { venue, device, key } => {
            let other = gates::other_with_key(transaction, venue, device, key)?;
            Ok(other.map(|(venue, device)| AdminFault::GateKeyTwice { venue, device }))
        }
        _ => Ok(None),
    }
}

fn venue(transaction: &Transaction, id: &str) -> Result<Venue, StoreError> {
    two_persons::find_venue(transaction, id)?.ok_or(StoreError::NotFound)
}

fn site(transaction: &Transaction, venue: &str, id: &str) -> Result<Site, StoreError> {
    transaction.find::<Sites>(&OfVenue::new(venue, id))?.ok_or(StoreError::NotFound)
}

/// Registers what is described whole, in the place of what was there, its suspension included.
pub(crate) fn register(
    transaction: &mut Transaction,
    change: AdminChange,
    at: u64,
) -> Result<(), StoreError> {
    match &change {
        AdminChange::Venue(patch) => transaction.remove::<Venues>(&Name::from(&patch.id)),
        AdminChange::Site(patch) => {
            transaction.remove::<Sites>(&OfVenue::new(&patch.venue, &patch.id));
        }
        _ => {}
    }
    apply(transaction, change, Signature::OFFLINE, at)
}

/// Makes a change and writes its audit entry. What changes nothing writes none.
pub(super) fn apply(
    transaction: &mut Transaction,
    change: AdminChange,
    signature: Signature<'_>,
    at: u64,
) -> Result<(), StoreError> {
    let subject = match change {
        AdminChange::Venue(patch) => {
            let (known, venue) = two_persons::wanted_venue(transaction, &patch)?;
            let production = marks::mode_of(transaction)? == Some(Mode::Production);
            if production && is_fictional_uscc(&venue.uscc) {
                return Err(StoreError::Fictional);
            }
            if known.as_ref() == Some(&venue) {
                return Ok(());
            }
            transaction.put::<Venues>(&Name::from(&venue.id), &venue);
            Subject::of_venue(known.as_ref(), &venue)
        }
        AdminChange::Site(patch) => {
            let (known, site) = two_persons::wanted_site(transaction, &patch)?;
            if known.as_ref() == Some(&site) {
                return Ok(());
            }
            sites::put_site(transaction, &site)?;
            Subject::of_site(known.as_ref(), &site)
        }
        AdminChange::Station(station) => {
            let known = sites::station(transaction, &station.venue, &station.device)?;
            if known.as_ref() == Some(&station) {
                return Ok(());
            }
            sites::put_station(transaction, &station)?;
            Subject::of_station(known.as_ref(), &station)
        }
        AdminChange::Suspend(place) => {
            let changed = set_suspended(transaction, &place, true)?;
            // Whoever asked for the end of an earlier suspension did not know of this one.
            let stale = |request: &Request| two_persons::would_resume(request, &place);
            let approvers = Approvers::Administrators;
            let ended = requests::refuse_all(transaction, &approvers, stale, signature.actor, at)?;
            // Suspended it was: that it is to stay so is an act of its own where somebody was about to end
            // it.
            if !changed && !ended {
                return Ok(());
            }
            Subject::of_place(&place, "suspended")
        }
        AdminChange::Resume(place) => {
            if !set_suspended(transaction, &place, false)? {
                return Ok(());
            }
            Subject::of_place(&place, "resumed")
        }
        AdminChange::Credential { hash, bearer } => {
            let credential = Some(BASE64URL_NOPAD.encode(&credential_id(&hash)));
            let subject = Subject { credential, ..Subject::of_bearer(&bearer) };
            credentials::give(transaction, &hash, bearer, signature.actor.into(), at);
            subject
        }
        AdminChange::Gate { venue, device, key } => {
            gates::put(transaction, &venue, &device, key, at)?;
            Subject::new("gate", format!("{venue}/{device}"))
        }
        AdminChange::Withdraw(id) => {
            let found = credentials::find(transaction, &id)?.ok_or(StoreError::NotFound)?;
            let (hash, mut credential) = found;
            if credential.revoked {
                return Ok(());
            }
            credential.revoked = true;
            credentials::put(transaction, &hash, &credential);
            requests::end_begun(transaction, &credential.bearer, signature.actor, at)?;
            Subject::of_withdrawn(&id, &credential.bearer)
        }
    };
    let step = signature.request.map(|_| "confirmed");
    transaction.audit(subject.event(signature, step), at).map(drop)
}

/// Whether that changed anything.
fn set_suspended(
    transaction: &mut Transaction,
    place: &Place,
    suspended: bool,
) -> Result<bool, StoreError> {
    if is_suspended(transaction, place)? == suspended {
        return Ok(false);
    }
    match &place.site {
        None => {
            let venue = Venue { suspended, ..venue(transaction, &place.venue)? };
            transaction.put::<Venues>(&Name::from(&venue.id), &venue);
        }
        Some(id) => {
            let site = Site { closed: suspended, ..site(transaction, &place.venue, id)? };
            sites::put_site(transaction, &site)?;
        }
    }
    Ok(true)
}
