//! What every backend must do. A backend's tests call [`store_contract`] with a way to make empty stores.

#![allow(clippy::unwrap_used, reason = "tests, which other crates may run on a store of theirs")]

#[cfg(test)]
mod backend;
mod devices;
mod events;
mod grounds;
mod inspected;
#[cfg(test)]
mod memory;
mod proofs;

use std::sync::Arc;

use szid_protocol::day::DAY;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::receipt_id;
use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::Use;

use super::*;
use crate::audit::{AuditEntry, AuditEvent, AuditHead, ChainReport};

#[cfg(test)]
pub(crate) use backend::{BackendPlace, backend_contract, in_one_group, step};
pub use inspected::Inspected;

pub(crate) const NOW: u64 = 1_768_449_600;
const TODAY: u64 = 1_768_492_800;
const AGAIN: Use = Use::Again { same_operator: true };

fn enrolment(person: u8) -> Enrolment {
    Enrolment {
        candidate: PersonId([person; 16]),
        lookup: [person; 32],
        document_class: 111,
        evidence: Evidence::of_registrar("counter".into(), 3, 111, NOW),
        sealed: SealedIdentity { key: None, content: vec![1, 2, 3] },
        actor: "clerk".into(),
        at: NOW,
        offer: None,
    }
}

/// An offer, whose code has the number's hash and whose transaction code is always the same.
pub(crate) fn grant(person: PersonId, number: u8, devices: DeviceRule) -> Grant {
    Grant {
        person,
        code_hash: [number; 32],
        tx_code_hash: [7; 32],
        sealed_offer: b"offer".to_vec(),
        expires_at: NOW + 600,
        attempts_left: 2,
        devices,
        made_by: "clerk".into(),
        approved_on: None,
        ended: false,
        retry_hash: None,
    }
}

/// Gives the two registrars of these tests their credentials.
pub(crate) async fn admit(store: &dyn Store) {
    for (hash, name) in [([250; 32], "clerk"), ([251; 32], "other")] {
        let bearer = Bearer::Registrar { registrar: name.into() };
        store.put_credential(hash, bearer, NOW).await.unwrap();
    }
}

/// Takes an offer up on a device, whose tokens have this number.
pub(crate) async fn take_up(store: &dyn Store, grant: Grant, tokens: u8) -> DeviceId {
    admit(store).await;
    let (offer, code) = ([tokens; 32], grant.code_hash);
    store.put_grant(offer, grant).await.unwrap();
    store.redeem(code, [7; 32], "phone".into(), pair(tokens), NOW).await.unwrap().unwrap();
    store.session([tokens; 32], NOW).await.unwrap().unwrap().device
}

/// Another state for an account, by one registrar.
pub(crate) fn change(person: PersonId, account: Account) -> AccountChange {
    let (actor, reason) = ("clerk".into(), "lost_phone".into());
    AccountChange { person, account, keep: None, back: None, actor, reason, at: NOW }
}

/// A loss that a person reports on a device, together with proofs by keys of these numbers.
fn loss(person: PersonId, device: DeviceId, proven: &[KeyDigest], at: u64) -> LossReport {
    let holder = Session { person, device };
    LossReport { holder, key: None, proven: proven.to_vec(), checked: Some(at), at }
}

/// An act that one registrar asks for.
pub(crate) fn request(id: u8, act: Approval) -> Request {
    Request { id: [id; 16], act, asked_by: "clerk".into(), asked_at: NOW, approved_on: None }
}

/// The device key of every pass of these tests.
pub(crate) const KEY: KeyDigest = KeyDigest([6; 16]);

/// A pass for each of the days.
pub(crate) fn passes(person: PersonId, days: &[u64], at: u64) -> PassesAsked {
    let passes = days.iter().map(|&exp| PassAsked { exp, key: KEY }).collect();
    PassesAsked { person, device: None, passes, proven: Vec::new(), at }
}

fn pair(number: u8) -> TokenPair {
    TokenPair {
        access_hash: [number; 32],
        access_expires_at: NOW + 600,
        refresh_hash: [number + 100; 32],
        refresh_expires_at: NOW + 6000,
        salt: [number; 32],
    }
}

fn scan(receipt: u8, iat: u64) -> ScanRecord {
    ScanRecord {
        receipt: [receipt; 16],
        venue: "library".into(),
        device: "gate".into(),
        site: None,
        scene: 2,
        outcome: ScanOutcome::Good {
            used: UsedCode { device: [9; 16], iat, operator: [1; 8] },
            rule: ReplayRule::Gate,
        },
        subject: None,
        matter: None,
        retry: None,
        grounds: None,
        at: NOW,
    }
}

