//! Names of steps and artifacts, by splitting them, which core does not do.

/// Not empty, without `/`, `\` and NUL, not `.` or `..`.
#[must_use]
pub fn is_step_name(name: &str) -> bool {
    !["", ".", ".."].contains(&name) && !name.contains(['/', '\\', '\0'])
}

/// A normalised path, absolute or relative, or a URI.
#[must_use]
pub fn is_artifact_name(name: &str) -> bool {
    let path = name.strip_prefix('/').unwrap_or(name);
    is_uri(name) || path.split('/').all(|component| !["", ".", ".."].contains(&component))
}

/// `scheme:` first (RFC 3986, section 3.1).
#[must_use]
pub fn is_uri(name: &str) -> bool {
    let Some((scheme, _)) = name.split_once(':') else { return false };
    scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

/// A normalised relative path without its trailing `/`; `None` for any other text.
#[must_use]
pub fn prefix(text: &str) -> Option<&str> {
    let path = text.strip_suffix('/').unwrap_or(text);
    path.split('/').all(|component| !["", ".", ".."].contains(&component)).then_some(path)
}
