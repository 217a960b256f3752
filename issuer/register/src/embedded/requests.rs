//! Acts that take two persons: one asks, another one confirms.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::deeds::{self, Deed};
use super::events::Told;
use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use super::{administration, credentials, events, families, gates, grants, person_acts, sites};
use crate::audit::AuditEvent;
use crate::{
    Account, AdminAct, Approval, Approvers, Asked, Bearer, DeviceCredential, DeviceId, EventKind,
    Evidence, PersonChange, PersonId, Place, RESERVED_NAMES, Request, RequestFault, RequestId,
    SealedIdentity, Site, SiteChange, Station, StationChange, StoreError, Venue, VenueChange,
    credential_id, look_the_same,
};

/// The kinds of acts about somebody known.
const ENROLMENT: u8 = 2;
const CHANGE: u8 = 3;
/// Another state of an account, with devices that are named.
const ACCOUNT_OF_DEVICES: u8 = 4;

fn read_devices(row: &mut RowReader<'_>) -> Option<Vec<DeviceId>> {
    let (devices, rest) = row.bytes()?.as_chunks::<16>();
    rest.is_empty().then(|| devices.iter().copied().map(DeviceId).collect())
}

impl Record for Request {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.id);
        match &self.act {
            Approval::Credential { venue, device } => {
                row.byte(0);
                row.text(venue);
                row.text(device);
            }
            Approval::Account { person, account, reason, devices } => {
                row.byte(if devices.is_some() { ACCOUNT_OF_DEVICES } else { 1 });
                row.array(&person.0);
                row.account(*account);
                row.text(reason);
                if let Some(devices) = devices {
                    row.bytes(&devices.iter().flat_map(|device| device.0).collect::<Vec<_>>());
                }
            }
            Approval::Enrolment { person, devices } => {
                row.byte(ENROLMENT);
                row.array(&person.0);
                row.device_rule(*devices);
            }
            Approval::Change(change) => {
                row.byte(CHANGE);
                row.array(&change.person.0);
                change.evidence.write(row);
                change.sealed.write(row);
                row.array(&change.made_from);
                row.text(&change.changed.join(" "));
                row.text(&change.reason);
            }
            Approval::Administration(act) => write_administration(act, row),
        }
        row.text(&self.asked_by);
        row.number(self.asked_at);
        row.optional_device(self.approved_on);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            id: row.array()?,
            act: match row.byte()? {
                0 => Approval::Credential { venue: row.text()?, device: row.text()? },
                kind @ (1 | ACCOUNT_OF_DEVICES) => Approval::Account {
                    person: PersonId(row.array()?),
                    account: row.account()?,
                    reason: row.text()?,
                    devices: if kind == 1 { None } else { Some(read_devices(row)?) },
                },
                ENROLMENT => Approval::Enrolment {
                    person: PersonId(row.array()?),
                    devices: row.device_rule()?,
                },
                CHANGE => Approval::Change(Box::new(PersonChange {
                    person: PersonId(row.array()?),
                    evidence: read_evidence(row)?,
                    sealed: SealedIdentity::read(row)?,
                    made_from: row.array()?,
                    changed: row.text()?.split_whitespace().map(str::to_owned).collect(),
                    reason: row.text()?,
                })),
                kind => Approval::Administration(read_administration(kind, row)?),
            },
            asked_by: row.text()?,
            asked_at: row.number()?,
            // Version 3 knew no approvals.
            approved_on: if row.1 < 4 { None } else { row.optional_device()? },
        })
    }
}

/// Version 5 knew a level and how it was proven; the rest was read from the person.
fn read_evidence(row: &mut RowReader<'_>) -> Option<Evidence> {
    if row.1 >= 6 {
        return Evidence::read(row);
    }
    let (level, method) = (row.byte()?, row.text()?);
    Some(Evidence::of_registrar(method, level, 0, 0))
}

