//! What is known of the register outside its own folder: how far its audit had come, its epoch, the status
//! lists that were published and the trust list that was in force. A register that is behind its witness was
//! put back from a copy, or entries were taken from it.

mod keeping;
mod restoring;

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
pub(crate) use keeping::{WitnessKeeper, run};
pub use restoring::{Outside, RestoreError, restore};
use serde::{Deserialize, Serialize};
use szid_protocol::told::{Tell, Told, catalogue};
use szid_register::audit::AuditHead;
use szid_register::private_folder;
use szid_register::{DayLists, Protections, RegisterId, RegisterIdentity, Store, StoreError};

/// Written at most once a second, and left to the system to bring to the disk.
const NEWEST: &str = "head.json";
/// Written hourly and at every orderly end, and brought to the disk at once.
const DURABLE: &str = "head-durable.json";
const LISTS: &str = "lists";
/// Held while a service keeps the witness.
const LOCK: &str = "lock";
/// What is registered: what it protects is protected again in a register that was put back.
const PROTECTIONS: &str = "protections.json";
/// As the root signed it: a copy of data, keys and list, all put back, does not bring back a key that it has
/// forgotten.
const TRUST_LIST: &str = "trust-list.cwt";

/// What a witness says of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// Which register.
    pub register: RegisterId,
    /// How often it was put back from a copy.
    pub epoch: u32,
    /// The newest audit head.
    pub head: AuditHead,
    /// How many status lists the days have.
    pub days: Vec<DayLists>,
    /// The newest signed head, as it was published.
    pub published: Option<Vec<u8>>,
}

/// The form on disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    register: String,
    epoch: u32,
    head: String,
    days: Vec<DayLists>,
    published: Option<String>,
}

impl From<&Testimony> for Written {
    fn from(testimony: &Testimony) -> Self {
        Self {
            register: HEXLOWER.encode(&testimony.register.0),
            epoch: testimony.epoch,
            head: testimony.head.to_string(),
            days: testimony.days.clone(),
            published: testimony.published.as_ref().map(|bytes| BASE64.encode(bytes)),
        }
    }
}

impl Written {
    fn read(self) -> Option<Testimony> {
        let published = self.published.map(|text| BASE64.decode(text.as_bytes()));
        Some(Testimony {
            register: RegisterId(HEXLOWER.decode(self.register.as_bytes()).ok()?.try_into().ok()?),
            epoch: self.epoch,
            head: self.head.parse().ok()?,
            days: self.days,
            published: published.transpose().ok()?,
        })
    }
}

/// Why the register is not served, or the witness cannot be had. `code()` is stable and listed in
/// `docs/errors.md`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The register lacks what the witness has seen.
    #[error("the register is behind its witness in {0}")]
    Behind(PathBuf),
    /// There was a witness, and it is gone.
    #[error("the register's witness is not in {0}")]
    Missing(PathBuf),
    /// The witness is another register's.
    #[error("the witness in {0} is another register's")]
    Foreign(PathBuf),
    /// The witness cannot be read.
    #[error("the witness is damaged: {0}")]
    Damaged(PathBuf),
    /// Another process keeps it.
    #[error("the witness in {0} is kept by another process")]
    InUse(PathBuf),
    /// Another service has written into it.
    #[error("another service writes into the witness in {0}")]
    Other(PathBuf),
    /// The disk failed.
    #[error("the witness cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// The register failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

