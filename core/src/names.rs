//! What may be the name of a step or of an artifact, and a prefix of artifacts.

/// May this be the name of a step or inspection? It becomes part of file names (`NAME.KEYID8.link`), so it must not lead elsewhere.
pub(crate) fn is_step_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.bytes().any(|byte| matches!(byte, b'/' | b'\\' | 0))
}

/// Is this a normalised path, absolute or relative, or a URI?
///
/// A path in two spellings would be two artifacts: `./evil` is how a product slips past `DISALLOW evil`.
pub(crate) fn is_artifact_name(name: &str) -> bool {
    let path = name.strip_prefix('/').unwrap_or(name);
    are_normal_components(path) || is_uri(name)
}

/// Is this a normalised relative path, up to one trailing `/`? Returns it without that.
pub(crate) fn prefix(text: &str) -> Option<&str> {
    let path = text.strip_suffix('/').unwrap_or(text);
    are_normal_components(path).then_some(path)
}

fn are_normal_components(path: &str) -> bool {
    // One pass: this runs for every artifact. `start` counts the bytes of the current component, `dots` its dots.
    let (mut length, mut dots) = (0_usize, 0_usize);
    for byte in path.bytes() {
        if byte == b'/' {
            if is_special(length, dots) {
                return false;
            }
            (length, dots) = (0, 0);
        } else {
            length = length.saturating_add(1);
            dots = dots.saturating_add(usize::from(byte == b'.'));
        }
    }
    !is_special(length, dots)
}

/// Is a component with this many bytes and dots empty, `.` or `..`?
const fn is_special(length: usize, dots: usize) -> bool {
    length == 0 || (length == dots && length <= 2)
}

/// `scheme:` first (RFC 3986, section 3.1); the rest is opaque.
fn is_uri(name: &str) -> bool {
    let Some(end) = name.bytes().position(|byte| byte == b':') else { return false };
    let scheme = name.get(..end).unwrap_or_default();
    scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifact_names() {
        for good in [
            "a",
            "a/b",
            "/a",
            "/a/b.c",
            "...",
            "a/.hidden",
            "..a",
            "a..",
            "a b",
            "ü",
            "git+https://x//y/../z",
            "file:./x",
            "c:",
        ] {
            assert!(is_artifact_name(good), "{good}");
        }
        for bad in ["", "/", "//a", "a//b", "./a", "a/.", "a/..", "..", ".", "a/", "../a", "a/./b", "1x://a"] {
            assert!(!is_artifact_name(bad), "{bad}");
        }
    }

    #[test]
    fn step_names() {
        for good in ["build", "a.b", "[x]*", "...", "ü"] {
            assert!(is_step_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "a\0"] {
            assert!(!is_step_name(bad), "{bad}");
        }
    }

    #[test]
    fn prefixes() {
        assert_eq!(prefix("lib"), Some("lib"));
        assert_eq!(prefix("lib/x/"), Some("lib/x"));
        for bad in ["", "/", ".", "/lib", "lib//", "a//b", "../a", "a/."] {
            assert_eq!(prefix(bad), None, "{bad}");
        }
    }
}
