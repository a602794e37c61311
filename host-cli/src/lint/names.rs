//! Names of steps and inspections, which become parts of file names and words of commands. Those that cannot be used at all core refuses.

use sitrep_core::Role;

use super::model::Layout;
use super::place::Place;
use super::{Findings, kinds};

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
        if !name.is_empty() && !is_plain(name) {
            let problem = "the name needs quotes in commands, or cannot be part of a file name everywhere";
            findings.add(&kinds::NAME_ESCAPING, place(), problem.into());
        }
        let lower = name.to_lowercase();
        let same = layout.items.iter().take(number).filter_map(|earlier| earlier.name);
        if let Some(other) = same.into_iter().find(|other| *other != name && other.to_lowercase() == lower) {
            let problem = format!("on many machines the files of this step and of {other} are the same");
            findings.add(&kinds::NAME_CASE, place(), problem);
        }
    }
}

/// Is it a name that every shell and file system takes as it is? Letters of any script are.
fn is_plain(name: &str) -> bool {
    let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '+' | '@' | ',' | '=');
    name.chars().all(is_plain) && !name.starts_with('-')
}
