//! The trust list that a new one follows: it remembers which keys signed, where keys and their public file
//! went back.

use std::path::Path;

use szid_issuer::commands::CommandFault;
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::trust::{Purpose, TrustedKey, VerifiedTrustList};
use szid_verifier::AwsLcBackend;

use super::key_name::KeyName;
use super::public_keys::PublicKeys;
use crate::{Failure, read_file};

/// The list before, if there is one that this root has signed: the one that is named, or the one that lies at
/// `out`.
pub(super) fn read_before(
    named: Option<&Path>,
    out: &Path,
    root: &FileSigner,
) -> Result<Option<VerifiedTrustList>, Failure> {
    let verify =
        |bytes: &[u8]| VerifiedTrustList::verify(bytes, &[root.public_key()], &AwsLcBackend);
    let lies_there = match out.exists() {
        true => Some(verify(&read_file(out)?).map_err(|reason| not_of_this_root(out, reason))?),
        false => None,
    };
    let Some(path) = named else { return Ok(lies_there) };
    let list = verify(&read_file(path)?);
    list.map(Some).map_err(|reason| Failure::refused(path, reason))
}

/// What lies where the new list is to go, and is none that this root has signed. Somebody else's list is not
/// written over.
fn not_of_this_root(out: &Path, reason: Reason) -> Failure {
    let (zh, en) = match reason {
        Reason::TrustSignature => (
            "该处的信任清单是由另一把根密钥签发的，不是 --root 所给的这一把。没有签发清单：请用签发该清单的 root.pem；确为另一座城市的，写到别处",
            "the trust list that lies there is signed by another root key than --root; no list was signed: bring the root.pem that has \
             signed it; where this is another city's, write to another place",
        ),
        _ => (
            "该处的文件不是信任清单。没有签发清单：请放入现行的信任清单，或写到别处",
            "what lies there is no trust list; no list was signed: lay the list in force there, or write to another place",
        ),
    };
    Failure::usage(zh, en).with_code(reason.code()).at(out)
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

/// The keys of a purpose that sign, or may soon: they are named for the longest, and replaced ones end
/// sooner.
pub(super) fn longest_listed(list: &VerifiedTrustList, purpose: Purpose) -> Vec<&PublicKey> {
    let longest = list.keys_for(purpose).map(|(_, to)| to).max();
    let listed = list.keys_for(purpose).filter(|(_, to)| Some(*to) == longest);
    listed.map(|(key, _)| key).collect()
}

/// Refuses keys that sign by public-keys.json and did not by the list before, where one is gone that did: so
/// it looks where keys were put back from before they were replaced, perhaps after a theft. A replacement
/// itself goes through a list that names both.
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

/// Refuses replaced keys that the list before leaves out though it should name them: they were forgotten, as
/// after a theft, and came back with a copy of the keys or of public-keys.json.
pub(super) fn check_replaced_keys(
    before: &VerifiedTrustList,
    public: &PublicKeys,
    now: u64,
    allowed: &[String],
) -> Result<(), Failure> {
    for (name, replaced) in public.replaced(now)? {
        if replaced.is_forgotten_by(before) && !is_among(allowed, name, &replaced.key)? {
            return Err(Failure::of(&CommandFault::ForgottenKey(told(name, &replaced.key)?)));
        }
    }
    Ok(())
}

/// Refuses a list without keys that the list before names and nothing knows that was given: so it looks where
/// public-keys.json is an older one, or one of several is missing.
pub(super) fn check_dropped_keys(
    before: &VerifiedTrustList,
    files: &[PublicKeys],
    now: u64,
    allowed: &[String],
) -> Result<(), Failure> {
    for name in KeyName::ALL {
        for (key, _) in before.keys_for(name.purpose()).filter(|(_, to)| *to > now) {
            let id = format!("{:?}", key.key_id().map_err(Failure::system)?);
            if !files.iter().any(|file| file.knows(&id)) && !is_among(allowed, name, key)? {
                return Err(Failure::of(&CommandFault::KeyDropped(told(name, key)?)));
            }
        }
    }
    Ok(())
}

/// Refuses another base URL than that of the list before: the service would not take the list.
pub(super) fn check_prefix(before: &VerifiedTrustList, prefix: &str) -> Result<(), Failure> {
    let keys = before.keys_for(Purpose::Pass);
    let mut named = keys.filter_map(|(key, _)| before.status_prefix(key));
    match named.find(|named| *named != prefix) {
        Some(named) => Err(Failure::of(&CommandFault::OtherBaseUrl(named.to_owned()))),
        None => Ok(()),
    }
}

/// Whether a key's name or id is among those that an operator has named.
fn is_among(allowed: &[String], name: KeyName, key: &PublicKey) -> Result<bool, Failure> {
    let told = told(name, key)?;
    Ok(allowed.iter().any(|allowed| told.split(' ').any(|word| word == allowed)))
}

/// A key's name and id, as an operator reads them.
fn told(name: KeyName, key: &PublicKey) -> Result<String, Failure> {
    let id = key.key_id().map_err(Failure::system)?;
    Ok(format!("{} {id:?}", name.word()))
}
