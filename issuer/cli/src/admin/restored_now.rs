//! What a register has now that was put in order after a copy, as an operator has to know it.

use std::collections::BTreeMap;
use std::path::Path;

use szid_issuer::administration::{BearerView, CredentialView};
use szid_protocol::day::end_of_day;
use szid_register::{CredentialScope, Store, StoreError};
use szid_verifier::STATUS_LISTS_HELD;

use super::register::with_any_store;
use crate::{Failure, system};

/// The register as it is now.
pub(super) struct Now {
    /// Whose each of the credentials is that were withdrawn again, by their ids.
    whose: BTreeMap<String, String>,
    /// How many status lists today has.
    pub(super) lists_today: usize,
}

impl Now {
    pub(super) fn read(data: &Path, withdrawn: &[String]) -> Result<Self, Failure> {
        with_any_store(data, async |store| {
            let lists_today = store.named_status_lists(end_of_day(system::now())).await?.len();
            let mut whose = BTreeMap::new();
            if !withdrawn.is_empty() {
                whose = names(store).await?;
                whose.retain(|id, _| withdrawn.contains(id));
            }
            Ok(Self { whose, lists_today })
        })
    }

    /// Whose a credential is.
    pub(super) fn whose(&self, id: &str) -> &str {
        self.whose.get(id).map_or("?", String::as_str)
    }

    /// Says how many status lists there are, and what that is too much for.
    pub(super) fn say_lists(&self) {
        let lists = self.lists_today;
        say!("今日的状态清单 {lists} 份 · status lists of today: {lists}");
        if lists > STATUS_LISTS_HELD as usize {
            hint!(
                "注意：一台闸机至多保存 {STATUS_LISTS_HELD} 份，今日的放不下：其余清单中的市民码在闸机被拒绝（STATUS_MISSING），请改用联网核验 · note: a \
                 gate holds {STATUS_LISTS_HELD}, which is less than today has: codes of the others are refused at gates (STATUS_MISSING), so \
                 verify these with a connection"
            );
        }
    }
}

/// Whose every credential is, by its id.
async fn names(store: &dyn Store) -> Result<BTreeMap<String, String>, StoreError> {
    let registered = store.protections().await?.registered;
    let venues = registered.keys().filter_map(|what| what.strip_prefix("venue "));
    let venues = venues.map(|venue| CredentialScope::Venue(venue.to_owned()));
    let mut found = BTreeMap::new();
    for scope in venues.chain([CredentialScope::Registrars, CredentialScope::Administrators]) {
        for one in store.credentials(scope, None, usize::MAX).await? {
            let CredentialView { credential, bearer, .. } = one.into();
            found.insert(credential, told(bearer));
        }
    }
    Ok(found)
}

fn told(bearer: BearerView) -> String {
    let role = serde_json::to_value(bearer.role).unwrap_or_default();
    let role = role.as_str().unwrap_or_default().to_owned();
    match bearer.venue {
        Some(venue) => format!("{role} {venue}/{}", bearer.name),
        None => format!("{role} {}", bearer.name),
    }
}
