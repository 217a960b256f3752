//! A verifier's round of fetching: which of the city's documents it asks the caller for, and in which order.

use std::sync::Arc;

use szid_protocol::time::NONCE_BYTES;
use szid_verifier::STATUS_LISTS_HELD;
use szid_wallet::Entropy;
use szid_wallet::software::SystemEntropy;
use uniffi::UnexpectedUniFFICallbackError;

use crate::VerifierError;
use crate::verifier::{Verifier, now_or};

/// The longest answer that names a day's lists.
const MAX_NAMES: usize = 128 * 1024;
const UNREACHABLE: &str = "SOURCE_UNREACHABLE";

/// Where a venue gets the city's documents: the service itself, or a server of the venue's own that holds
/// copies.
#[uniffi::export(foreign)]
pub trait DocumentSource: Send + Sync {
    /// The document at this path of the service, such as `/v1/trust`, as it is served; none where there is no
    /// such document (404). Called on the caller's own thread. Bound the wait: ten seconds are enough.
    fn fetch(&self, path: String) -> Result<Option<Vec<u8>>, SourceError>;
}

/// Why a document did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SourceError {
    /// No connection, no answer in time, or an answer that is neither the document nor 404.
    #[error("the document cannot be fetched")]
    Unreachable,
}

impl From<UnexpectedUniFFICallbackError> for SourceError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unreachable
    }
}

/// What a round came to.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Synchronised {
    /// Documents that are newer than those held before.
    pub changed: u32,
    /// What was not fetched or not taken. What is held stays in force.
    pub faults: Vec<DocumentFault>,
}

/// One document that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DocumentFault {
    /// Its path.
    pub path: String,
    /// The stable code: `SOURCE_UNREACHABLE`, or why the document was refused.
    pub code: String,
}

#[uniffi::export]
impl Verifier {
    /// Fetches what a venue needs, once: the trust list, the scenes' rules, the status lists of the days that
    /// count, and the time where signed times contradict this clock. Call it once a minute, and at the start.
    /// Never fails as a whole: what could not be had is named, and what is held stays in force for as long as
    /// each scene allows.
    #[uniffi::method(default(at = None))]
    pub fn synchronise(&self, source: Arc<dyn DocumentSource>, at: Option<u64>) -> Synchronised {
        let now = now_or(at);
        let mut round = Round { source, changed: 0, faults: Vec::new(), room: STATUS_LISTS_HELD };
        if self.core.is_time_in_doubt(now) {
            self.ask_time(&mut round, now);
        }
        round.take("/v1/trust", |document| self.take_trust_list(document, Some(now)));
        round.take("/v1/scenes", |document| self.take_scenes(document, Some(now)));
        for day in self.status_days(Some(now)) {
            round.take_day(day, |document| self.take_status_list(document, Some(now)));
        }
        if let Err(error) = self.core.prune(now) {
            round.fault("/v1/status", error.code());
        }
        Synchronised { changed: round.changed, faults: round.faults }
    }
}

impl Verifier {
    fn ask_time(&self, round: &mut Round, now: u64) {
        let mut nonce = [0; NONCE_BYTES];
        if let Err(error) = SystemEntropy.fill(&mut nonce) {
            return round.fault("/v1/time", szid_wallet::WalletError::from(error).code());
        }
        let path = format!("/v1/time?nonce={}", data_encoding::BASE64URL_NOPAD.encode(&nonce));
        round
            .take(&path, |answer| self.hear_time(answer, nonce.to_vec(), Some(now)).map(|_| false));
    }
}

struct Round {
    source: Arc<dyn DocumentSource>,
    changed: u32,
    faults: Vec<DocumentFault>,
    /// For so many more status lists.
    room: u32,
}

impl Round {
    fn take(&mut self, path: &str, take: impl FnOnce(Vec<u8>) -> Result<bool, VerifierError>) {
        match self.source.fetch(path.to_owned()) {
            Ok(Some(document)) => self.taken(path, take(document)),
            Ok(None) | Err(SourceError::Unreachable) => self.fault(path, UNREACHABLE),
        }
    }

