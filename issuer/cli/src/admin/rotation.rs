//! Replacing signing keys one by one: made aside, listed beside the old ones, then put in force. Each stroke
//! can be stopped at any point and done again, or given up.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use szid_issuer::check_serves;
use szid_issuer::commands::CommandFault;
use szid_issuer::keys::{FileSigner, status_prefix};
use szid_protocol::crypto::Signer;
use szid_protocol::day::local_time;
use szid_protocol::trust::VerifiedTrustList;
use szid_register::key_file::KeyFileError;
use szid_verifier::AwsLcBackend;

use super::key_name::KeyName;
use super::keys::{make_folder, make_signer, read_signer};
use super::public_keys::{self, PublicKeys, Times};
use super::trust::MARGIN;
use super::trust_before;
use crate::{Failure, read_file, read_public_key, system};

/// What is called after each stroke on the disk: a test stops there.
type AfterStroke<'a> = &'a mut dyn FnMut() -> Result<(), Failure>;

/// The folder of keys that are made and do not sign yet.
fn staged(folder: &Path) -> PathBuf {
    folder.join("next")
}

/// The names of the keys that lie there.
fn waiting(folder: &Path) -> Vec<KeyName> {
    let staged = staged(folder);
    KeyName::ALL.into_iter().filter(|name| name.file(&staged).exists()).collect()
}

/// The names of keys, as one text.
fn words(names: &[KeyName]) -> String {
    names.iter().map(|name| name.word()).collect::<Vec<_>>().join(", ")
}

/// Refuses a folder that was put back from before its keys were replaced: the list in force names a key for
/// the longest that this folder never had, and no other service of the list has. Nothing is written.
pub(super) fn check_not_behind(
    folder: &Path,
    trust_list: &Path,
    root: &Path,
    other_services: &[PathBuf],
) -> Result<(), Failure> {
    let root = read_public_key(root)?;
    let list = VerifiedTrustList::verify(&read_file(trust_list)?, &[root], &AwsLcBackend);
    let list = list.map_err(|reason| Failure::refused(trust_list, reason))?;
    let mut known = vec![PublicKeys::read(&folder.join(public_keys::FILE))?];
    for file in other_services {
        known.push(PublicKeys::read(file)?);
    }
    for name in KeyName::ALL {
        for key in trust_before::longest_listed(&list, name.purpose()) {
            let id = format!("{:?}", key.key_id().map_err(Failure::unusable)?);
            if !known.iter().any(|file| file.knows(&id)) {
                let told = format!("{} {id}", name.word());
                return Err(Failure::of(&CommandFault::KeysBehind(told)).at(folder));
            }
        }
    }
    check_replaced(folder, &known[0], &list, system::now())
}

/// Refuses a folder that was put back from before a key was forgotten: the list in force leaves out what it
/// would name.
fn check_replaced(
    folder: &Path,
    public: &PublicKeys,
    list: &VerifiedTrustList,
    now: u64,
) -> Result<(), Failure> {
    let checked = trust_before::check_replaced_keys(list, public, now, &[]);
    checked.map_err(|failure| failure.at(folder))
}

/// Makes new keys of these names aside; the trust list has to name them before they may sign. Keys that wait
/// already stay.
pub(super) fn rotate(
    folder: &Path,
    names: &[KeyName],
    trust_list: &Path,
    root: &Path,
) -> Result<ExitCode, Failure> {
    make_next(folder, names, &mut || Ok(()))?;
    let (folder, waiting) = (folder.display(), words(&waiting(folder)));
    let (list, root) = (trust_list.display(), root.display());
    let activate =
        format!("szid admin keys --out {folder} --activate --trust-list {list} --root {root}");
    say!(
        "待启用的新密钥 · new keys that wait: {waiting}\n\
         尚未启用：请用 {folder}/{file} 离线签发同时列出新旧密钥的信任清单，放到服务处；待每台闸机都已取得该版本，停止服务，执行下列命令，再启动\n\
         not in force: have a trust list of {folder}/{file} signed and lay it in its place; once every gate has the list's number, stop the service, run this, and start it:\n  {activate}",
        file = public_keys::FILE
    );
    Ok(ExitCode::SUCCESS)
}

