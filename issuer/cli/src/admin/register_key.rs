//! The key that wraps the register's data secret: which register it opens, and its replacement.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use szid_register::audit::AuditEvent;
use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::merge_keys;
use szid_register::{Register, RegisterId, Seal, StoreError};

use super::files::Files;
use super::fitting_key::{kept, open_seal};
use super::keys::{REGISTER_KEY, read_master_key};
use super::keys_in_use::KeysInUse;
use super::register::{explained, warn_of_witness, with_opened, witness_of};
use super::rotation::replace_file;
use crate::{Failure, system};

/// 查看 register.key 能否打开登记库 · Say whether register.key opens the register; with --rotate, replace it
///
/// 输出一个 JSON 对象；加 --rotate 则更换密钥。
/// 新密钥封装同一数据密钥：不改动任何记录，片刻即可完成。任何时刻中断，register.key 都能打开登记库，
/// 再次运行即可完成。旧密钥留在 previous/：更换前的备份仍需用它。请先停止服务。
///
/// It prints one JSON object.
/// The new key wraps the same data secret: no record is touched, and it takes a moment. Killed at any point, register.key
/// opens the register, and the command does the rest when it is run again. The old key stays in previous/: backups from
/// before need it. Stop the service first.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// 更换密钥 · Replace the key.
    #[arg(long)]
    rotate: bool,
    /// 旧版登记库曾用两把密钥的，给出另一把：其封装的改由 register.key 封装。首次启动前使用一次，请先备份数据目录 · Of a register of older software that
    /// was used with two keys, the other one: whoever is sealed under it is sealed under register.key. Once,
    /// before the first start; make a copy of data first.
    #[arg(long, value_name = "FILE", conflicts_with = "rotate")]
    also: Option<PathBuf>,
    /// 恢复更换密钥之前的备份后，放回 previous/ 中能打开它的密钥；现有密钥移入 previous/ · After a backup from before the key was replaced was put back: put the key of previous/ that opens it in register.key's
    /// place. The key that lies there now goes to previous/: later backups need it.
    #[arg(long, conflicts_with_all = ["rotate", "also"])]
    from_previous: bool,
}

impl Args {
    /// Whether nothing is changed.
    pub(super) fn only_shows(&self) -> bool {
        !self.rotate && !self.from_previous && self.also.is_none()
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let witness = witness_of(&args.files.data);
    if let Some(other) = &args.also {
        return merge(args, other);
    }
    with_opened(&args.files.data, async |store| {
        let rotation = Rotation::new(store, &args.files.keys)?;
        if args.from_previous {
            rotation.put_back()?;
        } else if args.rotate {
            witness.check(store).await.map_err(Failure::told)?;
            KeysInUse::read(&args.files.data)?.check(&args.files.keys)?;
            rotation.run().await?;
            let key = KeysInUse::note_register_key(&args.files.data, &args.files.keys)?;
            let key = key.display();
            hint!(
                "新密钥在 {key}，别处没有：请存入保险柜；旧密钥留在 previous/，此前的备份需用它\n\
                 the new key is {key} and nowhere else: put a copy into the safe. The one before stays in previous/, for backups from before"
            );
            witness.update(store, system::now()).await.map_err(Failure::told)?;
        } else {
            warn_of_witness(&witness, store).await;
        }
        rotation.print()
    })?;
    Ok(ExitCode::SUCCESS)
}

fn merge(args: &Args, other: &Path) -> Result<ExitCode, Failure> {
    let (key, other) = (
        read_master_key(&args.files.keys)?,
        MasterKey::read(other).map_err(|error| Failure::told(error).at(other).with_exit(2))?,
    );
    let witness = witness_of(&args.files.data);
    let merged = with_opened(&args.files.data, async |store| {
        if store.seal().map_err(|error| explained(&error))?.is_some() {
            return Err(Failure::usage(
                "此登记库只有一把密钥：没有做任何改动",
                "this register has one key: nothing was changed",
            ));
        }
        witness.check(store).await.map_err(Failure::told)?;
        let merged = merge_keys(store, &key, &other, system::now(), &SystemEntropy).await;
        let merged = merged.map_err(|error| explained(&error))?;
        witness.update(store, system::now()).await.map_err(Failure::told)?;
        Ok(merged)
    })?;
    for person in &merged.revoked {
        say!(
            "同一证件的重复记录，已注销，请本人持证重新办理 · a second record of one document, revoked; the person applies again with it: {person}"
        );
    }
    say!(
        "已改由 register.key 封装 {0} 人，现在可以启动服务 · {0} identities are sealed under register.key now: start the service",
        merged.resealed
    );
    Ok(ExitCode::SUCCESS)
}

/// What is to be done next. Each step is on disk as a whole or not at all, and what lies there tells which one comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A new key, in a file of its own beside the old one.
    MakeKey,
    /// The data secret under both keys: from here either opens it.
    WrapUnderBoth,
    /// The new key's file in the place of the old one, which is kept.
    ReplaceFile,
    /// The data secret under the new key alone, with an entry in the audit.
    Finish,
}

