//! What files there are before and after a command.

pub mod step;
pub mod tree;
