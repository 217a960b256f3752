//! What is particular to the embedded backend.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::audit::{AuditEvent, AuditHead, ChainReport};
use crate::backend::{KeyRange, RawRow};
use crate::contract::{
    BackendPlace, Inspected, KEY, Place, admit, backend_contract, change, grant, passes,
    store_contract, take_up,
};
use crate::entropy::SystemEntropy;
use crate::master_key::MasterKey;
use crate::rows::{All, Record, Table, decode, encode, encode_key};
use crate::*;

mod forgetting;
mod founding;
mod keying;
mod marking;
mod models;
mod older;
mod recovery;
mod restoration;
mod trails;

const NOW: u64 = 1_768_449_600;
const TODAY: u64 = 1_768_492_800;
const DAY: u64 = 86_400;

/// Keys as they lie on disk.
const FORMAT: &[u8] = b"format";
const AUDIT_HEAD: &[u8] = b"audit-head";

/// The bytes of all rows of a table.
fn all(tables: &Tables, table: Table) -> Vec<RawRow> {
    let whole = KeyRange { from: Vec::new(), below: None };
    tables.range(table, whole).collect::<Result<_, _>>().unwrap()
}

struct Folder(tempfile::TempDir);

impl Place for Folder {
    fn open(&self) -> Arc<dyn Inspected> {
        Arc::new(open(self.0.path()).register)
    }
}

/// A register, and the tables that lie behind it.
struct Opened {
    register: Register,
    tables: Arc<CurrentTables>,
}

impl Deref for Opened {
    type Target = Register;

    fn deref(&self) -> &Register {
        &self.register
    }
}

/// Opens the store in a folder, and founds it before where there is none.
fn open(path: &Path) -> Opened {
    open_with(path, Options::default())
}

fn open_with(path: &Path, options: Options) -> Opened {
    let open = || {
        let mut tables = None;
        let start = |shared| {
            let opened = Embedded::open(path, &SystemEntropy, shared)?;
            tables = Some(Arc::clone(&opened.tables));
            Ok(opened)
        };
        let register = Register::over(start, options)?;
        Ok(Opened { register, tables: tables.unwrap() })
    };
    match open() {
        Err(StoreError::NoRegister(_)) => {
            found(path, Mode::Demo).unwrap();
            open().unwrap()
        }
        other => other.unwrap(),
    }
}

fn found(path: &Path, mode: Mode) -> Result<(), StoreError> {
    let key = MasterKey::throw_away(&SystemEntropy).unwrap();
    let founding = Founding::new(&key, mode, &SystemEntropy).unwrap();
    Register::found(path, &founding, &SystemEntropy)
}

/// Takes away what format 4 did not know.
fn to_format_4(path: &Path) {
    let tables = Tables::open(path).unwrap();
    let meta = tables.keyspace(Table::Meta);
    for key in ["register-id", "mode", "wrapped-secret", "identities-keyed"] {
        meta.remove(key).unwrap();
    }
    meta.insert(FORMAT, 4u32.to_be_bytes()).unwrap();
}

fn enrolment(number: u64, at: u64) -> Enrolment {
    let mut lookup = [7; 32];
    lookup[..8].copy_from_slice(&number.to_be_bytes());
    Enrolment {
        candidate: derive_seeded_id(number),
        lookup,
        document_class: 111,
        evidence: Evidence::of_registrar("counter".into(), 3, 111, at),
        sealed: SealedIdentity { key: None, content: vec![1, 2, 3] },
        actor: "clerk".into(),
        at,
        offer: None,
    }
}

impl BackendPlace for Folder {
    fn open(&self) -> Register {
        open(self.0.path()).register
    }

    fn open_to_fail(&self) -> (Register, Box<dyn Fn()>) {
        let Opened { register, tables } = open(self.0.path());
        let fail = move || tables.held().unwrap().fault.fail_next();
        (register, Box::new(fail))
    }

    /// The files as they are: what was written to them outlives the process.
    fn killed(&self) -> Box<dyn BackendPlace> {
        Box::new(self.copy())
    }
}

impl Folder {
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.0.path(), folder.path());
        Self(folder)
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fjall_does_what_a_database_must() {
    let founded = Folder(tempfile::tempdir().unwrap());
    drop(open(founded.0.path()));
    // To copy one takes less time than to found it.
    backend_contract(|| founded.copy()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_store_keeps_the_contract() {
    store_contract(|| Folder(tempfile::tempdir().unwrap())).await;
}

#[test]
fn a_second_process_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path());
    let second = Register::open(folder.path(), &SystemEntropy);
    assert_eq!(second.err(), Some(StoreError::InUse));
}

