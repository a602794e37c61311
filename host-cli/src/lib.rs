//! The host side of sitrep: everything that reads or writes JSON, files and processes.
#![forbid(unsafe_code)]

pub mod args;
pub mod files;
pub mod hex;
pub mod keys;
pub mod recording;
pub mod schemes;
pub mod sign;
pub mod temporary;
