//! Names of steps and artifacts, by splitting them, which core does not do.

/// Not empty, without `/`, `\` and NUL, not `.` or `..`.
#[must_use]
pub fn is_step_name(name: &str) -> bool {
    !["", ".", ".."].contains(&name) && !name.contains(['/', '\\', '\0'])
}

/// A normalised path or a URI.
#[must_use]
pub fn is_artifact_name(name: &str) -> bool {
    is_uri(name) || is_path(name)
}

/// A path without empty components and `.`, that has `..` nowhere but at its relative beginning.
fn is_path(name: &str) -> bool {
    let (is_absolute, path) = name.strip_prefix('/').map_or((false, name), |path| (true, path));
    let ups = if is_absolute { 0 } else { path.split('/').take_while(|component| *component == "..").count() };
    path.split('/').skip(ups).all(|component| !["", ".", ".."].contains(&component))
}

/// `scheme:` first (RFC 3986, section 3.1).
#[must_use]
pub fn is_uri(name: &str) -> bool {
    let Some((scheme, _)) = name.split_once(':') else { return false };
    scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

/// A normalised path without its trailing `/`; `None` for any other text.
#[must_use]
pub fn prefix(text: &str) -> Option<&str> {
    let path = text.strip_suffix('/').unwrap_or(text);
    is_path(path).then_some(path)
}