fn make_next(folder: &Path, names: &[KeyName], stroke: AfterStroke<'_>) -> Result<(), Failure> {
    let (staged, mut public) = (staged(folder), PublicKeys::read(&folder.join(public_keys::FILE))?);
    check_order(folder, &public)?;
    for name in waiting(folder) {
        if public.is_current(name, &name.file(&staged)) {
            return Err(Failure::usage(
                "新密钥正在启用：请用 --activate 继续，或用 --discard 放弃",
                "new keys are being put in force: go on with --activate, or give them up with --discard",
            ));
        }
    }
    make_folder(&staged)?;
    stroke()?;
    let wanted = KeyName::ALL.into_iter();
    let wanted = wanted.filter(|name| names.contains(name) || name.file(&staged).exists());
    let wanted: Vec<_> = wanted.collect();
    for name in &wanted {
        let path = name.file(&staged);
        match FileSigner::read(&path) {
            Ok(_) => continue,
            // Half a key, of a run that was stopped: nobody was told of it.
            Err(KeyFileError::Content) => std::fs::remove_file(&path).map_err(Failure::system)?,
            Err(_) => {}
        }
        make_signer(&path)?;
        stroke()?;
    }
    public.stage(&wanted, &staged)?;
    public.write(folder)?;
    stroke()
}

/// Puts staged keys in force once the trust list names them. Stopped at any point, it is done again.
pub(super) fn activate(
    folder: &Path,
    trust_list: &Path,
    root: &Path,
    base_url: Option<&str>,
) -> Result<ExitCode, Failure> {
    activate_at(folder, trust_list, root, base_url, system::now())?;
    say!("新密钥已就位，请重启服务 · the new keys are in place: restart the service");
    Ok(ExitCode::SUCCESS)
}

fn activate_at(
    folder: &Path,
    trust_list: &Path,
    root: &Path,
    base_url: Option<&str>,
    clock: u64,
) -> Result<(), Failure> {
    let (names, staged) = (waiting(folder), staged(folder));
    let public = PublicKeys::read(&folder.join(public_keys::FILE))?;
    let missing = public.missing(&staged);
    if !missing.is_empty() {
        return Err(told_missing(&missing).at(&staged));
    }
    if names.is_empty() {
        return Err(none_waits(&staged));
    }
    check_order(folder, &public)?;
    let list = read_list(&names, &staged, trust_list, root, clock)?;
    check_replaced(folder, &public, &list, clock)?;
    check_taken(folder, &list, base_url, clock).map_err(|failure| failure.at(trust_list))?;
    let signed = list.issued_at();
    put_in_force(folder, Times { clock, signed }, &mut || Ok(()))
}

/// Refuses a list that the service would not start with once the new keys sign.
fn check_taken(
    folder: &Path,
    list: &VerifiedTrustList,
    base_url: Option<&str>,
    now: u64,
) -> Result<(), Failure> {
    let staged = staged(folder);
    let key = |name: KeyName| {
        let new = name.file(&staged);
        let file = if new.exists() { new } else { name.file(folder) };
        Ok((name.purpose(), read_signer(&file)?.public_key()))
    };
    let keys = KeyName::ALL.into_iter().map(key).collect::<Result<Vec<_>, Failure>>()?;
    let named = keys.iter().find_map(|(_, key)| list.status_prefix(key));
    let prefix = base_url.map(status_prefix).or_else(|| named.map(str::to_owned));
    let taken = check_serves(list, &keys, &prefix.unwrap_or_default(), now);
    taken.map_err(|error| {
        Failure::told(error).with_exit(2).with_more("没有做任何改动", "nothing was changed")
    })
}

/// What is told of keys that public-keys.json has as waiting, and that somebody removed.
fn told_missing(names: &[KeyName]) -> Failure {
    let names = words(names);
    Failure::usage(
        format_args!(
            "public-keys.json 所列待启用的新密钥不在此处：{names}，未作任何改动。有副本的，放回此处再执行一次；没有的，用 szid admin keys --out 目录 --discard \
             放弃，再据 public-keys.json 签发版本号更高的信任清单"
        ),
        format_args!(
            "new keys that public-keys.json has as waiting are not there: {names}; nothing was changed. Where there is a copy of them, put it back and \
             run this again; else give them up with szid admin keys --out DIR --discard, and have a trust list with a higher version signed from \
             public-keys.json"
        ),
    )
}

