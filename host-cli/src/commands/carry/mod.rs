//! Commands that carry metadata from one form into the other.

pub mod pack;
pub mod unpack;
