//! The trust list that a new one follows: it remembers which keys signed, where keys and their public file went back.

use std::path::Path;

use szid_issuer::commands::CommandFault;
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;
use szid_protocol::trust::{Purpose, TrustedKey, VerifiedTrustList};
use szid_verifier::AwsLcBackend;

use super::key_name::KeyName;
use crate::{Failure, read_file};

/// The list before, if there is one that this root has signed: the one that is named, or the one that lies at `out`.
pub(super) fn read_before(
    named: Option<&Path>,
    out: &Path,
    root: &FileSigner,
) -> Result<Option<VerifiedTrustList>, Failure> {
    let verify =
        |bytes: &[u8]| VerifiedTrustList::verify(bytes, &[root.public_key()], &AwsLcBackend);
    match named {
        Some(path) => {
            let list = verify(&read_file(path)?);
            list.map(Some).map_err(|reason| Failure::refused(path, reason))
        }
        None => Ok(std::fs::read(out).ok().and_then(|bytes| verify(&bytes).ok())),
    }
}

/// The number that was asked for, where verifiers would take it after the list before, or the next one.
pub(super) fn choose_version(
    before: Option<&VerifiedTrustList>,
    asked: Option<u64>,
) -> Result<u64, Failure> {
    match (before.map(VerifiedTrustList::version), asked) {
        (Some(before), Some(asked)) if before >= asked => Err(Failure::usage(
            format_args!("上一份清单的版本号已是 {before}：核验方只接受更高的版本号"),
            format_args!(
                "the list before has version {before} already: verifiers take a higher one alone"
            ),
        )),
        (_, Some(asked)) => Ok(asked),
        (Some(before), None) => before
            .checked_add(1)
            .ok_or_else(|| Failure::usage("版本号已到上限", "there is no higher version")),
        (None, None) => Err(Failure::usage(
            "此处没有上一份清单：请先放入现行的信任清单，或用 --before 指明；这是第一份的，加上 --list-version 1",
            "no list before lies there: lay the one in force there, or name it with --before; for the first of all, say --list-version 1",
        )),
    }
}

/// The keys of a purpose that sign, or may soon: they are named for the longest, and replaced ones end sooner.
pub(super) fn longest_listed(list: &VerifiedTrustList, purpose: Purpose) -> Vec<&PublicKey> {
    let longest = list.keys_for(purpose).map(|(_, to)| to).max();
    let listed = list.keys_for(purpose).filter(|(_, to)| Some(*to) == longest);
    listed.map(|(key, _)| key).collect()
}

/// Refuses keys that sign by public-keys.json and did not by the list before, where one is gone that did: so it looks where keys
/// were put back from before they were replaced, perhaps after a theft. A replacement itself goes through a list that names both.
pub(super) fn check_new_keys(
    before: &VerifiedTrustList,
    current: &[(KeyName, PublicKey)],
    listed: &[TrustedKey],
    allowed: &[KeyName],
) -> Result<(), Failure> {
    for name in KeyName::ALL.into_iter().filter(|name| !allowed.contains(name)) {
        let purpose = name.purpose();
        let signed = longest_listed(before, purpose);
        let is_gone =
            |key: &PublicKey| !listed.iter().any(|one| one.purpose == purpose && one.key == *key);
        let new = current.iter().find(|(of, key)| *of == name && !signed.contains(&key));
        if let Some((_, key)) = new
            && signed.iter().any(|key| is_gone(key))
        {
            let id = key.key_id().map_err(Failure::system)?;
            return Err(Failure::of(&CommandFault::NewKey(format!("{} {id:?}", name.word()))));
        }
    }
    Ok(())
}
