//! `[NAME=]FILE` and `NAME FILE`: files that are artifacts, as command lines name them.

use std::ffi::OsString;
use std::path::PathBuf;

/// A file, and the artifact that it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The artifact's name in the metadata.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// The whole text, where it was split: it may be the name of a file itself.
    pub split_from: Option<PathBuf>,
}

/// Reads `[NAME=]FILE`: split at the first `=`.
pub(super) fn split(text: &str) -> Result<Artifact, String> {
    let (name, file, split_from) = match text.split_once('=') {
        Some((name, file)) => (name, file, Some(text.into())),
        None => (text.strip_prefix("./").unwrap_or(text), text, None),
    };
    if name.is_empty() || file.is_empty() {
        return Err("expected FILE or NAME=FILE".into());
    }
    Ok(Artifact { name: name.into(), file: file.into(), split_from })
}

/// Reads the words of `NAME FILE`, two for each artifact; the word that is no name in the metadata where there is one.
pub(crate) fn pairs(words: &[OsString]) -> Result<Vec<Artifact>, OsString> {
    let (pairs, _) = words.as_chunks::<2>();
    let artifact = |[name, file]: &[OsString; 2]| match name.to_str() {
        Some(name) if !name.is_empty() => Ok(Artifact { name: name.into(), file: file.into(), split_from: None }),
        _ => Err(name.clone()),
    };
    pairs.iter().map(artifact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_take_their_name_from_the_file() {
        let of = |name: &str, file: &str| Artifact { name: name.into(), file: file.into(), split_from: None };
        assert_eq!(split("./a/b").unwrap(), of("a/b", "./a/b"));
        assert_eq!(split("x=a=b").unwrap(), Artifact { split_from: Some("x=a=b".into()), ..of("x", "a=b") });
        assert!(split("=a").is_err() && split("a=").is_err() && split("").is_err());
        let words = ["a=b", "-c=d", "./e", "./e"].map(OsString::from);
        assert_eq!(pairs(&words).unwrap(), [of("a=b", "-c=d"), of("./e", "./e")]);
        assert_eq!(pairs(&["".into(), "a".into()]), Err("".into()));
    }
}
