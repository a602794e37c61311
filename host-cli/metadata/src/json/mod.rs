//! Strict JSON (RFC 8259): UTF-8 without byte order mark, no key twice in an object, nothing after the value, bounded nesting.
//!
//! [`parse`] gives a [`Tree`]. Signed payloads are read with the same reader, which also shows every lexical token as it is
//! written, so that the bytes can be rebuilt.

mod elements;
mod error;
mod lexer;
mod reader;
mod scan;
mod tree;

pub(crate) use elements::{Elements, is_array};
pub(crate) use error::Fault;
pub use error::{Error, Expected, Problem};
pub(crate) use lexer::{Lexeme, unescape};
pub(crate) use reader::{Gap, Reader, Watch};
pub(crate) use scan::{common_prefix, find_end_of_plain};
pub(crate) use tree::Node;
pub use tree::{Tree, Value};

/// Parses one JSON text.
///
/// # Errors
/// Where the text is not strict JSON.
pub fn parse(json: &[u8]) -> Result<Tree, Error> {
    let text = Error::check_text(json)?;
    read(text).map_err(|fault| fault.locate(text))
}

fn read(text: &str) -> Result<Tree, Fault> {
    let mut reader = Reader::new(text, (), false);
    let mut tree = Tree::default();
    reader.start()?;
    reader.value(&mut tree)?;
    reader.end()?;
    Ok(tree)
}

#[cfg(test)]
mod tests;
