//! What the store does beside answering gives way to it.

use super::thread::not_started;
use crate::StoreError;

/// Of those that want a core at once, a thread with this niceness gets a tenth of what others get.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Runs `make` such that threads it starts give way to all others: fjall's write and merge tables for tenths
/// of a second on end, and where cores are few scans would wait.
pub(super) fn in_background<T: Send>(make: impl FnOnce() -> T + Send) -> Result<T, StoreError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || {
            // Threads inherit it from the one that starts them. Where it may not be lowered, they run as all
            // do.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::setpriority_process(None, NICENESS);
            make()
        });
        let ended = thread.map_err(not_started)?.join();
        ended.map_err(|_| StoreError::Disk("a thread that opens tables failed".into()))
    })
}
