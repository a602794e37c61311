//! The host side of sitrep: everything that reads or writes JSON, files and processes.
#![forbid(unsafe_code)]

pub mod args;
pub mod attestation_bundle;
pub mod clock;
pub mod commands;
pub mod dsse;
pub mod error;
pub mod executor;
pub mod files;
pub mod hex;
pub mod input;
pub mod inspection;
pub mod json;
pub mod keys;
pub mod lines;
pub mod lint;
pub mod metadata;
pub mod note;
pub mod pack;
mod parallel;
mod payload;
pub mod predicates;
pub mod process;
pub mod recording;
pub mod report;
pub mod role;
pub mod schemes;
pub mod sign;
pub mod signing_key;
pub mod source;
pub mod temporary;
pub mod trust_policy;
pub mod unpack;
pub mod verification;
pub mod view;
