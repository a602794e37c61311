//! From tokens back to the text that was signed.

mod emit;
mod escape;
mod writer;

pub(crate) use emit::{decimal, emit};
pub(crate) use writer::Writer;
