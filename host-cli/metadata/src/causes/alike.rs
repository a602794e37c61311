//! Names that look alike and are not the same: what a person cannot see, and cannot find either.

use unicode_security::skeleton;

/// How many bytes a name may have that is compared so.
const NAME: usize = 4096;

/// Do the two look alike to a person, though they differ: other letters' case, characters of another alphabet, an accent that is a character of its
/// own (Unicode's UTS #39)?
pub(super) fn alike(one: &str, other: &str) -> bool {
    if one == other || one.len().max(other.len()) > NAME {
        return false;
    }
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one.to_lowercase() == other.to_lowercase() || skeleton(one).eq(skeleton(other))
}

/// A name with every character spelled out that is not ASCII.
pub(super) fn spelled(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            ' '..='~' => text.push(char),
            _ => text.extend(char.escape_unicode()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_what_the_eye_does_not_tell_apart() {
        for (one, other, expected) in [
            ("a.txt", "a.txt", false),
            ("a.txt", "b.txt", false),
            ("README", "readme", true),
            ("caf\u{e9}", "cafe\u{301}", true),
            ("p\u{430}y", "pay", true),
            ("\u{c4}", "\u{e4}", true),
            ("\u{e4}", "b", false),
        ] {
            assert_eq!(alike(one, other), expected, "{one} {other}");
            assert_eq!(alike(other, one), expected, "{other} {one}");
        }
        assert_eq!(spelled("p\u{430}y \"1\""), "p\\u{430}y \"1\"");
    }
}
