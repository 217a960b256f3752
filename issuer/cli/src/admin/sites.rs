//! A venue's sites, and which device stands where.

use std::path::Path;
use std::process::ExitCode;

use reqwest::Method;
use serde_json::json;
use szid_issuer::store::{AdminChange, Site, Station, StoreError};

use super::client::{Named, Told};
use super::register::{change, check_id, check_label, check_place_name, with_store};
use super::target::{Target, Work};
use crate::Failure;

/// 登记或修改场所的地点（分馆、楼栋、入口）；其名称会告知市民 · Register a site of a venue, or change one: a branch, a building, an
/// entrance. Citizens are told its name. 在运行中的服务上，新地点和更改名称须由另一位管理员确认 · On a running service a new site and
/// another name wait for a second administrator.
#[derive(clap::Args)]
pub(super) struct SiteArgs {
    #[command(flatten)]
    target: Target,
    /// 场所编号 · The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// 固定短编号：小写字母、数字和连字符，至多22个 · A short stable id: lower-case letters, digits and hyphens; at most 22.
    #[arg(long)]
    id: String,
    /// 地点名称，以市民熟知的为准 · The site's name, as a citizen knows it.
    #[arg(long)]
    name: String,
    /// 其设备暂不得核验 · Its devices must not scan for now.
    #[arg(long)]
    closed: bool,
}

/// 登记设备所在地点，并可限定其场景 · Say where a venue's device stands, and narrow it to some of the venue's scenes
///
/// 未填的即取消：不填 --site 则无所在地点，不填 --scene 则可用于场所的全部场景。
/// 在运行中的服务上，增加场景、迁出已暂停的地点须由另一位管理员确认。
///
/// What is left out is undone: without --site it stands nowhere, without --scene it scans for all of the venue's scenes.
/// On a running service, more scenes than it had and another site than a suspended one wait for a second administrator.
#[derive(clap::Args)]
pub(super) struct DeviceArgs {
    #[command(flatten)]
    target: Target,
    /// 场所编号 · The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// 设备标签，与其凭据一致 · The device's label, as in its credential.
    #[arg(long, value_name = "NAME")]
    device: String,
    /// 所在地点的编号 · The id of the site where it stands.
    #[arg(long, value_name = "ID")]
    site: Option<String>,
    /// 可用于核验的场景（须为场所已有）；可多次给出 · A scene of the venue that it may scan for; give it once for each.
    #[arg(long = "scene", value_name = "NUMBER")]
    scenes: Vec<u16>,
}

pub(super) fn put_site(args: &SiteArgs) -> Result<ExitCode, Failure> {
    check_id(&args.id)?;
    check_place_name(&args.name)?;
    let SiteArgs { target, venue, id, name, closed } = args;
    let stays_closed = match target.open()? {
        Work::Files(data) => {
            let (venue, id, name, closed) = (venue.clone(), id.clone(), name.clone(), *closed);
            let (of, named) = (venue.clone(), id.clone());
            let site = AdminChange::Site(Site { venue, id, name, closed });
            let kept = with_store(data, async |store| {
                change(store, site).await?;
                store.site(&of, &named).await
            })?;
            kept.is_some_and(|site| site.closed)
        }
        Work::Service(client) => {
            let request = client.request(Method::PUT, &["venues", venue, "sites", id]);
            let body = json!({ "name": name, "suspended": closed });
            match client.send(request.json(&body), &Named::Place(venue))? {
                Told::Done(site) => site["suspended"] == true,
                waits @ Told::Waits(_) => return Ok(waits.print(|_| ())),
            }
        }
    };
    if stays_closed && !closed {
        hint!("地点仍暂停 · the site stays closed: szid admin resume --venue {venue} --site {id}");
    }
    say!("地点已登记 · site registered: {venue}/{id}");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn put_device(args: &DeviceArgs) -> Result<ExitCode, Failure> {
    check_label(&args.device)?;
    let DeviceArgs { target, venue, device, site, scenes } = args;
    let done = || say!("设备已登记 · device registered: {venue}/{device}");
    match target.open()? {
        Work::Files(data) => {
            put_station(data, args)?;
            done();
            Ok(ExitCode::SUCCESS)
        }
        Work::Service(client) => {
            let request = client.request(Method::PUT, &["venues", venue, "devices", device]);
            let request = request.json(&json!({ "site": site, "scenes": scenes }));
            Ok(client.send(request, &Named::Place(venue))?.print(|_| done()))
        }
    }
}

fn put_station(data: &Path, args: &DeviceArgs) -> Result<(), Failure> {
    let DeviceArgs { venue, device, site, scenes, .. } = args;
    let station = Station {
        venue: venue.clone(),
        device: device.clone(),
        site: site.clone(),
        scenes: scenes.clone(),
    };
    let foreign = with_store(data, async |store| {
        let own = store.venue(venue).await?.ok_or(StoreError::NotFound)?.scenes;
        if let Some(foreign) = scenes.iter().find(|scene| !own.contains(scene)) {
            return Ok(Some(*foreign));
        }
        change(store, AdminChange::Station(station)).await.map(|()| None)
    })?;
    match foreign {
        None => Ok(()),
        Some(scene) => Err(Failure::usage(
            format_args!("场所 {venue} 未登记场景 {scene}"),
            format_args!("{venue} is not registered for scene {scene}"),
        )
        .with_code("SCENE_DENIED")),
    }
}
