//! Entries of the audit, as an operator looks at them.

use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};
use szid_issuer::commands::CommandFault;
use szid_issuer::start_of_day;
use szid_protocol::day::{DAY, OFFSET, local_time};
use szid_register::audit::{AuditQuery, KINDS};

use super::client::Named;
use super::register::with_any_store;
use super::shown;
use super::target::{Target, Work};
use crate::{Failure, say, system};

/// Entries of one answer of the service.
const PAGE: usize = 200;

/// Which entries.
#[derive(clap::Args)]
pub(super) struct Listed {
    /// 列出条目，新的在前，每行一个 JSON 对象：北京时间和 UTC、类别、何人何事 · List entries, the newest first, one JSON object a line:
    /// time in Shanghai and UTC, kind, who did what.
    #[arg(long, conflicts_with_all = ["from", "published"])]
    pub(super) list: bool,
    /// 自该日起（北京时间，YYYY-MM-DD），或最近若干小时、天（36h、7d） · From this day of Asia/Shanghai on (YYYY-MM-DD), or of the
    /// last hours or days (36h, 7d).
    #[arg(long, value_name = "DAY|TIME", requires = "list", value_parser = parse_since)]
    since: Option<Since>,
    /// 仅此类别，如 registration、account、person_request、holder_device、scan · Of this kind alone, such as
    /// registration, account, person_request, holder_device or scan.
    #[arg(long, requires = "list")]
    kind: Option<String>,
    /// 最多条数，上限10000 · At most so many, up to 10000.
    #[arg(long, value_name = "NUMBER", requires = "list", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    At(u64),
    Ago(u64),
}

fn parse_since(text: &str) -> Result<Since, &'static str> {
    let wrong = "请写成 YYYY-MM-DD，或 36h、7d 这样的小时数、天数 · a day as YYYY-MM-DD, or hours or days such as 36h or 7d";
    if let Some(start) = start_of_day(text) {
        return Ok(Since::At(start));
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(wrong)?;
    let unit = match unit {
        "h" => 3600,
        "d" => DAY,
        _ => return Err(wrong),
    };
    let number = number.parse::<u32>().map_err(|_| wrong)?;
    Ok(Since::Ago(u64::from(number) * unit))
}

impl Listed {
    fn since(&self) -> u64 {
        match self.since {
            None => 0,
            Some(Since::At(at)) => at,
            Some(Since::Ago(seconds)) => system::now().saturating_sub(seconds),
        }
    }
}

pub(super) fn list(target: &Target, listed: &Listed) -> Result<ExitCode, Failure> {
    let (kind, since) = (listed.kind.clone(), listed.since());
    // A misspelt word would look like an audit that holds nothing of the kind.
    if let Some(kind) = kind.as_ref().filter(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(Failure::of(&CommandFault::Kind(kind.clone())));
    }
    let mut left = usize::from(listed.limit);
    let mut before = None;
    let work = target.open_either()?;
    while left > 0 && say::lost().is_none() {
        let limit = left.min(PAGE);
        let (entries, next) = match &work {
            Work::Files(data) => {
                let query = AuditQuery { kind: kind.clone(), since, before, limit };
                let page = with_any_store(data, async |store| store.audit_page(query).await)?;
                let entries = page.entries.into_iter().map(|entry| {
                    json!({ "number": entry.number, "at": entry.at, "kind": entry.event.kind(),
                        "details": entry.event.details() })
                });
                (entries.collect(), page.next)
            }
            Work::Service(client) => {
                let mut asked = vec![("since", since.to_string()), ("limit", limit.to_string())];
                asked.extend(kind.clone().map(|kind| ("kind", kind)));
                asked.extend(before.map(|before| ("before", before.to_string())));
                let path = ["audit", "entries"];
                let page = client
                    .ask(client.request(Method::GET, &path).query(&asked), &Named::Nothing)?;
                let entries = page["entries"].as_array().cloned().unwrap_or_default();
                (entries, page["next"].as_u64())
            }
        };
        entries.iter().for_each(print);
        left -= entries.len().min(left);
        match next {
            None => break,
            Some(next) => before = Some(next),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(entry: &Value) {
    let at = entry["at"].as_u64().unwrap_or_default();
    let mut line = json!({
        "time": shown::time(at),
        "utc": format!("{}Z", local_time(at.saturating_sub(OFFSET))),
        "number": entry["number"],
        "kind": entry["kind"],
    });
    if let (Some(line), Some(details)) = (line.as_object_mut(), entry["details"].as_object()) {
        line.extend(details.clone());
    }
    say!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_and_nothing_else() {
        assert_eq!(parse_since("2026-01-16"), Ok(Since::At(1_768_492_800)));
        assert_eq!(parse_since("36h"), Ok(Since::Ago(36 * 3600)));
        assert_eq!(parse_since("7d"), Ok(Since::Ago(7 * DAY)));
        for wrong in ["", "d", "7", "7w", "-1d", "2026-02-30", "七d", "99999999999d"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }
}
