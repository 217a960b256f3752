//! The register's operations, each handed to the file that does it: as a look-up, a walk, or a change by the
//! writing thread.

use std::sync::atomic::Ordering;

use szid_protocol::verify::Use;

use super::families::Ending;
use super::{
    accounts, administration, credentials, devices, events, families, gates, grants, holdings,
    last_restored, people, person_acts, proofs, protections, prune, quota, receipts, requests,
    restoration, scans, sites, statuses, time, tokens, trails, unusual, uses, withdrawals,
};
use crate::audit::{
    AuditEntry, AuditEvent, AuditHead, AuditPage, AuditQuery, ChainReport, EMPTY, walk,
};
use crate::backend::KeyRange;
use crate::register::Register;
use crate::rows::{
    All, Audit, AuditBase, Credentials, DayCounters, DiskCheck, Gates, Lookup, Name, NewestEntry,
    OfVenue, PassKey, Persons, Requests, SettledTime, Sites, Stations, Statuses, Venues,
};
use crate::{
    AccountChange, AccountConfirmed, AccountEvent, AdminChange, AdminFault, Administered, Answer,
    ApprovalConfirmed, Approvers, Asked, Author, Bearer, Credential, CredentialId, CredentialScope,
    DayLists, DeviceCredential, DeviceId, Earlier, EndReason, Enrolment, EventId, Freezing, Gate,
    Grant, GrantFault, HolderDevice, IdentityUse, Kept, KeyDigest, LossReport, LossReported,
    NamedCredential, NewDevice, NewEvidence, PassHolder, PassesAsked, PassesGiven, Person,
    PersonId, Protections, ReceiptId, ReceiptsKept, RegisterIdentity, Request, RequestFault,
    RequestId, Restoration, Restored, Rotated, ScanRecord, Session, SetAside, Shown, Site, Station,
    StatusChange, Store, TokenPair, TrailPage, TrailQuery, Unusual, UploadedReceipt, Uploader,
    UseReport, UsedCode, Venue, Word,
};

