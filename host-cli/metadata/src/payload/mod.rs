//! A signed payload: any JSON value, in which the artifacts of links are kept compactly.

mod descriptors;
mod list;
mod list_reader;
pub mod predicates;
mod read;
mod spelling;
mod style;

pub(crate) use descriptors::list_in;
pub(crate) use list::{ArtifactList, Cursor, Field, Shape};
pub(crate) use list_reader::{decode_hex, is_hex};
pub(crate) use read::{read_canonical, read_text};
pub(crate) use style::Patches;

use sitrep_core::bundle::Style;

use crate::json::Tree;

/// How many artifact maps and lists of a payload are stored apart. A link has two, a predicate two more; further ones are text like everything else.
const LISTS: usize = 4;

/// A payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    /// Everything but artifact maps and lists, of which there are numbers in it ([`crate::json::Node::Elsewhere`]). Lists of descriptors are in it but
    /// for what the artifacts section holds.
    pub(crate) tree: Tree,
    /// The artifact maps and lists.
    pub(crate) lists: Vec<ArtifactList>,
}

/// How the text of a DSSE payload is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Formatting {
    /// Length of the text in bytes.
    pub(crate) length: u32,
    /// The style that fits best.
    pub(crate) style: Style,
    /// Where it does not fit.
    pub(crate) patches: Patches,
}
