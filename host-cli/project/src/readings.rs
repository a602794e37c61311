//! Patterns that people read in one way and in-toto in another.
//!
//! `materials`, `products` and `exclude` choose files as gitignore does; `creates`, `changes`, `removes` and rules are in-toto's patterns, in which `*` crosses `/`.

use crate::file::{Project, Step};

/// A pattern with two readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The step.
    pub step: String,
    /// The word of the file that it stands in.
    pub word: &'static str,
    /// The pattern.
    pub pattern: String,
    /// How in-toto reads it, where that is another way than it looks.
    pub reading: String,
}

/// The patterns of a project that in-toto reads otherwise than gitignore would.
#[must_use]
pub fn readings(project: &Project) -> Vec<Reading> {
    let of_step = |step: &Step| {
        let Step { name, creates, changes, removes, .. } = step;
        let lists = [("creates", creates), ("changes", changes), ("removes", removes)];
        let readings = lists.into_iter().flat_map(|(word, patterns)| patterns.0.iter().map(move |one| (word, one)));
        let readings = readings.filter_map(|(word, pattern)| {
            let reading = reading(pattern)?;
            Some(Reading { step: name.clone(), word, pattern: pattern.clone(), reading })
        });
        readings.collect::<Vec<_>>()
    };
    project.steps.iter().flat_map(of_step).collect()
}

/// How in-toto reads a pattern, where gitignore reads it otherwise.
fn reading(pattern: &str) -> Option<String> {
    if pattern == "*" || pattern == "**" {
        return None;
    }
    if pattern.ends_with('/') {
        return Some(format!(
            "in-toto knows no directories: nothing is named {pattern:?}; all below it is \"{pattern}*\""
        ));
    }
    if pattern.starts_with('/') {
        return Some(format!(
            "it is a name that begins with `/`; below the project it is {:?}",
            pattern.trim_start_matches('/')
        ));
    }
    if pattern.starts_with('!') {
        return Some("`!` is part of the name: in-toto has no exceptions".into());
    }
    if pattern.contains("**/") {
        let all = pattern.replace("**/", "");
        return Some(format!("`**/` is two stars and a `/`: {all:?}, without a directory, is not among what it takes"));
    }
    if pattern.contains("**") {
        return Some("`**` means what `*` means".into());
    }
    if pattern.contains('\\') || pattern.contains(['{', '}']) {
        return None;
    }
    let star = pattern.find(['*', '?'])?;
    // In gitignore's reading a pattern without `/` takes a name in any directory, as in-toto's with a star in front does.
    if !pattern.contains('/') {
        return (star > 0).then(|| format!("it is about names at the top, and `*` crosses `/`: {}", crossing(pattern)));
    }
    Some(format!("`*` crosses `/`: {}", crossing(pattern)))
}

/// An example of a name with a `/` where the pattern has a star.
fn crossing(pattern: &str) -> String {
    format!("it takes {:?} too", pattern.replacen(['*', '?'], "a/b", 1).replace(['*', '?'], "x"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_two_readings_are_told() {
        for (pattern, expected) in [
            ("src/*.o", Some("`*` crosses `/`: it takes \"src/a/b.o\" too")),
            ("src/lua", None),
            ("*.o", None),
            ("*", None),
            ("lib*.a", Some("it is about names at the top, and `*` crosses `/`: it takes \"liba/b.a\" too")),
            ("dist/", Some("all below it is \"dist/*\"")),
            ("/dist", Some("a name that begins with `/`")),
            ("**/x.o", Some("\"x.o\", without a directory")),
        ] {
            let reading = reading(pattern);
            match expected {
                Some(expected) => {
                    assert!(reading.as_deref().is_some_and(|text| text.contains(expected)), "{reading:?}")
                }
                None => assert_eq!(reading, None, "{pattern}"),
            }
        }
    }
}
