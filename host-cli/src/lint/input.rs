//! Reads a layout in any of the states that it goes through on its author's desk.

use std::path::Path;

use sitrep_core::bundle::MAGIC;

use crate::error::CliError;
use crate::files;
use crate::json;
use crate::metadata::{Document, DocumentError};
use crate::note::{Ignored, InputError};

/// Members by which a layout is known that nobody has wrapped in an envelope yet.
const MEMBERS: [&str; 5] = ["_type", "expires", "keys", "steps", "inspect"];

/// Reads a layout: a Metablock, with or without signatures, a DSSE envelope, or the bare layout.
///
/// # Errors
/// [`CliError`] when the file cannot be read, or is neither.
pub fn read(path: &Path) -> Result<Document, CliError> {
    let bytes = files::read(path).map_err(|error| CliError::Read(path.into(), error))?;
    if bytes.starts_with(&MAGIC) {
        return Err(CliError::NoLayout(path.into()));
    }
    Ok(parse(&bytes).map_err(|error| InputError::new(path, Ignored::Invalid(error)))?)
}

/// Parses a layout in any of these forms.
pub(super) fn parse(bytes: &[u8]) -> Result<Document, DocumentError> {
    let tree = json::parse(bytes).map_err(DocumentError::Json)?;
    let has = |member: &str| tree.root().get(member).is_some();
    if !has("signed") && !has("payload") && MEMBERS.iter().any(|member| has(member)) {
        return Document::unsigned(bytes);
    }
    if has("signed") && !has("signatures") {
        // The envelope is an object, and has a member.
        let text = bytes.trim_ascii_end();
        return Document::parse(&[text.strip_suffix(b"}").unwrap_or(text), b",\"signatures\":[]}"].concat());
    }
    Document::parse(bytes)
}
