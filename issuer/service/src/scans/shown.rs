//! Challenges that a desk's screen shows, each for half a minute.

use szid_protocol::code::Challenge;
use szid_protocol::venue::NONCE_BYTES;
use szid_register::register_key::RegisterKey;

use crate::access::VenueDevice;
use crate::verification::answered;

/// A challenge is new after so many seconds, and is taken for so many windows: reading, confirming and
/// scanning take time.
pub(crate) const WINDOW: u64 = 30;
pub(crate) const WINDOWS: u64 = 5;

/// What a desk's screen shows in a window; every process of the service computes the same.
pub(crate) fn nonce(
    key: &RegisterKey,
    caller: &VenueDevice,
    scene: u16,
    window: u64,
) -> [u8; NONCE_BYTES] {
    let (venue, device) = (&caller.venue.id, &caller.device);
    // No name holds a zero byte.
    let (window, scene) = (window.to_be_bytes(), scene.to_be_bytes());
    let content: [&[u8]; 6] =
        [b"shown\0", &window, &scene, venue.as_bytes(), &[0], device.as_bytes()];
    key.derive_challenge(&content.concat())
}

/// The challenge that a citizen's code answers, if this desk has shown it within the last windows.
pub(super) fn shown(
    key: &RegisterKey,
    caller: &VenueDevice,
    scene: u16,
    code: &str,
    now: u64,
) -> Option<Challenge> {
    let newest = now / WINDOW;
    let windows = newest.saturating_sub(WINDOWS - 1)..=newest;
    let nonces = windows.map(|at| nonce(key, caller, scene, at));
    answered(code, &caller.venue.id, nonces)
}
