//! Attestation bundles and Sigstore bundles that lie in a directory.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use sitrep_metadata::envelope::attestation_bundle::{SIGSTORE_SUFFIX, SUFFIX, is_attestation_name};
use sitrep_metadata::limits::ATTESTATION_FILES;
use sitrep_metadata::names::is_file_name;

use crate::sources::note::{Ignored, Note};

/// The names of the files with attestations in a directory, in their order.
///
/// # Errors
/// The operating system's, when the directory cannot be read.
pub(crate) fn in_directory(directory: &Path, notes: &mut Vec<Note>) -> io::Result<Vec<String>> {
    let (mut names, mut more) = (BTreeSet::new(), 0);
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        match name.to_str() {
            Some(name) if !is_attestation_name(name) => {}
            Some(name) if is_file_name(name) => {
                names.insert(name.to_owned());
                if names.len() > ATTESTATION_FILES {
                    names.pop_last();
                    more += 1;
                }
            }
            None if ![SUFFIX, SIGSTORE_SUFFIX].iter().any(|end| name.as_encoded_bytes().ends_with(end.as_bytes())) => {}
            _ => notes.push(Note::new(&directory.join(name), Ignored::FileName)),
        }
    }
    if more > 0 {
        notes.push(Note::new(directory, Ignored::MoreFiles(more)));
    }
    Ok(names.into_iter().collect())
}
