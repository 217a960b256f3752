//! public-keys.json: a service's public keys as they travel to the offline machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use szid_issuer::commands::CommandFault;
use szid_issuer::keys::ReplacedKey;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::key::PublicKey;

use super::key_name::KeyName;
use super::keys::read_signer;
use crate::{Failure, read_file, replace_file};

/// The file, beside the keys.
pub(super) const FILE: &str = "public-keys.json";

/// How long after its end a replaced key is dropped: a day, as far as clocks that are looked after differ at
/// the very most.
const SURELY_OVER: u64 = DAY;

/// Keys by their names: DER SubjectPublicKeyInfo in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicKeys {
    pass: String,
    status: String,
    scenes: String,
    time: String,
    venue: String,
    receipt: String,
    /// Made, and not signing yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    next: BTreeMap<KeyName, String>,
    /// Signing no more, while something that they signed is still good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    previous: Vec<PreviousKey>,
    /// The ids of keys that no list may name again, as after a theft, or since they were given up: they may
    /// come back with a copy.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    forgotten: BTreeSet<String>,
}

/// A key that was replaced.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviousKey {
    name: KeyName,
    key: String,
    /// Unix seconds: a trust list needs it until then.
    until: u64,
}

/// What is known of the time where keys are put in force: a clock may be wrong, and what was signed bounds
/// it.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// This machine's clock.
    pub(super) clock: u64,
    /// When the trust list was signed.
    pub(super) signed: u64,
}

/// A key as a trust list is to name it.
pub(super) struct ListedKey {
    pub(super) name: KeyName,
    pub(super) key: PublicKey,
    /// The end of a key that was replaced.
    pub(super) until: Option<u64>,
}

impl PublicKeys {
    /// Of the keys in a folder, with nothing next and nothing before.
    pub(super) fn of(folder: &Path) -> Result<Self, Failure> {
        let encode = |name: KeyName| encode(&name.file(folder));
        Ok(Self {
            pass: encode(KeyName::Pass)?,
            status: encode(KeyName::Status)?,
            scenes: encode(KeyName::Scenes)?,
            time: encode(KeyName::Time)?,
            venue: encode(KeyName::Venue)?,
            receipt: encode(KeyName::Receipt)?,
            next: BTreeMap::new(),
            previous: Vec::new(),
            forgotten: BTreeSet::new(),
        })
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        serde_json::from_slice(&read_file(path)?).map_err(|error| {
            let path = path.display();
            Failure::usage(
                format_args!("{path} 不是 szid admin keys 写出的公钥文件：{error}"),
                format_args!("{path} is not what szid admin keys writes: {error}"),
            )
        })
    }

