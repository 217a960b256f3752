//! Whether this gate's disk takes writes: told from the first that fails, until one is taken again.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::conditions::Condition;
use crate::gate::Gate;

/// What is written for trial: more than a scan needs, so that some fit once it is said that there is room.
const TRIAL: [u8; 16 * 1024] = [0; 16 * 1024];
const NAME: &str = "trial";

impl Gate {
    /// Tries whether the disk takes writes, wherever this gate has any, and says so.
    pub(crate) fn try_disk(&self) {
        let tried = self.folders.iter().try_for_each(|folder| try_folder(folder));
        if let Err(error) = &tried {
            tracing::error!(%error, "the disk takes no writes");
        }
        self.conditions.set(Condition::DiskFull, tried.is_err());
    }

    /// Tries again where the last write failed.
    pub(crate) fn try_disk_again(&self) {
        if self.conditions.holds(Condition::DiskFull) {
            self.try_disk();
        }
    }

    /// A write has failed.
    pub(crate) fn note_disk_fault(&self) {
        self.conditions.set(Condition::DiskFull, true);
    }
}

fn try_folder(folder: &Path) -> io::Result<()> {
    let path = folder.join(NAME);
    let mut file = File::create(&path)?;
    let written = file.write_all(&TRIAL).and_then(|()| file.sync_all());
    let removed = fs::remove_file(&path);
    written.and(removed)
}
