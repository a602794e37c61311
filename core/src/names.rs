//! What may be the name of a step or of an artifact, and a prefix of artifacts.

/// May this be the name of a step or inspection? It becomes part of file names (`NAME.KEYID8.link`), so it must not lead elsewhere.
pub(crate) fn is_step_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, b'/' | b'\\' | 0))
}

/// Is this a normalised path or a URI?
///
/// A path in two spellings would be two artifacts: `./evil` is how a product slips past `DISALLOW evil`.
pub(crate) fn is_artifact_name(name: &[u8]) -> bool {
    is_simple(name) || is_path(name) || is_uri(name)
}

/// Is this a normalised path, that is one whose components are neither empty nor `.`? A relative one may begin with any number of `..`: nothing
/// shorter says the same. Where there is little flash, this is the question for all artifacts.
pub(crate) fn is_path(name: &[u8]) -> bool {
    if let Some(absolute) = name.strip_prefix(b"/") {
        return are_normal_components(absolute);
    }
    let mut rest = name;
    while let Some(below) = rest.strip_prefix(b"../") {
        rest = below;
    }
    rest == b".." || are_normal_components(rest)
}

/// Is this a normalised path, up to one trailing `/`? Returns it without that.
pub(crate) fn prefix(text: &[u8]) -> Option<&[u8]> {
    let path = text.strip_suffix(b"/").unwrap_or(text);
    is_path(path).then_some(path)
}

/// Is no component empty, and does none start with a dot? This runs for every artifact and is true of nearly all, so it goes through the
/// bytes without a branch, which hosts do many at a time.
fn is_simple(path: &[u8]) -> bool {
    if matches!(path, [] | [b'/' | b'.', ..] | [.., b'/']) {
        return false;
    }
    let pairs = path.iter().zip(path.iter().skip(1));
    pairs.fold(true, |simple, (one, next)| simple & ((*one != b'/') | ((*next != b'/') & (*next != b'.'))))
}

fn are_normal_components(path: &[u8]) -> bool {
    // One pass. `length` counts the bytes of the current component, `dots` its dots.
    let (mut length, mut dots) = (0_usize, 0_usize);
    for byte in path {
        if *byte == b'/' {
            if is_special(length, dots) {
                return false;
            }
            (length, dots) = (0, 0);
        } else {
            length = length.saturating_add(1);
            dots = dots.saturating_add(usize::from(*byte == b'.'));
        }
    }
    !is_special(length, dots)
}

/// Is a component with this many bytes and dots empty, `.` or `..`?
const fn is_special(length: usize, dots: usize) -> bool {
    length == 0 || (length == dots && length <= 2)
}

/// `scheme:` first (RFC 3986, section 3.1); the rest is opaque.
fn is_uri(name: &[u8]) -> bool {
    let mut parts = name.splitn(2, |byte| *byte == b':');
    let (Some(scheme), Some(_)) = (parts.next(), parts.next()) else { return false };
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
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
            "../a",
            "../../a/b",
            "../...",
            "..",
            "../..",
        ] {
            assert!(is_artifact_name(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "/", "//a", "a//b", "./a", "a/.", "a/..", ".", "a/", "a/./b", "1x://a", "../", "../a/..", "a/../b",
            "../.", "../../a/", "..//a", "/..", "/../a", "./../a", ".././a",
        ] {
            assert!(!is_artifact_name(bad.as_bytes()), "{bad}");
        }
    }

    /// The quick look may pass a path on, but never say yes to what the full one refuses.
    #[test]
    fn simple_paths_are_normal() {
        for number in 0..4_usize.pow(6) {
            let path: [u8; 6] =
                core::array::from_fn(|place| b"a./"[..].get(number >> (2 * place) & 3).map_or(0, |byte| *byte));
            // 0 ends a path.
            let path = path.split(|byte| *byte == 0).next().unwrap();
            assert!(!is_simple(path) || is_path(path), "{path:?}");
        }
        assert!(is_simple(b"src/drivers/a.c") && !is_simple(b"a/.b"));
    }

    #[test]
    fn step_names() {
        for good in ["build", "a.b", "[x]*", "...", "ü"] {
            assert!(is_step_name(good.as_bytes()), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "a\0"] {
            assert!(!is_step_name(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn prefixes() {
        assert_eq!(prefix(b"lib"), Some(&b"lib"[..]));
        assert_eq!(prefix(b"lib/x/"), Some(&b"lib/x"[..]));
        assert_eq!(prefix(b"/lib/"), Some(&b"/lib"[..]));
        assert_eq!(prefix(b"../lib"), Some(&b"../lib"[..]));
        assert_eq!(prefix(b"../"), Some(&b".."[..]));
        for bad in ["", "/", "//", ".", "./", "lib//", "a//b", "a/..", "a/.", "//lib", "/.."] {
            assert_eq!(prefix(bad.as_bytes()), None, "{bad}");
        }
    }
}