catalogue! { WitnessError:
    Self::Behind(_) => "REGISTER_BEHIND", "登记库落后于其见证", "登记库被退回到旧状态，或有记录被删去：请查明是哪一种；从备份恢复的，执行 szid admin restored", "the register was put back from a backup, or entries were taken from it: find out which; where it was put back, run szid admin restored";
    Self::Missing(_) => "WITNESS_MISSING", "找不到登记库的见证目录", "请指明见证目录（szid.toml 的 witness、SZID_WITNESS）；已经丢失的，用最近一次发布的审计链头执行 szid admin restored --without-witness", "name the witness's folder (witness in szid.toml, SZID_WITNESS); where it is lost, run szid admin restored --without-witness with the last published head";
    Self::Foreign(_) => "WITNESS_FOREIGN", "见证属于另一个登记库", "请核对 data_dir 和 witness：数据目录可能是未挂载的磁盘，或放入了另一座城市的数据；恢复的备份早于第一份见证的，执行 szid admin restored", "the witness is another register's: check data_dir and witness, since the data folder may be a disk that is not mounted, or hold another city's data; a register put back from before it had a witness needs szid admin restored";
    Self::Damaged(_) => "WITNESS_DAMAGED", "见证已损坏", "请放回见证目录，或用已发布的审计链头执行 szid admin restored；只有 protections.json 无法读取的，放回该文件；确已丢失的，将其移走后再执行：备份之后被冻结者的手机须重新申领", "put the witness back, or run szid admin restored with what was published; where protections.json alone cannot be read, put that file back, or, once it is lost for good, take it away and run it again: phones of whoever was frozen after the backup then have to be enrolled anew";
    Self::InUse(_) => "WITNESS_IN_USE", "见证目录正被另一个进程使用", "请停止使用同一登记库（或其副本）的另一个服务；一个登记库只能由一个服务提供", "stop the other service that serves this register or a copy of it: a register is served by one service";
    Self::Other(_) => "WITNESS_SHARED", "另一个服务也在写入这份见证", "请停止使用同一登记库（或其副本）的另一个服务，再对继续使用的登记库执行 szid admin restored", "stop the other service that serves a copy of this register, then run szid admin restored for the one that goes on";
    Self::Io(_) => "WITNESS_IO", "无法读写见证目录", "请检查见证目录所在磁盘及其写入权限", "check the witness's disk and who may write to it";
}

impl WitnessError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            _ => self.row().map_or("", |row| row.code),
        }
    }
}

impl Tell for WitnessError {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Store(error) => return error.tell(),
            Self::Behind(folder)
            | Self::Missing(folder)
            | Self::Foreign(folder)
            | Self::Damaged(folder)
            | Self::InUse(folder)
            | Self::Other(folder) => folder.display().to_string(),
            Self::Io(error) => error.to_string(),
        };
        Told::of(self.row(), self, &particulars)
    }
}

/// The folder of a witness.
#[derive(Clone, Debug)]
pub struct Witness(PathBuf);

impl Witness {
    /// The witness in a folder, which is made when it is first written to.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The folder beside a service's data folder, for a service that names no other: `data` has
    /// `data-witness`.
    pub fn beside(data: &Path) -> Self {
        Self(match data.file_name() {
            Some(name) => {
                let mut name = OsString::from(name);
                name.push("-witness");
                data.with_file_name(name)
            }
            None => data.join("..").join("szid-witness"),
        })
    }

