//! A register.key that does not open its register: whether one that was replaced does, as after an older
//! backup was put back.

use std::path::{Path, PathBuf};

use szid_register::entropy::SystemEntropy;
use szid_register::master_key::MasterKey;
use szid_register::{DataSecret, Register, RegisterId, Seal, StoreError};

use super::keys::REGISTER_KEY;
use super::keys_in_use::KeysInUse;
use super::register::explained;
use crate::Failure;

/// The data secret, by the key in place; a failure names the kept key that would open it.
pub(super) fn open_seal(
    seal: &Seal,
    id: RegisterId,
    key: &MasterKey,
    keys: &Path,
) -> Result<DataSecret, Failure> {
    seal.open(id, key).map_err(|error| match error {
        StoreError::WrongKey => naming_kept(explained(&error), kept(seal, id, keys)),
        error => explained(&error),
    })
}

/// The same for a service that did not start.
pub(crate) fn naming_kept_of(failure: Failure, data: &Path, keys: &Path) -> Failure {
    let store = Register::open(&data.join("register"), &SystemEntropy);
    let marks = store.and_then(|store| Ok((store.seal()?, store.register_id()?)));
    let kept = match marks {
        Ok((Some(seal), id)) => kept(&seal, id, keys),
        _ => None,
    };
    if kept.is_some() {
        return naming_kept(failure, kept);
    }
    let noted = KeysInUse::read(data).ok();
    match noted.as_ref().and_then(KeysInUse::register_key).map(Path::display) {
        Some(made) => failure.with_more(
            format_args!("最近一次更换时，新密钥放在 {made}：请把它放回 keys_dir"),
            format_args!("when it was replaced last, the new one was put at {made}: bring it into keys_dir"),
        ),
        None => failure.with_more(
            "用 szid admin register-key --rotate 更换过的，新密钥在当时 --keys 所指的目录中",
            "where it was replaced with szid admin register-key --rotate, the new one is in the folder that --keys named then",
        ),
    }
}

fn naming_kept(failure: Failure, kept: Option<PathBuf>) -> Failure {
    let Some(kept) = kept else { return failure };
    let (kept, keys) = (kept.display(), "--from-previous");
    failure.with_more(
        format_args!("{kept} 可以打开它：请用 szid admin register-key --data 目录 --keys 目录 {keys} 放回，现有密钥会保留"),
        format_args!("{kept} opens it: put it back with szid admin register-key --data DIR --keys DIR {keys}, which keeps the key that is there"),
    )
}

/// The newest of the replaced keys that opens the register.
pub(super) fn kept(seal: &Seal, id: RegisterId, keys: &Path) -> Option<PathBuf> {
    let name = format!("{REGISTER_KEY}.");
    let files = std::fs::read_dir(keys.join("previous")).ok()?;
    let files = files.filter_map(|file| {
        let file = file.ok()?;
        let number: u32 = file.file_name().to_str()?.strip_prefix(&name)?.parse().ok()?;
        Some((number, file.path()))
    });
    let fits = |path: &Path| MasterKey::read(path).is_ok_and(|key| seal.open(id, &key).is_ok());
    files.filter(|(_, path)| fits(path)).max().map(|(_, path)| path)
}
