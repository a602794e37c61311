//! A signed payload: any JSON value, in which the artifacts of links are kept compactly.

mod list;
mod read;
mod spelling;
mod style;

pub(crate) use list::{ArtifactList, Cursor, Field, Shape};
pub(crate) use read::{decode_hex, is_hex, read_canonical, read_text};
pub(crate) use style::{Patch, PatchKind};

use sitrep_core::bundle::Style;

use crate::json::Tree;

/// A payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    /// Everything but artifact maps and lists, of which there are numbers in it ([`crate::json::Node::Elsewhere`]).
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
    pub(crate) patches: Vec<Patch>,
}
