//! Holder side: enrolment, strips of day passes, presentation, refresh.
