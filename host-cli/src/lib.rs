//! The host side of sitrep: everything that reads or writes JSON, files and processes.
#![forbid(unsafe_code)]

pub mod hex;
pub mod keys;
pub mod schemes;
