//! Names of steps and inspections, which become parts of file names and words of commands. Those that cannot be used at all core refuses.

use std::collections::HashMap;

use sitrep_core::Role;

use super::glob::is_literal;
use super::model::Layout;
use super::place::Place;
use super::{Findings, kinds};
use crate::names::is_file_name;
use crate::portable::{Unportable, check_name, check_paths, folded};
use crate::rule::{Keyword, Meaning};

/// Most bytes of a file name on the usual file systems.
const FILE_NAME: usize = 255;
/// Bytes of `.KEYID8.link`.
const ENDING: usize = 14;

pub(super) fn find(layout: &Layout<'_>, findings: &mut Findings) {
    for (number, item) in layout.items.iter().enumerate() {
        let Some(name) = item.name else { continue };
        let place = || Place::item(item).member("name");
        if item.role == Role::Step && name.len() + ENDING > FILE_NAME {
            let problem = format!("the name has {} bytes, too many for a link's file name", name.len());
            findings.add(&kinds::NAME_NO_FILE, place(), problem);
        }
        // Names without a letter or digit are core's business, as is the empty one.
        match check_name(&format!("{name}.00000000.link")) {
            Err(reason) if item.role == Role::Step && is_file_name(name) && reason != Unportable::Long => {
                let problem = format!("its links cannot be copied to every stick, or to Windows: {reason}");
                findings.add(&kinds::NAME_UNPORTABLE, place(), problem);
            }
            _ if !name.is_empty() && !is_plain(name) => {
                let problem = "the name needs quotes in commands, or cannot be part of a file name everywhere";
                findings.add(&kinds::NAME_ESCAPING, place(), problem.into());
            }
            _ => {}
        }
        let folded_name = folded(name);
        let same = layout.items.iter().take(number).filter_map(|earlier| earlier.name);
        if let Some(other) = same.into_iter().find(|other| *other != name && folded(other) == folded_name) {
            let problem = format!("on many machines the files of this step and of {other} are the same");
            findings.add(&kinds::NAME_CASE, place(), problem);
        }
    }
    find_artifacts(layout, findings);
}

/// Artifacts that the rules name, and that cannot be files everywhere. Those of URIs are no files.
fn find_artifacts(layout: &Layout<'_>, findings: &mut Findings) {
    let mut known: HashMap<String, &str> = HashMap::new();
    for item in &layout.items {
        for list in item.lists() {
            for (rule, Meaning { keyword, pattern, .. }) in list.meanings() {
                let is_uri = pattern.contains("://") || pattern.starts_with("pkg:");
                // What is no path is another finding, and so is white space.
                let is_path = is_literal(pattern) && pattern.trim() == pattern && pattern.split('/').all(is_file_name);
                if keyword == Keyword::Disallow || is_uri || !is_path {
                    continue;
                }
                let reason = match check_paths([pattern]) {
                    Err((_, reason)) if reason != Unportable::Long => Some(reason),
                    _ => {
                        let other = *known.entry(folded(pattern)).or_insert(pattern);
                        (other != pattern).then(|| Unportable::SameAs(other.to_owned()))
                    }
                };
                if let Some(reason) = reason {
                    let place = Place::item(item).list(list.list).rule(rule);
                    let problem = format!("`{pattern}` cannot be copied to every stick, or to Windows: {reason}");
                    findings.add(&kinds::ARTIFACT_UNPORTABLE, place, problem);
                }
            }
        }
    }
}

/// Is it a name that every shell and file system takes as it is? Letters of any script are.
fn is_plain(name: &str) -> bool {
    let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '+' | '@' | ',' | '=');
    name.chars().all(is_plain) && !name.starts_with('-')
}
