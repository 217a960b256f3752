//! Rows as columns: each row that the contract writes comes back from its columns as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::rows::columns::Kind;

/// The columns that were seen, by the names of the rows.
static SEEN: Mutex<BTreeMap<&str, BTreeSet<String>>> = Mutex::new(BTreeMap::new());

/// A folder whose rows are looked at once nobody has it open.
struct Watched(Folder);

impl Place for Watched {
    fn open(&self) -> Arc<dyn Inspected> {
        Place::open(&self.0)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A store that a test still holds has been looked at where it was opened again.
        let Ok(tables) = Tables::open(self.0.0.path()) else { return };
        for table in Table::ALL {
            for row in all(&tables, table) {
                let kind = Kind::under(table, &row.0).unwrap();
                let columns = kind.to_columns(&row).unwrap();
                assert_eq!(kind.to_bytes(&columns).as_ref(), Some(&row), "{}", kind.name());
                let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
                let names = columns.iter().map(|(name, _)| name.to_owned());
                seen.entry(kind.name()).or_default().extend(names);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_contract_writes_comes_back_from_its_columns() {
    store_contract(|| Watched(Folder(tempfile::tempdir().unwrap()))).await;
    let seen = SEEN.lock().unwrap();
    for (name, columns) in seen.iter() {
        println!("{name}: {}", columns.iter().cloned().collect::<Vec<_>>().join(", "));
    }
}
