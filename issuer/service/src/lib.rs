//! HTTP service: enrolment, issuance, scans, status, trust, audit.
