//! What every backend must do, run here on the embedded one.

use super::embedded::EmbeddedStore;
use super::*;
use crate::audit::{AuditHead, ChainReport};
use crate::entropy::SystemEntropy;

const NOW: u64 = 1_768_449_600;
const TODAY: u64 = 1_768_492_800;

fn enrolment(person: u8) -> Enrolment {
    Enrolment {
        candidate: PersonId([person; 16]),
        lookup: [person; 32],
        identity_level: 3,
        method: "counter".into(),
        sealed: vec![1, 2, 3],
        actor: "clerk".into(),
        at: NOW,
    }
}

fn pair(number: u8) -> TokenPair {
    TokenPair {
        access_hash: [number; 32],
        access_expires_at: NOW + 600,
        refresh_hash: [number + 100; 32],
        refresh_expires_at: NOW + 6000,
    }
}

fn scan(receipt: u8, iat: u64) -> ScanRecord {
    ScanRecord {
        receipt: [receipt; 16],
        venue: "library".into(),
        device: "gate".into(),
        scene: 2,
        accepted: true,
        reason: "OK",
        used: Some(UsedCode { device: [9; 16], iat, operator: [1; 8] }),
        at: NOW,
    }
}

fn open() -> (tempfile::TempDir, EmbeddedStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), &SystemEntropy).unwrap();
    (folder, store)
}

#[tokio::test]
async fn one_document_is_one_person() {
    let (_folder, store) = open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let again = Enrolment { candidate: PersonId([99; 16]), identity_level: 4, ..enrolment(1) };
    assert_eq!(store.enrol(again).await.unwrap(), id);
    assert_eq!(store.person(id).await.unwrap().unwrap().identity_level, 4);
    assert_ne!(store.enrol(enrolment(2)).await.unwrap(), id);
    assert_eq!(store.person(PersonId([99; 16])).await.unwrap(), None);
}

