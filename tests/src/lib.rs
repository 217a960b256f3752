//! End-to-end, layering, crash and interop tests.
