//! The connectors that this city offers.

use std::collections::BTreeMap;

use szid_identity::connectors::Guarded;

/// The connectors, by name.
#[derive(Default)]
pub(crate) struct Connectors(BTreeMap<String, Guarded>);

impl Connectors {
    /// Nothing where two share a name.
    pub(crate) fn new(connectors: Vec<Guarded>) -> Option<Self> {
        let count = connectors.len();
        let named = connectors.into_iter().map(|one| (one.name().to_owned(), one));
        let named: BTreeMap<_, _> = named.collect();
        (named.len() == count).then_some(Self(named))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Guarded> {
        self.0.get(name)
    }

    /// The name and method of each.
    pub(crate) fn ways(&self) -> Vec<(String, String)> {
        let way = |one: &Guarded| (one.name().to_owned(), one.method().to_owned());
        self.0.values().map(way).collect()
    }
}