/// Where a backend keeps one store.
pub trait Place {
    /// Opens it; a second time after the first was dropped.
    fn open(&self) -> Arc<dyn Inspected>;
}

/// Runs every case on a new, empty place.
pub async fn store_contract<P: Place>(new_place: impl Fn() -> P) {
    one_document_is_one_person(&new_place()).await;
    nobody_is_known_without_the_offer_that_came_with_them(&new_place()).await;
    freezing_reaches_every_pass_and_revoking_is_final(&new_place()).await;
    a_pass_is_held_with_its_own_key_alone(&new_place()).await;
    a_days_passes_have_a_quota(&new_place()).await;
    a_grant_is_for_one_device_and_bears_few_wrong_codes(&new_place()).await;
    refresh_tokens_rotate_survive_a_lost_answer_and_betray_a_thief(&new_place()).await;
    a_used_code_is_known_after_reopening_and_forgotten_after_its_window(&new_place()).await;
    the_time_that_was_checked_last_is_kept(&new_place()).await;
    the_audit_says_what_a_second_use_came_to(&new_place()).await;
    a_person_sees_each_use_once_and_a_request_counts_once(&new_place()).await;
    a_use_is_reported_once_and_so_many_within_a_day(&new_place()).await;
    grounds::a_scan_that_waited_is_good_while_its_grounds_stand(&new_place()).await;
    grounds::a_citizen_who_changed_meanwhile_gives_nothing(&new_place()).await;
    grounds::a_device_that_changed_meanwhile_receives_nothing(&new_place()).await;
    the_audit_chain_finds_a_cut_tail(&new_place()).await;
    a_status_list_has_the_passes_that_are_not_valid(&new_place()).await;
    venues_and_credentials_are_found_and_can_be_withdrawn(&new_place()).await;
    what_ran_out_is_forgotten_and_nothing_else(&new_place()).await;
    revoking_closes_the_persons_sessions_alone(&new_place()).await;
    devices::run(&new_place).await;
    events::run(&new_place).await;
    proofs::run(&new_place).await;
    whoever_was_told_of_a_change_finds_it(&new_place()).await;
    many_at_once_get_different_indices_and_one_chain(&new_place()).await;
}

async fn one_document_is_one_person(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let evidence = Evidence::of_registrar("counter".into(), 4, 111, NOW);
    let again = Enrolment { candidate: PersonId([99; 16]), evidence, ..enrolment(1) };
    assert_eq!(store.enrol(again).await, Err(StoreError::Enrolled));
    assert_eq!(store.known_person([1; 32]).await.unwrap(), Some(id));
    assert_eq!(store.known_person([2; 32]).await.unwrap(), None);
    let person = store.person(id).await.unwrap().unwrap();
    assert_eq!(person.claimed_level(NOW), 3, "nothing was changed");
    assert_ne!(store.enrol(enrolment(2)).await.unwrap(), id);
    assert_eq!(store.person(PersonId([99; 16])).await.unwrap(), None);
}

async fn nobody_is_known_without_the_offer_that_came_with_them(place: &dyn Place) {
    let store = place.open();
    let first = grant(PersonId([1; 16]), 1, DeviceRule::Replaces);
    let with_offer = Enrolment { offer: Some(([5; 32], first)), ..enrolment(1) };
    // Whoever makes it may not: nothing is kept, of the person either.
    assert_eq!(store.enrol(with_offer.clone()).await, Err(StoreError::Withdrawn));
    assert_eq!(store.known_person([1; 32]).await.unwrap(), None);
    admit(&*store).await;
    store.enrol(with_offer).await.unwrap();
    assert_eq!(store.offer([5; 32], NOW).await.unwrap(), Ok(b"offer".to_vec()));
}

