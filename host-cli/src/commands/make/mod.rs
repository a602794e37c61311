//! Commands that make what is verified later.

pub mod attest;
pub mod key;
pub mod layout;
pub mod run;
pub mod status;
