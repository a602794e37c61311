//! What the operating system gives: files, processes, the time, threads.

pub mod clock;
pub mod copies;
pub mod executor;
pub mod files;
pub(crate) mod memory;
pub(crate) mod new_files;
pub(crate) mod parallel;
pub(crate) mod privacy;
pub mod process;
pub mod temporary;
