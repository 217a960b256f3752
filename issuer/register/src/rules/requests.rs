//! Acts that take two persons: one asks, another one confirms.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::events::Told;
use super::transaction::Transaction;
use super::{administration, credentials, deeds, events, families, grants, person_acts, sites};
use crate::audit::AuditEvent;
use crate::backend::View;
use crate::rows::{Deed, Doer, Gates, OfVenue, Requests};
use crate::{
    Account, Approval, Approvers, Asked, Bearer, DeviceCredential, DeviceId, EventKind, PersonId,
    RESERVED_NAMES, Request, RequestFault, RequestId, StoreError, credential_id, look_the_same,
};

/// What the keys of approvers' requests begin with. A venue's id has letters and no space: none is taken for
/// the registrars or the administrators.
pub(super) fn prefix(approvers: &Approvers) -> [u8; 16] {
    let name = match approvers {
        Approvers::Venue(venue) => venue.as_str(),
        Approvers::Registrars => "",
        Approvers::Administrators => " administrators",
    };
    let digest: [u8; 32] = Sha256::digest(name).into();
    let mut prefix = [0; 16];
    prefix.copy_from_slice(&digest[..16]);
    prefix
}

pub(super) fn key(approvers: &Approvers, id: &RequestId) -> ([u8; 16], RequestId) {
    (prefix(approvers), *id)
}

pub(super) fn request_approval(
    transaction: &mut Transaction,
    request: &Request,
) -> Result<Result<Asked, RequestFault>, StoreError> {
    let approvers = &request.act.approvers();
    if !credentials::may_act(transaction, approvers, &request.asked_by)? {
        return Ok(Err(RequestFault::Withdrawn));
    }
    if let Approval::Enrolment { person, .. } = &request.act
        && person_acts::read_person(transaction, *person)?.account == Account::Frozen
    {
        return Err(StoreError::AccountFrozen);
    }
    // A later freeze ends the request: what comes back is the same when it is confirmed.
    if let Approval::Account { person, devices: Some(named), .. } = &request.act {
        for device in named {
            if !families::is_there(transaction, *person, *device)? {
                return Err(StoreError::DeviceNotKept);
            }
        }
    }
    if goes_round_a_suspension(transaction, &request.act)? {
        return Ok(Err(RequestFault::Suspended));
    }
    if let Approval::Enrolment { person, .. } = &request.act
        && !may_ask_about(transaction, request, *person)?
    {
        return Ok(Err(RequestFault::TooOften));
    }
    if let Approval::Change(change) = &request.act
        && !may_ask_about(transaction, request, change.person)?
    {
        return Ok(Err(RequestFault::TooOften));
    }
    let waiting = waiting(transaction, approvers)?;
    let given_up = match &request.act {
        Approval::Enrolment { .. } | Approval::Change(_) => {
            deeds::count(transaction, Deed::GivenUp, &Doer::named(&request.asked_by))?
        }
        _ => 0,
    };
    // What ran out is kept a day longer: it takes room of the list, and none of its asker's share.
    let own: Vec<_> = waiting.iter().filter(|one| is_open_of_same_asker(one, request)).collect();
    if let Some(same) = own.iter().find(|one| one.act == request.act) {
        let same = Request::clone(same);
        // The answer says something of the person each time, so that the person sees each time.
        if same.act.person().is_some() && !same.act.protects() {
            note(
                transaction,
                &same,
                Step::Asked,
                request.asked_by.clone(),
                None,
                request.asked_at,
            )?;
        }
        return Ok(Ok(Asked { request: same, replaced: None }));
    }
    let replaced: Vec<_> = own.iter().filter(|one| one.act.is_replaced_by(&request.act)).collect();
    let left = |rows: usize| rows.saturating_sub(replaced.len());
    if left(waiting.len()) >= approvers.max_requests()
        || left(own.len()) + given_up >= approvers.max_requests_of_one()
    {
        return Ok(Err(RequestFault::Full));
    }
    // The new one has an id of its own: nobody confirms what took the place of the words that they read.
    for old in &replaced {
        transaction.remove::<Requests>(&key(approvers, &old.id));
        note(transaction, old, Step::Refused, request.asked_by.clone(), None, request.asked_at)?;
    }
    let key = key(approvers, &request.id);
    transaction.put::<Requests>(&key, request);
    // It is kept for a day longer, and told from a request that never was.
    transaction.note_expiry::<Requests>(request.expires_at(), &key);
    note(transaction, request, Step::Asked, request.asked_by.clone(), None, request.asked_at)?;
    Ok(Ok(Asked { request: request.clone(), replaced: replaced.first().map(|old| old.id) }))
}

