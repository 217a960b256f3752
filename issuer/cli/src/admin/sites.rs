//! A venue's sites, and which device stands where.

use std::path::PathBuf;
use std::process::ExitCode;

use szid_issuer::store::{Site, Station, StoreError};

use super::register::{check_id, with_store};
use crate::{Failure, system};

/// Register a site of a venue, or change one: a branch, a building, an entrance. Citizens are told its name.
#[derive(clap::Args)]
pub(super) struct SiteArgs {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// A short stable id: lower-case letters, digits and hyphens; at most 22.
    #[arg(long)]
    id: String,
    /// The site's name, as a citizen knows it.
    #[arg(long)]
    name: String,
    /// Its devices must not scan for now.
    #[arg(long)]
    closed: bool,
}

/// Say where a venue's device stands, and narrow it to some of the venue's scenes.
///
/// What is left out is undone: without --site it stands nowhere, without --scene it scans for all of the venue's scenes.
#[derive(clap::Args)]
pub(super) struct DeviceArgs {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// The device's label, as in its credential.
    #[arg(long, value_name = "NAME")]
    device: String,
    /// The id of the site where it stands.
    #[arg(long, value_name = "ID")]
    site: Option<String>,
    /// A scene of the venue that it may scan for; give it once for each.
    #[arg(long = "scene", value_name = "NUMBER")]
    scenes: Vec<u16>,
}

pub(super) fn put_site(args: &SiteArgs) -> Result<ExitCode, Failure> {
    check_id(&args.id)?;
    let site = Site {
        venue: args.venue.clone(),
        id: args.id.clone(),
        name: args.name.clone(),
        closed: args.closed,
    };
    with_store(&args.data, async |store| store.put_site(site, system::now()).await)?;
    println!("地点已登记 · site registered: {}/{}", args.venue, args.id);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn put_device(args: &DeviceArgs) -> Result<ExitCode, Failure> {
    let DeviceArgs { venue, device, site, scenes, .. } = args;
    let station = Station {
        venue: venue.clone(),
        device: device.clone(),
        site: site.clone(),
        scenes: scenes.clone(),
    };
    let foreign = with_store(&args.data, async |store| {
        let own = store.venue(venue).await?.ok_or(StoreError::NotFound)?.scenes;
        if let Some(foreign) = scenes.iter().find(|scene| !own.contains(scene)) {
            return Ok(Some(*foreign));
        }
        store.put_station(station, system::now()).await.map(|()| None)
    })?;
    if let Some(scene) = foreign {
        return Err(Failure::usage(format_args!("{venue} is not registered for scene {scene}")));
    }
    println!("设备已登记 · device registered: {venue}/{device}");
    Ok(ExitCode::SUCCESS)
}