async fn freezing_reaches_every_pass_and_revoking_is_final(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let device = take_up(&*store, grant(id, 1, DeviceRule::Replaces), 1).await;
    let days = [TODAY, TODAY + 86_400];
    let asked = PassesAsked { device: Some(device), ..passes(id, &days, NOW) };
    let indices = store.allocate_passes(asked.clone()).await.unwrap().indices;
    assert_eq!(store.pass_holder(TODAY, indices[0], KEY).await.unwrap().unwrap().id, id);
    assert!(store.statuses().await.unwrap().is_empty());
    let set =
        |account| store.set_account(AccountChange { keep: Some(device), ..change(id, account) });
    let frozen = set(Account::Frozen).await.unwrap();
    assert_eq!(frozen.len(), 2);
    assert!(frozen.iter().all(|change| change.status == 2));
    assert_eq!(store.statuses().await.unwrap(), frozen);
    assert_eq!(store.allocate_passes(asked).await, Err(StoreError::AccountFrozen));
    assert_eq!(set(Account::Active).await.unwrap().len(), 2);
    assert!(store.statuses().await.unwrap().is_empty());
    assert!(set(Account::Revoked).await.unwrap().iter().all(|change| change.status == 1));
    assert_eq!(set(Account::Active).await, Err(StoreError::AccountState));
    assert_eq!(store.enrol(enrolment(1)).await, Err(StoreError::Enrolled));
    let asked = request(1, Approval::Enrolment { person: id, devices: DeviceRule::Replaces });
    store.request_approval(asked).await.unwrap().unwrap();
    let grant = grant(id, 2, DeviceRule::Adds);
    let confirmed = store.confirm_enrolment([1; 16], "other".into(), [2; 32], grant, NOW).await;
    assert_eq!(confirmed.unwrap(), Ok(id));
    assert_eq!(store.person(id).await.unwrap().unwrap().account, Account::Active);
    assert_eq!(store.statuses().await.unwrap().len(), 2, "what was revoked stays so");
}

async fn a_pass_is_held_with_its_own_key_alone(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let asked = [1, 2].map(|key| PassAsked { exp: TODAY, key: KeyDigest([key; 16]) });
    let asked = PassesAsked { passes: asked.into(), ..passes(id, &[], NOW) };
    let indices = store.allocate_passes(asked).await.unwrap().indices;
    let holder = async |index: u32, key: u8| {
        let found = store.pass_holder(TODAY, index, KeyDigest([key; 16])).await.unwrap();
        found.map(|holder| holder.id)
    };
    // Asked for twice, since the second answer may come from a copy in memory.
    for _ in 0..2 {
        for (index, key, other) in [(indices[0], 1, 2), (indices[1], 2, 1)] {
            assert_eq!(holder(index, key).await, Some(id));
            assert_eq!(holder(index, other).await, None);
        }
        // A change of the person changes the rows of the passes, and none of their keys.
        store.set_account(change(id, Account::Active)).await.unwrap();
    }
}

async fn a_days_passes_have_a_quota(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    for _ in 0..PASSES_PER_DAY {
        store.allocate_passes(passes(id, &[TODAY], NOW)).await.unwrap();
    }
    let both = store.allocate_passes(passes(id, &[TODAY + 86_400, TODAY], NOW)).await;
    assert_eq!(both, Err(StoreError::Quota));
    // Nothing of a refused batch stays: the other day still has its whole quota.
    for _ in 0..PASSES_PER_DAY {
        store.allocate_passes(passes(id, &[TODAY + 86_400], NOW)).await.unwrap();
    }
}

async fn a_grant_is_for_one_device_and_bears_few_wrong_codes(place: &dyn Place) {
    let store = place.open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    let grant = |code| grant(person, code, DeviceRule::Replaces);
    admit(&*store).await;
    store.put_grant([1; 32], grant(1)).await.unwrap();
    assert_eq!(store.offer([1; 32], NOW).await.unwrap().as_deref(), Ok(&b"offer"[..]));
    assert_eq!(store.offer([1; 32], NOW + 600).await.unwrap(), Err(GrantFault::Expired));
    let redeem = async |code, tx, number, now| {
        let name = "phone".into();
        let redeemed = store.redeem([code; 32], [tx; 32], name, pair(number), now).await.unwrap();
        redeemed.map(|redeemed| redeemed.person)
    };
    assert_eq!(redeem(1, 8, 1, NOW).await, Err(GrantFault::WrongTxCode));
    assert_eq!(redeem(1, 7, 1, NOW + 600).await, Err(GrantFault::Expired));
    assert_eq!(redeem(1, 7, 1, NOW).await, Ok(person));
    assert_eq!(redeem(1, 7, 2, NOW + 61).await, Err(GrantFault::Used));
    assert_eq!(store.offer([1; 32], NOW + 600).await.unwrap(), Err(GrantFault::Used));
    store.put_grant([2; 32], grant(2)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(redeem(2, 8, 3, NOW).await, Err(GrantFault::WrongTxCode));
    }
    assert_eq!(redeem(2, 7, 3, NOW).await, Err(GrantFault::Locked));
    assert_eq!(store.offer([2; 32], NOW).await.unwrap(), Err(GrantFault::Locked));
    assert_eq!(redeem(3, 7, 3, NOW).await, Err(GrantFault::Unknown));
}

