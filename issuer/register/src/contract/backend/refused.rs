//! A commit that fails: nothing of its group is there, then or later.

use std::time::Duration;

use super::{BackendPlace, in_one_group, see, step};
use crate::audit::{AuditEvent, ChainReport};
use crate::register::Register;
use crate::rows::{All, Expiries, Lookup, PassKey, Status, Statuses, Tokens};
use crate::{PersonId, Store, StoreError};

/// Tries until it takes writes again.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

const OLD: PersonId = PersonId([1; 16]);
const NEW: PersonId = PersonId([2; 16]);

fn entry() -> AuditEvent {
    AuditEvent::TokenReuse { person: "p".into() }
}

/// The keys that are to be forgotten.
fn expiring(register: &Register) -> Vec<[u8; 32]> {
    let rows = see(register, |view| view.scan::<Expiries>(&All).collect::<Result<Vec<_>, _>>());
    let keys = rows.into_iter().flat_map(|(first, more)| std::iter::once(first.key).chain(more));
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys
}

async fn assert_nothing_of_it(register: &Register) {
    let persons = see(register, |view| view.scan::<Lookup>(&All).collect::<Result<Vec<_>, _>>());
    assert_eq!(persons, [([1; 32], OLD), ([2; 32], OLD)]);
    assert_eq!(see(register, |view| view.find::<Statuses>(&PassKey::new(1, 1))), None);
    assert_eq!(expiring(register), [[1; 32]]);
    let head = register.audit_head().await.unwrap();
    assert_eq!(head.number, 1);
    assert_eq!(register.audit_verify(Some(head)).await, Ok(ChainReport::Whole(head)));
}

async fn mended(register: &Register) {
    for _ in 0..TRIES {
        let nothing = register.submit(|transaction| {
            transaction.remove::<Statuses>(&PassKey::new(9, 9));
            Ok(())
        });
        match nothing.await {
            Ok(()) => return,
            Err(error) => assert_eq!(error, StoreError::ReadOnly),
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("it takes no writes");
}

pub(super) async fn a_commit_that_fails_leaves_nothing_of_its_group(place: &dyn BackendPlace) {
    let (register, fail_next) = place.open_to_fail();
    let before = register.submit(|transaction| {
        transaction.put::<Lookup>(&[1; 32], &OLD);
        transaction.put::<Lookup>(&[2; 32], &OLD);
        transaction.note_expiry::<Tokens>(10, &[1; 32]);
        transaction.audit(entry(), 1).map(drop)
    });
    before.await.unwrap();
    for _ in 0..2 {
        fail_next();
        let first = step(|transaction| {
            transaction.put::<Lookup>(&[1; 32], &NEW);
            transaction.remove::<Lookup>(&[2; 32]);
            transaction.put::<Lookup>(&[3; 32], &NEW);
            transaction.note_expiry::<Tokens>(10, &[2; 32]);
            transaction.audit(entry(), 2).map(drop)
        });
        let second = step(|transaction| {
            transaction.put::<Statuses>(&PassKey::new(1, 1), &Status(1));
            transaction.note_expiry::<Tokens>(20, &[3; 32]);
            assert_eq!(transaction.audit(entry(), 3)?, 3);
            Ok(())
        });
        let refused = step(|_| Err(StoreError::Quota));
        let answers = in_one_group(&register, vec![first, second, refused]).await;
        for answer in &answers {
            assert_eq!(answer.as_ref().map_err(StoreError::code), Err("STORE_DISK"), "{answer:?}");
        }
        assert_nothing_of_it(&register).await;
        mended(&register).await;
        assert_nothing_of_it(&register).await;
    }
    assert_nothing_of_it(&place.killed().open()).await;
    drop((register, fail_next));
    let register = place.open();
    assert_nothing_of_it(&register).await;
    let number = register.submit(|transaction| {
        transaction.note_expiry::<Tokens>(10, &[4; 32]);
        transaction.audit(entry(), 4)
    });
    assert_eq!(number.await, Ok(2), "as if there had been none");
    assert_eq!(expiring(&register), [[1; 32], [4; 32]]);
}