#[test]
fn a_newer_format_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    {
        let tables = Tables::open(folder.path()).unwrap();
        let meta = tables.keyspace(Table::Meta);
        meta.insert(FORMAT, (FORMAT_VERSION + 1).to_be_bytes()).unwrap();
    }
    let newer = Register::open(folder.path(), &SystemEntropy);
    let error = StoreError::NewerFormat { found: FORMAT_VERSION + 1, known: FORMAT_VERSION };
    assert_eq!(newer.err(), Some(error));
}

#[tokio::test]
async fn an_edited_and_a_missing_entry_are_found_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..30 {
        store.enrol(enrolment(number, NOW)).await.unwrap();
    }
    let published = store.audit_head().await.unwrap();
    let key = 17u64.to_be_bytes();
    let before = store.tables.held().unwrap().find_bytes(Table::Audit, &key).unwrap().unwrap();
    let edited = String::from_utf8_lossy(&before[32..]).replace("clerk", "admin");
    let row = [&before[..32], edited.as_bytes()].concat();
    let tables = store.tables.held().unwrap();
    let audit = tables.keyspace(Table::Audit);
    audit.insert(key, row).unwrap();
    assert_eq!(store.audit_verify(None).await.unwrap(), ChainReport::Broken { number: 17 });
    audit.insert(key, before).unwrap();
    assert_eq!(store.audit_verify(None).await.unwrap(), ChainReport::Whole(published));
    // A tail that is cut together with the stored head shows only against a head that was published.
    let last = store
        .tables
        .held()
        .unwrap()
        .find_bytes(Table::Audit, &28u64.to_be_bytes())
        .unwrap()
        .unwrap();
    let head = AuditHead { number: 28, digest: *last.first_chunk().unwrap() };
    audit.remove(29u64.to_be_bytes()).unwrap();
    audit.remove(30u64.to_be_bytes()).unwrap();
    store.tables.held().unwrap().keyspace(Table::Meta).insert(AUDIT_HEAD, encode(&head)).unwrap();
    assert_eq!(store.audit_verify(None).await.unwrap(), ChainReport::Whole(head));
    let report = store.audit_verify(Some(published)).await.unwrap();
    assert_eq!(report, ChainReport::Broken { number: 29 });
    audit.remove(5u64.to_be_bytes()).unwrap();
    assert_eq!(store.audit_verify(None).await.unwrap(), ChainReport::Broken { number: 5 });
}

#[tokio::test]
async fn a_head_that_no_entry_can_follow_is_damage_and_what_needs_none_is_written() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    {
        let head = AuditHead { number: u64::MAX, digest: [7; 32] };
        let tables = Tables::open(folder.path()).unwrap();
        tables.keyspace(Table::Meta).insert(AUDIT_HEAD, encode(&head)).unwrap();
    }
    let store = open(folder.path());
    let event = AuditEvent::TokenReuse { person: "p".into() };
    assert_eq!(store.audit(event, NOW).await, Err(StoreError::Damaged(AuditHead::WHAT)));
    assert_eq!(store.check_disk(NOW).await, Ok(()));
}

#[tokio::test]
async fn old_audit_entries_go_where_a_retention_time_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { audit_months: Some(6) };
    let store = open_with(folder.path(), options);
    for month in 0..12 {
        let event = AuditEvent::TokenReuse { person: month.to_string() };
        store.audit(event, NOW + month * 31 * DAY).await.unwrap();
    }
    let now = NOW + 11 * 31 * DAY;
    let went = store.prune(now).await.unwrap();
    assert!((4..=6).contains(&went), "{went}");
    assert_eq!(store.prune(now).await.unwrap(), 0);
    let head = store.audit_head().await.unwrap();
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    let kept = store.audit_entries(0, 100).await.unwrap();
    assert_eq!(kept[0].number, went + 1);
    let last = kept.last().map(|entry| &entry.event);
    assert!(
        matches!(last, Some(AuditEvent::Trimmed { through, .. }) if *through == went),
        "{last:?}"
    );
    store.tables.held().unwrap().keyspace(Table::Audit).remove((went + 1).to_be_bytes()).unwrap();
    let report = store.audit_verify(None).await.unwrap();
    assert_eq!(report, ChainReport::Broken { number: went + 1 });
}

