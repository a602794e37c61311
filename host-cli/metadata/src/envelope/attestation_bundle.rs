//! Files of many envelopes: attestation bundles, which are JSON lines, one DSSE envelope each (in-toto attestation framework, `spec/v1/bundle.md`), and arrays of
//! envelopes, as registries give them. In the place of an envelope may be the Sigstore bundle that holds it.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::json::{self, Elements, is_array};

/// What the names of attestation bundles end in.
pub const SUFFIX: &str = ".intoto.jsonl";

/// What the names of Sigstore bundles end in.
pub const SIGSTORE_SUFFIX: &str = ".sigstore.json";

/// Is this the name of an attestation bundle?
#[must_use]
pub fn is_bundle_name(name: &str) -> bool {
    name.len() > SUFFIX.len() && name.ends_with(SUFFIX)
}

/// Is this the name of a file that holds attestations, whatever else lies beside it?
#[must_use]
pub fn is_attestation_name(name: &str) -> bool {
    is_bundle_name(name) || (name.len() > SIGSTORE_SUFFIX.len() && name.ends_with(SIGSTORE_SUFFIX))
}

/// The name under which a bundle keeps the envelopes of a file: its own where that is an attestation bundle's, otherwise one that is, so that what is
/// unpacked is found again.
#[must_use]
pub fn label(file: &Path) -> String {
    let name = file.file_name().unwrap_or(OsStr::new("attestations")).to_string_lossy().replace('\\', "_");
    if is_bundle_name(&name) {
        return name;
    }
    let stem = [".jsonl", ".json", ".intoto"]
        .iter()
        .fold(name.as_str(), |name, end| name.strip_suffix(end).filter(|stem| !stem.is_empty()).unwrap_or(name));
    format!("{stem}{SUFFIX}")
}

/// Where an envelope stands in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The line, from 1; `None` where the file is one text.
    pub line: Option<usize>,
    /// Which element of an array, from 1.
    pub element: Option<usize>,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.element) {
            (Some(line), Some(element)) => write!(f, "line {line}, element {element}"),
            (Some(line), None) => write!(f, "line {line}"),
            (None, Some(element)) => write!(f, "element {element}"),
            (None, None) => f.write_str("the file"),
        }
    }
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
    /// The name under which a bundle keeps its envelopes.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.path)
    }

    /// The texts in it that should be envelopes, and where each stands. Of an array that is not JSON the reason.
    pub fn texts(&self) -> impl Iterator<Item = (Part, Result<&[u8], json::Error>)> {
        let lines =
            (1..).zip(self.bytes.split(|byte| *byte == b'\n')).map(|(number, line)| (number, line.trim_ascii()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty()).peekable();
        let is_lines = self.path.extension().is_some_and(|extension| extension == "jsonl")
            // A file of any other name is one text, on as many lines as it likes, unless its first line is one already.
            || lines.peek().is_some_and(|(_, first)| json::parse(first).is_ok());
        let whole = (!is_lines).then_some((None, self.bytes.as_slice()));
        let lines = is_lines.then_some(lines).into_iter().flatten().map(|(number, line)| (Some(number), line));
        whole.into_iter().chain(lines).flat_map(|(line, text)| Envelopes::of(line, text))
    }
}

/// The envelopes of one text: itself, or the elements of an array.
enum Envelopes<'t> {
    One(Option<(Part, Result<&'t [u8], json::Error>)>),
    Array { line: Option<usize>, next: usize, elements: Elements<'t> },
}

impl<'t> Envelopes<'t> {
    fn of(line: Option<usize>, text: &'t [u8]) -> Self {
        let part = Part { line, element: None };
        if !is_array(text) {
            return Self::One(Some((part, Ok(text))));
        }
        match Elements::of(text) {
            Ok(elements) => Self::Array { line, next: 1, elements },
            Err(error) => Self::One(Some((part, Err(error)))),
        }
    }
}

impl<'t> Iterator for Envelopes<'t> {
    type Item = (Part, Result<&'t [u8], json::Error>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::One(one) => one.take(),
            Self::Array { line, next, elements } => {
                let element = elements.next()?;
                let part = Part { line: *line, element: Some(*next) };
                *next += 1;
                Some((part, Ok(element)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::is_file_name;

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

    fn texts(path: &str, text: &str) -> Vec<(Option<usize>, Option<usize>, String)> {
        let file = file(path, text);
        let shown = |bytes: Result<&[u8], json::Error>| match bytes {
            Ok(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Err(error) => error.to_string(),
        };
        file.texts().map(|(part, bytes)| (part.line, part.element, shown(bytes))).collect()
    }

    #[test]
    fn lines_are_numbered_and_empty_ones_passed_over() {
        let lines = "\n{\"a\":1}\r\n \t\n{\n2 \n";
        let expected = [(2, "{\"a\":1}"), (4, "{"), (5, "2")].map(|(line, text)| (Some(line), None, text.to_owned()));
        assert_eq!(texts("a.intoto.jsonl", lines), expected);
        assert_eq!(texts("a.jsonl", lines), expected);
        // Whatever it is called: lines that start with a whole JSON text are lines.
        assert_eq!(texts("a.att", lines), expected);
        let pretty = "{\n  \"a\": 1\n}\n";
        assert_eq!(texts("a.json", pretty), [(None, None, pretty.to_owned())]);
        assert_eq!(texts("a.json", "{}"), [(Some(1), None, "{}".to_owned())]);
        assert_eq!(texts("a.intoto.jsonl", ""), []);
        assert_eq!(texts("a.json", ""), [(None, None, String::new())]);
    }

    #[test]
    fn arrays_are_taken_apart() {
        let array = "[\n{ \"a\": [] },\n 2]\n";
        let expected = |line| [(line, Some(1), "{ \"a\": [] }".to_owned()), (line, Some(2), "2".to_owned())];
        assert_eq!(texts("a.json", array), expected(None));
        let line = array.replace('\n', " ");
        assert_eq!(texts("a.json", &line), expected(Some(1)));
        let more = [&expected(Some(2))[..], &[(Some(3), None, "3".to_owned())]].concat();
        assert_eq!(texts("a.jsonl", &format!("\n{line}\n3\n[]")), more);
        // One that is damaged has no elements.
        let damaged = "1:5: expected the end of the text".to_owned();
        assert_eq!(texts("a.jsonl", "[1] ]"), [(Some(1), None, damaged)]);
    }

    #[test]
    fn parts_are_named() {
        let part = |line, element| Part { line, element }.to_string();
        assert_eq!(part(Some(2), Some(3)), "line 2, element 3");
        assert_eq!([part(Some(2), None), part(None, Some(3))], ["line 2", "element 3"]);
        assert!(is_attestation_name("a.sigstore.json") && is_attestation_name("a.intoto.jsonl"));
        assert!(![".sigstore.json", ".intoto.jsonl", "a.json", "sigstore.json"].into_iter().any(is_attestation_name));
    }
}