#[tokio::test]
async fn freezing_reaches_every_pass_and_revoking_is_final() {
    let (_folder, store) = open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let days = vec![TODAY, TODAY + 86_400];
    let indices = store.allocate_passes(id, days.clone(), NOW).await.unwrap();
    assert_eq!(store.pass_holder(TODAY, indices[0]).await.unwrap(), Some(id));
    assert!(store.statuses(NOW).await.unwrap().is_empty());
    let set = |account| store.set_account(id, account, "clerk".into(), "lost_phone".into(), NOW);
    let frozen = set(Account::Frozen).await.unwrap();
    assert_eq!(frozen.len(), 2);
    assert!(frozen.iter().all(|change| change.status == 2));
    assert_eq!(store.statuses(NOW).await.unwrap(), frozen);
    assert_eq!(store.allocate_passes(id, days, NOW).await, Err(StoreError::AccountState));
    assert_eq!(set(Account::Active).await.unwrap().len(), 2);
    assert!(store.statuses(NOW).await.unwrap().is_empty());
    assert!(set(Account::Revoked).await.unwrap().iter().all(|change| change.status == 1));
    assert_eq!(set(Account::Active).await, Err(StoreError::AccountState));
    store.enrol(enrolment(1)).await.unwrap();
    assert!(set(Account::Active).await.unwrap().is_empty());
    assert_eq!(store.statuses(NOW).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_days_passes_have_a_quota() {
    let (_folder, store) = open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    for _ in 0..PASSES_PER_DAY {
        store.allocate_passes(id, vec![TODAY], NOW).await.unwrap();
    }
    let both = store.allocate_passes(id, vec![TODAY + 86_400, TODAY], NOW).await;
    assert_eq!(both, Err(StoreError::Quota));
    // Nothing of a refused batch stays: the other day still has its whole quota.
    for _ in 0..PASSES_PER_DAY {
        store.allocate_passes(id, vec![TODAY + 86_400], NOW).await.unwrap();
    }
}

#[tokio::test]
async fn a_grant_is_used_once_and_bears_few_wrong_codes() {
    let (_folder, store) = open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    let grant = |code| Grant {
        person,
        code_hash: [code; 32],
        tx_code_hash: [7; 32],
        sealed_offer: b"offer".to_vec(),
        expires_at: NOW + 600,
        attempts_left: 2,
    };
    store.put_grant([1; 32], grant(1)).await.unwrap();
    assert_eq!(store.offer([1; 32], NOW).await.unwrap().as_deref(), Some(&b"offer"[..]));
    assert_eq!(store.offer([1; 32], NOW + 600).await.unwrap(), None);
    let redeem = |code, tx, number, now| store.redeem([code; 32], [tx; 32], pair(number), now);
    assert_eq!(redeem(1, 8, 1, NOW).await.unwrap(), Err(GrantFault::WrongTxCode));
    assert_eq!(redeem(1, 7, 1, NOW + 600).await.unwrap(), Err(GrantFault::Expired));
    assert_eq!(redeem(1, 7, 1, NOW).await.unwrap(), Ok(person));
    assert_eq!(redeem(1, 7, 2, NOW).await.unwrap(), Err(GrantFault::Unknown));
    store.put_grant([2; 32], grant(2)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(redeem(2, 8, 3, NOW).await.unwrap(), Err(GrantFault::WrongTxCode));
    }
    assert_eq!(redeem(2, 7, 3, NOW).await.unwrap(), Err(GrantFault::Unknown));
}

#[tokio::test]
async fn refresh_tokens_rotate_survive_a_lost_answer_and_betray_a_thief() {
    let (_folder, store) = open();
    let person = store.enrol(enrolment(1)).await.unwrap();
    let grant = Grant {
        person,
        code_hash: [1; 32],
        tx_code_hash: [7; 32],
        sealed_offer: Vec::new(),
        expires_at: NOW + 600,
        attempts_left: 2,
    };
    store.put_grant([1; 32], grant).await.unwrap();
    store.redeem([1; 32], [7; 32], pair(1), NOW).await.unwrap().unwrap();
    assert_eq!(store.session([1; 32], NOW).await.unwrap(), Some(person));
    assert_eq!(
        store.session([101; 32], NOW).await.unwrap(),
        None,
        "a refresh token opens no session"
    );
    let rotate = |old: u8, new| store.rotate([old + 100; 32], pair(new), NOW);
    assert_eq!(rotate(1, 2).await.unwrap(), Ok(person));
    // The answer was lost: the old one is taken again, and replaces the successor that nobody got.
    assert_eq!(rotate(1, 3).await.unwrap(), Ok(person));
    assert_eq!(rotate(3, 4).await.unwrap(), Ok(person));
    assert_eq!(store.session([4; 32], NOW).await.unwrap(), Some(person));
    // The token that nobody should have got comes back: someone did.
    assert_eq!(rotate(2, 5).await.unwrap(), Err(GrantFault::Reused));
    assert_eq!(rotate(4, 6).await.unwrap(), Err(GrantFault::Unknown));
    assert_eq!(store.session([4; 32], NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_used_code_is_known_after_reopening_and_forgotten_after_its_window() {
    let (folder, store) = open();
    assert_eq!(
        store.record_scans(vec![scan(1, NOW), scan(2, NOW), scan(3, NOW + 1)]).await.unwrap(),
        [true, false, true]
    );
    drop(store);
    let store = EmbeddedStore::open(folder.path(), &SystemEntropy).unwrap();
    assert_eq!(store.used_codes(NOW).await.unwrap().len(), 2);
    assert_eq!(store.used_codes(NOW + 1).await.unwrap().len(), 1);
    assert_eq!(store.record_scans(vec![scan(4, NOW)]).await.unwrap(), [false]);
    assert_eq!(store.prune(NOW + 121).await.unwrap(), 2);
    assert!(store.used_codes(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_audit_chain_finds_a_cut_tail() {
    let (_folder, store) = open();
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

#[tokio::test]
async fn a_second_process_is_told_so() {
    let (folder, _store) = open();
    let second = EmbeddedStore::open(folder.path(), &SystemEntropy);
    assert_eq!(second.err(), Some(StoreError::InUse));
}
