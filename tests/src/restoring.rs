//! A register that is put back from a copy, and put in order as `szid admin restored` does.

use std::path::PathBuf;

use szid_issuer::witness::{Outside, RestoreError, Witness, restore};
use szid_register::entropy::SystemEntropy;
use szid_register::{Register, Restored};

use crate::city::City;
use crate::folders::{copy, put_back};

/// Where the witness of a city lies.
pub fn witness_folder(city: &City) -> PathBuf {
    city.data().with_file_name("service-witness")
}

/// Copies of the data folder and of the witness of a service that is stopped.
pub fn copy_aside(city: &City) -> (PathBuf, PathBuf) {
    let copies = ["copy", "copy-witness"].map(|name| city.data().with_file_name(name));
    copy(&city.data(), &copies[0]);
    copy(&witness_folder(city), &copies[1]);
    let [data, witness] = copies;
    (data, witness)
}

/// Lets something happen to a running city, and puts its data folder back as it was before. The service is
/// stopped then.
pub async fn lose(city: &mut City, happens: impl AsyncFnOnce(&City)) {
    city.halt().await;
    let (data, _) = copy_aside(city);
    city.start().await.expect("a service");
    happens(city).await;
    city.halt().await;
    put_back(&data, &city.data());
}

/// What `szid admin restored` does.
///
/// # Errors
/// As it says.
pub async fn restored(city: &City, epoch: Option<u32>) -> Result<Restored, RestoreError> {
    restored_at(city, epoch, false, 0).await
}

/// The same on a machine whose clock is so many seconds ahead.
///
/// # Errors
/// As it says.
pub async fn restored_at(
    city: &City,
    epoch: Option<u32>,
    clock_is_right: bool,
    ahead: i64,
) -> Result<Restored, RestoreError> {
    let store = Register::open(&city.data().join("register"), &SystemEntropy).expect("a register");
    let trust = city.trust();
    let outside = Outside {
        trust: &trust,
        epoch,
        head: None,
        lists: Vec::new(),
        without_witness: epoch.is_some(),
        clock_is_right,
    };
    let now = city.clock.time().saturating_add_signed(ahead);
    // Codes of this second and before count as used.
    city.clock.advance(1);
    restore(&store, &Witness::new(witness_folder(city)), outside, now).await
}
