//! Names that are too long for a bundle (BUNDLE.md, section 10): any number of envelopes could share one.

use std::fmt;

use sitrep_core::limits::LABEL;

use super::Labelled;
use crate::payload::ArtifactList;

/// What has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A file.
    File,
    /// The step for which there is a sublayout.
    Step,
    /// The key of a signature.
    Key,
    /// A DSSE payload.
    PayloadType,
    /// The algorithm of a digest.
    Algorithm,
    /// A digest, which is as long as it is.
    Digest,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file names",
            Self::Step => "names of steps",
            Self::Key => "key ids",
            Self::PayloadType => "payload types",
            Self::Algorithm => "names of digest algorithms",
            Self::Digest => "digests",
        })
    }
}

impl Labelled {
    /// The first name that is too long, and how many bytes it has.
    pub(super) fn long_name(&self) -> Option<(Named, usize)> {
        let keys = self.document.signatures().iter().filter_map(|signature| signature.keyid.as_deref());
        let added = [
            (Named::Step, self.step.as_deref()),
            // For either kind of profile.
            (Named::File, self.label(true).or_else(|| self.label(false))),
            (Named::PayloadType, self.document.payload_type()),
        ];
        let added = added.into_iter().filter_map(|(named, name)| Some((named, name?.len())));
        let mut names = added.chain(keys.map(|key| (Named::Key, key.len())));
        let is_long = |(_, length): &(Named, usize)| *length > LABEL;
        names.find(is_long).or_else(|| self.document.payload.lists.iter().find_map(long_digest))
    }
}

/// The first algorithm or digest that is too long. A digest that is written as text may have as many characters as the longest has digits.
fn long_digest(list: &ArtifactList) -> Option<(Named, usize)> {
    let fields = || list.shapes.iter().flat_map(|shape| &shape.fields);
    if let Some(field) = fields().find(|field| field.algorithm.len() > LABEL) {
        return Some((Named::Algorithm, field.algorithm.len()));
    }
    if let Some(bytes) = fields().filter_map(|field| field.bytes).find(|bytes| *bytes as usize > LABEL) {
        return Some((Named::Digest, bytes as usize));
    }
    if fields().all(|field| field.bytes.is_some()) {
        return None;
    }
    let mut cursor = list.cursor();
    while cursor.next() {
        let values = super::artifacts::fields(&cursor).filter(|(bytes, _)| bytes.is_none());
        let mut lengths = values.map(|(_, value)| list.text_value(value).len());
        if let Some(length) = lengths.find(|length| *length > 2 * LABEL) {
            return Some((Named::Digest, length.div_ceil(2)));
        }
    }
    None
}
