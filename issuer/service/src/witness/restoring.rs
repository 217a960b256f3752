//! Putting a register in order that was put back from a copy, with what is known of it from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::pass::STATUS_LIST_ENTRIES;
use szid_protocol::reason::Reason;
use szid_protocol::status::{Status, VerifiedStatusList};
use szid_protocol::told::{Tell, Told, catalogue};
use szid_protocol::trust::VerifiedTrustList;
use szid_register::audit::AuditHead;
use szid_register::{PublishedList, RegisterId, Restoration, Restored, Store, StoreError};

use super::{Testimony, Witness, WitnessError};
use crate::clock_guard::implausible_at_start;

/// Lists that a day may have had where no witness says how many: those of more passes than a city issues for
/// a day.
const SPARE_LISTS: u32 = 16;

/// Lists that a day may have had after a copy of which so many restorations were made since: each began one,
/// and passed over some where it had no witness either.
const fn spare_lists(restorations: u32) -> u32 {
    restorations.saturating_mul(SPARE_LISTS + 1).saturating_add(SPARE_LISTS)
}

/// What an operator brings, besides the witness.
pub struct Outside<'a> {
    /// The trust list that signed documents are verified with.
    pub trust: &'a VerifiedTrustList,
    /// The highest epoch, where it is known.
    pub epoch: Option<u32>,
    /// A signed audit head, as it was published.
    pub head: Option<Vec<u8>>,
    /// Status lists, as they were published.
    pub lists: Vec<Vec<u8>>,
    /// Whether the register's witness is lost for good: then what only it knew is given up.
    pub without_witness: bool,
    /// Whether an operator answers for the clock, whatever is known of time.
    pub clock_is_right: bool,
}

/// Why a register cannot be put in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The register has all that is known of it.
    #[error("the register has all that its witness has seen")]
    NothingLost,
    /// The register has a witness, which is not where it was looked for.
    #[error("the register's witness is not in {0}")]
    WitnessElsewhere(PathBuf),
    /// The clock cannot be right: by so many seconds ahead of what is known of time, or behind where
    /// negative.
    #[error("the clock is {0} s from the latest time that is known")]
    Clock(i64),
    /// Neither a witness nor a published head nor an epoch.
    #[error("there is no witness")]
    NothingKnown,
    /// A document that the city did not sign.
    #[error("{0} is refused: {1}")]
    Document(&'static str, Reason),
    /// As the witness.
    #[error("{code} {0}", code = .0.code())]
    Witness(#[from] WitnessError),
}

catalogue! { RestoreError:
    Self::NothingLost => "RESTORE_NOTHING_LOST", "见证记录的内容登记库都有", "没有做任何改动：启动服务即可；见证与数据一起退回过的，见证看不出来，请再加上 --published 和服务之外保存的链头；上次整理的结果用 --show-last 再次显示", "nothing was changed: start the service; a witness that was put back together with the data cannot show it, and a published head that was kept elsewhere does: add it with --published; what was found the last time is told again with --show-last";
    Self::WitnessElsewhere(_) => "RESTORE_WITNESS_ELSEWHERE", "见证目录不在这里", "没有做任何改动：请用 SZID_WITNESS 指明见证目录（szid.toml 的 witness）；见证确已丢失的，加上 --without-witness，备份之后只有见证知道的冻结和撤销将无法恢复", "nothing was changed: name the witness's folder with SZID_WITNESS (witness in szid.toml); where it is lost for good, add --without-witness: freezes and withdrawals that only it knew of are given up";
    Self::Clock(_) => "RESTORE_CLOCK", "本机时间与登记库已知的时间不符", "没有做任何改动：请先校准本机时间；时间确实无误的（例如停用超过一天），加上 --clock-is-right", "nothing was changed: set this machine's clock; where it is right, as after more than a day without the service, add --clock-is-right";
    Self::NothingKnown => "RESTORE_NOTHING_KNOWN", "没有见证", "请先用 SZID_WITNESS 指明见证目录；没有见证的，用 --published 提供最近一次发布的审计链头；没有的，用 --epoch 指定已知的最大恢复代次（从未恢复过的为 0）", "name the witness's folder with SZID_WITNESS; where there is none, bring the last published audit head with --published, or with --epoch the highest epoch that is known (0 for a register that was never put back)";
    Self::Document(..) => "RESTORE_DOCUMENT", "提供的文件不是本市签发的", "没有做任何改动：请用这项服务发布的文件和当时的密钥重试", "nothing was changed: bring what this service has published, and the keys of its time";
}

impl Tell for RestoreError {
    fn tell(&self) -> Told {
        match self {
            Self::Witness(error) => error.tell(),
            Self::Document(what, reason) => {
                let what = if *what == "the head" { "审计链头" } else { "状态清单" };
                Told::of(self.row(), self, &format!("{what}，{}", reason.text().zh))
            }
            Self::WitnessElsewhere(folder) => {
                Told::of(self.row(), self, &folder.display().to_string())
            }
            Self::Clock(step) => Told::of(self.row(), self, &format!("{step} s")),
            _ => Told::of(self.row(), self, ""),
        }
    }
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Witness(error.into())
    }
}