async fn refresh_tokens_rotate_survive_a_lost_answer_and_betray_a_thief(place: &dyn Place) {
    let store = place.open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    take_up(&*store, grant(person, 1, DeviceRule::Replaces), 1).await;
    assert_eq!(
        store.session([101; 32], NOW).await.unwrap(),
        None,
        "a refresh token opens no session"
    );
    let rotate_at = async |old: u8, new, at| {
        let (rotated, _) =
            store.rotate([old + 100; 32], Shown::default(), pair(new), at).await.unwrap();
        rotated.map(|rotated| (rotated.person, rotated.salt))
    };
    let rotate = async |old: u8, new| rotate_at(old, new, NOW).await;
    assert_eq!(rotate(1, 2).await, Ok((person, [2; 32])));
    // Asked at once, or again a moment later: the same successor for all, each with an access token of its
    // own.
    for again in [20, 21] {
        assert_eq!(rotate_at(1, again, NOW + 60).await, Ok((person, [2; 32])));
        let session = store.session([again; 32], NOW).await.unwrap();
        assert_eq!(session.map(|session| session.person), Some(person));
        assert_eq!(rotate(again, 22).await, Err(GrantFault::Unknown), "it was never given out");
    }
    // The answer was lost: much later the old one is taken again, and replaces the successor that nobody got.
    assert_eq!(rotate_at(1, 3, NOW + 61).await, Ok((person, [3; 32])));
    assert_eq!(rotate(3, 4).await, Ok((person, [4; 32])));
    let session = store.session([4; 32], NOW).await.unwrap();
    assert_eq!(session.map(|session| session.person), Some(person));
    // The token that nobody should have got comes back: someone did.
    assert_eq!(rotate(2, 5).await, Err(GrantFault::Reused));
    assert_eq!(rotate(4, 6).await, Err(GrantFault::Unknown));
    assert_eq!(store.session([4; 32], NOW).await.unwrap(), None);
}

async fn a_used_code_is_known_after_reopening_and_forgotten_after_its_window(place: &dyn Place) {
    let store = place.open();
    assert_eq!(
        store.record_scans(vec![scan(1, NOW), scan(2, NOW), scan(3, NOW + 1)]).await.unwrap(),
        [Use::First, AGAIN, Use::First].map(Kept::New)
    );
    drop(store);
    let store = place.open();
    assert_eq!(store.used_codes(NOW).unwrap().len(), 2);
    assert_eq!(store.used_codes(NOW + 1).unwrap().len(), 1);
    let used = |iat| UsedCode { device: [9; 16], iat, operator: [1; 8] };
    assert_eq!(store.seen(used(NOW + 2)).await.unwrap(), Use::First);
    assert_eq!(store.seen(used(NOW + 2)).await.unwrap(), Use::First, "looking is not using");
    assert_eq!(store.seen(used(NOW)).await.unwrap(), AGAIN);
    assert_eq!(store.record_scans(vec![scan(4, NOW)]).await.unwrap(), [Kept::New(AGAIN)]);
    let late = NOW + LONGEST_ALONE;
    assert_eq!(store.prune(late).await.unwrap(), 0, "a gate may tell of another use that late");
    assert_eq!(store.prune(late + 200).await.unwrap(), 2);
    assert!(store.used_codes(0).unwrap().is_empty());
    drop(store);
    let store = place.open();
    // The clock was ahead: what may have been used then is refused, what is newer is not.
    for (receipt, iat, seen) in [(5, NOW, Use::Forgotten), (6, NOW + 1, Use::Forgotten)] {
        assert_eq!(store.seen(used(iat)).await.unwrap(), seen);
        let kept = store.record_scans(vec![scan(receipt, iat)]).await.unwrap();
        assert_eq!(kept, [Kept::New(seen)]);
    }
    assert_eq!(store.seen(used(NOW + 2)).await.unwrap(), Use::First);
    let kept = store.record_scans(vec![scan(7, NOW + 2)]).await.unwrap();
    assert_eq!(kept, [Kept::New(Use::First)]);
    let newest = store.audit_entries(store.audit_head().await.unwrap().number - 1, 1).await;
    let AuditEvent::Scan { reason, accepted, .. } = &newest.unwrap()[0].event else {
        panic!("a scan is in the audit")
    };
    assert_eq!((reason.as_str(), *accepted), ("USES_UNKNOWN", false));
}

