//! JSON of the service's HTTP interface, written once: the service makes what wallet and gate read, and reads
//! what they make.
//!
//! | flow | types |
//! |---|---|
//! | an offer is taken up, passes are fetched | [`issuance`] |
//! | questions of venues, and their answers | [`consents`], [`matter`] |
//! | uses of an identity | [`uses`] |
//! | codes of venues, visits, short numbers | [`venues`], [`numbers`] |
//! | the account, its devices, a loss, new devices | [`account`], [`devices`], [`events`], [`losses`], [`enrolments`] |
//! | a gate's receipts and documents | [`receipts`], [`documents`] |
//! | refusals | [`problem`] |
//!
//! Where a request goes stands in [`paths`], how much it may hold in [`limits`]. A member that services of
//! before do not send is read as its default, and one that a newer service adds is passed over. Words that a
//! newer service may have more of are read as text; `words` lists those of today.
//!
//! With the feature `utoipa` the types describe themselves: names and comments of the service's description
//! are those of this crate.
#![forbid(unsafe_code)]
#![expect(
    missing_docs,
    reason = "comments are the description's text, and a member whose name says all has none"
)]

pub mod account;
pub mod consents;
pub mod devices;
pub mod documents;
pub mod enrolments;
pub mod events;
pub mod issuance;
pub mod limits;
pub mod losses;
pub mod matter;
pub mod numbers;
pub mod paths;
pub mod problem;
pub mod proofs;
pub mod receipts;
pub mod uses;
pub mod venues;
#[cfg(feature = "utoipa")]
pub mod words;
