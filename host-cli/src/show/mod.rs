//! What people see in the terminal.

pub(crate) mod boot_report;
pub(crate) mod characters;
pub(crate) mod findings;
mod harmful;
pub(crate) mod keys;
pub(crate) mod layout;
pub mod lines;
pub(crate) mod messages;
pub(crate) mod policy;
pub mod report;