impl Store for Register {
    fn enrol(&self, enrolment: Enrolment) -> Answer<'_, PersonId> {
        self.grow(move |transaction| people::enrol(transaction, enrolment))
    }

    fn known_person(&self, lookup: [u8; 32]) -> Answer<'_, Option<PersonId>> {
        self.read(|tables| tables.find::<Lookup>(&lookup))
    }

    fn person(&self, id: PersonId) -> Answer<'_, Option<Person>> {
        self.read(|tables| tables.find::<Persons>(&id))
    }

    fn set_account(&self, change: AccountChange) -> Answer<'_, Vec<StatusChange>> {
        self.submit(move |transaction| accounts::set_account(transaction, change, None))
    }

    fn report_loss(&self, report: LossReport) -> Answer<'_, LossReported> {
        self.submit(move |transaction| accounts::report_loss(transaction, &report))
    }

    fn freeze(
        &self,
        change: AccountChange,
        request: RequestId,
    ) -> Answer<'_, Result<Freezing, RequestFault>> {
        self.submit(move |transaction| accounts::freeze(transaction, change, request))
    }

    fn devices(&self, person: PersonId, now: u64) -> Answer<'_, Vec<HolderDevice>> {
        self.read(|tables| families::devices(tables, person, now))
    }

    fn note_look(
        &self,
        person: PersonId,
        registrar: String,
        at: u64,
    ) -> Answer<'_, Result<(), RequestFault>> {
        self.submit(move |transaction| person_acts::note_look(transaction, person, &registrar, at))
    }

    fn ended_devices(&self, person: PersonId) -> Answer<'_, Vec<HolderDevice>> {
        self.read(|tables| families::ended_devices(tables, person))
    }

    fn word(
        &self,
        holder: Session,
        exp: u64,
        index: u32,
        checked: Option<u64>,
    ) -> Answer<'_, Word> {
        self.read(|tables| holdings::word(tables, holder, (exp, index), checked))
    }

    fn end_device(
        &self,
        person: PersonId,
        device: DeviceId,
        at: u64,
    ) -> Answer<'_, Vec<StatusChange>> {
        self.submit(move |transaction| {
            let ending = Ending { why: EndReason::Holder, actor: events::HOLDER, at };
            families::end(transaction, person, device, ending)
        })
    }

    fn sign_off(&self, session: Session, at: u64) -> Answer<'_, Option<Vec<StatusChange>>> {
        self.submit(move |transaction| {
            let ending = Ending { why: EndReason::Holder, actor: events::HOLDER, at };
            families::end_beside_another(transaction, session, ending)
        })
    }

    fn events(
        &self,
        person: PersonId,
        before: Option<EventId>,
        limit: usize,
    ) -> Answer<'_, Vec<AccountEvent>> {
        self.walk(move |tables| events::page(tables, person, before, limit))
    }

    fn lacks_passes(&self, session: Session, now: u64) -> Answer<'_, bool> {
        self.read(|tables| statuses::lacks_passes(tables, session, now))
    }

    fn put_grant(&self, offer_hash: [u8; 32], grant: Grant) -> Answer<'_, ()> {
        self.grow(move |transaction| grants::put(transaction, offer_hash, &grant))
    }

    fn offer(&self, offer_hash: [u8; 32], now: u64) -> Answer<'_, Result<Vec<u8>, GrantFault>> {
        self.read(|tables| grants::offer(tables, &offer_hash, now))
    }

    fn redeem(
        &self,
        code_hash: [u8; 32],
        tx_code_hash: [u8; 32],
        device: NewDevice,
        tokens: TokenPair,
        now: u64,
    ) -> Answer<'_, Result<Rotated, GrantFault>> {
        self.grow(move |transaction| {
            tokens::redeem(transaction, code_hash, tx_code_hash, device, tokens, now)
        })
    }

    fn rotate(
        &self,
        refresh_hash: [u8; 32],
        shown: Shown,
        tokens: TokenPair,
        now: u64,
    ) -> Answer<'_, (Result<Rotated, GrantFault>, Vec<StatusChange>)> {
        self.submit(move |transaction| {
            tokens::rotate(transaction, refresh_hash, &shown, tokens, now)
        })
    }

    fn session(&self, access_hash: [u8; 32], now: u64) -> Answer<'_, Option<Session>> {
        self.read(|tables| tokens::session(tables, access_hash, now))
    }

    fn allocate_passes(&self, asked: PassesAsked) -> Answer<'_, PassesGiven> {
        let secret = self.secret;
        self.grow(move |transaction| people::allocate_passes(transaction, &secret, &asked))
    }

    fn tell_of_quota(&self, session: Session, at: u64) -> Answer<'_, ()> {
        self.submit(move |transaction| quota::tell(transaction, session, at))
    }

    fn pass_holder(&self, exp: u64, index: u32, key: KeyDigest) -> Answer<'_, Option<PassHolder>> {
        self.read(|tables| {
            let row = self.shared.holders.row(tables, PassKey::new(exp, index))?;
            Ok(row.and_then(|row| row.holder_with(key)))
        })
    }

    fn statuses(&self) -> Answer<'_, Vec<StatusChange>> {
        self.walk(move |tables| {
            let rows = tables.scan::<Statuses>(&All);
            rows.map(|row| {
                let (PassKey { exp, index }, status) = row?;
                Ok(StatusChange { exp, index, status: status.0 })
            })
            .collect()
        })
    }

    fn status_lists(&self, exp: u64) -> Answer<'_, u32> {
        self.read(|tables| Ok(people::lists_of(tables.find::<DayCounters>(&exp)?.unwrap_or(0))))
    }

    fn named_status_lists(&self, exp: u64) -> Answer<'_, Vec<u32>> {
        self.read(move |tables| people::named_lists(tables, exp))
    }

    fn lists_of_day(&self, exp: u64) -> Answer<'_, DayLists> {
        self.read(move |tables| people::day_lists(tables, exp))
    }

    fn put_venue(&self, venue: Venue, at: u64) -> Answer<'_, ()> {
        self.register(AdminChange::Venue(venue.into()), at)
    }

    fn put_site(&self, site: Site, at: u64) -> Answer<'_, ()> {
        self.register(AdminChange::Site(site.into()), at)
    }

    fn site(&self, venue: &str, id: &str) -> Answer<'_, Option<Site>> {
        self.read(|tables| tables.find::<Sites>(&OfVenue::new(venue, id)))
    }

    fn sites(&self, venue: &str) -> Answer<'_, Vec<Site>> {
        self.read(|tables| sites::list(tables, venue))
    }

    fn put_station(&self, station: Station, at: u64) -> Answer<'_, ()> {
        self.register(AdminChange::Station(station), at)
    }

    fn station(&self, venue: &str, device: &str) -> Answer<'_, Option<Station>> {
        self.read(|tables| tables.find::<Stations>(&OfVenue::new(venue, device)))
    }

    fn venue(&self, id: &str) -> Answer<'_, Option<Venue>> {
        self.read(|tables| tables.find::<Venues>(&Name::from(id)))
    }

    fn registrations(&self) -> u64 {
        self.shared.registrations()
    }

    fn administer(
        &self,
        change: AdminChange,
        author: Author,
        at: u64,
    ) -> Answer<'_, Result<Administered, AdminFault>> {
        let protects = change.protects();
        self.grow_or_protect(protects, move |transaction| {
            administration::administer(transaction, change, author, at)
        })
    }

    fn confirm_act(
        &self,
        id: RequestId,
        actor: String,
        hash: [u8; 32],
        at: u64,
    ) -> Answer<'_, Result<ApprovalConfirmed, RequestFault>> {
        let key = requests::key(&Approvers::Administrators, &id);
        let found = self.look(|tables| tables.find::<Requests>(&key));
        let protects = found.is_ok_and(|found| found.is_some_and(|one| one.act.protects()));
        self.grow_or_protect(protects, move |transaction| {
            administration::confirm(transaction, &id, &actor, hash, at)
        })
    }

    fn contest(
        &self,
        credential: [u8; 32],
        at: u64,
    ) -> Answer<'_, Result<Vec<CredentialId>, AdminFault>> {
        self.submit(move |transaction| withdrawals::contest(transaction, &credential, at))
    }

    fn unusual(&self) -> Answer<'_, Vec<Unusual>> {
        self.read(unusual::read)
    }

    fn put_credential(&self, hash: [u8; 32], bearer: Bearer, at: u64) -> Answer<'_, ()> {
        self.register(AdminChange::Credential { hash, bearer }, at)
    }

    fn credential(&self, hash: [u8; 32]) -> Answer<'_, Option<Credential>> {
        self.read(|tables| tables.find::<Credentials>(&hash))
    }

    fn credential_named(&self, id: CredentialId) -> Answer<'_, Option<NamedCredential>> {
        self.read(|tables| {
            let found = credentials::find_on_disk(tables, &id)?;
            Ok(found.map(|(_, credential)| NamedCredential { id, credential }))
        })
    }

    fn credentials(
        &self,
        scope: CredentialScope,
        after: Option<CredentialId>,
        limit: usize,
    ) -> Answer<'_, Vec<NamedCredential>> {
        self.walk(move |tables| credentials::list(tables, &scope, after, limit))
    }

    fn device_credentials(
        &self,
        venue: &str,
        after: Option<(String, CredentialId)>,
        limit: usize,
    ) -> Answer<'_, Vec<DeviceCredential>> {
        let venue = venue.to_owned();
        self.walk(move |tables| devices::list(tables, &venue, after, limit))
    }

    fn credential_venue(&self, id: CredentialId) -> Answer<'_, Option<String>> {
        self.read(|tables| devices::venue_of(tables, id))
    }

    fn withdraw_credential(
        &self,
        venue: &str,
        id: CredentialId,
        actor: String,
        at: u64,
    ) -> Answer<'_, DeviceCredential> {
        let venue = venue.to_owned();
        self.submit(move |transaction| devices::withdraw(transaction, venue, id, actor, at))
    }

    fn trail(&self, venue: &str, query: TrailQuery) -> Answer<'_, TrailPage> {
        let venue = venue.to_owned();
        self.walk(move |tables| trails::page(tables, &venue, &query))
    }

    fn request_approval(&self, request: Request) -> Answer<'_, Result<Asked, RequestFault>> {
        let protects = request.act.protects();
        self.grow_or_protect(protects, move |transaction| {
            requests::request_approval(transaction, &request)
        })
    }

    fn requests(&self, approvers: &Approvers) -> Answer<'_, Vec<Request>> {
        let approvers = approvers.clone();
        self.walk(move |tables| requests::list(tables, &approvers))
    }

    fn request(&self, approvers: &Approvers, id: RequestId) -> Answer<'_, Option<Request>> {
        let key = requests::key(approvers, &id);
        self.read(move |tables| tables.find::<Requests>(&key))
    }

    fn reject_approval(
        &self,
        approvers: &Approvers,
        id: RequestId,
        actor: String,
        at: u64,
    ) -> Answer<'_, Result<(), RequestFault>> {
        let approvers = approvers.clone();
        self.submit(move |transaction| {
            requests::reject_approval(transaction, &approvers, &id, actor, at)
        })
    }

    fn confirm_credential(
        &self,
        venue: &str,
        id: RequestId,
        actor: String,
        hash: [u8; 32],
        at: u64,
    ) -> Answer<'_, Result<DeviceCredential, RequestFault>> {
        let approvers = Approvers::Venue(venue.to_owned());
        self.grow(move |transaction| {
            requests::confirm_credential(transaction, &approvers, &id, actor, hash, at)
        })
    }

    fn confirm_account(
        &self,
        id: RequestId,
        actor: String,
        at: u64,
    ) -> Answer<'_, Result<AccountConfirmed, RequestFault>> {
        self.submit(move |transaction| {
            person_acts::confirm(transaction, &id, actor, at, person_acts::confirm_account)
        })
    }

    fn confirm_enrolment(
        &self,
        id: RequestId,
        actor: String,
        offer_hash: [u8; 32],
        grant: Grant,
        at: u64,
    ) -> Answer<'_, Result<PersonId, RequestFault>> {
        self.grow(move |transaction| {
            person_acts::confirm(transaction, &id, actor, at, |transaction, request, actor, at| {
                person_acts::confirm_enrolment(transaction, request, actor, at, offer_hash, grant)
            })
        })
    }

    fn confirm_change(
        &self,
        id: RequestId,
        actor: String,
        at: u64,
    ) -> Answer<'_, Result<AccountConfirmed, RequestFault>> {
        self.grow(move |transaction| {
            person_acts::confirm(transaction, &id, actor, at, person_acts::confirm_change)
        })
    }

    fn add_evidence(&self, added: NewEvidence) -> Answer<'_, Result<(), RequestFault>> {
        self.grow(move |transaction| proofs::add_evidence(transaction, added))
    }

    fn approve_enrolment(
        &self,
        holder: Session,
        id: RequestId,
        at: u64,
    ) -> Answer<'_, Result<(), RequestFault>> {
        self.grow(move |transaction| person_acts::approve_enrolment(transaction, holder, &id, at))
    }

    fn record_scans(&self, records: Vec<ScanRecord>) -> Answer<'_, Vec<Kept>> {
        self.submit(move |transaction| scans::record(transaction, records))
    }

    fn seen(&self, used: UsedCode) -> Answer<'_, Use> {
        self.read(move |tables| scans::seen(tables, &used))
    }

    fn earlier_scan(&self, key: [u8; 32]) -> Answer<'_, Option<Earlier>> {
        self.read(|tables| scans::earlier(tables, key))
    }

    fn uses(
        &self,
        person: PersonId,
        before: Option<ReceiptId>,
        limit: usize,
    ) -> Answer<'_, Vec<IdentityUse>> {
        self.walk(move |tables| scans::uses(tables, person, before, limit))
    }

    fn use_of(&self, person: PersonId, receipt: ReceiptId) -> Answer<'_, Option<IdentityUse>> {
        self.read(|tables| scans::use_of(tables, person, &receipt))
    }

    fn report_use(&self, person: PersonId, receipt: ReceiptId, at: u64) -> Answer<'_, UseReport> {
        self.submit(move |transaction| uses::report(transaction, person, &receipt, at))
    }

    fn scan_of(&self, venue: &str, receipt: ReceiptId) -> Answer<'_, Option<IdentityUse>> {
        self.read(|tables| trails::scan(tables, venue, receipt))
    }

    fn put_gate(&self, venue: &str, device: &str, key: [u8; 33], at: u64) -> Answer<'_, ()> {
        let (venue, device) = (venue.to_owned(), device.to_owned());
        self.register(AdminChange::Gate { venue, device, key }, at)
    }

    fn gate(&self, venue: &str, device: &str) -> Answer<'_, Option<Gate>> {
        self.read(|tables| tables.find::<Gates>(&OfVenue::new(venue, device)))
    }

    fn receipts_digest(&self, uploader: &Uploader, number: u64) -> Answer<'_, Option<[u8; 32]>> {
        self.read(|tables| receipts::digest(tables, uploader, number))
    }

    fn keep_receipts(
        &self,
        uploader: Uploader,
        receipts: Vec<UploadedReceipt>,
        at: u64,
    ) -> Answer<'_, ReceiptsKept> {
        self.grow(move |transaction| receipts::keep(transaction, &uploader, receipts, at))
    }

    fn set_aside_receipts(&self, limit: usize) -> Answer<'_, Vec<SetAside>> {
        self.walk(move |tables| receipts::set_aside(tables, limit))
    }

    fn has_receipt_conflict(&self, since: u64) -> Answer<'_, bool> {
        self.walk(move |tables| gates::has_conflict(tables, since))
    }

    fn audit(&self, event: AuditEvent, at: u64) -> Answer<'_, u64> {
        self.submit(move |transaction| transaction.audit(event, at))
    }

    fn audit_page(&self, query: AuditQuery) -> Answer<'_, AuditPage> {
        self.walk(move |tables| {
            let end = query.before.unwrap_or(u64::MAX);
            let rows = tables.scan_back::<Audit>(KeyRange::between::<Audit>(&All, &end));
            query.page(rows.map(|row| row?.1.entry()))
        })
    }

    fn audit_entries(&self, from: u64, limit: usize) -> Answer<'_, Vec<AuditEntry>> {
        self.walk(move |tables| {
            let rows = tables.scan_range::<Audit>(KeyRange::from::<Audit>(&All, &from));
            rows.take(limit).map(|row| row?.1.entry()).collect()
        })
    }

    fn audit_head(&self) -> Answer<'_, AuditHead> {
        self.read(|tables| Ok(tables.find::<NewestEntry>(&())?.unwrap_or(EMPTY)))
    }

    fn audit_verify(&self, published: Option<AuditHead>) -> Answer<'_, ChainReport> {
        self.walk(move |tables| {
            let frozen = tables.snapshot();
            let base = frozen.find::<AuditBase>(&())?.unwrap_or(EMPTY);
            let head = frozen.find::<NewestEntry>(&())?.unwrap_or(EMPTY);
            let entries = frozen.scan::<Audit>(&All).map(|row| {
                let (number, row) = row?;
                Ok((number, row.digest, row.json))
            });
            walk(base, entries, published, head)
        })
    }

    fn audit_contains(&self, head: AuditHead) -> Answer<'_, bool> {
        self.read(|tables| restoration::contains(tables, head))
    }

    fn identity(&self) -> Answer<'_, RegisterIdentity> {
        self.read(restoration::identity)
    }

    fn protections(&self) -> Answer<'_, Protections> {
        self.walk(protections::read)
    }

    fn day_lists(&self, now: u64) -> Answer<'_, Vec<DayLists>> {
        self.read(|tables| restoration::day_lists(tables, now))
    }

    fn mark_witnessed(&self) -> Answer<'_, ()> {
        self.submit(|transaction| {
            restoration::mark_witnessed(transaction);
            Ok(())
        })
    }

    fn restore(&self, asked: Restoration) -> Answer<'_, Restored> {
        self.submit(move |transaction| {
            let own = restoration::day_lists(transaction.tables(), asked.since)?;
            let restored = restoration::restore(transaction, &own, &asked)?;
            last_restored::keep(transaction, &restored)?;
            Ok(restored)
        })
    }

    fn last_restored(&self) -> Answer<'_, Option<Restored>> {
        self.read(last_restored::read)
    }

    fn prune(&self, now: u64) -> Answer<'_, u64> {
        let audit_months = self.options.audit_months;
        self.submit(move |transaction| prune::prune(transaction, now, audit_months))
    }

    fn spare_room(&self, scarce: bool) {
        self.sparing.store(scarce, Ordering::Relaxed);
    }

    fn check_disk(&self, at: u64) -> Answer<'_, ()> {
        self.submit(move |transaction| {
            transaction.put::<DiskCheck>(&(), &at);
            Ok(())
        })
    }

    fn checked_time(&self) -> Answer<'_, Option<u64>> {
        self.read(time::checked)
    }

    fn settled_time(&self) -> Answer<'_, Option<u64>> {
        self.read(time::settled)
    }

    fn keep_settled_time(&self, at: u64) -> Answer<'_, ()> {
        self.submit(move |transaction| {
            transaction.put::<SettledTime>(&(), &at);
            Ok(())
        })
    }

    fn confirm_time(&self, actor: String, step: i64, at: u64) -> Answer<'_, ()> {
        self.submit(move |transaction| time::confirm(transaction, actor, step, at))
    }
}
