//! State machines against models: accounts with the statuses of their passes, and token families.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// Of somebody known: nothing comes of it.
    Enrol,
    Set(Account),
    /// A freeze that comes from the device.
    Report,
    Issue(u64),
    NextDay,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let account = prop_oneof![
        2 => Just(Account::Active),
        1 => Just(Account::Frozen),
        1 => Just(Account::Revoked),
    ];
    let step = prop_oneof![
        1 => Just(Step::Enrol),
        4 => account.prop_map(Step::Set),
        2 => Just(Step::Report),
        4 => (0u64..3).prop_map(Step::Issue),
        1 => Just(Step::NextDay),
    ];
    proptest::collection::vec(step, 1..24)
}

/// What the register must say of one person, who has one device.
struct Model {
    account: Account,
    device: DeviceId,
    /// Whether the device was ended.
    ended: bool,
    /// Whether a freeze stopped it.
    suspended: bool,
    passes: BTreeMap<(u64, u32), u8>,
}

impl Model {
    /// What a change is answered with, and what it does.
    fn set(&mut self, account: Account, keeps: bool) -> Result<(), StoreError> {
        if self.account == Account::Revoked {
            return Err(StoreError::AccountState);
        }
        if keeps && (self.ended || self.suspended) {
            return Err(StoreError::DeviceNotKept);
        }
        self.account = account;
        // What one registrar stopped ends where the lifting does not name it.
        self.ended |= account == Account::Revoked || account == Account::Active && self.suspended;
        self.suspended = account == Account::Frozen && (self.suspended || !keeps);
        let status = match account {
            Account::Active if !self.ended => 0,
            Account::Frozen => 2,
            Account::Active | Account::Revoked => 1,
        };
        let open = self.passes.values_mut().filter(|held| **held != 1);
        open.for_each(|held| *held = status);
        Ok(())
    }

    async fn issue(&mut self, store: &Register, id: PersonId, exp: u64, now: u64) {
        let asked = PassesAsked { device: Some(self.device), ..passes(id, &[exp], now) };
        match store.allocate_passes(asked).await {
            Ok(PassesGiven { indices, .. }) => {
                assert!(self.account == Account::Active && !self.ended);
                assert_eq!(self.passes.insert((exp, indices[0]), 0), None);
            }
            Err(StoreError::Quota) => {
                let held = self.passes.keys().filter(|(day, _)| *day == exp).count();
                assert_eq!(held, PASSES_PER_DAY);
            }
            Err(error) => {
                let frozen = self.account == Account::Frozen;
                let expected =
                    if frozen { StoreError::AccountFrozen } else { StoreError::AccountState };
                assert_eq!(error, expected);
                assert!(self.account != Account::Active || self.ended);
            }
        }
    }

    async fn assert_in(&self, store: &Register, id: PersonId) {
        let statuses = store.statuses().await.unwrap();
        for (&(exp, index), &status) in &self.passes {
            assert_eq!(store.pass_holder(exp, index, KEY).await.unwrap().unwrap().id, id);
            let found = statuses.iter().find(|row| (row.exp, row.index) == (exp, index));
            assert_eq!(found.map_or(0, |row| row.status), status);
        }
        assert_eq!(store.person(id).await.unwrap().unwrap().account, self.account);
    }
}

async fn run_account(store: &Register, number: u8, steps: Vec<Step>) {
    let mut now = NOW;
    let id = store.enrol(enrolment(number.into(), now)).await.unwrap();
    let mut offer = grant(id, number, DeviceRule::Replaces);
    offer.code_hash[0] = 200;
    let device = take_up(store, offer, number).await;
    // Its tokens outlive the test's days.
    let lasting = TokenPair { refresh_expires_at: NOW + 90 * DAY, ..pair(usize::from(number)) };
    store.rotate([number + 100; 32], Shown::default(), lasting, now).await.unwrap().0.unwrap();
    let mut model = Model {
        account: Account::Active,
        device,
        ended: false,
        suspended: false,
        passes: BTreeMap::new(),
    };
    for step in steps {
        match step {
            Step::Enrol => {
                let again = store.enrol(enrolment(number.into(), now)).await;
                assert_eq!(again, Err(StoreError::Enrolled));
            }
            Step::Set(account) => {
                let change = AccountChange { at: now, ..change(id, account) };
                let done = store.set_account(change).await.map(drop);
                assert_eq!(done, model.set(account, false));
            }
            Step::Report => {
                let keep = Some(device);
                let change = AccountChange { keep, at: now, ..change(id, Account::Frozen) };
                let done = store.set_account(change).await.map(drop);
                assert_eq!(done, model.set(Account::Frozen, true));
            }
            Step::Issue(ahead) => {
                let exp = szid_protocol::day::end_of_day(now) + ahead * DAY;
                model.issue(store, id, exp, now).await;
            }
            Step::NextDay => now += DAY,
        }
        model.assert_in(store, id).await;
    }
}

fn hash(kind: u8, number: usize) -> [u8; 32] {
    let mut hash = [kind; 32];
    hash[..8].copy_from_slice(&(number as u64).to_be_bytes());
    hash
}

fn pair(number: usize) -> TokenPair {
    TokenPair {
        access_hash: hash(1, number),
        access_expires_at: NOW + 600,
        refresh_hash: hash(2, number),
        refresh_expires_at: NOW + 6000,
        salt: hash(3, number),
    }
}

/// A family by the order in which its refresh tokens were issued.
#[derive(Default)]
struct FamilyModel {
    current: usize,
    previous: Option<usize>,
    /// The first successor of the previous one, where that one came back and got another.
    rival: Option<usize>,
    closed: bool,
}

/// Each use names a refresh token by how many rotations ago it was issued.
async fn run_family(store: &Register, uses: &[usize]) {
    let person = store.enrol(enrolment(1, NOW)).await.unwrap();
    admit(store).await;
    store.put_grant([1; 32], grant(person, 1, DeviceRule::Replaces)).await.unwrap();
    let name = "phone".into();
    store.redeem([1; 32], [7; 32], name, pair(0), NOW).await.unwrap().unwrap();
    let mut model = FamilyModel::default();
    let (mut newest, mut now) = (0, NOW);
    for back in uses {
        let used = newest - back.min(&newest);
        let expected = if model.closed {
            Err(GrantFault::Unknown)
        } else if used == model.current || [model.previous, model.rival].contains(&Some(used)) {
            newest += 1;
            let came_back = model.previous == Some(used);
            let rival = came_back.then_some(model.rival.unwrap_or(model.current));
            model = FamilyModel { current: newest, previous: Some(used), rival, closed: false };
            Ok(person)
        } else {
            model.closed = true;
            Err(GrantFault::Reused)
        };
        let next = if expected.is_ok() { newest } else { 10_000 };
        // Sooner, the same token would ask for the same exchange.
        now += 61;
        let (rotated, _) =
            store.rotate(hash(2, used), Shown::default(), pair(next), now).await.unwrap();
        assert_eq!(rotated.map(|rotated| rotated.person), expected);
        let session = store.session(hash(1, newest), NOW).await.unwrap();
        let session = session.map(|session| session.person);
        assert_eq!(session, (!model.closed).then_some(person));
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn statuses_follow_the_account(cases in proptest::collection::vec(steps(), 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        for (number, steps) in (0u8..).zip(cases) {
            block_on(run_account(&store, number, steps));
        }
    }

    #[test]
    fn families_follow_their_model(uses in proptest::collection::vec(0usize..4, 1..20)) {
        let folder = tempfile::tempdir().unwrap();
        block_on(run_family(&open(folder.path()), &uses));
    }
}
