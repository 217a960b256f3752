//! The library for phones: checked, linked and measured, with the vendor's tools or without.

pub(crate) mod android;
mod called;
mod cross;
mod elf;
pub(crate) mod harmony;
pub(crate) mod ios;
mod macho;
mod size;
mod stand_ins;
mod symbols;
