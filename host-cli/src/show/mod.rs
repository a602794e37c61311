//! What people see in the terminal.

pub(crate) mod boot_report;
pub(crate) mod characters;
pub(crate) mod findings;
mod harmful;
pub(crate) mod keys;
pub mod lines;
pub(crate) mod messages;
pub(crate) mod policy;
pub mod report;
