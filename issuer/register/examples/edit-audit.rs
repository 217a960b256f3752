//! Changes words of one audit entry on the disk, as an insider with the register's folder could: to see that
//! it is found.
//!
//! `edit-audit REGISTER NUMBER OLD NEW`

use std::error::Error;

use fjall::{Database, KeyspaceCreateOptions, PersistMode};

/// The digest before the words of an entry.
const DIGEST: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, number, old, new] = &args[..] else {
        return Err("edit-audit REGISTER NUMBER OLD NEW".into());
    };
    let database = Database::builder(folder).open()?;
    let audit = database.keyspace("audit", KeyspaceCreateOptions::default)?;
    let key = number.parse::<u64>()?.to_be_bytes();
    let entry = audit.get(key)?.ok_or("there is no such entry")?;
    let (digest, words) = entry.split_at_checked(DIGEST).ok_or("that is no entry")?;
    let words = str::from_utf8(words)?;
    if !words.contains(old) {
        return Err("these words are not in it".into());
    }
    audit.insert(key, [digest, words.replacen(old, new, 1).as_bytes()].concat())?;
    Ok(database.persist(PersistMode::SyncAll)?)
}