struct Rotation<'a> {
    store: &'a Register,
    keys: &'a Path,
    id: RegisterId,
}

impl<'a> Rotation<'a> {
    fn new(store: &'a Register, keys: &'a Path) -> Result<Self, Failure> {
        let id = store.register_id().map_err(|error| explained(&error))?;
        Ok(Self { store, keys, id })
    }

    /// From wherever an earlier run was interrupted to the end.
    async fn run(&self) -> Result<(), Failure> {
        loop {
            let step = self.next_step()?;
            self.take(step).await?;
            if step == Step::Finish {
                return Ok(());
            }
        }
    }

    /// Puts the kept key that opens the register in the place of the one that does not, which is kept as well.
    fn put_back(&self) -> Result<(), Failure> {
        let (seal, key) = (self.seal()?, read_master_key(self.keys)?);
        if seal.open(self.id, &key).is_ok() {
            return Ok(());
        }
        let wrong = || explained(&StoreError::WrongKey);
        let kept = kept(&seal, self.id, self.keys).ok_or_else(wrong)?;
        // A copy takes the place, so that no key is ever without its file in previous/.
        let back = self.keys.join("register.key.back");
        let copied =
            std::fs::copy(&kept, &back).and_then(|_| std::fs::File::open(&back)?.sync_all());
        copied.map_err(|error| Failure::system(error).at(&back))?;
        replace_file(self.keys, &self.keys.join(REGISTER_KEY), &back)?;
        let kept = kept.display();
        hint!(
            "已放回 {kept}；此前的 register.key 保留在 previous/ · {kept} is put back; the register.key of before stays in previous/"
        );
        Ok(())
    }

    /// Says what the key in place opens, if it is this register's.
    fn print(&self) -> Result<(), Failure> {
        let (seal, key) = (self.seal()?, read_master_key(self.keys)?);
        open_seal(&seal, self.id, &key, self.keys)?;
        let file = self.keys.join(REGISTER_KEY);
        let told = json!({
            "file": std::fs::canonicalize(&file).unwrap_or(file),
            "register": self.id.to_string(),
            "mode": seal.mode.word(),
            "key": seal.current.key_name(),
            "rotating": seal.next.is_some(),
        });
        say!("{told}");
        Ok(())
    }

    fn seal(&self) -> Result<Seal, Failure> {
        let seal = self.store.seal().map_err(|error| explained(&error))?;
        seal.ok_or_else(|| {
            Failure::usage(
                "此登记库尚未标明模式和密钥：请先启动一次服务",
                "this register is not marked with its mode and key yet: start the service once",
            )
        })
    }

    fn staged(&self) -> PathBuf {
        self.keys.join("register.key.next")
    }

    /// A staged key that was written to its end.
    fn staged_key(&self) -> Option<MasterKey> {
        MasterKey::read(&self.staged()).ok()
    }

    fn next_step(&self) -> Result<Step, Failure> {
        let (seal, key) = (self.seal()?, read_master_key(self.keys)?);
        open_seal(&seal, self.id, &key, self.keys)?;
        Ok(match self.staged_key() {
            _ if seal.is_next(&key) => Step::Finish,
            None => Step::MakeKey,
            Some(staged) if seal.is_next(&staged) => Step::ReplaceFile,
            Some(_) => Step::WrapUnderBoth,
        })
    }

    async fn take(&self, step: Step) -> Result<(), Failure> {
        match step {
            Step::MakeKey => self.make_key(),
            Step::WrapUnderBoth => {
                let (key, next) = (read_master_key(self.keys)?, self.staged_key());
                let next = next.ok_or_else(|| {
                    Failure::failed("无法读取新密钥", "the new key cannot be read")
                })?;
                let both = self.seal()?.with_next(self.id, &key, &next, &SystemEntropy);
                self.put(both.map_err(|error| explained(&error))?, None).await
            }
            Step::ReplaceFile => {
                replace_file(self.keys, &self.keys.join(REGISTER_KEY), &self.staged())
            }
            Step::Finish => {
                let seal = self.seal()?.finished();
                let event = AuditEvent::Register {
                    act: "key_replaced".into(),
                    mode: seal.mode.word().into(),
                    key: seal.current.key_name(),
                    name: None,
                };
                self.put(seal, Some(event)).await
            }
        }
    }

