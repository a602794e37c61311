//! What is signed, in its envelope: layouts, links and attestations as [`document`]s, any other payload as [`dsse`], and files of many. [`link`] writes what a step recorded.

pub mod attestation_bundle;
pub mod byproducts;
pub mod document;
pub mod dsse;
pub mod link;
pub mod security_version;