/// Raises the epoch, begins new lists for all days to come, freezes again whom the published lists name, and
/// records in the audit what was lost. The witness is the register's again after it.
///
/// # Errors
/// [`RestoreError`]: nothing was changed.
pub async fn restore(
    store: &dyn Store,
    witness: &Witness,
    outside: Outside<'_>,
    now: u64,
) -> Result<Restored, RestoreError> {
    let read = witness.read();
    let is_there = !matches!(read, Ok(None));
    let seen = match read {
        // What it says cannot be read, but the lists in it are signed.
        Err(WitnessError::Damaged(_)) => None,
        read => read?,
    };
    let head = outside.head.as_deref().map(|bytes| SignedAuditHead::verify(bytes, outside.trust));
    let head = head.transpose().map_err(|reason| RestoreError::Document("the head", reason))?;
    let own = store.identity().await?;
    if own.witnessed && !is_there && !outside.without_witness {
        return Err(RestoreError::WitnessElsewhere(witness.folder().to_owned()));
    }
    let published =
        head.as_ref().map(|head| (RegisterId(head.register), head.epoch, AuditHead::from(head)));
    let witnessed = seen.as_ref().map(|seen| (seen.register, seen.epoch, seen.head));
    let newest =
        published.into_iter().chain(witnessed).max_by_key(|known| (known.1, known.2.number));
    // A witness that went back with the data, as with a copy of both, knows nothing of what came after it.
    let order = |known: (RegisterId, u32, AuditHead)| (known.1, known.2.number);
    let known_through = match (published.map(order), witnessed.map(order)) {
        (Some(published), Some(witnessed)) if published > witnessed => Some(witnessed.1),
        _ => None,
    };
    let epoch = newest.map(|known| known.1).max(outside.epoch).ok_or(RestoreError::NothingKnown)?;
    let holds = match newest {
        None => false,
        Some((id, _, head)) => id == own.id && store.audit_contains(head).await?,
    };
    // A published head alone may be an hour older than the last entry.
    let nothing_lost = holds && seen.is_some();
    if nothing_lost && epoch <= own.epoch {
        return Err(RestoreError::NothingLost);
    }
    // What lies in the witness stays there from before keys were replaced. What an operator brings has to be
    // good.
    let (mut kept, mut unverified_lists, mut signed_at) = (Vec::new(), 0, 0);
    for list in witness.lists(0).map_err(WitnessError::from)? {
        match VerifiedStatusList::verify(&list, outside.trust, now) {
            Ok(verified) => {
                signed_at = signed_at.max(verified.issued_at());
                kept.push(verified);
            }
            Err(_) => unverified_lists += 1,
        }
    }
    let seen_head = seen.as_ref().and_then(|seen| seen.published.as_deref());
    let seen_head = seen_head.and_then(|bytes| SignedAuditHead::verify(bytes, outside.trust).ok());
    let heads = head.iter().chain(&seen_head).map(|head| head.signed_at);
    let checked = store.checked_time().await?;
    let known = heads.chain(checked).chain([signed_at]).max().unwrap_or(0);
    if !outside.clock_is_right
        && let Some(step) = implausible_at_start(Some(known), None, now)
    {
        return Err(RestoreError::Clock(step));
    }
    // Stopped before the witness was told: the register is in order, and has what was found.
    if let Some(seen) = &seen
        && (seen.register, Some(seen.head)) == (own.id, own.restored_from)
        && epoch < own.epoch
        && let Some(restored) = store.last_restored().await?
    {
        close(store, witness, Some(seen), now).await?;
        return Ok(restored);
    }
    // A clock that is ahead by what nobody notices must not make a day end early.
    let since = now.min(known);
    let brought = outside.lists.iter().map(|list| {
        VerifiedStatusList::verify(list, outside.trust, since)
            .map_err(|reason| RestoreError::Document("a status list", reason))
    });
    let brought = brought.collect::<Result<Vec<_>, _>>()?;
    // Another register's says nothing about this one.
    let is_own = seen.as_ref().is_some_and(|seen| seen.register == own.id);
    let protections = match is_own {
        true => witness.protections()?,
        false => None,
    };
    // What is suspended by the witness's own lists, and not named beside them, a freeze has stopped. That
    // takes a copy of since these names are kept: an older one may lack some that the witness was never told.
    let names_copied =
        own.copied_kept && protections.as_ref().is_some_and(|known| known.copied.is_some());
    let told = if names_copied { suspended_places(&kept)? } else { BTreeSet::new() };
    let lists = kept.into_iter().chain(brought).collect();
    let mut days = seen.as_ref().map(|seen| seen.days.clone()).unwrap_or_default();
    if !is_own {
        days.iter_mut().for_each(|day| day.passed_over.clear());
    }
    let restoration = Restoration {
        epoch,
        lost: newest.map(|known| known.2),
        witness: seen.as_ref().map(|seen| seen.head),
        days,
        spare_lists: match seen.is_some() && known_through.is_none() {
            true => 0,
            false => spare_lists(epoch.saturating_sub(own.epoch)),
        },
        published: newest_lists(lists, &told, since)?,
        protections,
        known_through,
        unverified_lists,
        nothing_lost,
        since,
        codes_until: now,
        at: now,
    };
    let restored = store.restore(restoration).await?;
    close(store, witness, seen.as_ref(), now).await?;
    Ok(restored)
}

