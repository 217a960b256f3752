//! How much room the disks have on which the service writes. Below a mark nothing new is taken, so that
//! freezes, withdrawals and scans go on for as long as possible.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::health::Condition;
use crate::service::{Service, ServiceParts};

/// Between two looks. None is made for a request.
const PERIOD: Duration = Duration::from_secs(3);
/// The mark where none is set: so much, or this share of the disk, whichever is less.
const DEFAULT_MARK: u64 = 256 << 20;
const DEFAULT_SHARE: u64 = 20;
/// Room is scarce until there is a quarter more than the mark: a disk at its edge is not told again and
/// again.
const BACK: u64 = 4;

/// The folders that are looked at.
pub(crate) struct LowWater {
    folders: Vec<(&'static str, PathBuf)>,
    mark: Option<u64>,
}

/// A file system's size, and what is free for this user, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Space {
    free: u64,
    total: u64,
}

impl LowWater {
    pub(crate) fn of(parts: &ServiceParts) -> Self {
        let witness = parts.witness.folder().to_owned();
        Self {
            folders: vec![("data", parts.data_dir.clone()), ("witness", witness)],
            mark: parts.limits.low_water_mb.map(|mb| mb.saturating_mul(1 << 20)),
        }
    }

    /// Whether room is scarce on any of them, which it was or was not before; and what each has.
    fn look(&self, was_low: bool) -> (bool, Vec<(&'static str, u64)>) {
        let spaces: Vec<_> = self
            .folders
            .iter()
            .filter_map(|(name, folder)| Some((*name, space(folder)?)))
            .collect();
        let low = spaces.iter().any(|(_, space)| is_low(*space, self.mark, was_low));
        (low, spaces.into_iter().map(|(name, space)| (name, space.free)).collect())
    }
}

fn is_low(space: Space, mark: Option<u64>, was_low: bool) -> bool {
    let mark = mark.unwrap_or(DEFAULT_MARK.min(space.total / DEFAULT_SHARE));
    let wanted = if was_low { mark.saturating_add(mark / BACK) } else { mark };
    space.free < wanted
}

/// None where it cannot be told: a folder that is not there yet, or another system.
fn space(folder: &Path) -> Option<Space> {
    #[cfg(target_os = "linux")]
    {
        let told = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
        Some(Space { free: bytes(told.f_bavail), total: bytes(told.f_blocks) })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

pub(crate) async fn run(
    service: Arc<Service>,
    low_water: Arc<LowWater>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut low = false;
    loop {
        let looking = Arc::clone(&low_water);
        // A disk that does not answer holds up this task alone.
        let looked = tokio::task::spawn_blocking(move || looking.look(low));
        let looked = tokio::select! {
            looked = looked => looked,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        if let Ok((now_low, free)) = looked {
            low = now_low;
            for (folder, bytes) in free {
                service.common.metrics.disk_free(folder, bytes);
            }
            service.common.store.spare_room(low);
            service.common.health.set(Condition::DiskLow, low);
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            // A dropped handle ends the service as well.
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn the_mark_is_a_share_of_a_small_disk_and_is_left_with_a_quarter_more() {
        let low = |free, total, was_low| is_low(Space { free, total }, None, was_low);
        assert!(low(256 * MB - 1, 1 << 40, false) && !low(256 * MB, 1 << 40, false));
        assert!(low(10 * MB - 1, 200 * MB, false) && !low(10 * MB, 200 * MB, false));
        assert!(low(319 * MB, 1 << 40, true) && !low(320 * MB, 1 << 40, true));
        let set = |free, was_low| is_low(Space { free, total: 1 << 40 }, Some(100 * MB), was_low);
        assert!(set(99 * MB, false) && !set(100 * MB, false));
        assert!(set(124 * MB, true) && !set(125 * MB, true));
        assert!(!is_low(Space { free: 0, total: 1 << 40 }, Some(0), true), "0 is for never");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_is_there_has_room_and_one_that_is_not_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let found = space(folder.path()).unwrap();
        assert!(found.total > 0 && found.free <= found.total);
        assert_eq!(space(&folder.path().join("none")), None);
        let folders = vec![("data", folder.path().to_owned()), ("witness", "/none".into())];
        let (low, free) = LowWater { folders, mark: Some(u64::MAX) }.look(false);
        assert!(low && free.len() == 1);
    }
}
