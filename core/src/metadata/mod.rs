//! What it means: in-toto's layouts, links and attestations, read from tokens, and what stands in them.

pub(crate) mod attestation;
pub(crate) mod glob;
pub(crate) mod known;
pub(crate) mod layout;
pub(crate) mod link;
pub(crate) mod lookup;
pub(crate) mod members;
pub(crate) mod parameters;
pub(crate) mod rules;
pub(crate) mod signed_layout;
mod statement;
pub(crate) mod step;