/// What is told where no key waits: none was made, or all are in their places since an earlier run was
/// stopped at its very end.
fn none_waits(staged: &Path) -> Failure {
    // An empty folder is all that such a run leaves, or one that was stopped before it made a key.
    if staged.exists()
        && let Err(error) = std::fs::remove_dir(staged)
    {
        return Failure::system(error).at(staged);
    }
    Failure::usage(
        "没有待启用的密钥，未作任何改动：要更换密钥，先执行 szid admin keys --out 目录 --rotate 名称（须附现行信任清单）；上次启用若在最后中断，则已完成，重启服务即可",
        "no key waits, and none was put in force: to replace one, begin with szid admin keys --out DIR --rotate NAME and the list in force. An activation that was stopped at its very \
         end is complete: restart the service",
    )
}

fn put_in_force(folder: &Path, at: Times, stroke: AfterStroke<'_>) -> Result<(), Failure> {
    let (names, staged) = (waiting(folder), staged(folder));
    if !names.is_empty() {
        let mut public = PublicKeys::read(&folder.join(public_keys::FILE))?;
        for name in &names {
            public.activate(*name, folder, &staged, at)?;
        }
        // Before the keys move: a list that is signed from now on names both, whichever of them signs.
        public.write(folder)?;
        stroke()?;
    }
    for name in &names {
        replace_file(folder, &name.file(folder), &name.file(&staged))?;
        stroke()?;
    }
    // What is left of an earlier run that was stopped is an empty folder.
    std::fs::remove_dir(&staged).map_err(Failure::system)?;
    stroke()
}

/// Gives up keys that wait, and makes public-keys.json say again which keys lie here: right at any point of a
/// rotation.
pub(super) fn discard(folder: &Path) -> Result<ExitCode, Failure> {
    let mut given_up = waiting(folder);
    let missing = PublicKeys::read(&folder.join(public_keys::FILE))?.missing(&staged(folder));
    given_up.extend(missing.into_iter().filter(|name| !name.file(&staged(folder)).exists()));
    give_up(folder, &mut || Ok(()))?;
    let file = folder.join(public_keys::FILE);
    let file = file.display();
    if given_up.is_empty() {
        say!("没有待启用的密钥 · no key waited");
    } else {
        let given_up = words(&given_up);
        say!("未启用的密钥已放弃 · keys that waited are given up: {given_up}");
    }
    say!(
        "{file} 与正在签名的密钥一致；此前若已用它签发过信任清单，请据此再签发一份版本号更高的\n\
         {file} names the keys that sign: where a trust list was signed from it before, sign another one with a higher version"
    );
    Ok(ExitCode::SUCCESS)
}

fn give_up(folder: &Path, stroke: AfterStroke<'_>) -> Result<(), Failure> {
    let (staged, mut public) = (staged(folder), PublicKeys::read(&folder.join(public_keys::FILE))?);
    public.put_in_order(folder)?;
    for name in waiting(folder) {
        public.give_up(name, &name.file(&staged))?;
    }
    // First: no list that is signed from now on takes a key that signs for one that is gone.
    public.write(folder)?;
    stroke()?;
    for name in waiting(folder) {
        std::fs::remove_file(name.file(&staged)).map_err(Failure::system)?;
        stroke()?;
    }
    if staged.exists() {
        std::fs::remove_dir(&staged).map_err(Failure::system)?;
    }
    Ok(())
}

/// Lets no further trust list name these replaced keys: names of keys, or their ids.
pub(super) fn forget(folder: &Path, which: &[String]) -> Result<ExitCode, Failure> {
    let (staged, mut public) = (staged(folder), PublicKeys::read(&folder.join(public_keys::FILE))?);
    check_order(folder, &public)?;
    if waiting(folder).iter().any(|name| public.is_current(*name, &name.file(&staged))) {
        return Err(Failure::usage(
            "新密钥正在启用：请先用 --activate 完成，使换下的密钥都不再签名",
            "new keys are being put in force: end that with --activate first, so that none of the replaced ones signs",
        ));
    }
    // By its name the key would be meant that signs still: it would stay.
    let mut waits = waiting(folder).into_iter().map(KeyName::word);
    if let Some(word) = waits.find(|word| which.iter().any(|one| one == word)) {
        return Err(Failure::usage(
            format_args!(
                "新的 {word} 密钥尚未启用，签名的仍是原来那一把：请先用 --activate 启用（或用 --discard 放弃）；要剔除更早换下的，写明其编号"
            ),
            format_args!(
                "the new {word} key waits, and the one of before signs still: put it in force with --activate first, or give it up with \
                 --discard; to forget one that was replaced earlier, name it by its id"
            ),
        ));
    }
    let forgotten = public.forget(which)?;
    public.write(folder)?;
    for key in forgotten {
        say!("已不再信任 · no longer trusted: {key}");
    }
    say!(
        "请用新的 public-keys.json 离线签发更高版本的信任清单：清单到达之处，其所签一律拒绝\n\
         have a trust list with a higher version signed from the new public-keys.json: what they signed is refused where it arrives\n\
         请立即备份数据和密钥，此后不再放回此前的 keys · back up data and keys now, and put no keys of before back any more"
    );
    Ok(ExitCode::SUCCESS)
}

