//! Below what nothing is left to prune.

/// Where pruning begins, so that it need not walk over what it removed before. Of no register, but of one
/// that is open: 0 after opening.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floors {
    pub(super) used_codes: Floor,
    pub(super) days: Floor,
    pub(super) statuses: Floor,
    pub(super) expiries: Floor,
}

impl Floors {
    /// The group is durable: pruning sees what it put.
    pub(super) fn end_group(&mut self) {
        let Self { used_codes, days, statuses, expiries } = self;
        [used_codes, days, statuses, expiries]
            .into_iter()
            .for_each(|floor| floor.of_group = u64::MAX);
    }
}

/// The floor of one kind of rows: a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Floor {
    at: u64,
    /// The lowest that the group has put. Pruning reads what is durable, and does not see it.
    of_group: u64,
}

impl Default for Floor {
    fn default() -> Self {
        Self { at: 0, of_group: u64::MAX }
    }
}

impl Floor {
    pub(super) fn at(self) -> u64 {
        self.at
    }

    /// A row is put here.
    pub(super) fn lower(&mut self, at: u64) {
        (self.at, self.of_group) = (self.at.min(at), self.of_group.min(at));
    }

    /// No durable row is left below.
    pub(super) fn raise(&mut self, at: u64) {
        self.at = at.min(self.of_group);
    }
}
