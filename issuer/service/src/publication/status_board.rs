//! Every pass that is not simply valid, in memory: what online scans ask and what status lists are made from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

use szid_protocol::pass::STATUS_LIST_ENTRIES;
use szid_protocol::status::Status;
use szid_protocol::verify::{StatusAnswer, StatusReference, StatusSource};
use szid_register::StatusChange;

/// The board. A few in a thousand passes stand on it.
#[derive(Default)]
pub(crate) struct StatusBoard(RwLock<Board>);

#[derive(Default)]
struct Board {
    statuses: BTreeMap<(u64, u32), u8>,
    /// How often each list changed since the start.
    changes: HashMap<(u64, u32), u64>,
}

impl StatusBoard {
    pub(crate) fn apply(&self, changes: &[StatusChange]) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            let key = (change.exp, change.index);
            match change.status {
                0 => board.statuses.remove(&key),
                status => board.statuses.insert(key, status),
            };
        }
        let lists: BTreeSet<_> =
            changes.iter().map(|change| (change.exp, change.index / STATUS_LIST_ENTRIES)).collect();
        for list in lists {
            *board.changes.entry(list).or_default() += 1;
        }
    }

    /// Forgets the days that ended before `past`, which the caller has checked.
    pub(crate) fn prune(&self, past: u64) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        board.statuses = board.statuses.split_off(&(past, 0));
        board.changes.retain(|(exp, _), _| *exp >= past);
    }

    /// Every list that changed since the start, with how often.
    pub(crate) fn changed_lists(&self) -> Vec<((u64, u32), u64)> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        board.changes.iter().map(|(list, changes)| (*list, *changes)).collect()
    }

    /// Goes up with every change of a list.
    pub(crate) fn changes(&self, list: (u64, u32)) -> u64 {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        board.changes.get(&list).copied().unwrap_or(0)
    }

    /// Positions and statuses of one list, and the count of changes up to them.
    pub(crate) fn list(&self, (exp, list): (u64, u32)) -> (u64, Vec<(u32, u8)>) {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let first = list * STATUS_LIST_ENTRIES;
        let rows = board.statuses.range((exp, first)..=(exp, first + (STATUS_LIST_ENTRIES - 1)));
        let entries = rows.map(|((_, index), status)| (index - first, *status)).collect();
        (board.changes.get(&(exp, list)).copied().unwrap_or(0), entries)
    }

    /// The board as a source of statuses, which are true now.
    pub(crate) fn at(&self, now: u64) -> BoardAt<'_> {
        BoardAt { board: self, now }
    }
}

/// The board at one moment.
pub(crate) struct BoardAt<'a> {
    board: &'a StatusBoard,
    now: u64,
}

impl StatusSource for BoardAt<'_> {
    fn status(&self, reference: &StatusReference<'_>) -> StatusAnswer {
        let board = self.board.0.read().unwrap_or_else(PoisonError::into_inner);
        let status = board.statuses.get(&(reference.exp, reference.index())).copied().unwrap_or(0);
        StatusAnswer::Known {
            status: Status::from(status),
            issued_at: self.now,
            expires_at: self.now + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(exp: u64, index: u32, status: u8) -> StatusChange {
        StatusChange { exp, index, status }
    }

    #[test]
    fn only_the_list_that_changed_counts_a_change() {
        let board = StatusBoard::default();
        board.apply(&[change(10, 5, 2), change(10, STATUS_LIST_ENTRIES + 3, 1)]);
        board.apply(&[change(10, 5, 0)]);
        assert_eq!(
            (board.changes((10, 0)), board.changes((10, 1)), board.changes((11, 0))),
            (2, 1, 0)
        );
        assert_eq!(board.list((10, 0)), (2, vec![]));
        assert_eq!(board.list((10, 1)), (1, vec![(3, 1)]));
    }

    #[test]
    fn past_days_are_forgotten() {
        let board = StatusBoard::default();
        board.apply(&[change(10, 1, 2), change(20, 1, 2)]);
        board.prune(20);
        assert_eq!(board.list((10, 0)), (0, vec![]));
        assert_eq!(board.list((20, 0)), (1, vec![(1, 2)]));
    }
}
