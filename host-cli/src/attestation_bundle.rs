//! Attestation bundles: files of JSON lines, one DSSE envelope each (in-toto attestation framework, `spec/v1/bundle.md`).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::files::is_file_name;
use crate::json;
use crate::note::{Ignored, Note};

/// What the names of attestation bundles end in.
pub(crate) const SUFFIX: &str = ".intoto.jsonl";

/// Is this the name of an attestation bundle?
pub(crate) fn is_bundle_name(name: &str) -> bool {
    name.len() > SUFFIX.len() && name.ends_with(SUFFIX)
}

/// A file that may hold attestations, read.
#[derive(Clone, Debug)]
pub struct AttestationFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl AttestationFile {
    /// The name under which a bundle keeps its envelopes: its own where that is an attestation bundle's, otherwise one that is, so that what is
    /// unpacked is found again.
    pub(crate) fn label(&self) -> String {
        let name = self.path.file_name().unwrap_or(OsStr::new("attestations")).to_string_lossy().replace('\\', "_");
        if is_bundle_name(&name) {
            return name;
        }
        let stem = [".jsonl", ".json", ".intoto"]
            .iter()
            .fold(name.as_str(), |name, end| name.strip_suffix(end).filter(|stem| !stem.is_empty()).unwrap_or(name));
        format!("{stem}{SUFFIX}")
    }

    /// The JSON texts in it, and on which line each stands; `None` where the file is one text.
    pub(crate) fn texts(&self) -> Vec<(Option<usize>, &[u8])> {
        let lines =
            (1..).zip(self.bytes.split(|byte| *byte == b'\n')).map(|(number, line)| (number, line.trim_ascii()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty()).peekable();
        let is_lines = self.path.extension().is_some_and(|extension| extension == "jsonl");
        // A file of any other name holds one envelope, on as many lines as it likes, unless its first line is one already.
        if is_lines || lines.peek().is_some_and(|(_, first)| json::parse(first).is_ok()) {
            return lines.map(|(number, line)| (Some(number), line)).collect();
        }
        vec![(None, &self.bytes)]
    }
}

/// The names of the attestation bundles in a directory, in their order.
///
/// # Errors
/// The operating system's, when the directory cannot be read.
pub(crate) fn in_directory(directory: &Path, notes: &mut Vec<Note>) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        match name.to_str() {
            Some(name) if !is_bundle_name(name) => {}
            Some(name) if is_file_name(name) => names.push(name.to_owned()),
            None if !name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) => {}
            _ => notes.push(Note::new(&directory.join(name), Ignored::FileName)),
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &str) -> AttestationFile {
        AttestationFile { path: path.into(), bytes: bytes.into() }
    }

    #[test]
    fn labels_are_names_of_attestation_bundles() {
        for (path, label) in [
            ("/a/b.intoto.jsonl", "b.intoto.jsonl"),
            ("b.jsonl", "b.intoto.jsonl"),
            ("b.json", "b.intoto.jsonl"),
            ("b.intoto.json", "b.intoto.jsonl"),
            ("b.intoto", "b.intoto.jsonl"),
            ("b.tar.gz.att", "b.tar.gz.att.intoto.jsonl"),
            (".json", ".json.intoto.jsonl"),
            (".intoto.jsonl", ".intoto.intoto.jsonl"),
            ("a\\b.json", "a_b.intoto.jsonl"),
            ("/dev/stdin", "stdin.intoto.jsonl"),
        ] {
            assert_eq!(file(path, "").label(), label, "{path}");
            assert!(is_bundle_name(label) && is_file_name(label));
        }
    }

    #[test]
    fn lines_are_numbered_and_empty_ones_passed_over() {
        let texts = |path: &str, text: &str| -> Vec<(Option<usize>, String)> {
            let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            file(path, text).texts().into_iter().map(|(line, bytes)| (line, string(bytes))).collect()
        };
        let lines = "\n{\"a\":1}\r\n \t\n{\n2 \n";
        let expected = [(2, "{\"a\":1}"), (4, "{"), (5, "2")].map(|(line, text)| (Some(line), text.to_owned()));
        assert_eq!(texts("a.intoto.jsonl", lines), expected);
        assert_eq!(texts("a.jsonl", lines), expected);
        // Whatever it is called: lines that start with a whole JSON text are lines.
        assert_eq!(texts("a.att", lines), expected);
        let pretty = "{\n  \"a\": 1\n}\n";
        assert_eq!(texts("a.json", pretty), [(None, pretty.to_owned())]);
        assert_eq!(texts("a.json", "{}"), [(Some(1), "{}".to_owned())]);
        assert_eq!(texts("a.intoto.jsonl", ""), []);
        assert_eq!(texts("a.json", ""), [(None, String::new())]);
    }
}