/// What waits for approvers, and what ran out within the last day.
fn waiting(transaction: &Transaction, approvers: &Approvers) -> Result<Vec<Request>, StoreError> {
    let rows = transaction.scan::<Requests>(&prefix(approvers))?;
    Ok(rows.into_iter().map(|(_, request)| request).collect())
}

fn is_open_of_same_asker(one: &Request, new: &Request) -> bool {
    look_the_same(&one.asked_by, &new.asked_by) && !one.is_over(new.asked_at)
}

/// A device of which nobody has said where it stands would scan while a site of its venue must not: an
/// administrator says where it stands first.
fn goes_round_a_suspension(transaction: &Transaction, act: &Approval) -> Result<bool, StoreError> {
    let Approval::Credential { venue, device } = act else { return Ok(false) };
    Ok(sites::station(transaction, venue, device)?.is_none_or(|station| station.site.is_none())
        && sites::has_closed_one(transaction, venue)?)
}

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Asked,
    Approved,
    /// The device on which it was approved was ended.
    ApprovalEnded,
    Confirmed,
    Refused,
    /// Somebody would have confirmed it, and what it was asked from is no longer so: it is over.
    Outdated,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::ApprovalEnded => "approval_ended",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Outdated => "outdated",
        }
    }
}

/// Puts a step of a request into the audit, and tells the person whose enrolment or details it is about.
pub(super) fn note(
    transaction: &mut Transaction,
    request: &Request,
    step: Step,
    actor: String,
    credential: Option<String>,
    at: u64,
) -> Result<(), StoreError> {
    let told = match (&request.act, step) {
        (Approval::Enrolment { person, .. }, Step::Asked) => {
            Some((*person, EventKind::EnrolmentAsked))
        }
        (Approval::Enrolment { person, .. }, Step::Approved) => {
            Some((*person, EventKind::EnrolmentApproved))
        }
        (Approval::Enrolment { person, .. }, Step::Refused) => {
            Some((*person, EventKind::EnrolmentRefused))
        }
        (Approval::Change(change), Step::Asked) => Some((change.person, EventKind::ChangeAsked)),
        (Approval::Change(change), Step::Refused) => {
            Some((change.person, EventKind::ChangeRefused))
        }
        _ => None,
    };
    let number = transaction.audit(event(request, step, actor.clone(), credential), at)?;
    if let Some((person, kind)) = told {
        let device = match (kind, request.approved_on) {
            (EventKind::EnrolmentApproved, Some(device)) => {
                families::name_of(transaction, person, device)?
            }
            _ => None,
        };
        events::put(transaction, person, Told { kind, device, actor: &actor }, number, at)?;
    }
    Ok(())
}

/// The audit's word for a step of a request.
fn event(request: &Request, step: Step, actor: String, credential: Option<String>) -> AuditEvent {
    let asked_by = (step != Step::Asked).then(|| request.asked_by.clone());
    let id = BASE64URL_NOPAD.encode(&request.id);
    let act = step.word().to_owned();
    let of_person =
        |person: &PersonId, what: &str, reason: Option<&String>| AuditEvent::PersonRequest {
            act: act.clone(),
            what: what.into(),
            person: person.to_string(),
            actor: actor.clone(),
            asked_by: asked_by.clone(),
            reason: reason.cloned(),
            request: id.clone(),
        };
    match &request.act {
        Approval::Credential { venue, device } => AuditEvent::DeviceCredential {
            act,
            venue: venue.clone(),
            device: device.clone(),
            actor,
            asked_by,
            request: Some(id),
            credential,
        },
        Approval::Account { person, account, reason, devices: _ } => AuditEvent::AccountRequest {
            act,
            person: person.to_string(),
            account: account.word().into(),
            actor,
            asked_by,
            reason: reason.clone(),
            request: id,
        },
        Approval::Enrolment { person, .. } => of_person(person, "enrolment", None),
        Approval::Change(change) => of_person(&change.person, "change", Some(&change.reason)),
        Approval::Administration(act) => administration::event(request, act, step.word(), &actor),
    }
}

pub(super) fn list(tables: &dyn View, approvers: &Approvers) -> Result<Vec<Request>, StoreError> {
    let rows = tables.scan::<Requests>(&prefix(approvers));
    rows.take(approvers.max_requests()).map(|row| Ok(row?.1)).collect()
}