/// Which months are left of entries that were written at these months, when the last of them is over.
async fn months_left(months: &[u64], kept: u32) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Options { audit_months: Some(kept) });
    for month in months {
        let event = AuditEvent::TokenReuse { person: month.to_string() };
        store.audit(event, NOW + month * 31 * DAY).await.unwrap();
    }
    while store.prune(NOW + months.last().unwrap() * 31 * DAY).await.unwrap() > 0 {}
    let entries = store.audit_entries(0, 100).await.unwrap();
    let left = entries.iter().filter_map(|entry| match &entry.event {
        AuditEvent::TokenReuse { person } => person.parse().ok(),
        _ => None,
    });
    left.collect()
}

#[tokio::test]
async fn entries_of_a_clock_that_was_ahead_hold_back_none_that_are_old() {
    // Two entries were written under a clock that was a year ahead, and lie ahead of today's, or no more.
    let left = months_left(&[0, 1, 13, 14, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 6).await;
    assert!(left.len() <= 8 && left.ends_with(&[6, 7, 8, 9, 10, 11]), "{left:?}");
    let months: Vec<u64> = [0, 1, 13, 14].into_iter().chain(2..30).collect();
    let left = months_left(&months, 24).await;
    assert!(left[0] >= 4 && left[0] <= 6, "{left:?}");
}

#[tokio::test]
async fn an_entry_of_a_clock_that_was_behind_takes_none_with_it_that_is_young() {
    for behind in [0, 3, 6, 9] {
        let months: Vec<u64> = (8..14).chain([behind]).chain(14..20).collect();
        let left = months_left(&months, 12).await;
        assert!(left.starts_with(&[8, 9, 10, 11]) && left.contains(&behind), "{behind}: {left:?}");
    }
}

#[tokio::test]
async fn a_change_that_fails_leaves_nothing_in_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let id = store.enrol(enrolment(1, NOW)).await.unwrap();
    // Submitted without waiting, so that they share a group: the second is refused after it has changed rows.
    let good = store.allocate_passes(passes(id, &[TODAY], NOW));
    let refused = store.allocate_passes(passes(id, &[TODAY + DAY, NOW], NOW));
    let after = store.enrol(enrolment(2, NOW));
    assert_eq!(refused.await, Err(StoreError::Exhausted));
    assert_eq!((good.await.unwrap().indices.len(), after.await.is_ok()), (1, true));
    assert_eq!(all(&store.tables.held().unwrap(), Table::Passes).len(), 1);
    let head = store.audit_head().await.unwrap();
    assert_eq!(head.number, 3);
    assert_eq!(store.audit_verify(None).await.unwrap(), ChainReport::Whole(head));
}

/// A small file system in memory; `None` where this process may not mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    fn grow(&self, size: &str) {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-o", &format!("remount,size={size}")]).arg(self.0.path());
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Sealed data that does not compress, so that a disk fills soon.
fn large(number: u64) -> Enrolment {
    let content = (0..1_000).flat_map(|part| derive_seeded_id(number << 20 | part).0).collect();
    Enrolment { sealed: SealedIdentity { key: None, content }, ..enrolment(number, NOW) }
}

#[tokio::test]
#[allow(clippy::print_stderr, reason = "says why it skips itself")]
async fn a_full_disk_stops_writes_until_reopened_and_never_reads() {
    let Some(disk) = SmallDisk::mount("24m") else {
        eprintln!("skipped: a small disk can be mounted by root only");
        return;
    };
    let path = disk.0.path().join("register");
    let store = open(&path);
    let mut written = Vec::new();
    let error = loop {
        match store.enrol(large(written.len() as u64)).await {
            Ok(id) => written.push(id),
            Err(error) => break error,
        }
        assert!(written.len() < 5_000);
    };
    assert_eq!(error.code(), "STORE_DISK", "{error}");
    assert_eq!(store.enrol(enrolment(9_999, NOW)).await, Err(StoreError::ReadOnly));
    let head = store.audit_head().await.unwrap();
    assert_eq!(head.number, written.len() as u64);
    assert!(store.person(written[0]).await.unwrap().is_some());
    drop(store);
    disk.grow("200m");
    let store = open(&path);
    for id in &written {
        assert!(store.person(*id).await.unwrap().is_some());
    }
    let after = store.audit_head().await.unwrap();
    // The write that met the end of the disk may be there, wholly, or not.
    assert!((head.number..=head.number + 1).contains(&after.number));
    assert_eq!(store.audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(after));
    store.enrol(enrolment(9_999, NOW)).await.unwrap();
}