async fn the_time_that_was_checked_last_is_kept(place: &dyn Place) {
    let store = place.open();
    assert_eq!(store.checked_time().await.unwrap(), None);
    store.enrol(enrolment(1)).await.unwrap();
    assert_eq!(store.checked_time().await.unwrap(), Some(NOW), "the newest entry's");
    store.prune(NOW + 60).await.unwrap();
    store.record_scans(vec![scan(1, NOW)]).await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.checked_time().await.unwrap(), Some(NOW + 60));
    assert_eq!(store.settled_time().await.unwrap(), None, "a checked clock may be hours ahead");
    store.keep_settled_time(NOW + 30).await.unwrap();
    assert_eq!(store.settled_time().await.unwrap(), Some(NOW + 30));
    store.confirm_time("li".into(), -7200, NOW - 7140).await.unwrap();
    assert_eq!(store.checked_time().await.unwrap(), Some(NOW - 7140));
    assert_eq!(store.settled_time().await.unwrap(), Some(NOW - 7140));
    let number = store.audit_head().await.unwrap().number;
    let entry = store.audit_entries(number, 1).await.unwrap().remove(0);
    let event = AuditEvent::ClockConfirmed { actor: "li".into(), step: -7200 };
    assert_eq!(entry, AuditEntry { number, at: NOW - 7140, event });
}

async fn the_audit_says_what_a_second_use_came_to(place: &dyn Place) {
    let store = place.open();
    let by = |receipt, operator, rule| {
        let used = UsedCode { device: [9; 16], iat: NOW, operator: [operator; 8] };
        ScanRecord { outcome: ScanOutcome::Good { used, rule }, ..scan(receipt, NOW) }
    };
    let other = Use::Again { same_operator: false };
    let refused = ScanRecord { outcome: ScanOutcome::Refused(Reason::Frozen), ..scan(5, NOW) };
    let scans = vec![
        by(1, 1, ReplayRule::Desk),
        by(2, 1, ReplayRule::Desk),
        by(3, 2, ReplayRule::Desk),
        by(4, 1, ReplayRule::Gate),
        refused,
    ];
    let seen = store.record_scans(scans).await.unwrap();
    assert_eq!(seen, [Use::First, AGAIN, other, AGAIN, Use::First].map(Kept::New));
    let entries = store.audit_entries(1, 10).await.unwrap();
    let told = entries.into_iter().map(|entry| match entry.event {
        AuditEvent::Scan { accepted, reason, .. } => (accepted, reason),
        other => panic!("{other:?}"),
    });
    let expected =
        [(true, "OK"), (true, "OK_AGAIN"), (false, "REPLAY"), (false, "REPLAY"), (false, "FROZEN")];
    assert!(told.eq(expected.map(|(accepted, reason)| (accepted, reason.to_owned()))));
}

