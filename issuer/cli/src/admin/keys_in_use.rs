//! Which keys the service of a register signs with, noted beside the register at each start. An older copy of
//! their folder may hold the right register.key: a new one that is made there is nowhere else, and goes with
//! the copy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use szid_issuer::commands::CommandFault;
use szid_protocol::crypto::Signer;

use super::key_name::KeyName;
use super::keys::{REGISTER_KEY, read_signer};
use super::public_keys::{self, PublicKeys};
use crate::{Failure, read_file, replace_file};

/// In the data folder.
const FILE: &str = "keys-in-use.json";

/// The note.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysInUse {
    /// The folder of the service's keys, and which they were when it started last.
    service: Option<Service>,
    /// Where register.key lies since it was replaced, until the service starts with it.
    register_key: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    folder: PathBuf,
    /// Key ids.
    signing: BTreeMap<KeyName, String>,
}

impl KeysInUse {
    /// Notes the keys of a service that has started.
    pub(crate) fn note(data: &Path, keys: &Path) -> Result<(), Failure> {
        let mut signing = BTreeMap::new();
        for name in KeyName::ALL {
            signing.insert(name, id(&name.file(keys))?);
        }
        let service = Some(Service { folder: whole(keys)?, signing });
        Self { service, register_key: None }.write(data)
    }

    pub(super) fn read(data: &Path) -> Result<Self, Failure> {
        let path = data.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let read = serde_json::from_slice(&read_file(&path)?).map_err(Failure::unusable);
        read.map_err(|failure| failure.at(&path))
    }

    /// Notes where a new register.key lies.
    pub(super) fn note_register_key(data: &Path, keys: &Path) -> Result<PathBuf, Failure> {
        let key = whole(keys)?.join(REGISTER_KEY);
        Self { register_key: Some(key.clone()), ..Self::read(data)? }.write(data)?;
        Ok(key)
    }

    /// Where the newest register.key was made, if the service has not started with it.
    pub(super) fn register_key(&self) -> Option<&Path> {
        self.register_key.as_deref()
    }

    /// Refuses another folder than the service's: one with other keys, or a copy while the service's own is
    /// there.
    pub(super) fn check(&self, keys: &Path) -> Result<(), Failure> {
        let Some(Service { folder, signing }) = &self.service else { return Ok(()) };
        let public = keys.join(public_keys::FILE);
        let public = public.exists().then(|| PublicKeys::read(&public)).transpose()?;
        // The service may not have started since keys were replaced.
        let signed_here = |name: KeyName, was: &String| {
            let is_replaced = public.as_ref().is_some_and(|public| public.was_replaced(was));
            id(&name.file(keys)).is_ok_and(|id| id == *was) || is_replaced
        };
        let is_copy = whole(keys)? != *folder && folder.join(REGISTER_KEY).exists();
        if is_copy || !signing.iter().all(|(name, was)| signed_here(*name, was)) {
            let folder = folder.display().to_string();
            return Err(Failure::of(&CommandFault::KeysElsewhere(folder)).at(keys));
        }
        Ok(())
    }

    /// Writes the note in the place of the one before.
    fn write(&self, data: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::system)? + "\n";
        replace_file(&data.join(FILE), text)
    }
}

fn id(file: &Path) -> Result<String, Failure> {
    let id = read_signer(file)?.public_key().key_id().map_err(Failure::unusable)?;
    Ok(format!("{id:?}"))
}

fn whole(folder: &Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(folder).map_err(|error| Failure::unread(folder, error))
}