/// public-keys.json names the key that signs, or the one that is about to: a trust list that is made from it
/// would otherwise let the key that signs run out.
fn check_order(folder: &Path, public: &PublicKeys) -> Result<(), Failure> {
    public.check_folder(folder)?;
    let staged = staged(folder);
    for name in KeyName::ALL {
        let files = [name.file(folder), name.file(&staged)];
        if !files.iter().any(|file| public.is_current(name, file)) {
            let (file, name) = (folder.join(public_keys::FILE), name.word());
            return Err(Failure::usage(
                format_args!("没有列出此处的 {name} 密钥：请用 --discard 整理，再签发新的信任清单"),
                format_args!(
                    "it does not name the {name} key that lies here: --discard puts it in order; then have a new trust list signed"
                ),
            )
            .at(&file));
        }
    }
    Ok(())
}

/// The list, where it names the new keys.
fn read_list(
    names: &[KeyName],
    staged: &Path,
    trust_list: &Path,
    root: &Path,
    now: u64,
) -> Result<VerifiedTrustList, Failure> {
    let unlisted = |zh: &dyn Display, en: &dyn Display| {
        Failure::usage(
            format_args!("{zh}；没有做任何改动"),
            format_args!("{en}; nothing was changed"),
        )
        .at(trust_list)
    };
    let list = VerifiedTrustList::verify(
        &read_file(trust_list)?,
        &[read_public_key(root)?],
        &AwsLcBackend,
    )
    .map_err(|reason| unlisted(&reason.text().zh, &reason))?;
    let (signed, end) = (list.issued_at(), list.expires_at());
    if now + MARGIN < signed || end <= now {
        let [now, signed, end] = [now, signed, end].map(local_time);
        let told = format!("{now}; {signed} - {end} (UTC+8)");
        return Err(Failure::of(&CommandFault::ClockAgainstList(told)).at(trust_list));
    }
    for name in names {
        let key = read_signer(&name.file(staged))?.public_key();
        if !list.lists(&key, name.purpose(), now) {
            let name = name.word();
            return Err(unlisted(
                &format_args!("信任清单没有列出新的 {name} 密钥"),
                &format_args!("the trust list does not name the new {name} key"),
            ));
        }
    }
    Ok(list)
}