    fn make_key(&self) -> Result<(), Failure> {
        let path = self.staged();
        // Half a file, which nothing was wrapped under: a key is wrapped under only once it can be read.
        if path.exists() {
            std::fs::remove_file(&path).map_err(Failure::system)?;
        }
        MasterKey::make(&path, &SystemEntropy).map(drop).map_err(Failure::told)
    }

    async fn put(&self, seal: Seal, event: Option<AuditEvent>) -> Result<(), Failure> {
        self.store.put_seal(seal, event, system::now()).await.map_err(|error| explained(&error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use szid_register::{Founding, Mode, Store};

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn found() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            std::fs::create_dir(place.keys()).unwrap();
            let key = MasterKey::make(&place.keys().join(REGISTER_KEY), &SystemEntropy).unwrap();
            let founding = Founding::new(&key, Mode::Demo, &SystemEntropy).unwrap();
            Register::found(&place.register(), &founding, &SystemEntropy).unwrap();
            place
        }

        fn keys(&self) -> PathBuf {
            self.0.path().join("keys")
        }

        fn register(&self) -> PathBuf {
            self.0.path().join("register")
        }

        fn open(&self) -> Register {
            Register::open(&self.register(), &SystemEntropy).unwrap()
        }

        /// What a service that starts now would do.
        fn unlock(&self, key: &MasterKey) -> Result<Vec<u8>, StoreError> {
            let store = self.open();
            let secret = store.seal()?.unwrap().open(store.register_id()?, key)?;
            Ok(secret.to_vec())
        }

        fn key(&self) -> MasterKey {
            read_master_key(&self.keys()).unwrap()
        }
    }

    /// Does so many steps, and is gone.
    async fn interrupted_after(place: &Place, steps: usize) {
        let (store, keys) = (place.open(), place.keys());
        let rotation = Rotation::new(&store, &keys).unwrap();
        for _ in 0..steps {
            rotation.take(rotation.next_step().unwrap()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn killed_after_any_step_the_key_in_place_opens_the_register_and_a_second_run_ends_it() {
        for steps in 0..=3 {
            let place = Place::found();
            let old = place.key();
            let secret = place.unlock(&old).unwrap();
            interrupted_after(&place, steps).await;
            assert_eq!(place.unlock(&place.key()).unwrap(), secret, "after {steps} steps");
            assert_eq!(place.unlock(&old).unwrap(), secret, "the old one opens until the end");

            let (store, keys) = (place.open(), place.keys());
            Rotation::new(&store, &keys).unwrap().run().await.unwrap();
            let entries = store.audit_entries(0, 10).await.unwrap();
            drop(store);
            assert_eq!(place.unlock(&place.key()).unwrap(), secret, "after {steps} steps");
            assert_eq!(place.unlock(&old), Err(StoreError::WrongKey));
            let kept = MasterKey::read(&place.keys().join("previous/register.key.1")).unwrap();
            assert_eq!(place.unlock(&kept), Err(StoreError::WrongKey), "it is the old one");
            assert!(!place.keys().join("register.key.next").exists());
            assert_eq!(entries.len(), 1, "after {steps} steps");
            assert!(
                matches!(&entries[0].event, AuditEvent::Register { act, .. } if act == "key_replaced")
            );
        }
    }

    #[tokio::test]
    async fn half_a_new_key_is_made_anew_and_a_lost_one_too() {
        for lost in [false, true] {
            let place = Place::found();
            let secret = place.unlock(&place.key()).unwrap();
            let staged = place.keys().join("register.key.next");
            if lost {
                interrupted_after(&place, 2).await;
                std::fs::remove_file(&staged).unwrap();
            } else {
                std::fs::write(&staged, "0123").unwrap();
            }
            let (store, keys) = (place.open(), place.keys());
            Rotation::new(&store, &keys).unwrap().run().await.unwrap();
            drop(store);
            assert_eq!(place.unlock(&place.key()).unwrap(), secret);
        }
    }

    #[tokio::test]
    async fn a_foreign_key_replaces_nothing() {
        let place = Place::found();
        let path = place.keys().join(REGISTER_KEY);
        std::fs::remove_file(&path).unwrap();
        MasterKey::make(&path, &SystemEntropy).unwrap();
        let (store, keys) = (place.open(), place.keys());
        let refused = Rotation::new(&store, &keys).unwrap().run().await;
        assert!(refused.unwrap_err().to_string().contains("STORE_WRONG_KEY"));
        assert!(!place.keys().join("register.key.next").exists());
    }
}
