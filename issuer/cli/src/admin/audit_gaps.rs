//! Entries that went with a restoration: a head that was published of them is in no chain any more, and
//! nobody cut it off.

use reqwest::Method;
use serde_json::{Value, json};
use szid_protocol::audit_head::SignedAuditHead;
use szid_register::audit::{AuditHead, AuditQuery};

use super::client::Named;
use super::register::with_any_store;
use super::target::Work;
use crate::Failure;

/// Restorations of one answer.
const PAGE: usize = 200;

/// What a restoration lost that a published head was of.
pub(super) struct Gap {
    /// The last entry of the copy.
    found: u64,
    /// The register's epoch since.
    epoch: u64,
    /// The entry of the head.
    published: u64,
    /// Whether the restoration knew of that entry: else nobody has looked at what it lost.
    is_recorded: bool,
}

/// The gap that this head is of, if it is of one.
pub(super) fn of_head(work: &Work<'_>, head: &SignedAuditHead) -> Result<Option<Gap>, Failure> {
    let published = AuditHead::from(head).number;
    let mut ended = None;
    // The newest first: the last one that is of a later epoch ended the head's.
    for restoration in restorations(work)? {
        let epoch = restoration["epoch"].as_u64().unwrap_or_default();
        if epoch > u64::from(head.epoch) {
            ended = Some((epoch, restoration));
        }
    }
    let Some((epoch, restoration)) = ended else { return Ok(None) };
    let number = |name: &str| {
        let head: Option<AuditHead> = restoration[name].as_str()?.parse().ok();
        head.map(|head| head.number)
    };
    let Some(found) = number("found").filter(|found| *found < published) else { return Ok(None) };
    // One that knew of a later epoch knew of what came after the head; entries of two epochs cannot be
    // compared by their numbers.
    let is_recorded =
        epoch > u64::from(head.epoch) + 1 || number("lost").is_some_and(|lost| lost >= published);
    Ok(Some(Gap { found, epoch, published, is_recorded }))
}

/// What the audit says of restorations, the newest first.
fn restorations(work: &Work<'_>) -> Result<Vec<Value>, Failure> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let (entries, next) = match work {
            Work::Files(data) => {
                let kind = Some("restored".to_owned());
                let query = AuditQuery { kind, since: 0, before, limit: PAGE };
                let page = with_any_store(data, async |store| store.audit_page(query).await)?;
                let entries = page.entries.into_iter().map(|entry| entry.event.details());
                (entries.collect::<Vec<_>>(), page.next)
            }
            Work::Service(client) => {
                let mut asked = vec![("kind", "restored".to_owned()), ("limit", PAGE.to_string())];
                asked.extend(before.map(|before| ("before", before.to_string())));
                let request = client.request(Method::GET, &["audit", "entries"]).query(&asked);
                let page = client.ask(request, &Named::Nothing)?;
                let entries = page["entries"].as_array().into_iter().flatten();
                (entries.map(|entry| entry["details"].clone()).collect(), page["next"].as_u64())
            }
        };
        found.extend(entries);
        match next {
            Some(next) => before = Some(next),
            None => return Ok(found),
        }
    }
}

impl Gap {
    /// Adds to the report what is to be known of the head, and says it in words.
    pub(super) fn tell(&self, report: &mut Value) {
        let Self { found, epoch, published, is_recorded } = self;
        let first = found + 1;
        report["put_back"] =
            json!({ "to": found, "epoch": epoch, "published": published, "recorded": is_recorded });
        hint!(
            "登记库曾从备份恢复到审计条目 {found}（恢复代次 {epoch}），此链首是此前条目 {published} 的：条目 {first} 至 {published} 已随恢复丢失。\
             若并非你们自己恢复，即有人以此抹去了记录\n\
             the register was put back to audit entry {found} (epoch {epoch}), and this head is of entry {published} before that: \
             entries {first} to {published} went with it. Where it was none of you who put it back, somebody erased them in this way"
        );
        if !is_recorded {
            report["whole"] = false.into();
            hint!(
                "但整理时（szid admin restored）并不知道条目 {published}：其间的冻结、暂停、撤销和变更无人核对，请逐一核对并重做\n\
                 but szid admin restored did not know of entry {published}: nobody has looked at the freezes, suspensions, withdrawals \
                 and changes up to it: look at each, and do them again"
            );
        }
    }
}
