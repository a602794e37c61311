//! What files there are before and after a command, and the links that say so.

mod directory;
mod error;
mod hashing;
pub mod link;
mod queue;
mod scope;
pub mod selection;
pub mod step;
pub mod tree;
mod walk;
mod work;
