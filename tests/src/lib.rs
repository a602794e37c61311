//! What the integration tests and benches of sitrep share.

pub mod command;
pub mod demo;
pub mod json_text;
pub mod wrap;