async fn a_person_sees_each_use_once_and_a_request_counts_once(place: &dyn Place) {
    let store = place.open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    let other = store.enrol(enrolment(2)).await.unwrap();
    let of = |receipt: u8, iat, person, retry: Option<u8>| ScanRecord {
        subject: Some(Subject {
            person,
            claims: vec!["name".into()],
            consent: Consent::Approved,
            reported: false,
        }),
        retry: retry.map(|key| Retry { key: [key; 32], request: [7; 32], registration: [9; 32] }),
        ..scan(receipt, iat)
    };
    let scans =
        vec![of(1, NOW, person, Some(1)), of(2, NOW, person, None), of(3, NOW + 1, other, None)];
    store.record_scans(scans).await.unwrap();
    let before = store.audit_head().await.unwrap();
    let again = store.record_scans(vec![of(9, NOW, person, Some(1))]).await.unwrap();
    let [Kept::Before(earlier)] = again.as_slice() else { panic!("{again:?}") };
    assert_eq!((earlier.receipt, earlier.person), ([1; 16], Some(person)));
    assert_eq!(
        (earlier.registration, earlier.claims.as_slice()),
        ([9; 32], &["name".to_owned()][..])
    );
    assert_eq!(store.earlier_scan([1; 32]).await.unwrap().as_ref(), Some(earlier));
    assert_eq!(store.earlier_scan([2; 32]).await.unwrap(), None);
    assert_eq!(store.audit_head().await.unwrap(), before, "a retry leaves no trace");

    let uses = store.uses(person, None, 10).await.unwrap();
    let told: Vec<_> = uses.iter().map(|entry| (entry.receipt[0], entry.reason.as_str())).collect();
    assert_eq!(told, [(2, "REPLAY"), (1, "OK")]);
    assert!(
        uses[0].claims.is_empty() && uses[1].claims == ["name"],
        "what is refused gives nothing"
    );
    assert_eq!(store.uses(person, Some([2; 16]), 10).await.unwrap(), uses[1..]);
    assert_eq!(store.uses(person, None, 1).await.unwrap(), uses[..1]);
    let receipt = receipt_id(NOW + 2, [5; 16]);
    store
        .record_scans(vec![ScanRecord { receipt, at: NOW + 2, ..of(1, NOW + 2, person, None) }])
        .await
        .unwrap();
    let seen = store.use_of(person, receipt).await.unwrap();
    assert_eq!(
        seen.as_ref().map(|seen| seen.claims.as_slice()),
        Some(["name".to_owned()].as_slice())
    );
    assert_eq!(store.scan_of("library", receipt).await.unwrap(), seen, "both sides see the same");
    assert_eq!(store.use_of(other, receipt).await.unwrap(), None);
    assert_eq!(store.scan_of("hospital", receipt).await.unwrap(), None);
    while store.prune(NOW + 184 * 86_400 + KEPT_LONGER).await.unwrap() > 0 {}
    assert!(store.uses(person, None, 10).await.unwrap().is_empty());
    assert_eq!(store.earlier_scan([1; 32]).await.unwrap(), None);
}

async fn a_use_is_reported_once_and_so_many_within_a_day(place: &dyn Place) {
    let store = place.open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    let other = store.enrol(enrolment(2)).await.unwrap();
    let of = |receipt: u8, reported| ScanRecord {
        subject: Some(Subject { person, claims: vec![], consent: Consent::Denied, reported }),
        ..scan(receipt, NOW + u64::from(receipt))
    };
    let reported = |receipt: u8| async move {
        let found = place.open().use_of(person, [receipt; 16]).await.unwrap().unwrap();
        found.reported_at
    };
    store.record_scans((1..=20).map(|one| of(one, one == 1)).collect()).await.unwrap();
    drop(store);
    assert_eq!((reported(1).await, reported(2).await), (Some(NOW), None));
    let store = place.open();
    let report = |person, receipt: u8, at| store.report_use(person, [receipt; 16], at);
    assert_eq!(report(person, 1, NOW + 9).await, Ok(UseReport::Known), "with the refusal");
    assert_eq!(report(other, 2, NOW).await, Err(StoreError::NotFound));
    assert_eq!(report(person, 99, NOW).await, Err(StoreError::NotFound));
    for receipt in 2..12 {
        assert_eq!(report(person, receipt, NOW).await, Ok(UseReport::Kept));
        assert_eq!(report(person, receipt, NOW + 1).await, Ok(UseReport::Known));
    }
    let before = store.audit_head().await.unwrap();
    assert_eq!(report(person, 12, NOW).await, Ok(UseReport::Spent));
    assert_eq!(store.audit_head().await.unwrap(), before, "what is not kept leaves no trace");
    let events = store.audit_entries(1, 100).await.unwrap();
    let told = events.iter().filter_map(|entry| match &entry.event {
        AuditEvent::UseReported { when, person: of, .. } => {
            assert_eq!(*of, person.to_string());
            Some(when.as_str())
        }
        _ => None,
    });
    assert!(told.eq(std::iter::once("asked").chain(["listed"; REPORTS_PER_DAY])));
    let trail = TrailQuery {
        device: None,
        site: None,
        reason: None,
        kind: None,
        from: 0,
        to: u64::MAX,
        before: None,
        limit: 100,
    };
    assert_eq!(store.trail("library", trail).await.unwrap().entries.len(), 20);
    drop(store);
    assert_eq!((reported(2).await, reported(12).await), (Some(NOW), None));
    // They age by the checked clock, whatever time a report says it is.
    let store = place.open();
    let late = |at| store.report_use(person, [12; 16], at);
    assert_eq!(late(NOW + DAY).await, Ok(UseReport::Spent));
    store.prune(NOW + DAY).await.unwrap();
    assert_eq!(late(NOW + DAY).await, Ok(UseReport::Kept));
}

