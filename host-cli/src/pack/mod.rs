//! Writes bundles (core's BUNDLE.md).
use std::collections::BTreeMap;
use std::fmt;

use crate::metadata::Document;

/// Collects documents, then writes one bundle.
#[derive(Clone, Debug, Default)]
pub struct Packer;

/// What was seen of an inspection.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Name of the inspection.
    pub name: String,
    /// The command that was run.
    pub command: Vec<String>,
    /// What it returned.
    pub return_value: i32,
    /// SHA-256 digests of the files before, by path.
    pub materials: BTreeMap<String, [u8; 32]>,
    /// And after.
    pub products: BTreeMap<String, [u8; 32]>,
}

impl Packer {
    /// A packer without documents.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
    /// Adds a document: first the layout, then the links. `file_name` becomes the label when it is not the derived one.
    pub fn add(&mut self, _file_name: &str, _document: Document) {}
    /// Adds what was observed of an inspection.
    pub fn add_observation(&mut self, _observation: Observation) {}
    /// The documents, in the order in which they were added.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Document)> {
        std::iter::empty()
    }
    /// Writes the bundle. `profile` is the number for its header (0 for none).
    ///
    /// # Errors
    /// What cannot go into a bundle.
    pub fn finish(&self, _profile: u8) -> Result<Vec<u8>, PackError> {
        unimplemented!()
    }
}

/// What cannot go into a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackError {
    /// TODO
    Todo,
}

impl fmt::Display for PackError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

impl std::error::Error for PackError {}