/// The kinds of acts that administrators ask for.
const GIVE_CREDENTIAL: u8 = 16;
/// Also of one that was asked for when requests did not name the key of now: it is outdated where there is
/// one.
const NEW_GATE: u8 = 17;
const RESUME: u8 = 18;
const CHANGE_VENUE: u8 = 19;
const CHANGE_STATION: u8 = 20;
const CHANGE_SITE: u8 = 21;
const WITHDRAW: u8 = 22;
const NEW_SITE: u8 = 23;
const SUSPEND: u8 = 24;
const CHANGE_GATE: u8 = 25;

fn write_administration(act: &AdminAct, row: &mut RowWriter) {
    match act {
        AdminAct::Venue(change) => {
            row.byte(CHANGE_VENUE);
            write_optional(change.known.as_ref(), row);
            change.wanted.write(row);
            row.names(&change.suspended_elsewhere);
        }
        AdminAct::Site(change) => {
            row.byte(if change.known.is_some() { CHANGE_SITE } else { NEW_SITE });
            if let Some(known) = &change.known {
                known.write(row);
            }
            change.wanted.write(row);
        }
        AdminAct::Station(change) => {
            row.byte(CHANGE_STATION);
            write_optional(change.known.as_ref(), row);
            change.wanted.write(row);
        }
        AdminAct::Credential(bearer) => {
            row.byte(GIVE_CREDENTIAL);
            bearer.write(row);
        }
        AdminAct::Gate { venue, device, key, known } => {
            row.byte(if known.is_some() { CHANGE_GATE } else { NEW_GATE });
            row.text(venue);
            row.text(device);
            row.array(key);
            if let Some(known) = known {
                row.array(known);
            }
        }
        AdminAct::Resume(Place { venue, site }) => {
            row.byte(RESUME);
            row.text(venue);
            row.optional_text(site.as_deref());
        }
        AdminAct::Suspend(Place { venue, site }) => {
            row.byte(SUSPEND);
            row.text(venue);
            row.optional_text(site.as_deref());
        }
        AdminAct::Withdraw { credential, bearer } => {
            row.byte(WITHDRAW);
            row.array(credential);
            bearer.write(row);
        }
    }
}

fn read_administration(kind: u8, row: &mut RowReader<'_>) -> Option<AdminAct> {
    Some(match kind {
        GIVE_CREDENTIAL => AdminAct::Credential(Bearer::read(row)?),
        NEW_GATE => AdminAct::Gate {
            venue: row.text()?,
            device: row.text()?,
            key: row.array()?,
            known: None,
        },
        CHANGE_GATE => AdminAct::Gate {
            venue: row.text()?,
            device: row.text()?,
            key: row.array()?,
            known: Some(row.array()?),
        },
        RESUME => AdminAct::Resume(Place { venue: row.text()?, site: row.optional_text()? }),
        SUSPEND => AdminAct::Suspend(Place { venue: row.text()?, site: row.optional_text()? }),
        CHANGE_VENUE => AdminAct::Venue(Box::new(VenueChange {
            known: read_optional(row)?,
            wanted: Venue::read(row)?,
            suspended_elsewhere: row.names()?,
        })),
        CHANGE_SITE => AdminAct::Site(Box::new(SiteChange {
            known: Some(Site::read(row)?),
            wanted: Site::read(row)?,
        })),
        NEW_SITE => AdminAct::Site(Box::new(SiteChange { known: None, wanted: Site::read(row)? })),
        CHANGE_STATION => AdminAct::Station(Box::new(StationChange {
            known: read_optional(row)?,
            wanted: Station::read(row)?,
        })),
        WITHDRAW => AdminAct::Withdraw { credential: row.array()?, bearer: Bearer::read(row)? },
        _ => return None,
    })
}

fn write_optional<T: Record>(record: Option<&T>, row: &mut RowWriter) {
    row.byte(record.is_some().into());
    if let Some(record) = record {
        record.write(row);
    }
}

fn read_optional<T: Record>(row: &mut RowReader<'_>) -> Option<Option<T>> {
    if row.flag()? { T::read(row).map(Some) } else { Some(None) }
}

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

