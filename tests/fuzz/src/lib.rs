//! What the fuzz targets of sitrep share: references that were written from the specifications and not from sitrep's code, and tools that
//! make inputs come through.
//!
//! - references: [`json`] (serde_json reads), [`text`] (writers of JSON texts), [`glob`] (Python's fnmatch), [`names`], [`policy`] (in-toto, section 5.2)
//! - what comes through: [`accept`] (signatures that are good whoever made them), [`parts`] (bundles that can be changed in parts),
//!   [`tokens`] (well-formed bundles around any tokens), [`chain`] (supply chains)
//! - what is asked of sitrep: [`rebuild`] (texts and values of a bundle), [`document`] (the whole way of a document), [`verdict`] (the
//!   whole verifier)
//!
//! A reference or a check panics where sitrep is wrong: for that it is here.
#![forbid(unsafe_code)]

pub mod accept;
pub mod chain;
pub mod document;
pub mod glob;
pub mod json;
pub mod names;
pub mod parts;
pub mod policy;
pub mod rebuild;
pub mod text;
pub mod tokens;
pub mod verdict;