async fn the_audit_chain_finds_a_cut_tail(place: &dyn Place) {
    let store = place.open();
    store.enrol(enrolment(1)).await.unwrap();
    store.record_scans((0..20).map(|at| scan(at, NOW + u64::from(at))).collect()).await.unwrap();
    let head = store.audit_head().await.unwrap();
    assert_eq!(head.number, 21);
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    assert_eq!(store.audit_entries(20, 10).await.unwrap().len(), 2);
    let longer = AuditHead { number: 22, ..head };
    assert_eq!(store.audit_verify(Some(longer)).await.unwrap(), ChainReport::Broken { number: 22 });
    let other = AuditHead { number: 5, digest: [0; 32] };
    assert_eq!(store.audit_verify(Some(other)).await.unwrap(), ChainReport::Broken { number: 5 });
}

async fn a_status_list_has_the_passes_that_are_not_valid(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let device = take_up(&*store, grant(id, 1, DeviceRule::Replaces), 1).await;
    let asked = PassesAsked { device: Some(device), ..passes(id, &[TODAY], NOW) };
    let index = store.allocate_passes(asked).await.unwrap().indices[0];
    let list = || store.status_list(TODAY, 0).unwrap();
    assert_eq!(list(), []);
    let keep = Some(device);
    for (account, entries) in [(Account::Frozen, vec![(index, 2)]), (Account::Active, vec![])] {
        store.set_account(AccountChange { keep, ..change(id, account) }).await.unwrap();
        assert_eq!(list(), entries);
    }
    assert_eq!(store.status_list(TODAY + 86_400, 0).unwrap(), []);
    assert_eq!(store.status_lists(TODAY).await.unwrap(), 1);
}

async fn venues_and_credentials_are_found_and_can_be_withdrawn(place: &dyn Place) {
    let store = place.open();
    let venue = Venue {
        id: "library".into(),
        name: "图书馆".into(),
        uscc: "1244".into(),
        scenes: vec![2],
        suspended: false,
        ages: vec![60],
    };
    store.put_venue(venue.clone(), NOW).await.unwrap();
    let bearer = Bearer::Venue { venue: "library".into(), device: "gate".into() };
    let made = Some(Made { at: NOW, by: OFFLINE.into() });
    let mut credential =
        Credential { bearer: bearer.clone(), revoked: false, made, contested: None };
    store.put_credential([5; 32], bearer, NOW).await.unwrap();
    assert_eq!(store.venue("library").await.unwrap(), Some(venue));
    assert_eq!(store.venue("museum").await.unwrap(), None);
    assert_eq!(store.credential([5; 32]).await.unwrap(), Some(credential.clone()));
    assert_eq!(store.credential([6; 32]).await.unwrap(), None);
    credential.revoked = true;
    let withdraw = AdminChange::Withdraw(credential_id(&[5; 32]));
    for _ in 0..2 {
        let done = store.administer(withdraw.clone(), Author::Offline, NOW).await.unwrap();
        assert_eq!(done, Ok(Administered::Done));
    }
    assert_eq!(store.credential([5; 32]).await.unwrap(), Some(credential));
    assert_eq!(store.audit_head().await.unwrap().number, 3);

    let (venue, name) = ("library".to_owned(), "南山分馆".to_owned());
    let mut site = Site { venue: venue.clone(), id: "nanshan".into(), name, closed: false };
    let (device, at) = ("gate".to_owned(), Some("nanshan".to_owned()));
    let station = Station { venue, device, site: at, scenes: vec![2] };
    assert_eq!(store.put_station(station.clone(), NOW).await, Err(StoreError::NotFound));
    store.put_site(site.clone(), NOW).await.unwrap();
    store.put_station(station.clone(), NOW).await.unwrap();
    site.closed = true;
    store.put_site(site.clone(), NOW).await.unwrap();
    assert_eq!(store.site("library", "nanshan").await.unwrap(), Some(site.clone()));
    assert_eq!(store.sites("library").await.unwrap(), [site]);
    assert!(store.sites("lib").await.unwrap().is_empty(), "an id that begins alike");
    assert_eq!(store.station("library", "gate").await.unwrap(), Some(station));
    assert_eq!(store.station("library", "desk").await.unwrap(), None);
    assert_eq!(store.audit_head().await.unwrap().number, 6);
}

