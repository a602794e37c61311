//! Files that may have been meant as the links of a step: looked for only to explain why links are missing.

use std::fs;
use std::path::Path;

use sitrep_metadata::causes::{Near, NearLink};
use sitrep_metadata::envelope::document::Document;

use crate::shell::files::read_regular;

/// How many entries of the directory are looked at.
const ENTRIES: usize = 65_536;

/// How many files are read.
const FILES: usize = 64;

/// How many bytes a file may have that is read.
const BYTES: u64 = 1 << 20;

/// The files of a directory that begin as the step's links do, in any case of letters, or hold a link of it under another name. What cannot be read is
/// left out: this decides nothing.
pub(crate) fn links(directory: &Path, step: &str) -> Near {
    let entries = fs::read_dir(directory).into_iter().flatten().take(ENTRIES).filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<(bool, String)> =
        names.map(|name| (!begins_as(&name, step), name)).filter(|(other, name)| !other || is_link(name)).collect();
    // Those that begin so first: only so many are read.
    names.sort();
    let own = names.iter().filter(|(other, _)| !other).map(|(_, name)| name.clone()).collect();
    let mut links = Vec::new();
    for (other, name) in names.into_iter().take(FILES) {
        let document = read(&directory.join(&name));
        let is_of_step = document.as_ref().and_then(Document::step_name) == Some(step);
        if is_of_step || (!other && document.as_ref().and_then(Document::step_name).is_none()) {
            links.push(NearLink { name, document });
        }
    }
    Near { directory: directory.display().to_string(), links, names: own }
}

/// `STEP.`, in any case of letters.
fn begins_as(name: &str, step: &str) -> bool {
    let rest = name.get(step.len()..);
    rest.is_some_and(|rest| rest.starts_with('.'))
        && name.get(..step.len()).is_some_and(|start| start.eq_ignore_ascii_case(step))
}

fn is_link(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("link"))
}

fn read(path: &Path) -> Option<Document> {
    if fs::metadata(path).ok()?.len() > BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    read_regular(path, &mut bytes).ok()?;
    Document::parse(&bytes).ok()
}