pub(super) fn find(
    transaction: &Transaction,
    key: &([u8; 16], RequestId),
) -> Result<Result<Request, RequestFault>, StoreError> {
    Ok(transaction.find::<Requests>(key)?.ok_or(RequestFault::Unknown))
}

/// Takes a request out for its act, which needs somebody else than who asked, or the person's own approval.
/// Both are looked at here, in the transaction of the act: who acts may have been withdrawn, and the device
/// that approved may have been ended.
pub(super) fn take(
    transaction: &mut Transaction,
    approvers: &Approvers,
    id: &RequestId,
    actor: &str,
    at: u64,
) -> Result<Result<Request, RequestFault>, StoreError> {
    let key = key(approvers, id);
    let fault = match find(transaction, &key)? {
        Err(fault) => fault,
        Ok(request) if request.is_over(at) => RequestFault::Expired,
        Ok(_) if !credentials::may_act(transaction, approvers, actor)? => RequestFault::Withdrawn,
        Ok(request)
            if look_the_same(&request.asked_by, actor)
                && !is_approved(transaction, &request, at)? =>
        {
            RequestFault::Own
        }
        Ok(request) => {
            transaction.remove::<Requests>(&key);
            return Ok(Ok(request));
        }
    };
    Ok(Err(fault))
}

/// Whether an approval counts: its device is good, and so is the account.
fn is_approved(transaction: &Transaction, request: &Request, at: u64) -> Result<bool, StoreError> {
    let (Approval::Enrolment { person, .. }, Some(device)) = (&request.act, request.approved_on)
    else {
        return Ok(false);
    };
    Ok(person_acts::read_person(transaction, *person)?.account == Account::Active
        && families::is_open(transaction, *person, device, at)?)
}

/// Takes back what a device that is ended has approved: the request waits for a second registrar again.
pub(super) fn end_approvals(
    transaction: &mut Transaction,
    person: PersonId,
    device: DeviceId,
    actor: &str,
    at: u64,
) -> Result<(), StoreError> {
    for mut request in about(transaction, person)? {
        if request.approved_on == Some(device) {
            request.approved_on = None;
            let key = key(&Approvers::Registrars, &request.id);
            transaction.put::<Requests>(&key, &request);
            note(transaction, &request, Step::ApprovalEnded, actor.into(), None, at)?;
        }
    }
    Ok(())
}

/// Ends what waits about a person whose account gets this state, as far as it was asked for another one: a
/// freeze ends new phones and liftings, a lifting other liftings, a revocation all.
pub(super) fn end_overtaken(
    transaction: &mut Transaction,
    person: PersonId,
    account: Account,
    actor: &str,
    at: u64,
) -> Result<(), StoreError> {
    for request in about(transaction, person)? {
        let ends = match (&request.act, account) {
            (_, Account::Revoked) => true,
            (Approval::Enrolment { .. }, Account::Frozen) => true,
            (Approval::Account { account, .. }, Account::Frozen) => *account != Account::Revoked,
            // It would end phones that have come back.
            (Approval::Account { account, .. }, Account::Active) => *account == Account::Active,
            _ => false,
        };
        if ends {
            note_given_up(transaction, &request, actor, at)?;
            transaction.remove::<Requests>(&key(&Approvers::Registrars, &request.id));
            note(transaction, &request, Step::Refused, actor.into(), None, at)?;
        }
    }
    Ok(())
}

/// Counts a request about somebody known that its own asker ends: it takes of their share as if it waited.
/// Otherwise whoever ends each one at once, by a freeze or without one, asks about the whole city.
fn note_given_up(
    transaction: &mut Transaction,
    request: &Request,
    actor: &str,
    at: u64,
) -> Result<(), StoreError> {
    let counts = matches!(request.act, Approval::Enrolment { .. } | Approval::Change(_));
    if counts && request.asked_by == actor {
        deeds::note(transaction, Deed::GivenUp, Doer::named(actor), at)?;
    }
    Ok(())
}

/// Counts that one registrar asks about one person, which says something of what is kept of them: false where
/// that is too often.
fn may_ask_about(
    transaction: &mut Transaction,
    request: &Request,
    person: PersonId,
) -> Result<bool, StoreError> {
    let doer = Doer::about(&request.asked_by, person.0);
    let before = deeds::count(transaction, Deed::Question, &doer)?;
    deeds::note(transaction, Deed::Question, doer, request.asked_at)?;
    Ok(before < deeds::alone(Deed::Question))
}

