//! A register that was put back from a copy, and what it is told from outside.

use std::collections::{BTreeMap, BTreeSet};

use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::*;
use crate::audit::EMPTY;
use crate::{DayLists, DeviceRule, Finding, Grant, GrantFault, PublishedList, Restoration};

fn published(statuses: &[(u32, u8)]) -> PublishedList {
    let statuses = statuses.iter().copied().collect();
    PublishedList { exp: TODAY, list: 0, statuses, untold: BTreeSet::new() }
}

async fn citizen(store: &Register, number: u64) -> (PersonId, u32) {
    let person = store.enrol(enrolment(number, NOW)).await.unwrap();
    let index = store.allocate_passes(passes(person, &[TODAY], NOW)).await.unwrap().indices[0];
    (person, index)
}

#[tokio::test]
async fn what_was_published_is_set_and_who_is_concerned_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (frozen, first) = citizen(&store, 1).await;
    let (revoked, second) = citizen(&store, 2).await;
    let (released, third) = citizen(&store, 3).await;
    let (known, fourth) = citizen(&store, 4).await;
    let (untouched, _) = citizen(&store, 5).await;
    for person in [released, known] {
        store.set_account(change(person, Account::Frozen)).await.unwrap();
    }
    let grant = Grant {
        person: untouched,
        code_hash: [1; 32],
        tx_code_hash: [2; 32],
        sealed_offer: Vec::new(),
        expires_at: NOW + 600,
        attempts_left: 1,
        devices: DeviceRule::default(),
        made_by: "clerk".into(),
        approved_on: None,
        ended: false,
        retry_hash: None,
    };
    admit(&*store).await;
    store.put_grant([3; 32], grant).await.unwrap();
    // An index that the copy has not given out.
    let taken = [first, second, third, fourth];
    let lost = (0..).find(|index| !taken.contains(index)).unwrap();
    let lists = published(&[(first, 2), (second, 1), (fourth, 2), (lost, 2)]);
    let found = store.audit_head().await.unwrap();
    let asked =
        Restoration { published: vec![lists], at: NOW, since: NOW, ..Restoration::default() };
    let restored = store.restore(asked).await.unwrap();

    assert_eq!((restored.found, restored.epoch), (found, 1));
    assert_eq!((restored.unknown_passes, restored.closed), (1, 1));
    let findings =
        [(frozen, Finding::Suspended), (revoked, Finding::Revoked), (released, Finding::Released)];
    assert_eq!(restored.persons, BTreeMap::from(findings));
    for (person, account) in [
        (frozen, Account::Frozen),
        (revoked, Account::Frozen),
        (released, Account::Frozen),
        (untouched, Account::Active),
    ] {
        assert_eq!(store.person(person).await.unwrap().unwrap().account, account);
    }
    let entries = store.status_list(TODAY, 0).unwrap();
    // The restoration's own freeze ends passes of no known device, as all are here; a registrar's of before
    // has them suspended, and the lost one stays as it was published.
    let mut expected = vec![(first, 1), (second, 1), (third, 2), (fourth, 2), (lost, 2)];
    expected.sort_unstable();
    assert_eq!(entries, expected);
    assert_eq!(store.offer([3; 32], NOW).await.unwrap(), Err(GrantFault::Unknown));
    let head = store.audit_head().await.unwrap();
    assert_eq!(store.audit_verify(Some(found)).await.unwrap(), ChainReport::Whole(head));
    // Statuses without a pass go with their day.
    while store.prune(TODAY + 2 * DAY).await.unwrap() > 0 {}
    assert_eq!(all(&store.tables.held().unwrap(), Table::Statuses).len(), 0);
}

#[tokio::test]
async fn no_list_that_was_published_gets_another_pass() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    citizen(&store, 1).await;
    let days = vec![DayLists { exp: TODAY, lists: 3, ..DayLists::default() }];
    let asked = Restoration { epoch: 6, days, at: NOW, since: NOW, ..Restoration::default() };
    assert_eq!(store.restore(asked).await.unwrap().epoch, 7);
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.identity().await.unwrap().epoch, 7);
    let (person, index) = citizen(&store, 2).await;
    assert_eq!(index / STATUS_LIST_ENTRIES, 3);
    let tomorrow =
        store.allocate_passes(passes(person, &[TODAY + DAY], NOW)).await.unwrap().indices[0];
    assert_eq!(tomorrow / STATUS_LIST_ENTRIES, 1, "even where no list is known");
    assert_eq!(store.status_lists(TODAY).await.unwrap(), 4, "those before are served on");
    let lists = store.day_lists(NOW).await.unwrap();
    assert_eq!(lists[0], DayLists { exp: TODAY, lists: 4, ..DayLists::default() });
    // Without a witness there may have been more.
    let asked =
        Restoration { epoch: 7, spare_lists: 16, at: NOW, since: NOW, ..Restoration::default() };
    store.restore(asked).await.unwrap();
    assert_eq!(store.named_status_lists(TODAY).await.unwrap(), [0, 1, 2, 3]);
    assert_eq!(citizen(&store, 3).await.1 / STATUS_LIST_ENTRIES, 20);
    assert_eq!(store.status_lists(TODAY).await.unwrap(), 21);
    assert_eq!(store.named_status_lists(TODAY).await.unwrap(), [0, 1, 2, 3, 20]);
    let asked =
        Restoration { epoch: 8, spare_lists: 16, at: NOW, since: NOW, ..Restoration::default() };
    store.restore(asked).await.unwrap();
    assert_eq!(citizen(&store, 4).await.1 / STATUS_LIST_ENTRIES, 37);
    assert_eq!(store.named_status_lists(TODAY).await.unwrap(), [0, 1, 2, 3, 20, 37]);
}

#[tokio::test]
async fn what_a_witness_says_was_passed_over_counts_beyond_the_copys_own_lists() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    citizen(&store, 1).await;
    // As by a restoration of an earlier copy, which had no pass in the list that this one has.
    let days = vec![DayLists { exp: TODAY, lists: 12, passed_over: vec![(0, 2), (5, 11)] }];
    let asked = Restoration { days, at: NOW, since: NOW, ..Restoration::default() };
    store.restore(asked).await.unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.named_status_lists(TODAY).await.unwrap(), [0, 2, 3, 4, 11]);
    let known = store.lists_of_day(TODAY).await.unwrap();
    assert_eq!((known.lists, &known.passed_over), (12, &vec![(1, 2), (5, 11)]));
    assert_eq!(store.day_lists(NOW).await.unwrap()[0], known);
    assert_eq!(citizen(&store, 2).await.1 / STATUS_LIST_ENTRIES, 12);
    assert_eq!(store.named_status_lists(TODAY).await.unwrap(), [0, 2, 3, 4, 11, 12]);
}

#[tokio::test]
async fn a_chain_contains_its_own_heads_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut heads = vec![EMPTY];
    for number in 0..4 {
        store.enrol(enrolment(number, NOW)).await.unwrap();
        heads.push(store.audit_head().await.unwrap());
    }
    for head in heads {
        assert!(store.audit_contains(head).await.unwrap(), "{head}");
        let other = AuditHead { digest: [7; 32], ..head };
        assert!(!store.audit_contains(other).await.unwrap(), "{other}");
        let longer = AuditHead { number: head.number + 5, ..head };
        assert!(!store.audit_contains(longer).await.unwrap(), "{longer}");
    }
}