/// The witness follows the register again.
async fn close(
    store: &dyn Store,
    witness: &Witness,
    seen: Option<&Testimony>,
    now: u64,
) -> Result<(), WitnessError> {
    if let Some(seen) = seen {
        witness.set_aside(seen)?;
    }
    store.mark_witnessed().await?;
    witness.update(store, now).await
}

/// The newest of each day's lists, of days that may not have ended.
fn newest_lists(
    lists: Vec<VerifiedStatusList>,
    told: &BTreeSet<(u64, u32)>,
    since: u64,
) -> Result<Vec<PublishedList>, RestoreError> {
    let malformed = RestoreError::Document("a status list", Reason::StatusMalformed);
    let mut newest: BTreeMap<(u64, u32), VerifiedStatusList> = BTreeMap::new();
    for list in lists {
        let Some(key) = place(list.uri()) else { return Err(malformed) };
        let newer = newest.get(&key).is_none_or(|held| held.issued_at() < list.issued_at());
        if newer && key.0 > since {
            newest.insert(key, list);
        }
    }
    let lists = newest.into_iter().map(|((exp, list), document)| {
        let statuses = statuses(&document, list).filter_map(|(index, status)| {
            let status = match status {
                Status::Valid => return None,
                Status::Invalid => 1,
                Status::Suspended => 2,
                Status::Other(value) => value,
            };
            Some((index, status))
        });
        let statuses: BTreeMap<_, _> = statuses.collect();
        let is_told = |index: u32| told.contains(&(exp, index));
        let untold = statuses.keys().copied().filter(|index| !is_told(*index)).collect();
        PublishedList { exp, list, statuses, untold }
    });
    Ok(lists.collect())
}

/// The places that lists suspend, by day and index.
fn suspended_places(lists: &[VerifiedStatusList]) -> Result<BTreeSet<(u64, u32)>, RestoreError> {
    let mut places = BTreeSet::new();
    for document in lists {
        let malformed = RestoreError::Document("a status list", Reason::StatusMalformed);
        let (exp, list) = place(document.uri()).ok_or(malformed)?;
        let suspended = statuses(document, list).filter(|(_, status)| *status == Status::Suspended);
        places.extend(suspended.map(|(index, _)| (exp, index)));
    }
    Ok(places)
}

/// The statuses of a day's list with this number, by the index over the day's lists.
fn statuses(
    document: &VerifiedStatusList,
    list: u32,
) -> impl Iterator<Item = (u32, Status)> + use<'_> {
    let first = list * STATUS_LIST_ENTRIES;
    (0..STATUS_LIST_ENTRIES)
        .filter_map(move |position| Some((first + position, document.status(position)?)))
}

/// The day and the number of a list, which end its URI.
fn place(uri: &str) -> Option<(u64, u32)> {
    let (rest, list) = uri.rsplit_once('/')?;
    let (_, exp) = rest.rsplit_once('/')?;
    let list =
        list.parse().ok().filter(|list: &u32| list.checked_mul(STATUS_LIST_ENTRIES).is_some())?;
    Some((exp.parse().ok()?, list))
}

#[cfg(test)]
mod tests {
    use super::spare_lists;

    #[test]
    fn each_restoration_since_the_copy_may_have_begun_a_list_and_passed_over_others() {
        assert_eq!([0, 1, 4].map(spare_lists), [16, 33, 84]);
        // More than there are: the register refuses it.
        assert_eq!(spare_lists(u32::MAX), u32::MAX);
    }
}
