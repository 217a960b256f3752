//! The index into the audit: made anew for an older store, and pruned with the entries that it leads to.

use szid_protocol::reason::Reason;

use super::*;
use crate::{ScanOutcome, TrailPage, TrailQuery};

fn scan(receipt: u8, venue: &str, at: u64) -> ScanRecord {
    ScanRecord {
        receipt: [receipt; 16],
        venue: venue.into(),
        device: "desk".into(),
        site: None,
        scene: 2,
        outcome: ScanOutcome::Refused(Reason::CodeExpired),
        subject: None,
        matter: None,
        retry: None,
        grounds: None,
        at,
    }
}

async fn trail(store: &Register, venue: &str) -> TrailPage {
    let (device, reason, kind, before) = (None, None, None, None);
    let query =
        TrailQuery { device, site: None, reason, kind, from: 0, to: u64::MAX, before, limit: 100 };
    store.trail(venue, query).await.unwrap()
}

fn rows(store: &Opened, table: Table) -> usize {
    all(&store.tables.held().unwrap(), table).len()
}

#[tokio::test]
async fn a_store_of_the_older_format_gets_its_index_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bearer = Bearer::Venue { venue: "library".into(), device: "desk".into() };
    store.put_credential([5; 32], bearer, NOW).await.unwrap();
    let scans = [scan(1, "library", NOW), scan(2, "lib", NOW), scan(3, "library", NOW + 1)];
    store.record_scans(scans.to_vec()).await.unwrap();
    let (before, devices) =
        (trail(&store, "library").await, store.device_credentials("library", None, 9).await);
    assert_eq!(before.entries.len(), 2);
    assert_eq!(devices.as_ref().unwrap().len(), 1);
    drop(store);
    {
        let tables = Tables::open(folder.path()).unwrap();
        for table in [Table::Trails, Table::DeviceCredentials] {
            for row in all(&tables, table) {
                tables.keyspace(table).remove(row.0).unwrap();
            }
        }
        tables.keyspace(Table::Meta).insert(FORMAT, 1u32.to_be_bytes()).unwrap();
    }
    let store = open(folder.path());
    assert_eq!(trail(&store, "library").await, before);
    assert_eq!(trail(&store, "lib").await.entries.len(), 1);
    assert_eq!(store.device_credentials("library", None, 9).await, devices);
    let format = store.tables.held().unwrap().find_bytes(Table::Meta, FORMAT).unwrap();
    assert_eq!(format, Some(FORMAT_VERSION.to_be_bytes().to_vec()));
}

#[tokio::test]
async fn rows_of_the_index_go_with_their_entries() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { audit_months: Some(1) };
    let store = open_with(folder.path(), options);
    let late = NOW + 100 * DAY;
    store.record_scans(vec![scan(1, "library", NOW), scan(2, "library", late)]).await.unwrap();
    assert_eq!(rows(&store, Table::Trails), 2);
    while store.prune(late).await.unwrap() > 0 {}
    assert_eq!(rows(&store, Table::Trails), 1);
    let left = trail(&store, "library").await;
    assert_eq!((left.entries.len(), left.entries[0].receipt, left.next), (1, [2; 16], None));
}
