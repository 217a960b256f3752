//! How a shell shows a code.

use szid_protocol::reason::Text;

/// How the shell shows a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisplayHints {
    /// Turn the brightness up while the code is shown.
    pub full_brightness: bool,
    /// Do not let the screen sleep.
    pub keep_awake: bool,
    /// Ask the system to keep the code out of screenshots and of the list of recent apps.
    pub secure_screen: bool,
    /// The side of the drawing, quiet zone included, millimetres.
    pub preferred_millimetres: u8,
    /// What a screen reader says.
    pub accessibility_label: Text,
}

/// For every code: they are all shown in the same way.
pub(crate) const HINTS: DisplayHints = DisplayHints {
    full_brightness: true,
    keep_awake: true,
    secure_screen: true,
    preferred_millimetres: 40,
    accessibility_label: Text {
        zh: "市民码，请对准扫码设备，每15秒自动刷新",
        en: "Citizen code. Hold it to the scanner. It renews itself every 15 seconds",
    },
};
