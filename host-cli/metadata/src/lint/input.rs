//! Reads a layout in any of the states that it goes through on its author's desk.

use crate::envelope::document::{Document, DocumentError};
use crate::json;

/// Members by which a layout is known that nobody has wrapped in an envelope yet.
const MEMBERS: [&str; 5] = ["_type", "expires", "keys", "steps", "inspect"];

/// Parses a layout: a Metablock, with or without signatures, a DSSE envelope, or the bare layout.
///
/// # Errors
/// [`DocumentError`] when it is neither.
pub fn parse(bytes: &[u8]) -> Result<Document, DocumentError> {
    let (is_bare, is_unsigned) = {
        let tree = json::parse(bytes).map_err(DocumentError::Json)?;
        let has = |member: &str| tree.root().get(member).is_some();
        let is_bare = !has("signed") && !has("payload") && MEMBERS.iter().any(|member| has(member));
        (is_bare, has("signed") && !has("signatures"))
    };
    if is_bare {
        return Document::unsigned(bytes);
    }
    if is_unsigned {
        // The envelope is an object, and has a member.
        let text = bytes.trim_ascii_end();
        return Document::parse(&[text.strip_suffix(b"}").unwrap_or(text), b",\"signatures\":[]}"].concat());
    }
    Document::parse(bytes)
}
