//! The library for phones: checked, linked and measured, with the vendor's tools or without.

pub(crate) mod android;
mod cross;
mod elf;
mod size;
