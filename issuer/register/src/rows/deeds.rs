//! What is counted of what one person did alone.

use std::borrow::Cow;

use super::Deeds;
use super::key::{Key, KeySink, KeySource, Leads, Name, Part};
use super::record::{Record, RowSink, RowSource};
use super::word::Word;

/// What is counted. The numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// An administrator withdrew a credential, stopped a place, or took scenes or a site from what scans.
    Restriction,
    /// A registrar froze an account.
    Freeze,
    /// A registrar ended what they had asked for about somebody known.
    GivenUp,
    /// A registrar asked about one person.
    Question,
    /// One of the staff refused what another one had asked for, among these approvers.
    Refusal,
    /// A registrar looked at the devices of one person.
    Look,
    /// A person reported a use of theirs.
    UseReport,
}

impl Word for Deed {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Restriction, 1, "restriction"),
        (Self::Freeze, 2, "freeze"),
        (Self::GivenUp, 3, "given_up"),
        (Self::Question, 4, "question"),
        (Self::Refusal, 5, "refusal"),
        (Self::Look, 6, "look"),
        (Self::UseReport, 7, "use_report"),
    ];
}

impl Part for Deed {
    fn write(&self, key: &mut impl KeySink) {
        key.word(*self);
    }
}

impl Leads<Deeds> for Deed {}

/// Who did it, and about what: a name, an id, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doer<'a> {
    /// One of the staff.
    pub(crate) name: Option<Name<'a>>,
    /// The person or the approvers that it is about; or the person who did it.
    pub(crate) about: Option<[u8; 16]>,
}

impl<'a> Doer<'a> {
    /// One of the staff.
    pub(crate) fn named(name: &'a str) -> Self {
        Self { name: Some(Cow::Borrowed(name)), about: None }
    }

    /// One of the staff, about this.
    pub(crate) fn about(name: &'a str, about: [u8; 16]) -> Self {
        Self { name: Some(Cow::Borrowed(name)), about: Some(about) }
    }

    /// A person.
    pub(crate) fn person(person: crate::PersonId) -> Self {
        Self { name: None, about: Some(person.0) }
    }
}

/// Whose deeds of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeedKey<'a> {
    pub(crate) deed: Deed,
    pub(crate) doer: Doer<'a>,
}

impl Part for DeedKey<'_> {
    fn write(&self, key: &mut impl KeySink) {
        let Self { deed, doer: Doer { name, about } } = self;
        key.word(*deed);
        match (name, about) {
            (Some(name), None) => {
                key.last_text(name);
                key.nothing();
            }
            (Some(name), Some(about)) => {
                key.text(name);
                key.array(about);
            }
            (None, about) => {
                key.nothing();
                about.iter().for_each(|about| key.array(about));
            }
        }
    }
}

impl Key for DeedKey<'_> {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        let deed = key.word()?;
        let doer = match deed {
            Deed::Restriction | Deed::Freeze | Deed::GivenUp => {
                let name = Some(key.last_text()?.into());
                key.nothing();
                Doer { name, about: None }
            }
            Deed::Question | Deed::Refusal | Deed::Look => {
                Doer { name: Some(key.text()?.into()), about: Some(key.array()?) }
            }
            Deed::UseReport => {
                key.nothing();
                Doer { name: None, about: Some(key.array()?) }
            }
        };
        Some(Self { deed, doer })
    }
}

/// When: Unix seconds.
impl Record for Vec<u64> {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "deeds";

    fn write(&self, row: &mut impl RowSink) {
        row.last_numbers("times", self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.last_numbers("times")
    }
}