    /// Keeps other processes of this machine out until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, WitnessError> {
        private_folder::make(&self.0)?;
        let file = File::options().create(true).append(true).open(self.0.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(WitnessError::InUse(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// What it says; nothing where there is none.
    ///
    /// # Errors
    /// [`WitnessError::Damaged`], [`WitnessError::Io`].
    pub fn read(&self) -> Result<Option<Testimony>, WitnessError> {
        let mut newest: Option<Testimony> = None;
        let mut is_there = false;
        for name in [NEWEST, DURABLE] {
            let bytes = match fs::read(self.0.join(name)) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            is_there = true;
            // A power cut may leave one of the two in pieces.
            let written = serde_json::from_slice::<Written>(&bytes).ok();
            let Some(found) = written.and_then(Written::read) else { continue };
            let order = |testimony: &Testimony| (testimony.epoch, testimony.head.number);
            if newest.as_ref().is_none_or(|known| order(&found) > order(known)) {
                newest = Some(found);
            }
        }
        if is_there && newest.is_none() {
            return Err(WitnessError::Damaged(self.0.clone()));
        }
        Ok(newest)
    }

    /// Keeps what is known now; on the disk before it returns where that is asked for.
    ///
    /// # Errors
    /// As the disk.
    pub fn write(&self, testimony: &Testimony, durably: bool) -> io::Result<()> {
        private_folder::make(&self.0)?;
        let bytes = serde_json::to_vec(&Written::from(testimony)).map_err(io::Error::other)?;
        if durably {
            self.replace(Path::new(DURABLE), &bytes, true)?;
        }
        self.replace(Path::new(NEWEST), &bytes, durably)
    }

    fn replace(&self, name: &Path, bytes: &[u8], durably: bool) -> io::Result<()> {
        let path = self.0.join(name);
        let draft = path.with_extension("draft");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        if durably {
            file.sync_all()?;
        }
        fs::rename(&draft, &path)?;
        if durably && let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Keeps a status list as it was published.
    ///
    /// # Errors
    /// As the disk.
    pub fn keep_list(&self, (exp, list): (u64, u32), document: &[u8]) -> io::Result<()> {
        private_folder::make(&self.0.join(LISTS))?;
        let name = Path::new(LISTS).join(format!("{exp}-{list}"));
        self.replace(&name.with_extension("cwt"), document, false)
    }

    /// Keeps what is registered.
    ///
    /// # Errors
    /// As the disk.
    pub fn keep_protections(&self, protections: &Protections, durably: bool) -> io::Result<()> {
        private_folder::make(&self.0)?;
        let bytes = serde_json::to_vec(protections).map_err(io::Error::other)?;
        self.replace(Path::new(PROTECTIONS), &bytes, durably)
    }

    /// What was registered; nothing where it was not kept.
    ///
    /// # Errors
    /// As the disk, and [`WitnessError::Damaged`] for what cannot be read: a torn file is no word that
    /// nothing was protected, and may still be mended.
    pub fn protections(&self) -> Result<Option<Protections>, WitnessError> {
        let file = self.0.join(PROTECTIONS);
        match fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|_| WitnessError::Damaged(file))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the trust list in force; on the disk before it returns.
    ///
    /// # Errors
    /// As the disk.
    pub fn keep_trust_list(&self, document: &[u8]) -> io::Result<()> {
        private_folder::make(&self.0)?;
        self.replace(Path::new(TRUST_LIST), document, true)
    }

    /// Where the trust list is kept.
    pub fn trust_list_file(&self) -> PathBuf {
        self.0.join(TRUST_LIST)
    }

    /// The newest trust list that was in force, as it was kept; nothing where none was.
    ///
    /// # Errors
    /// As the disk.
    pub fn trust_list(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.trust_list_file()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The lists that are kept, with the ends of their days.
    fn list_files(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let entries = match fs::read_dir(self.0.join(LISTS)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let day =
                path.file_stem().and_then(|stem| stem.to_str()?.split_once('-')?.0.parse().ok());
            if let Some(exp) = day
                && path.extension().is_some_and(|end| end == "cwt")
            {
                files.push((exp, path));
            }
        }
        Ok(files)
    }

    /// The lists of days that have not ended.
    ///
    /// # Errors
    /// As the disk.
    pub fn lists(&self, now: u64) -> io::Result<Vec<Vec<u8>>> {
        let files = self.list_files()?;
        files.into_iter().filter(|(exp, _)| *exp > now).map(|(_, path)| fs::read(path)).collect()
    }

    /// Lets go of lists of days that ended before `past`.
    pub(crate) fn prune(&self, past: u64) -> io::Result<()> {
        for (_, path) in self.list_files()?.into_iter().filter(|(exp, _)| *exp < past) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Keeps what this witness says beside it, under the name of its epoch, before it is replaced.
    ///
    /// # Errors
    /// As the disk.
    pub fn set_aside(&self, testimony: &Testimony) -> io::Result<()> {
        private_folder::make(&self.0)?;
        let bytes = serde_json::to_vec(&Written::from(testimony)).map_err(io::Error::other)?;
        let name = format!("head-of-epoch-{}.json", testimony.epoch);
        self.replace(Path::new(&name), &bytes, true)
    }

    /// Checks that the register has what the witness has seen. A register that never had a witness gets this
    /// one.
    ///
    /// # Errors
    /// [`WitnessError`]: the register must not be served, nor changed.
    pub async fn check(&self, store: &dyn Store) -> Result<(), WitnessError> {
        self.compare(store).await?;
        if self.read()?.is_none() {
            self.note(store, &Note { days_from: 0, published: None, durably: true }).await?;
        }
        if !store.identity().await?.copied_kept {
            store.mark_witnessed().await?;
        }
        Ok(())
    }

    /// The same for whoever only looks: nothing is written.
    ///
    /// # Errors
    /// As [`Witness::check`].
    pub async fn compare(&self, store: &dyn Store) -> Result<(), WitnessError> {
        let RegisterIdentity { id, epoch, witnessed, restored_from, .. } = store.identity().await?;
        match self.read()? {
            None if witnessed => Err(WitnessError::Missing(self.0.clone())),
            Some(seen) if seen.register != id => Err(WitnessError::Foreign(self.0.clone())),
            Some(seen) if seen.epoch > epoch => Err(WitnessError::Behind(self.0.clone())),
            // A register that was put in order from this witness may have been stopped before the witness was
            // told.
            Some(seen) if seen.epoch < epoch && restored_from == Some(seen.head) => Ok(()),
            Some(seen) if !store.audit_contains(seen.head).await? => {
                Err(WitnessError::Behind(self.0.clone()))
            }
            None | Some(_) => Ok(()),
        }
    }

    /// Keeps how far the register has come, after a change of a service that is stopped.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub async fn update(&self, store: &dyn Store, now: u64) -> Result<(), WitnessError> {
        let published = self.read()?.and_then(|seen| seen.published);
        self.note(store, &Note { days_from: now, published, durably: true }).await
    }

    async fn note(&self, store: &dyn Store, note: &Note) -> Result<(), WitnessError> {
        let RegisterIdentity { id, epoch, .. } = store.identity().await?;
        let testimony = Testimony {
            register: id,
            epoch,
            head: store.audit_head().await?,
            days: store.day_lists(note.days_from).await?,
            published: note.published.clone(),
        };
        // First: a head that is kept has nothing before it that is not.
        self.keep_protections(&store.protections().await?, note.durably)?;
        Ok(self.write(&testimony, note.durably)?)
    }
}

/// What else goes into a testimony.
struct Note {
    days_from: u64,
    published: Option<Vec<u8>>,
    durably: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_768_449_600;

    fn testimony(number: u64) -> Testimony {
        Testimony {
            register: RegisterId([4; 16]),
            epoch: 1,
            head: AuditHead { number, digest: [number as u8; 32] },
            days: vec![DayLists { exp: NOW, lists: 20, passed_over: vec![(2, 18)] }],
            published: Some(vec![1, 2, 3]),
        }
    }

    #[test]
    fn the_newer_of_two_whole_files_counts_and_pieces_of_one_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let witness = Witness::beside(&folder.path().join("data"));
        assert_eq!(witness.0, folder.path().join("data-witness"));
        assert_eq!(witness.read().unwrap(), None);
        witness.write(&testimony(5), true).unwrap();
        witness.write(&testimony(9), false).unwrap();
        assert_eq!(witness.read().unwrap(), Some(testimony(9)));
        fs::write(witness.0.join(NEWEST), b"").unwrap();
        assert_eq!(witness.read().unwrap(), Some(testimony(5)));
        fs::write(witness.0.join(DURABLE), b"{").unwrap();
        assert!(matches!(witness.read(), Err(WitnessError::Damaged(_))));
    }

    #[test]
    fn lists_are_kept_until_their_day_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let witness = Witness::new(folder.path().into());
        assert!(witness.lists(0).unwrap().is_empty());
        for (exp, document) in [(10, b"a"), (20, b"b"), (20, b"c")] {
            witness.keep_list((exp, 0), document).unwrap();
        }
        assert_eq!(witness.lists(10).unwrap(), [b"c"]);
        witness.prune(20).unwrap();
        assert_eq!(witness.lists(0).unwrap(), [b"c"]);
    }
}
