//! Evidence that connectors bring.

use super::*;

pub(super) async fn run<P: Place>(new_place: &impl Fn() -> P) {
    evidence_takes_the_place_of_the_same_and_of_nothing_else(&new_place()).await;
    evidence_is_kept_of_active_persons_as_they_are(&new_place()).await;
}

fn proven(level: u8, at: u64) -> Evidence {
    let (method, connector) = ("login".into(), "party".into());
    Evidence { method, connector, level, document_class: 111, at, expires_at: None }
}

async fn evidence_takes_the_place_of_the_same_and_of_nothing_else(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let kept = async || store.person(id).await.unwrap().unwrap();
    let add = async |evidence| {
        let proven_of = kept().await.sealed.digest();
        let added = NewEvidence { person: id, evidence, proven_of, at: NOW };
        store.add_evidence(added).await.unwrap().unwrap();
        kept().await.evidence
    };
    let registrar = kept().await.evidence;
    assert_eq!(add(proven(2, 5)).await, [&registrar[..], &[proven(2, 5)]].concat());
    assert_eq!(add(proven(2, 9)).await, [&registrar[..], &[proven(2, 9)]].concat());
    let both = [&registrar[..], &[proven(2, 9), proven(1, 10)]].concat();
    assert_eq!(add(proven(1, 10)).await, both, "less says nothing against more");
    let events = store.events(id, None, 10).await.unwrap();
    assert_eq!((events[0].kind, events[0].times), (EventKind::IdentityProven, 3));
    // None that a connector can make one person's evidence grow by without end.
    for connector in 0..60 {
        let one = Evidence { connector: format!("party{connector}"), ..proven(2, 1) };
        add(one).await;
    }
    let one = Evidence { connector: "one more".into(), ..proven(2, 1) };
    let mut full = add(one).await.len();
    while full < 64 {
        full = add(Evidence { connector: format!("{full}"), ..proven(2, 1) }).await.len();
    }
    let one = Evidence { connector: "too many".into(), ..proven(2, 1) };
    let proven_of = kept().await.sealed.digest();
    let added = NewEvidence { person: id, evidence: one, proven_of, at: NOW };
    assert_eq!(store.add_evidence(added).await.unwrap(), Err(RequestFault::Full));
}

async fn evidence_is_kept_of_active_persons_as_they_are(place: &dyn Place) {
    let store = place.open();
    let id = store.enrol(enrolment(1)).await.unwrap();
    let person = store.person(id).await.unwrap().unwrap();
    let proven_of = person.sealed.digest();
    let added = NewEvidence { person: id, evidence: proven(2, 5), proven_of, at: NOW };
    let of_before = NewEvidence { proven_of: [0; 32], ..added.clone() };
    assert_eq!(store.add_evidence(of_before).await.unwrap(), Err(RequestFault::Outdated));
    let of_passport = Evidence { document_class: 414, ..proven(2, 5) };
    let of_passport = NewEvidence { evidence: of_passport, ..added.clone() };
    assert_eq!(store.add_evidence(of_passport).await.unwrap(), Err(RequestFault::Outdated));
    let unknown = NewEvidence { person: PersonId([9; 16]), ..added.clone() };
    assert!(matches!(store.add_evidence(unknown).await, Err(StoreError::NotFound)));
    store.set_account(change(id, Account::Frozen)).await.unwrap();
    assert!(matches!(store.add_evidence(added.clone()).await, Err(StoreError::AccountFrozen)));
    store.set_account(change(id, Account::Revoked)).await.unwrap();
    assert!(matches!(store.add_evidence(added).await, Err(StoreError::AccountState)));
    let person = store.person(id).await.unwrap().unwrap();
    assert!(person.evidence.iter().all(|evidence| evidence.connector == REGISTRAR));
}
