//! A venue's sites, and which device stands where.

use std::path::Path;
use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};
use szid_register::{AdminChange, CredentialScope, SitePatch, Station, StoreError};

use super::changes;
use super::client::Named;
use super::credentials::listed;
use super::register::{
    change, check_id, check_label, check_place_name, known, no_place, with_store,
};
use super::target::{Target, Work};
use crate::Failure;

/// 登记场所的地点（分馆、楼栋、入口），或修改其所列各项 · Register a site of a venue, or change what is named of it: a branch, a building, an entrance.
/// 其名称会告知市民；未给出的保持不变 · Citizens are told its name; what is not named stays.
/// 在运行中的服务上，新地点和更改名称须由另一位管理员确认 · On a running service a new site and another name wait for a second
/// administrator.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("changes").required(true).multiple(true)
    .args(["name", "closed"])))]
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
    name: Option<String>,
    /// 其设备暂不得核验 · Its devices must not scan for now.
    #[arg(long)]
    closed: bool,
}

/// 登记设备所在地点，并可限定其场景 · Say where a venue's device stands, and narrow it to some of the venue's scenes
///
/// 未填的即取消：不填 --site 则无所在地点，不填 --scene 则可用于场所的全部场景。
/// 在运行中的服务上，增加场景、迁出已暂停的地点须由另一位管理员确认。
///
/// What is left out is undone: without --site it stands nowhere, without --scene it scans for all of the
/// venue's scenes. On a running service, more scenes than it had and another site than a suspended one wait
/// for a second administrator.
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
    if let Some(name) = &args.name {
        check_place_name(name)?;
    }
    let SiteArgs { target, venue, id, name, closed } = args;
    let place = format!("{venue}/{id}");
    let done = |before: Option<Value>, now: Value| {
        if !closed && now["suspended"] == true {
            hint!(
                "地点仍暂停 · the site stays closed: szid admin resume --venue {venue} --site {id}"
            );
        }
        match before {
            None => say!("地点已登记 · site registered: {place}"),
            Some(before) => say!("地点 · site {place}: {}", changes::told(&before, &now)),
        }
    };
    match target.open()? {
        Work::Files(data) => {
            let (of, named) = (venue.clone(), id.clone());
            let patch = SitePatch { venue: of, id: named, name: name.clone(), closed: *closed };
            let (before, now) = with_store(data, async |store| {
                let before = store.site(venue, id).await?;
                change(store, AdminChange::Site(patch)).await?;
                Ok((before, store.site(venue, id).await?))
            })
            .map_err(|failure| no_place(failure, &place))?;
            done(before.as_ref().map(changes::of_site), changes::of_site(&known(now)?));
            Ok(ExitCode::SUCCESS)
        }
        Work::Service(client) => {
            let mut body = json!({ "suspended": closed });
            if let Some(name) = name {
                body["name"] = json!(name);
            }
            let path = ["venues", venue, "sites", id];
            client.change_place(&path, &body, &place, name.is_some(), done)
        }
    }
}

pub(super) fn put_device(args: &DeviceArgs) -> Result<ExitCode, Failure> {
    check_label(&args.device)?;
    let DeviceArgs { target, venue, device, site, scenes } = args;
    let done = |work: &Work| {
        say!("设备已登记 · device registered: {venue}/{device}");
        hint_without_credential(work, venue, device);
    };
    let work = target.open()?;
    match &work {
        Work::Files(data) => {
            put_station(data, args)?;
            done(&work);
            Ok(ExitCode::SUCCESS)
        }
        Work::Service(client) => {
            let request = client.request(Method::PUT, &["venues", venue, "devices", device]);
            let request = request.json(&json!({ "site": site, "scenes": scenes }));
            // What is not there is the site, as far as one is named.
            let site = site.as_ref().map(|site| format!("{venue}/{site}"));
            let named = Named::Place(site.as_deref().unwrap_or(venue));
            Ok(client.send(request, &named)?.print(|_| done(&work)))
        }
    }
}

/// Says of a device that has no good credential that it cannot scan: its name may be misspelt.
fn hint_without_credential(work: &Work, venue: &str, device: &str) {
    let is_its = |one: &Value| {
        let bearer = &one["bearer"];
        bearer["role"] == "device" && bearer["name"] == device && one["state"] == "good"
    };
    let listed = listed(work, &CredentialScope::Venue(venue.to_owned()));
    if listed.is_ok_and(|listed| !listed.iter().any(is_its)) {
        hint!(
            "该设备没有有效凭据，尚不能核验：名称有误的请更正，新设备请用 szid admin credential 发放 · the device has no good credential \
             and cannot scan yet: mend its name if that is misspelt, or make one with szid admin credential"
        );
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
    })
    .map_err(|failure| {
        let site = site.as_ref().map(|site| format!("{venue}/{site}"));
        no_place(failure, site.as_deref().unwrap_or(venue))
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
