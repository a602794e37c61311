//! `sitrep.toml`: a layout as people write it. Bytes in, bytes out: nothing here knows of files, clocks, processes, threads or a terminal.
//!
//! One datum's way through the house, say a pattern of files that a step may make: it stands in the file as a word of `creates` ([`mod@file`]), becomes the rules
//! `CREATE pattern` of a step's `expected_products` ([`sugar`]) and so a part of the layout that its owners sign ([`compile`]). From a layout that somebody else
//! wrote the way back is [`import`]: what the words of the file cannot say stands there as in-toto's own rules, so that it becomes the same signed bytes again.
//! What differs between two layouts is said by [`diff`]; [`edit`] changes the file and leaves its comments alone.
//!
//! Verification reads the signed layout and never this file.
#![forbid(unsafe_code)]
// clippy.toml names what they are.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

pub mod compile;
pub mod diff;
pub mod edit;
pub mod expires;
pub mod file;
pub mod import;
pub mod readings;
pub mod roles;
pub mod spelling;
pub mod sugar;