async fn what_ran_out_is_forgotten_and_nothing_else(place: &dyn Place) {
    let store = place.open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    let grant = |code| grant(person, code, DeviceRule::Replaces);
    admit(&*store).await;
    for code in [1, 2] {
        store.put_grant([code; 32], grant(code)).await.unwrap();
    }
    let name = "phone".into();
    store.redeem([1; 32], [7; 32], name, pair(1), NOW).await.unwrap().unwrap();
    let days = vec![TODAY, TODAY + 86_400 * 3];
    let indices = store.allocate_passes(passes(person, &days, NOW)).await.unwrap().indices;
    assert_eq!(store.prune(NOW + 1).await.unwrap(), 0);
    while store.prune(NOW + 600 + KEPT_LONGER).await.unwrap() > 0 {}
    assert_eq!(store.offer([2; 32], NOW).await.unwrap(), Err(GrantFault::Unknown));
    assert_eq!(store.session([1; 32], NOW).await.unwrap(), None);
    // The refresh token and its family live on, and so does the family after its first tokens are gone.
    let rotated = store.rotate([101; 32], Shown::default(), pair(2), NOW + 700).await.unwrap();
    assert_eq!(rotated.0.unwrap().person, person);
    // The last codes of a day are good for a minute after it.
    while store.prune(TODAY + 59 + KEPT_LONGER).await.unwrap() > 0 {}
    assert!(store.pass_holder(days[0], indices[0], KEY).await.unwrap().is_some());
    while store.prune(TODAY + 60 + KEPT_LONGER).await.unwrap() > 0 {}
    assert_eq!(store.pass_holder(days[0], indices[0], KEY).await.unwrap(), None);
    assert_eq!(store.pass_holder(days[1], indices[1], KEY).await.unwrap().unwrap().id, person);
    for at in [TODAY, NOW] {
        let late = store.allocate_passes(passes(person, &[TODAY], at)).await;
        assert_eq!(late, Err(StoreError::Exhausted), "an index is never given twice");
    }
    assert_eq!(
        store.rotate([102; 32], Shown::default(), pair(3), NOW).await.unwrap().0,
        Err(GrantFault::Unknown)
    );
}

async fn revoking_closes_the_persons_sessions_alone(place: &dyn Place) {
    let store = place.open();
    for number in [1, 2] {
        let person = store.enrol(enrolment(number)).await.unwrap();
        take_up(&*store, grant(person, number, DeviceRule::Replaces), number).await;
    }
    let person = async |token| {
        let session = store.session([token; 32], NOW).await.unwrap();
        session.map(|session| session.person)
    };
    assert_eq!(person(1).await, Some(PersonId([1; 16])));
    store.set_account(change(PersonId([1; 16]), Account::Revoked)).await.unwrap();
    assert_eq!(person(1).await, None);
    assert_eq!(person(2).await, Some(PersonId([2; 16])));
}

async fn whoever_was_told_of_a_change_finds_it(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let index = store.allocate_passes(passes(id, &[TODAY], NOW)).await.unwrap().indices[0];
    let account = async || store.pass_holder(TODAY, index, KEY).await.unwrap().unwrap().account;
    // Readers all the time, so that one of them holds an old answer at every moment.
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (store, over) = (Arc::clone(&store), Arc::clone(&over));
            tokio::task::spawn_blocking(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(
                        runtime.block_on(store.pass_holder(TODAY, index, KEY)).unwrap().is_some()
                    );
                }
            })
        })
        .collect();
    for _ in 0..100 {
        for state in [Account::Frozen, Account::Active] {
            store.set_account(change(id, state)).await.unwrap();
            assert_eq!(account().await, state);
        }
    }
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    while store.prune(NOW + 10 * 86_400).await.unwrap() > 0 {}
    assert_eq!(store.pass_holder(TODAY, index, KEY).await.unwrap(), None, "forgotten with its day");
}

async fn many_at_once_get_different_indices_and_one_chain(place: &dyn Place) {
    let store = place.open();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..60u8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let id = store.enrol(enrolment(number)).await.unwrap();
            let indices =
                store.allocate_passes(passes(id, &[TODAY; 3], NOW)).await.unwrap().indices;
            let new = store.record_scans(vec![scan(number, NOW + u64::from(number % 20))]);
            (indices, new.await.unwrap())
        });
    }
    let (mut indices, mut new) = (std::collections::HashSet::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (of_one, scans) = done.unwrap();
        indices.extend(of_one);
        new += usize::from(scans[0] == Kept::New(Use::First));
    }
    assert_eq!((indices.len(), new), (180, 20));
    let head = store.audit_head().await.unwrap();
    assert_eq!(head.number, 180);
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
}