    /// Writes the file in the place of the one before; it is on the disk before any key moves.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::system)? + "\n";
        replace_file(&folder.join(FILE), text)
    }

    /// Adds keys that are made and do not sign yet, from the folder where they lie, in the place of any such
    /// before: what is not among them any more is given up.
    pub(super) fn stage(&mut self, names: &[KeyName], folder: &Path) -> Result<(), Failure> {
        let staged = names.iter().map(|name| {
            let key = encode(&name.file(folder))?;
            self.check_known(*name, &key)?;
            Ok((*name, key))
        });
        let staged = staged.collect::<Result<_, Failure>>()?;
        let before = std::mem::replace(&mut self.next, staged);
        for (name, key) in before {
            if self.next.get(&name) != Some(&key) {
                self.forgotten.insert(key_id(&key)?);
            }
        }
        Ok(())
    }

    /// The names of keys that are made and do not sign yet, and do not lie in this folder either.
    pub(super) fn missing(&self, folder: &Path) -> Vec<KeyName> {
        let is_there = |name: KeyName, key: &String| {
            encode(&name.file(folder)).is_ok_and(|there| there == *key)
        };
        let missing = self.next.iter().filter(|(name, key)| !is_there(**name, key));
        missing.map(|(name, _)| *name).collect()
    }

    /// Puts a staged key in force. The one in the folder signs until its file is replaced, so that its end is
    /// counted anew where this is done again, and never drawn nearer. A key is dropped once its end is long
    /// over by what was signed too: a list that names one for longer than it is needed does no harm, and one
    /// that lacks it cannot be made good.
    pub(super) fn activate(
        &mut self,
        name: KeyName,
        folder: &Path,
        staged: &Path,
        at: Times,
    ) -> Result<(), Failure> {
        let (old, new) = (encode(&name.file(folder))?, encode(&name.file(staged))?);
        self.check_known(name, &new)?;
        self.next.remove(&name);
        let over = |previous: &PreviousKey| previous.until + SURELY_OVER < at.clock.min(at.signed);
        self.previous.retain(|previous| !over(previous));
        let counted = self.previous.iter().filter(|previous| previous.key == old);
        let counted = counted.map(|previous| previous.until).max().unwrap_or(0);
        self.previous.retain(|previous| ![&old, &new].contains(&&previous.key));
        self.current(name).clone_from(&new);
        if old != new {
            let until = counted.max(at.clock.max(at.signed) + name.days_of_use() * DAY);
            self.previous.push(PreviousKey { name, key: old, until });
        }
        Ok(())
    }

    /// Refuses a folder in which a key lies that was forgotten.
    pub(super) fn check_folder(&self, folder: &Path) -> Result<(), Failure> {
        KeyName::ALL.into_iter().try_for_each(|name| {
            let Ok(key) = encode(&name.file(folder)) else { return Ok(()) };
            self.check_known(name, &key)
        })
    }

    fn check_known(&self, name: KeyName, key: &str) -> Result<(), Failure> {
        if self.forgotten.contains(&key_id(key)?) {
            return Err(Failure::of(&CommandFault::ForgottenKey(told(name, key)?)));
        }
        Ok(())
    }

    /// Whether a key of this id is here, is next, or ever was.
    pub(super) fn knows(&self, id: &str) -> bool {
        let current = KeyName::ALL.into_iter().map(|name| self.named(name));
        let before = self.previous.iter().map(|previous| &previous.key);
        let mut texts = current.chain(self.next.values()).chain(before);
        let is_it = |text: &String| key_id(text).is_ok_and(|known| known == id);
        self.forgotten.contains(id) || texts.any(is_it)
    }

    /// Whether a key of this id signed here once, and does not any more.
    pub(super) fn was_replaced(&self, id: &str) -> bool {
        let mut before = self.previous.iter();
        self.forgotten.contains(id)
            || before.any(|previous| key_id(&previous.key).is_ok_and(|known| known == id))
    }

    /// Whether the key in this file is the one that is named as signing.
    pub(super) fn is_current(&self, name: KeyName, file: &Path) -> bool {
        encode(file).is_ok_and(|key| *self.named(name) == key)
    }

    /// The keys in the folder sign, and none is next. One that never came to sign is nobody's previous key.
    pub(super) fn put_in_order(&mut self, folder: &Path) -> Result<(), Failure> {
        self.check_folder(folder)?;
        let next = std::mem::take(&mut self.next);
        for name in KeyName::ALL {
            let key = encode(&name.file(folder))?;
            self.previous.retain(|previous| previous.key != key);
            *self.current(name) = key;
        }
        // Whether their files are still there or not.
        for (name, key) in next {
            if *self.named(name) != key {
                self.forgotten.insert(key_id(&key)?);
            }
        }
        Ok(())
    }

    /// Takes replaced keys out for good, by their names or ids; answers what was taken. All or none.
    pub(super) fn forget(&mut self, which: &[String]) -> Result<Vec<String>, Failure> {
        let (mut forgotten, mut ids) = (Vec::new(), Vec::new());
        for wanted in which {
            let (before, mut kept) = (forgotten.len(), Vec::new());
            for previous in std::mem::take(&mut self.previous) {
                let told = told(previous.name, &previous.key)?;
                if told.split(' ').any(|word| word == wanted) {
                    ids.push(key_id(&previous.key)?);
                    forgotten.push(told);
                } else {
                    kept.push(previous);
                }
            }
            if forgotten.len() == before {
                return Err(Failure::usage(
                    format_args!(
                        "没有名称或编号为 {wanted} 的旧密钥，未作任何改动：失窃的密钥若仍在用，请先 --rotate 并 --activate"
                    ),
                    format_args!(
                        "no replaced key has the name or id {wanted}: nothing was changed. Where the stolen key still signs, \
                         --rotate it and --activate first"
                    ),
                ));
            }
            self.previous = kept;
        }
        self.forgotten.extend(ids);
        Ok(forgotten)
    }

    /// The keys that sign.
    pub(super) fn current_keys(&self) -> Result<Vec<(KeyName, PublicKey)>, Failure> {
        KeyName::ALL.into_iter().map(|name| Ok((name, decode(self.named(name))?))).collect()
    }

    /// Replaced keys that a list of `now` names no more, by names and ids.
    pub(super) fn over(&self, now: u64) -> Vec<String> {
        let over = self.previous.iter().filter(|previous| previous.until <= now);
        over.filter_map(|previous| told(previous.name, &previous.key).ok()).collect()
    }

    /// Every key that a trust list of `now` is to name. None that was forgotten is among them, however it
    /// came back.
    pub(super) fn listed(&self, now: u64) -> Result<Vec<ListedKey>, Failure> {
        let mut texts: Vec<_> =
            KeyName::ALL.map(|name| (name, self.named(name).clone(), None)).into();
        texts.extend(self.next.iter().map(|(name, key)| (*name, key.clone(), None)));
        for (name, key, _) in &texts {
            self.check_known(*name, key)?;
        }
        let before = self.previous.iter().filter(|previous| previous.until > now);
        let before = before.filter(|one| self.check_known(one.name, &one.key).is_ok());
        texts.extend(before.map(|one| (one.name, one.key.clone(), Some(one.until))));
        let decoded = texts
            .into_iter()
            .map(|(name, text, until)| Ok(ListedKey { name, key: decode(&text)?, until }));
        decoded.collect()
    }

    /// Replaced keys that a list of `now` is to name, with their names.
    pub(super) fn replaced(&self, now: u64) -> Result<Vec<(KeyName, ReplacedKey)>, Failure> {
        let listed = self.listed(now)?.into_iter();
        let replaced = listed.filter_map(|ListedKey { name, key, until }| {
            Some((name, ReplacedKey { key, purpose: name.purpose(), until: until? }))
        });
        Ok(replaced.collect())
    }

    /// A key that was given up before it signed, or while it came to: a list that names it may be out, and no
    /// other one may.
    pub(super) fn give_up(&mut self, name: KeyName, file: &Path) -> Result<(), Failure> {
        match encode(file) {
            Ok(key) if *self.named(name) != key => {
                self.forgotten.insert(key_id(&key)?);
            }
            // It signs, or is half a file that nobody was told of.
            _ => {}
        }
        Ok(())
    }

    fn named(&self, name: KeyName) -> &String {
        match name {
            KeyName::Pass => &self.pass,
            KeyName::Status => &self.status,
            KeyName::Scenes => &self.scenes,
            KeyName::Time => &self.time,
            KeyName::Venue => &self.venue,
            KeyName::Receipt => &self.receipt,
        }
    }

    fn current(&mut self, name: KeyName) -> &mut String {
        match name {
            KeyName::Pass => &mut self.pass,
            KeyName::Status => &mut self.status,
            KeyName::Scenes => &mut self.scenes,
            KeyName::Time => &mut self.time,
            KeyName::Venue => &mut self.venue,
            KeyName::Receipt => &mut self.receipt,
        }
    }
}

fn decode(text: &str) -> Result<PublicKey, Failure> {
    let der = BASE64.decode(text.as_bytes()).map_err(Failure::unusable)?;
    PublicKey::from_spki_der(&der).map_err(Failure::unusable)
}

/// A key's id, as it is shown.
fn key_id(text: &str) -> Result<String, Failure> {
    let id = decode(text)?.key_id().map_err(Failure::unusable)?;
    Ok(format!("{id:?}"))
}

/// A key's name and id, as an operator reads them.
fn told(name: KeyName, key: &str) -> Result<String, Failure> {
    Ok(format!("{} {}", name.word(), key_id(key)?))
}

fn encode(path: &Path) -> Result<String, Failure> {
    let der = read_signer(path)?.public_key().to_spki_der().map_err(Failure::system)?;
    Ok(BASE64.encode(&der))
}
