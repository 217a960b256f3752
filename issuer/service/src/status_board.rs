//! Every pass that is not simply valid, in memory: what online scans ask and what status lists are made from.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use szid_protocol::pass::STATUS_LIST_ENTRIES;
use szid_protocol::status::Status;
use szid_protocol::verify::{StatusAnswer, StatusReference, StatusSource};

use crate::store::StatusChange;

/// The board. A few in a thousand passes stand on it.
#[derive(Default)]
pub(crate) struct StatusBoard(RwLock<Board>);

#[derive(Default)]
struct Board {
    statuses: BTreeMap<(u64, u32), u8>,
    change: u64,
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
        board.change += 1;
    }

    /// Goes up with every change.
    pub(crate) fn change(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).change
    }

    /// Positions and statuses of one list.
    pub(crate) fn list(&self, exp: u64, list: u32) -> Vec<(u32, u8)> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let first = list * STATUS_LIST_ENTRIES;
        let rows = board.statuses.range((exp, first)..=(exp, first + (STATUS_LIST_ENTRIES - 1)));
        rows.map(|((_, index), status)| (index - first, *status)).collect()
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
