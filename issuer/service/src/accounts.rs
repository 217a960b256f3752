//! What changes persons' accounts: online scans see it before it is answered, whether or not anybody still
//! waits.

use std::sync::Arc;

use szid_register::{
    Account, AccountChange, AccountConfirmed, DeviceId, Freezing, GrantFault, LossReport,
    LossReported, OtherDevices, PassesAsked, PassesGiven, PersonId, Request, RequestFault,
    RequestId, Rotated, Session, Shown, StatusChange, StoreError, TokenPair,
};

use crate::publication::StatusBoard;
use crate::shared::Common;

/// What accounts are changed with: the register, and the board that online scans look at.
pub(crate) struct Accounts {
    pub(crate) common: Arc<Common>,
    pub(crate) statuses: Arc<StatusBoard>,
}

/// What a change came to, and the statuses that changed with it.
type Changed<T> = Result<(T, Vec<StatusChange>), StoreError>;

/// Waits for a change, and puts the statuses that came of it on the board. A task of its own: a client that
/// goes away must not keep what is on disk from the board.
async fn publish<T: Send + 'static>(
    statuses: &Arc<StatusBoard>,
    change: impl Future<Output = Changed<T>> + Send + 'static,
) -> Result<T, StoreError> {
    let statuses = Arc::clone(statuses);
    let changed = tokio::spawn(async move {
        let (done, changes) = change.await?;
        statuses.apply(&changes);
        Ok(done)
    });
    changed.await.unwrap_or(Err(StoreError::Closed))
}

fn confirmed(
    confirmed: Result<AccountConfirmed, RequestFault>,
) -> (Result<(PersonId, Account), RequestFault>, Vec<StatusChange>) {
    match confirmed {
        Ok(confirmed) => (Ok((confirmed.person, confirmed.account)), confirmed.changes),
        Err(fault) => (Err(fault), Vec::new()),
    }
}

impl Accounts {
    /// A loss that a person reports on a device: how the other devices stand then.
    pub(crate) async fn report_loss(&self, report: LossReport) -> Result<OtherDevices, StoreError> {
        let store = Arc::clone(&self.common.store);
        let change = async move {
            let LossReported { others, changes } = store.report_loss(report).await?;
            Ok((others, changes))
        };
        publish(&self.statuses, change).await
    }

    /// A freeze in a registrar's name; the request, where it waits for a second one.
    pub(crate) async fn freeze(
        &self,
        change: AccountChange,
        request: RequestId,
    ) -> Result<Result<Option<Request>, RequestFault>, StoreError> {
        let store = Arc::clone(&self.common.store);
        let change = async move {
            Ok(match store.freeze(change, request).await? {
                Ok(Freezing::Done(changes)) => (Ok(None), changes),
                Ok(Freezing::Waits(request)) => (Ok(Some(request)), Vec::new()),
                Err(fault) => (Err(fault), Vec::new()),
            })
        };
        publish(&self.statuses, change).await
    }

    /// The same for a change that another registrar asked for.
    pub(crate) async fn confirm_account(
        &self,
        id: RequestId,
        actor: String,
    ) -> Result<Result<(PersonId, Account), RequestFault>, StoreError> {
        let (store, now) = (Arc::clone(&self.common.store), self.common.clock.now());
        let change = async move { Ok(confirmed(store.confirm_account(id, actor, now).await?)) };
        publish(&self.statuses, change).await
    }

    /// Changes what is kept of a person, as another registrar asked for.
    pub(crate) async fn confirm_change(
        &self,
        id: RequestId,
        actor: String,
    ) -> Result<Result<(PersonId, Account), RequestFault>, StoreError> {
        let (store, now) = (Arc::clone(&self.common.store), self.common.clock.now());
        let change = async move { Ok(confirmed(store.confirm_change(id, actor, now).await?)) };
        publish(&self.statuses, change).await
    }

    /// Gives passes, by their indices; older devices may end with them. Where a quota is used up, the person
    /// is told which device asks.
    pub(crate) async fn give_passes(&self, asked: PassesAsked) -> Result<Vec<u32>, StoreError> {
        let store = Arc::clone(&self.common.store);
        let change = async move {
            let PassesAsked { person, device, at, .. } = asked;
            let given = store.allocate_passes(asked).await;
            if let (Err(StoreError::Quota), Some(device)) = (&given, device) {
                store.tell_of_quota(Session { person, device }, at).await?;
            }
            given.map(|PassesGiven { indices, changes }| (indices, changes))
        };
        publish(&self.statuses, change).await
    }

    /// Replaces a refresh token; an old one that comes back stops its device.
    pub(crate) async fn rotate(
        &self,
        refresh_hash: [u8; 32],
        shown: Shown,
        tokens: TokenPair,
        now: u64,
    ) -> Result<Result<Rotated, GrantFault>, StoreError> {
        let store = Arc::clone(&self.common.store);
        publish(&self.statuses, async move { store.rotate(refresh_hash, shown, tokens, now).await })
            .await
    }

    /// Ends the device that asks, where its holder has another one: false where not.
    pub(crate) async fn sign_off(&self, holder: Session) -> Result<bool, StoreError> {
        let (store, now) = (Arc::clone(&self.common.store), self.common.clock.now());
        let change = async move {
            let changes = store.sign_off(holder, now).await?;
            Ok((changes.is_some(), changes.unwrap_or_default()))
        };
        publish(&self.statuses, change).await
    }

    /// Ends a device in its holder's name.
    pub(crate) async fn end_device(
        &self,
        holder: Session,
        device: DeviceId,
    ) -> Result<(), StoreError> {
        let (store, now) = (Arc::clone(&self.common.store), self.common.clock.now());
        let change = async move { Ok(((), store.end_device(holder.person, device, now).await?)) };
        publish(&self.statuses, change).await
    }
}
