//! Uploading receipts: in order, as often as it takes, once in effect, since the service knows their numbers.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use szid_api::limits::MAX_RECEIPTS;
use szid_api::receipts::Uploaded;

use crate::client::ServiceClient;
use crate::conditions::Condition;
use crate::gate::Gate;
use crate::others;
use crate::standing::{ask, note_refusal};
use crate::sync::{jittered, pause};

/// How often the queue is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// The longest wait while nobody passes since the service says so: it may say otherwise soon.
const CLOSED: Duration = Duration::from_secs(60);
/// The letters of one request: less than the service takes by default.
const LETTERS_AT_ONCE: usize = 64 * 1024;
/// Receipts that are read from the disk at once: about one file of them.
const READ_AT_ONCE: usize = 4096;
/// What the service says of a receipt whose number another one has.
const NUMBER_USED: &str = "RECEIPT_NUMBER";

/// Uploads everything that waits, after it has asked where the count stands. True when nothing is left.
pub async fn once(gate: &Gate, client: &ServiceClient) -> bool {
    let now = gate.ports.now();
    if !gate.others.should_ask(now) && gate.queue.waiting() == 0 {
        return true;
    }
    if !ask(gate, client).await {
        return false;
    }
    gate.others.note_asked(now);
    loop {
        let waiting = match gate.queue.oldest(READ_AT_ONCE) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "receipts cannot be read");
                return false;
            }
        };
        if waiting.is_empty() {
            return true;
        }
        for request in requests(&waiting) {
            match send(gate, client, &request).await {
                0 => return false,
                taken if taken == request.len() as u64 => {}
                // Where it stopped is where the next request starts.
                _ => break,
            }
        }
    }
}

/// A receipt on its way: its number, and its letters.
type Letter = (u64, String);

/// The requests that carry all of them.
fn requests(waiting: &[(u64, Vec<u8>)]) -> Vec<Vec<Letter>> {
    let mut requests: Vec<Vec<Letter>> = Vec::new();
    let mut letters = 0;
    for (number, receipt) in waiting {
        let text = BASE64URL_NOPAD.encode(receipt);
        letters += text.len();
        match requests.last_mut() {
            Some(last) if last.len() < MAX_RECEIPTS && letters <= LETTERS_AT_ONCE => {
                last.push((*number, text));
            }
            _ => {
                letters = text.len();
                requests.push(vec![(*number, text)]);
            }
        }
    }
    requests
}

/// How many of them the service has dealt with; 0 where it cannot be reached, too.
async fn send(gate: &Gate, client: &ServiceClient, receipts: &[Letter]) -> u64 {
    let texts: Vec<_> = receipts.iter().map(|(_, text)| text.clone()).collect();
    let uploaded = match client.upload(texts).await {
        Ok(uploaded) => uploaded,
        Err(fault) => {
            note_refusal(gate, fault);
            return 0;
        }
    };
    tell_set_aside(gate, receipts, &uploaded);
    let noted = gate.queue.uploaded(done_through(receipts, &uploaded));
    if gate.disk_is_full() && gate.queue.waiting() == 0 && gate.queue.let_go().is_ok() {
        gate.try_disk();
    }
    match noted {
        Ok(0) => {
            tracing::error!(last = uploaded.last, "the service takes none of the receipts");
            0
        }
        Ok(taken) => taken,
        Err(error) => {
            tracing::error!(%error, "it cannot be noted what was uploaded");
            gate.note_disk_fault();
            0
        }
    }
}

/// The number up to which nothing need be sent again: one of those that were sent, whatever the answer says.
fn done_through(receipts: &[Letter], uploaded: &Uploaded) -> u64 {
    match uploaded.done {
        // A service of an earlier version stops at what it does not take.
        None => {
            let numbers = receipts.iter().map(|(number, _)| *number);
            numbers.take_while(|number| *number <= uploaded.last).last().unwrap_or(0)
        }
        Some(done) => {
            let done = usize::try_from(done).unwrap_or(usize::MAX).min(receipts.len());
            receipts[..done].last().map_or(0, |(number, _)| *number)
        }
    }
}

fn tell_set_aside(gate: &Gate, receipts: &[Letter], uploaded: &Uploaded) {
    for one in &uploaded.set_aside {
        let number = receipts.get(one.index).map(|(number, _)| *number);
        tracing::error!(number, reason = &*one.reason, "the service has set a receipt aside");
        gate.conditions.set(Condition::ReceiptsSetAside, true);
    }
    let numbers = uploaded.set_aside.iter().filter(|one| one.reason == NUMBER_USED);
    let numbers = numbers.filter_map(|one| receipts.get(one.index)).map(|(number, _)| *number);
    let conflicting = numbers.max();
    others::hear(gate, uploaded.conflict_at, conflicting.is_some() || uploaded.late > 0);
    if let Some(number) = conflicting
        && let Err(error) = others::came_first(gate, Some(number), uploaded.last)
    {
        tracing::error!(%error, "the count of receipts cannot be kept");
    }
}

/// Goes on for ever.
pub async fn run(gate: Arc<Gate>, client: Arc<ServiceClient>) {
    let mut failed = 0;
    loop {
        gate.try_disk_again();
        failed = if once(&gate, &client).await { 0 } else { failed + 1 };
        let pause =
            pause(EVERY, failed).min(if gate.is_withdrawn() { CLOSED } else { Duration::MAX });
        tokio::time::sleep(jittered(pause, &gate)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_bounded_by_number_and_by_size() {
        let small: Vec<_> = (1..=250).map(|number| (number, vec![7; 30])).collect();
        let sizes: Vec<_> = requests(&small).iter().map(Vec::len).collect();
        assert_eq!(sizes, [100, 100, 50]);
        let large: Vec<_> = (1..=100).map(|number| (number, vec![7; 792])).collect();
        for request in requests(&large) {
            let letters: usize = request.iter().map(|(_, text)| text.len()).sum();
            assert!(!request.is_empty() && letters <= LETTERS_AT_ONCE);
        }
        let numbers: Vec<_> = requests(&large).concat().iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
        assert!(requests(&[]).is_empty());
    }
}
