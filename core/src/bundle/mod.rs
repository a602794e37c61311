//! The bundle format (BUNDLE.md).

mod templates;
mod words;

pub use templates::{Piece, TEMPLATES};
pub use words::{HOT_WORDS, WORDS};