/// What registrars asked for about a person.
fn about(transaction: &Transaction, person: PersonId) -> Result<Vec<Request>, StoreError> {
    let mut about = waiting(transaction, &Approvers::Registrars)?;
    about.retain(|request| request.act.person() == Some(person));
    Ok(about)
}

pub(super) fn reject_approval(
    transaction: &mut Transaction,
    approvers: &Approvers,
    id: &RequestId,
    actor: String,
    at: u64,
) -> Result<Result<(), RequestFault>, StoreError> {
    let key = key(approvers, id);
    let request = match find(transaction, &key)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    // Holders refuse in one name all of them.
    let is_of_staff = request.asked_by != actor && !RESERVED_NAMES.contains(&actor.as_str());
    if is_of_staff && !may_refuse(transaction, approvers, &actor, at)? {
        return Ok(Err(RequestFault::RefusalsSpent));
    }
    note_given_up(transaction, &request, &actor, at)?;
    transaction.remove::<Requests>(&key);
    note(transaction, &request, Step::Refused, actor, None, at)?;
    Ok(Ok(()))
}

/// Counts that somebody refuses what another one asked for: false where that is too often.
fn may_refuse(
    transaction: &mut Transaction,
    approvers: &Approvers,
    actor: &str,
    at: u64,
) -> Result<bool, StoreError> {
    let doer = Doer::about(actor, prefix(approvers));
    let before = deeds::count(transaction, Deed::Refusal, &doer)?;
    if before >= deeds::alone(Deed::Refusal) {
        return Ok(false);
    }
    deeds::note(transaction, Deed::Refusal, doer, at)?;
    Ok(true)
}

/// Whether a request of approvers waits that is `meant`.
pub(super) fn waits(
    transaction: &Transaction,
    approvers: &Approvers,
    meant: impl Fn(&Request) -> bool,
) -> Result<bool, StoreError> {
    Ok(waiting(transaction, approvers)?.iter().any(meant))
}

/// Ends all requests of approvers that are `meant`; whether there were any.
pub(super) fn refuse_all(
    transaction: &mut Transaction,
    approvers: &Approvers,
    meant: impl Fn(&Request) -> bool,
    actor: &str,
    at: u64,
) -> Result<bool, StoreError> {
    let mut any = false;
    for request in waiting(transaction, approvers)? {
        if meant(&request) {
            transaction.remove::<Requests>(&key(approvers, &request.id));
            note(transaction, &request, Step::Refused, actor.into(), None, at)?;
            any = true;
        }
    }
    Ok(any)
}

/// Ends what somebody began whose credential is withdrawn, and did not finish: requests that wait, and a
/// registrar's offers that are out. Another credential of the same name keeps none of it: a stolen one is
/// withdrawn once there is a new one, and nobody can tell who of the two asked.
pub(super) fn end_begun(
    transaction: &mut Transaction,
    withdrawn: &Bearer,
    actor: &str,
    at: u64,
) -> Result<(), StoreError> {
    let Some((approvers, name)) = withdrawn.approvers() else { return Ok(()) };
    refuse_all(transaction, &approvers, |request| request.asked_by == name, actor, at)?;
    match withdrawn {
        Bearer::Registrar { registrar } => grants::end_made_by(transaction, registrar),
        _ => Ok(()),
    }
}

pub(super) fn confirm_credential(
    transaction: &mut Transaction,
    approvers: &Approvers,
    id: &RequestId,
    actor: String,
    hash: [u8; 32],
    at: u64,
) -> Result<Result<DeviceCredential, RequestFault>, StoreError> {
    if let Ok(request) = find(transaction, &key(approvers, id))?
        && goes_round_a_suspension(transaction, &request.act)?
    {
        return Ok(Err(RequestFault::Suspended));
    }
    let request = match take(transaction, approvers, id, &actor, at)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    let Approval::Credential { venue, device } = request.act.clone() else {
        return Err(StoreError::Damaged("a request"));
    };
    let id = credential_id(&hash);
    let gate = transaction.has::<Gates>(&OfVenue::new(&venue, &device))?;
    let bearer = Bearer::Venue { venue, device: device.clone() };
    credentials::give(transaction, &hash, bearer, actor.clone(), at);
    let named = Some(BASE64URL_NOPAD.encode(&id));
    note(transaction, &request, Step::Confirmed, actor, named, at)?;
    Ok(Ok(DeviceCredential { id, device, revoked: false, gate }))
}
