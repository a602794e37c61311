//! What was signed: from tokens back to the text. What it adds to an [`Envelope`](crate::bundle::Envelope) stands in `signed`.

mod descriptors;
pub(crate) mod dsse;
mod emit;
mod escape;
mod signed;
mod writer;

pub(crate) use writer::Writer;