pub(super) fn key(approvers: &Approvers, id: &RequestId) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&prefix(approvers));
    key[16..].copy_from_slice(id);
    key
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
            deeds::count(transaction, Deed::GivenUp, request.asked_by.as_bytes())?
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
        transaction.remove(Table::Requests, &key(approvers, &old.id));
        note(transaction, old, Step::Refused, request.asked_by.clone(), None, request.asked_at)?;
    }
    let key = key(approvers, &request.id);
    transaction.put(Table::Requests, &key, encode(request));
    // It is kept for a day longer, and told from a request that never was.
    note_expiry(transaction, Expiring::Request, request.expires_at(), &key);
    note(transaction, request, Step::Asked, request.asked_by.clone(), None, request.asked_at)?;
    Ok(Ok(Asked { request: request.clone(), replaced: replaced.first().map(|old| old.id) }))
}

/// What waits for approvers, and what ran out within the last day.
fn waiting(transaction: &Transaction, approvers: &Approvers) -> Result<Vec<Request>, StoreError> {
    let rows = transaction.scan(Table::Requests, &prefix(approvers))?;
    rows.iter().map(|(_, row)| decode(row)).collect()
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

pub(super) fn list(tables: &Tables, approvers: &Approvers) -> Result<Vec<Request>, StoreError> {
    let rows = tables.scan(Table::Requests, &prefix(approvers));
    rows.take(approvers.max_requests()).map(|row| decode(&row?.1)).collect()
}

pub(super) fn find(
    transaction: &Transaction,
    key: &[u8; 32],
) -> Result<Result<Request, RequestFault>, StoreError> {
    let found: Option<Request> = decode_found(transaction.find(Table::Requests, key)?)?;
    Ok(found.ok_or(RequestFault::Unknown))
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
            transaction.remove(Table::Requests, &key);
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
            transaction.put(Table::Requests, &key, encode(&request));
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
            transaction.remove(Table::Requests, &key(&Approvers::Registrars, &request.id));
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
        deeds::note(transaction, Deed::GivenUp, actor.as_bytes(), at)?;
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
    let by = [request.asked_by.as_bytes(), &[0], &person.0].concat();
    let before = deeds::count(transaction, Deed::Question, &by)?;
    deeds::note(transaction, Deed::Question, &by, request.asked_at)?;
    Ok(before < Deed::Question.alone())
}

/// What registrars asked for about a person.
fn about(transaction: &Transaction, person: PersonId) -> Result<Vec<Request>, StoreError> {
    let rows = transaction.scan(Table::Requests, &prefix(&Approvers::Registrars))?;
    let mut about = Vec::new();
    for (_, row) in rows {
        let request: Request = decode(&row)?;
        if request.act.person() == Some(person) {
            about.push(request);
        }
    }
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
    transaction.remove(Table::Requests, &key);
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
    let by = [actor.as_bytes(), &[0], &prefix(approvers)].concat();
    let before = deeds::count(transaction, Deed::Refusal, &by)?;
    if before >= Deed::Refusal.alone() {
        return Ok(false);
    }
    deeds::note(transaction, Deed::Refusal, &by, at)?;
    Ok(true)
}

/// Whether a request of approvers waits that is `meant`.
pub(super) fn waits(
    transaction: &Transaction,
    approvers: &Approvers,
    meant: impl Fn(&Request) -> bool,
) -> Result<bool, StoreError> {
    for (_, row) in transaction.scan(Table::Requests, &prefix(approvers))? {
        if meant(&decode(&row)?) {
            return Ok(true);
        }
    }
    Ok(false)
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
    for (_, row) in transaction.scan(Table::Requests, &prefix(approvers))? {
        let request: Request = decode(&row)?;
        if meant(&request) {
            transaction.remove(Table::Requests, &key(approvers, &request.id));
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
    let gate = transaction.find(Table::Gates, &gates::key(&venue, &device))?.is_some();
    let bearer = Bearer::Venue { venue, device: device.clone() };
    credentials::give(transaction, &hash, bearer, actor.clone(), at);
    let named = Some(BASE64URL_NOPAD.encode(&id));
    note(transaction, &request, Step::Confirmed, actor, named, at)?;
    Ok(Ok(DeviceCredential { id, device, revoked: false, gate }))
}