/// Puts a new file in the place of one that is kept in `previous/`. The place is never empty.
pub(super) fn replace_file(folder: &Path, place: &Path, new: &Path) -> Result<(), Failure> {
    let previous = folder.join("previous");
    make_folder(&previous)?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let kept = (1u32..).map(|number| previous.join(format!("{name}.{number}")));
    let mut kept = kept;
    let kept = kept.find(|path| !path.exists()).unwrap_or_default();
    let moved = std::fs::hard_link(place, kept).and_then(|()| std::fs::rename(new, place));
    moved.and_then(|()| sync_folder(folder)).map_err(Failure::system)
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    for folder in [folder, &folder.join("previous")] {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use szid_protocol::day::DAY;
    use szid_protocol::key::PublicKey;
    use szid_protocol::trust::{TrustList, TrustedKey};
    use szid_register::entropy::SystemEntropy;
    use szid_register::master_key::MasterKey;

    use super::*;

    const NAMES: [KeyName; 2] = [KeyName::Pass, KeyName::Status];
    const NOW: u64 = 1_800_000_000;
    const AT: Times = Times { clock: NOW, signed: NOW };

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            for name in KeyName::ALL {
                make_signer(&name.file(place.folder())).unwrap();
            }
            MasterKey::make(&place.folder().join("register.key"), &SystemEntropy).unwrap();
            PublicKeys::of(place.folder()).unwrap().write(place.folder()).unwrap();
            place
        }

        fn folder(&self) -> &Path {
            self.0.path()
        }

        fn public(&self) -> PublicKeys {
            PublicKeys::read(&self.folder().join(public_keys::FILE)).unwrap()
        }

        /// The key that a service which starts now signs with.
        fn signs(&self, name: KeyName) -> PublicKey {
            read_signer(&name.file(self.folder())).unwrap().public_key()
        }

        /// Whether a list that is signed now lets the key that signs go on, and for good where nothing is
        /// under way.
        fn lists_what_signs(&self, for_good: bool) -> bool {
            let listed = self.public().listed(NOW).unwrap();
            KeyName::ALL.into_iter().all(|name| {
                let key = self.signs(name);
                listed.iter().any(|one| {
                    one.name == name && one.key == key && (!for_good || one.until.is_none())
                })
            })
        }
    }

    /// Lets so many strokes happen.
    fn stopped_after(mut strokes: usize) -> impl FnMut() -> Result<(), Failure> {
        move || {
            strokes = strokes.checked_sub(1).ok_or_else(|| Failure::system("stopped"))?;
            Ok(())
        }
    }

    #[test]
    fn stopped_after_any_stroke_a_rotation_goes_on_and_no_key_that_signs_runs_out() {
        for strokes in 0..10 {
            let place = Place::new();
            let old = NAMES.map(|name| place.signs(name));
            let mut stop = stopped_after(strokes);
            let made = make_next(place.folder(), &NAMES, &mut stop);
            let done = made.and_then(|()| put_in_force(place.folder(), AT, &mut stop));
            assert!(place.lists_what_signs(false), "after {strokes} strokes");
            if done.is_err() && strokes < 4 {
                make_next(place.folder(), &NAMES, &mut || Ok(())).unwrap();
            }
            if staged(place.folder()).exists() {
                put_in_force(place.folder(), Times { clock: NOW + 3, ..AT }, &mut || Ok(()))
                    .unwrap();
            }
            assert!(place.lists_what_signs(true), "after {strokes} strokes");
            assert!(!staged(place.folder()).exists());
            let listed = place.public().listed(NOW).unwrap();
            for (name, old) in NAMES.into_iter().zip(old) {
                assert_ne!(place.signs(name), old);
                let of_old = listed.iter().filter(|one| one.key == old);
                let ends: Vec<_> = of_old.map(|one| one.until).collect();
                assert!(matches!(ends[..], [Some(_)]), "after {strokes} strokes: {ends:?}");
            }
            assert_eq!(listed.len(), KeyName::ALL.len() + NAMES.len());
            make_next(place.folder(), &NAMES, &mut || Ok(())).unwrap();
        }
    }

    #[test]
    fn stopped_after_any_stroke_a_rotation_can_be_given_up() {
        for strokes in 0..10 {
            for stopped_again in 0..4 {
                let place = Place::new();
                let mut stop = stopped_after(strokes);
                let made = make_next(place.folder(), &NAMES, &mut stop);
                let _ = made.and_then(|()| put_in_force(place.folder(), AT, &mut stop));
                let signed = NAMES.map(|name| place.signs(name));
                let _ = give_up(place.folder(), &mut stopped_after(stopped_again));
                assert!(place.lists_what_signs(true), "{strokes}, {stopped_again}");
                give_up(place.folder(), &mut || Ok(())).unwrap();
                assert_eq!(NAMES.map(|name| place.signs(name)), signed, "no key moves");
                assert!(place.lists_what_signs(true));
                make_next(place.folder(), &NAMES, &mut || Ok(())).unwrap();
            }
        }
    }

    #[test]
    fn what_an_earlier_advice_broke_is_told_and_put_in_order() {
        let place = Place::new();
        make_next(place.folder(), &NAMES, &mut || Ok(())).unwrap();
        let _ = put_in_force(place.folder(), AT, &mut stopped_after(0));
        std::fs::remove_dir_all(staged(place.folder())).unwrap();
        for refused in [
            rotate(place.folder(), &NAMES, Path::new("list"), Path::new("root")).map(drop),
            forget(place.folder(), &["pass".into()]).map(drop),
        ] {
            assert!(refused.unwrap_err().to_string().contains("--discard"));
        }
        discard(place.folder()).unwrap();
        assert!(place.lists_what_signs(true));
        assert_eq!(place.public().listed(NOW).unwrap().len(), KeyName::ALL.len());
    }

    #[test]
    fn where_no_key_waits_nobody_is_told_that_one_was_put_in_force() {
        let place = Place::new();
        let signs = NAMES.map(|name| place.signs(name));
        let none = Path::new("no list");
        // Stopped before the first key was made.
        make_next(place.folder(), &NAMES, &mut stopped_after(0)).unwrap_err();
        assert!(staged(place.folder()).exists());
        for _ in 0..2 {
            let told = activate(place.folder(), none, none, None).unwrap_err().to_string();
            assert!(told.contains("no key waits"), "{told}");
            assert!(!staged(place.folder()).exists());
        }
        assert_eq!(NAMES.map(|name| place.signs(name)), signs);
        make_next(place.folder(), &NAMES, &mut || Ok(())).unwrap();
        put_in_force(place.folder(), AT, &mut || Ok(())).unwrap();
        let told = activate(place.folder(), none, none, None).unwrap_err().to_string();
        assert!(told.contains("restart the service"), "{told}");
    }

    #[test]
    fn half_a_key_is_made_anew_and_one_that_waits_stays() {
        let place = Place::new();
        make_next(place.folder(), &[KeyName::Pass], &mut || Ok(())).unwrap();
        let waits = KeyName::Pass.file(&staged(place.folder()));
        let before = std::fs::read(&waits).unwrap();
        let half = KeyName::Status.file(&staged(place.folder()));
        write_half(&half);
        make_next(place.folder(), &[KeyName::Time], &mut || Ok(())).unwrap();
        assert_eq!(std::fs::read(&waits).unwrap(), before);
        let names = waiting(place.folder());
        assert_eq!(names, [KeyName::Pass, KeyName::Status, KeyName::Time]);
        assert_eq!(place.public().listed(NOW).unwrap().len(), KeyName::ALL.len() + 3);
    }

    /// A key file of a process that was killed while it wrote.
    fn write_half(path: &Path) {
        let whole = std::fs::read(path.with_file_name("pass.pem")).unwrap();
        std::fs::copy(path.with_file_name("pass.pem"), path).unwrap();
        std::fs::write(path, &whole[..whole.len() / 2]).unwrap();
    }

    #[test]
    fn a_key_that_was_forgotten_is_in_no_list_again() {
        let place = Place::new();
        let stolen = place.signs(KeyName::Pass);
        make_next(place.folder(), &NAMES, &mut || Ok(())).unwrap();
        let waiting = forget(place.folder(), &["pass".into()]).unwrap_err().to_string();
        assert!(waiting.contains("signs still") && waiting.contains("--activate"), "{waiting}");
        let _ = put_in_force(place.folder(), AT, &mut stopped_after(0));
        let early = forget(place.folder(), &["pass".into()]);
        assert!(early.unwrap_err().to_string().contains("--activate"), "it signs still");
        put_in_force(place.folder(), AT, &mut || Ok(())).unwrap();
        for unknown in ["time", "0123456789abcdef", "passes"] {
            assert!(forget(place.folder(), &[unknown.into()]).is_err(), "{unknown}");
        }
        let id = format!("{:?}", stolen.key_id().unwrap());
        forget(place.folder(), &[id]).unwrap();
        let lists = |place: &Place, key: PublicKey| {
            place.public().listed(NOW).unwrap().iter().any(|one| one.key == key)
        };
        assert!(!lists(&place, stolen));
        // Another rotation does not bring it back; what was replaced besides is still listed.
        make_next(place.folder(), &[KeyName::Time], &mut || Ok(())).unwrap();
        put_in_force(place.folder(), AT, &mut || Ok(())).unwrap();
        assert!(!lists(&place, stolen) && place.lists_what_signs(true));
        let ends = place.public().listed(NOW).unwrap();
        let replaced: Vec<_> = ends.iter().filter(|one| one.until.is_some()).collect();
        assert_eq!(replaced.len(), 2, "status and time");
        forget(place.folder(), &["status".into(), "time".into()]).unwrap();
        assert_eq!(place.public().listed(NOW).unwrap().len(), KeyName::ALL.len());
    }

    /// Lays a list of what public-keys.json names, signed at `iat` for 30 days, and its root beside the keys.
    fn sign_list(place: &Place, iat: u64) -> (PathBuf, PathBuf) {
        let root = FileSigner::throw_away(&SystemEntropy).unwrap();
        let keys = place.public().listed(iat).unwrap().into_iter().map(|one| TrustedKey {
            key: one.key,
            purpose: one.name.purpose(),
            from: iat - 300,
            to: iat + 400 * DAY,
            status_prefix: (one.name == KeyName::Pass).then(|| "https://localhost/".into()),
        });
        let keys = keys.collect();
        let list = TrustList { version: 1, iat, exp: iat + 30 * DAY, keys };
        let files = ["list.cbor", "root.spki"].map(|name| place.folder().join(name));
        std::fs::write(&files[0], list.sign(&root).unwrap()).unwrap();
        std::fs::write(&files[1], root.public_key().to_spki_der().unwrap()).unwrap();
        files.into()
    }

    /// Replaces the pass key with a list of `iat` while the clock says `clock`; answers the key that signed
    /// before.
    fn replace_pass_key(place: &Place, iat: u64, clock: u64) -> PublicKey {
        let old = place.signs(KeyName::Pass);
        make_next(place.folder(), &[KeyName::Pass], &mut || Ok(())).unwrap();
        let (list, root) = sign_list(place, iat);
        activate_at(place.folder(), &list, &root, None, clock).unwrap();
        old
    }

    /// The end of a key that was replaced, as a list of `now` names it.
    fn end_of(place: &Place, key: &PublicKey, now: u64) -> Option<u64> {
        place.public().listed(now).unwrap().iter().find(|one| one.key == *key)?.until
    }

    #[test]
    fn a_clock_that_is_ahead_for_one_rotation_drops_no_replaced_key() {
        let place = Place::new();
        let first = replace_pass_key(&place, NOW, NOW);
        replace_pass_key(&place, NOW + DAY, NOW + 20 * DAY);
        let needed = NOW + 16 * DAY;
        assert_eq!(end_of(&place, &first, NOW + 2 * DAY), Some(needed), "once the clock is right");
        // Over is what is over by both, and by more than a day.
        replace_pass_key(&place, needed + DAY, NOW + 20 * DAY);
        assert!(end_of(&place, &first, NOW).is_some());
        replace_pass_key(&place, needed + DAY + 1, needed + DAY + 1);
        assert!(end_of(&place, &first, NOW).is_none());
    }

    #[test]
    fn a_replaced_key_is_needed_from_the_signing_of_the_list_at_least() {
        let place = Place::new();
        let old = replace_pass_key(&place, NOW, NOW - 200);
        assert_eq!(end_of(&place, &old, NOW), Some(NOW + 16 * DAY));
    }

    #[test]
    fn an_end_that_was_counted_is_not_drawn_nearer_by_doing_it_again() {
        let place = Place::new();
        let old = place.signs(KeyName::Pass);
        make_next(place.folder(), &[KeyName::Pass], &mut || Ok(())).unwrap();
        let later = Times { clock: NOW + 5 * DAY, ..AT };
        put_in_force(place.folder(), later, &mut stopped_after(0)).unwrap_err();
        put_in_force(place.folder(), AT, &mut || Ok(())).unwrap();
        assert_eq!(end_of(&place, &old, NOW), Some(NOW + 21 * DAY));
    }

    #[test]
    fn a_clock_that_the_trust_list_contradicts_puts_no_key_in_force() {
        let place = Place::new();
        let old = place.signs(KeyName::Pass);
        make_next(place.folder(), &[KeyName::Pass], &mut || Ok(())).unwrap();
        let (list, root) = sign_list(&place, NOW);
        for wrong in [NOW - 400 * DAY, NOW - DAY, NOW - 301, NOW + 30 * DAY, NOW + 60 * DAY] {
            let told = activate_at(place.folder(), &list, &root, None, wrong).unwrap_err();
            let text = told.to_string();
            assert!(told.exit == 2 && text.contains("ADMIN_CLOCK_LIST"), "{text}");
            assert!(text.contains("nothing was changed"), "{text}");
        }
        assert_eq!(place.signs(KeyName::Pass), old);
        activate_at(place.folder(), &list, &root, None, NOW - 300).unwrap();
    }
}
