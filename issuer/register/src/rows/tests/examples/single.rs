//! Rows of which there is one.

use super::*;

pub(super) fn show(shown: &mut impl Shown) {
    shown.row::<Format>(&(), &6);
    shown.row::<IndexSecret>(&(), &HASH);
    shown.row::<NewestEntry>(&(), &HEAD);
    shown.row::<AuditBase>(&(), &HEAD);
    shown.row::<Epoch>(&(), &1);
    shown.row::<Witnessed>(&(), &vec![1]);
    shown.row::<RestoredFrom>(&(), &HEAD);
    shown.row::<RestoredAt>(&(), &LastRestoration { at: 7, by_witness: true });
    shown.row::<LastRestored>(&(), &Json(br#"{"epoch":1}"#.to_vec()));
    shown.row::<DiskCheck>(&(), &7);
    shown.row::<CheckedTime>(&(), &7);
    shown.row::<SettledTime>(&(), &7);
    shown.row::<UsedCodesForgotten>(&(), &7);
    shown.row::<DaysForgotten>(&(), &7);
    shown.row::<RegistersId>(&(), &[7; 16]);
    shown.row::<RegistersMode>(&(), &Mode::Production);
    shown.row::<Wrapped>(&(), &vec![7; 76]);
    shown.row::<WrappedNext>(&(), &vec![8; 76]);
    shown.row::<IdentitiesKeyed>(&(), &vec![1]);
}
