//! Wire formats of the citizen code and their one total verification.
