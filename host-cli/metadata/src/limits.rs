//! How much is looked at on a host, where core's limits do not say it.

/// How many sublayouts may be inside each other. in-toto's own examples have one; bounds the directories that are looked into.
pub const SUBLAYOUT_DEPTH: usize = 8;

/// How many bytes a file of metadata may have: a layout, a link, a file of attestations, a signed policy. A link of 300,000 artifacts has fewer.
pub const METADATA_FILE: u64 = 64 << 20;

/// How many bytes any other input may have that is read whole: a bundle, an update package, a dump.
pub const INPUT_FILE: u64 = 256 << 20;

/// How many bytes of links and attestations are loaded for one layout, together with all that are below it.
pub const EVIDENCE: u64 = 1 << 30;

/// How many bytes of these may be read a second time, under another name: links and symbolic links can make much of a little.
pub const EVIDENCE_AGAIN: u64 = 4 << 20;

/// How many files with attestations a directory may have; of more, those are read whose names come first.
pub const ATTESTATION_FILES: usize = 4096;

/// How many signatures of an envelope that cannot be checked are told of one by one.
pub const SIGNATURE_NOTES: usize = 32;

/// How many different strings a bundle may have, beside the words of the format and the paths of artifacts.
pub const STRINGS: usize = 1 << 20;

/// How many bytes a JSON text may have, so that its nodes take eight bytes each.
pub const JSON_TEXT: usize = 1 << 30;
