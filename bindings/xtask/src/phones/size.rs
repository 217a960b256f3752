//! A library's size against the one on record: an app's users pay for each byte.

use std::fs;
use std::path::Path;

use crate::process::{Outcome, at};

/// Growth up to this many percent needs no reason.
const FREE_PERCENT: u64 = 2;
/// Gives the reason for more.
const REASON: &str = "SZID_SIZE_ACCEPTED";

/// Compares with the record, a file with a number of bytes, or writes it.
pub(crate) fn check(record: &Path, bytes: u64, write: bool) -> Outcome {
    if write {
        return at(record, fs::write(record, format!("{bytes}\n")));
    }
    let before = at(record, fs::read_to_string(record))?;
    let before = before.trim().parse().map_err(|_| format!("{}: no number", record.display()))?;
    let reason = std::env::var(REASON).ok().filter(|reason| !reason.trim().is_empty());
    println!("size: {bytes} bytes, {before} on record");
    match fault(before, bytes) {
        Some(fault) if reason.is_none() => Err(fault),
        Some(fault) => {
            println!("accepted: {}: {fault}", reason.unwrap_or_default());
            Ok(())
        }
        None => Ok(()),
    }
}

fn fault(before: u64, now: u64) -> Option<String> {
    (now > before + before * FREE_PERCENT / 100).then(|| {
        format!(
            "the library grew from {before} to {now} bytes, more than {FREE_PERCENT} %: make it smaller, give a reason in \
             {REASON}, or write the new size down with --write"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn growth_of_more_than_two_percent_is_a_fault_and_less_is_not() {
        assert_eq!(fault(1000, 900), None);
        assert_eq!(fault(1000, 1020), None);
        assert!(fault(1000, 1021).is_some_and(|text| text.contains("from 1000 to 1021")));
    }
}
