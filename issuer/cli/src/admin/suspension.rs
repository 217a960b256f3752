//! Venues and sites that must not scan for a while.

use std::process::ExitCode;

use reqwest::Method;
use szid_register::{AdminChange, Place};

use super::client::Named;
use super::register::{change, no_place, with_store};
use super::target::{Target, Work};
use crate::Failure;

/// 暂停场所或其一个地点：其设备随即不能核验 · Suspend a venue or one of its sites: its devices are refused at once.
#[derive(clap::Args)]
pub(super) struct SuspendArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// 恢复已暂停的场所或地点；在运行中的服务上须由另一位管理员确认 · Let a suspended venue or site scan again. On a running service it waits
/// for a second administrator.
#[derive(clap::Args)]
pub(super) struct ResumeArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(clap::Args)]
struct PlaceArgs {
    #[command(flatten)]
    target: Target,
    /// 场所编号 · The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// 地点编号；不填则为整个场所 · The site's id; all of the venue without it.
    #[arg(long, value_name = "ID")]
    site: Option<String>,
}

pub(super) fn suspend(args: &SuspendArgs) -> Result<ExitCode, Failure> {
    args.place.send("suspend", AdminChange::Suspend, |_| "已暂停 · suspended")
}

pub(super) fn resume(args: &ResumeArgs) -> Result<ExitCode, Failure> {
    args.place.send("resume", AdminChange::Resume, |was_suspended| match was_suspended {
        true => "已恢复 · resumed",
        false => "没有暂停，未作任何改动 · it was not suspended: nothing was changed",
    })
}

impl PlaceArgs {
    fn send(
        &self,
        verb: &str,
        as_change: impl FnOnce(Place) -> AdminChange,
        done: impl Fn(bool) -> &'static str,
    ) -> Result<ExitCode, Failure> {
        let Self { target, venue, site } = self;
        match target.open()? {
            Work::Files(data) => {
                let place = Place { venue: venue.clone(), site: site.clone() };
                let named = site.as_ref().map_or(venue.clone(), |site| format!("{venue}/{site}"));
                let was_suspended = with_store(data, async |store| {
                    let was = match &place.site {
                        None => store.venue(venue).await?.is_some_and(|venue| venue.suspended),
                        Some(id) => store.site(venue, id).await?.is_some_and(|site| site.closed),
                    };
                    change(store, as_change(place)).await.map(|()| was)
                })
                .map_err(|failure| no_place(failure, &named))?;
                say!("{}", done(was_suspended));
                Ok(ExitCode::SUCCESS)
            }
            Work::Service(client) => {
                let mut path = vec!["venues", venue.as_str()];
                path.extend(site.iter().flat_map(|site| ["sites", site.as_str()]));
                path.push(verb);
                let named = site.as_ref().map_or(venue.clone(), |site| format!("{venue}/{site}"));
                let request = client.request(Method::POST, &path);
                let told = client.send(request, &Named::Place(&named))?;
                // What is suspended is resumed by two: one alone changes nothing.
                Ok(told.print(|_| say!("{}", done(false))))
            }
        }
    }
}