    /// The status lists of a day.
    fn take_day(&mut self, day: u64, take: impl Fn(Vec<u8>) -> Result<bool, VerifierError>) {
        let named = match self.lists_of(day) {
            Ok(named) => named,
            Err(code) => return self.fault(&format!("/v1/status/{day}"), code),
        };
        let is_counted = named.is_none();
        for list in named.unwrap_or_else(|| (0..self.room).collect()) {
            let path = format!("/v1/status/{day}/{list}");
            match self.source.fetch(path.clone()) {
                Ok(Some(document)) => {
                    self.taken(&path, take(document));
                    self.room = self.room.saturating_sub(1);
                }
                Ok(None) if is_counted => break,
                // A source that has not got one may have the others.
                Ok(None) => self.fault(&path, UNREACHABLE),
                Err(SourceError::Unreachable) => {
                    self.fault(&path, UNREACHABLE);
                    break;
                }
            }
        }
    }

    /// The numbers of a day's lists, at most so many as there is room for: the last first, which new passes
    /// point to. Nothing where the source does not name them: then they are counted, and the first that is
    /// not there ends them.
    fn lists_of(&mut self, day: u64) -> Result<Option<Vec<u32>>, &'static str> {
        let path = format!("/v1/status/{day}");
        let Some(names) = self.source.fetch(path.clone()).map_err(|_| UNREACHABLE)? else {
            return Ok(None);
        };
        let mut numbers = numbers(&names, &path).ok_or(UNREACHABLE)?;
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        numbers.dedup();
        if numbers.len() > self.room as usize {
            self.fault(&path, szid_verifier::VerifierError::StatusCacheFull.code());
            numbers.truncate(self.room as usize);
        }
        Ok(Some(numbers))
    }

    fn taken(&mut self, path: &str, outcome: Result<bool, VerifierError>) {
        match outcome {
            Ok(is_new) => self.changed += u32::from(is_new),
            Err(error) => self.fault(path, &error.advice().code),
        }
    }

    fn fault(&mut self, path: &str, code: &str) {
        self.faults.push(DocumentFault { path: path.to_owned(), code: code.to_owned() });
    }
}

