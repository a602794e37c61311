//! The host side of sitrep: everything that reads or writes JSON, files and processes.
#![forbid(unsafe_code)]

pub mod input;
pub mod json;
pub mod metadata;
pub mod pack;
mod payload;
pub mod unpack;
