//! Replacing signing keys one by one: made aside, listed beside the old ones, then put in force.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use szid_protocol::crypto::Signer;
use szid_protocol::trust::VerifiedTrustList;
use szid_verifier::AwsLcBackend;

use super::key_name::KeyName;
use super::keys::{make_folder, make_signer, read_signer};
use super::public_keys::{self, PublicKeys};
use crate::{Failure, read_file, read_public_key, system};

/// The folder of keys that are made and do not sign yet.
fn staged(folder: &Path) -> PathBuf {
    folder.join("next")
}

/// Makes new keys of these names aside; the trust list has to name them before they may sign.
pub(super) fn rotate(folder: &Path, names: &[KeyName]) -> Result<ExitCode, Failure> {
    let staged = staged(folder);
    if staged.exists() {
        return Err(Failure::usage(format_args!(
            "{} holds keys that wait to be activated: --activate them, or remove that folder to begin anew",
            staged.display()
        )));
    }
    let mut public = PublicKeys::read(&folder.join(public_keys::FILE))?;
    make_folder(&staged)?;
    for name in names {
        make_signer(&name.file(&staged))?;
    }
    public.stage(names, &staged)?;
    public.write(folder)?;
    println!(
        "新密钥已生成，尚未启用：请离线签发包含新旧密钥的信任清单，放到服务处，再 --activate\n\
         new keys made, not in force: have a trust list of {} signed, lay it in its place, then --activate",
        folder.join(public_keys::FILE).display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Puts staged keys in force once the trust list names them. Killed at any point, it can be done again.
pub(super) fn activate(folder: &Path, trust_list: &Path, root: &Path) -> Result<ExitCode, Failure> {
    let staged = staged(folder);
    let names: Vec<_> =
        KeyName::ALL.into_iter().filter(|name| name.file(&staged).exists()).collect();
    if names.is_empty() {
        return Err(Failure::usage("there is no key to activate: make one with --rotate"));
    }
    let now = system::now();
    check_listed(&names, &staged, trust_list, root, now)?;
    let file = folder.join(public_keys::FILE);
    let mut public = PublicKeys::read(&file)?;
    for name in &names {
        public.activate(*name, &staged, now)?;
    }
    // Before the keys move: a list that is signed from now on names both, whichever of them signs.
    public.write(folder)?;
    for name in &names {
        replace_file(folder, &name.file(folder), &name.file(&staged))?;
    }
    std::fs::remove_dir(&staged).map_err(Failure::failed)?;
    println!("新密钥已就位，请重启服务 · the new keys are in place: restart the service");
    Ok(ExitCode::SUCCESS)
}

fn check_listed(
    names: &[KeyName],
    staged: &Path,
    trust_list: &Path,
    root: &Path,
    now: u64,
) -> Result<(), Failure> {
    let unlisted = |what: &dyn std::fmt::Display| {
        Failure::usage(format_args!("{}: {what}; nothing was changed", trust_list.display()))
    };
    let list = VerifiedTrustList::verify(
        &read_file(trust_list)?,
        &[read_public_key(root)?],
        &AwsLcBackend,
    )
    .map_err(|reason| unlisted(&reason))?;
    if list.expires_at() <= now {
        return Err(unlisted(&"the trust list has run out"));
    }
    for name in names {
        let key = read_signer(&name.file(staged))?.public_key();
        if !list.lists(&key, name.purpose(), now) {
            return Err(unlisted(&format_args!(
                "the trust list does not name the new {} key",
                name.word()
            )));
        }
    }
    Ok(())
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
    moved.and_then(|()| sync_folder(folder)).map_err(Failure::failed)
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    for folder in [folder, &folder.join("previous")] {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
