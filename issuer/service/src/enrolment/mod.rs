//! Enrolment at the counter: of somebody new at once, of somebody known by two registrars, or by one and the
//! person's own word.

mod approvals;
mod enrolling;
mod fault;

pub(crate) use approvals::{AUDIENCE, Question, answer, questions};
pub(crate) use enrolling::{EnrolmentWanted, Outcome, enrol};
pub(crate) use fault::EnrolmentFault;
