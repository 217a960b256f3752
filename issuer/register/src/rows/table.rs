//! The tables by their places: each has one kind of rows, but for the first, which has all of which there are
//! few.

/// One table each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(crate) enum Table {
    Meta,
    Persons,
    Lookup,
    Grants,
    GrantCodes,
    Tokens,
    Families,
    FamiliesOf,
    Expiries,
    Passes,
    Holdings,
    Statuses,
    Venues,
    Credentials,
    UsedCodes,
    Audit,
    Uses,
    Retries,
    Gates,
    OfflineUses,
    Trails,
    DeviceCredentials,
    Requests,
    Sites,
    Stations,
    StaffCredentials,
    Events,
    Receipts,
    ReceiptIds,
    SetAside,
    GrantsOf,
}

impl Table {
    /// Every table, by its place.
    pub(crate) const ALL: [Self; TABLES] = [
        Self::Meta,
        Self::Persons,
        Self::Lookup,
        Self::Grants,
        Self::GrantCodes,
        Self::Tokens,
        Self::Families,
        Self::FamiliesOf,
        Self::Expiries,
        Self::Passes,
        Self::Holdings,
        Self::Statuses,
        Self::Venues,
        Self::Credentials,
        Self::UsedCodes,
        Self::Audit,
        Self::Uses,
        Self::Retries,
        Self::Gates,
        Self::OfflineUses,
        Self::Trails,
        Self::DeviceCredentials,
        Self::Requests,
        Self::Sites,
        Self::Stations,
        Self::StaffCredentials,
        Self::Events,
        Self::Receipts,
        Self::ReceiptIds,
        Self::SetAside,
        Self::GrantsOf,
    ];
}

/// How many tables there are.
pub(crate) const TABLES: usize = 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_stands_in_its_own_place() {
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table as usize, place, "{table:?}");
        }
    }
}