/// What the service names (Token Status List, section 9.3): URIs, of which each ends with a list's path.
fn numbers(names: &[u8], path: &str) -> Option<Vec<u32>> {
    if names.len() > MAX_NAMES {
        return None;
    }
    let answer: serde_json::Value = serde_json::from_slice(names).ok()?;
    let number = |uri: &serde_json::Value| {
        let (of_day, list) = uri.as_str()?.rsplit_once('/')?;
        list.parse().ok().filter(|_| of_day.ends_with(path))
    };
    answer.get("status_lists")?.as_array()?.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    const DAY: &str = "/v1/status/1768492800";

    /// Names a day's lists with this answer, and has those with these numbers.
    struct Source {
        names: Result<Option<String>, SourceError>,
        lists: Vec<u32>,
        asked: Mutex<Vec<String>>,
    }

    impl DocumentSource for Source {
        fn fetch(&self, path: String) -> Result<Option<Vec<u8>>, SourceError> {
            if path == DAY {
                return self.names.clone().map(|names| names.map(String::into_bytes));
            }
            let list = path.strip_prefix(DAY).unwrap().strip_prefix('/').unwrap().to_owned();
            let is_there = self.lists.contains(&list.parse().unwrap());
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(list);
            Ok(is_there.then(|| vec![1]))
        }
    }

    /// The lists that were asked for, how many came, and what went wrong.
    fn round(
        names: Result<Option<&str>, SourceError>,
        lists: &[u32],
    ) -> (String, u32, Vec<(String, String)>) {
        let names = names.map(|names| names.map(str::to_owned));
        let source = Arc::new(Source { names, lists: lists.to_vec(), asked: Mutex::default() });
        let (changed, faults) = (0, Vec::new());
        let mut round = Round { source: source.clone(), changed, faults, room: STATUS_LISTS_HELD };
        round.take_day(1_768_492_800, |_| Ok(true));
        let asked = source.asked.lock().unwrap_or_else(PoisonError::into_inner).join(" ");
        let faults = round.faults.into_iter().map(|fault| (fault.path, fault.code)).collect();
        (asked, round.changed, faults)
    }

    fn fault(path: &str, code: &str) -> Vec<(String, String)> {
        vec![(path.to_owned(), code.to_owned())]
    }

    fn named(numbers: impl IntoIterator<Item = u32>) -> String {
        let uris = numbers.into_iter().map(|list| format!("https://id.example{DAY}/{list}"));
        serde_json::json!({ "status_lists": uris.collect::<Vec<_>>() }).to_string()
    }

    #[test]
    fn just_the_lists_that_are_named_are_fetched_the_last_one_first() {
        assert_eq!(round(Ok(Some(&named([0, 3, 7, 3]))), &[0, 3, 7]), ("7 3 0".into(), 3, vec![]));
        assert_eq!(round(Ok(Some(&named([]))), &[0, 1]), (String::new(), 0, vec![]));
    }

    #[test]
    fn a_named_list_that_is_not_there_is_told_and_the_others_are_fetched() {
        let missing = fault(&format!("{DAY}/1"), UNREACHABLE);
        assert_eq!(round(Ok(Some(&named([0, 1, 2]))), &[0, 2]), ("2 1 0".into(), 2, missing));
    }

    #[test]
    fn a_source_that_names_none_is_asked_until_one_is_not_there() {
        assert_eq!(round(Ok(None), &[0, 1, 5]), ("0 1 2".into(), 2, vec![]));
    }

    #[test]
    fn more_lists_than_are_held_are_told_and_the_newest_are_fetched() {
        let all: Vec<u32> = (0..200).collect();
        let (asked, came, faults) = round(Ok(Some(&named(0..200))), &all);
        assert!(asked.starts_with("199 198 ") && asked.ends_with(" 136"), "{asked}");
        assert_eq!((came, faults), (STATUS_LISTS_HELD, fault(DAY, "VERIFIER_STATUS_CACHE_FULL")));
    }

    #[test]
    fn a_later_day_gets_the_room_that_is_left() {
        let (names, lists) = (Ok(Some(named(0..40))), (0..40).collect());
        let source = Arc::new(Source { names, lists, asked: Mutex::default() });
        let (changed, faults) = (0, Vec::new());
        let mut round = Round { source: source.clone(), changed, faults, room: STATUS_LISTS_HELD };
        for _ in ["today", "tomorrow"] {
            round.take_day(1_768_492_800, |_| Ok(true));
        }
        assert_eq!((round.changed, round.room, round.faults.len()), (STATUS_LISTS_HELD, 0, 1));
        let asked = source.asked.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!((asked.len(), &*asked[40], &*asked[63]), (64, "39", "16"));
    }

    #[test]
    fn an_answer_that_names_no_lists_of_this_day_fetches_nothing_and_is_told() {
        let other_day = named([0]).replace("1768492800", "1768579200");
        let long = format!("{}{}", " ".repeat(MAX_NAMES), named([0]));
        let deep = "[".repeat(MAX_NAMES);
        for junk in ["", "{}", "[]", r#"{"status_lists":[7]}"#, &other_day, &long, &deep] {
            let told = fault(DAY, UNREACHABLE);
            assert_eq!(round(Ok(Some(junk)), &[0]), (String::new(), 0, told), "{:.40}", junk);
        }
        let away = round(Err(SourceError::Unreachable), &[0]);
        assert_eq!(away, (String::new(), 0, fault(DAY, UNREACHABLE)));
    }
}
