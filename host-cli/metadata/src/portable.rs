//! Names that files have everywhere: also on FAT, which most sticks have, and on Windows. There, some names cannot be had at all, some become others
//! without a word, and some lead to one file although they differ.

use std::collections::HashMap;
use std::fmt;

/// Most UTF-16 units of a file's name, on FAT and NTFS alike.
const COMPONENT: usize = 255;

/// Most UTF-16 units of a path. Windows takes 259 with the drive and the directories above, of which nobody knows here.
const PATH: usize = 240;

/// What Windows keeps for devices, whatever follows after a dot. In upper case.
const DEVICES: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"];

/// Devices of which there are ten; the last three digits are superscripts, which count as digits.
const NUMBERED: [&str; 2] = ["COM", "LPT"];
const NUMBERS: &str = "0123456789\u{b9}\u{b2}\u{b3}";

/// Why a name is not one everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unportable {
    /// It has a character that is kept for something else.
    Character(char),
    /// It is a device on Windows.
    Device,
    /// It ends with a dot or a blank, which would be taken away.
    End,
    /// It has the form of the short name that FAT gives to a file with a longer one, and may be another file's.
    ShortName,
    /// It, or the path that it is in, is too long.
    Long,
    /// It differs from another one by upper and lower case alone.
    SameAs(String),
}

impl fmt::Display for Unportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(char) => write!(f, "no name there has the character {char:?}"),
            Self::Device => f.write_str("it is a device there"),
            Self::End => f.write_str("a dot or blank at the end of a name is taken away there"),
            Self::ShortName => f.write_str("it has the form of the short name that another file gets there"),
            Self::Long => f.write_str("it is too long there"),
            Self::SameAs(other) => write!(f, "it is the same there as {other:?}"),
        }
    }
}

/// Looks at the name of one file or directory by itself.
///
/// # Errors
/// [`Unportable`] where it is not one everywhere.
pub fn check_name(name: &str) -> Result<(), Unportable> {
    let is_kept = |char: char| char < ' ' || matches!(char, '"' | '*' | '/' | ':' | '<' | '>' | '?' | '\\' | '|');
    if let Some(char) = name.chars().find(|char| is_kept(*char)) {
        return Err(Unportable::Character(char));
    }
    match () {
        () if name.ends_with(['.', ' ']) => Err(Unportable::End),
        () if is_device(name) => Err(Unportable::Device),
        () if is_short_name(name) => Err(Unportable::ShortName),
        () if name.encode_utf16().count() > COMPONENT => Err(Unportable::Long),
        () => Ok(()),
    }
}

/// Looks at paths whose components are divided by `/`, of files that are to be in one directory.
///
/// # Errors
/// The first path of which a component is no name everywhere, with that component and the reason.
pub fn check_paths<'p>(paths: impl IntoIterator<Item = &'p str>) -> Result<(), (String, Unportable)> {
    let mut known = HashMap::new();
    for path in paths {
        // First: what is done below for each directory of a path has its length as a bound.
        if path.encode_utf16().count() > PATH {
            return Err((path.to_owned(), Unportable::Long));
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let whole = &path[..end];
            let name = whole.rsplit('/').next().unwrap_or_default();
            let failed = |reason| Err((whole.to_owned(), reason));
            if let Err(reason) = check_name(name) {
                return failed(reason);
            }
            match *known.entry(folded(whole)).or_insert(whole) {
                same if same == whole => {}
                other => return failed(Unportable::SameAs(other.to_owned())),
            }
        }
    }
    Ok(())
}

/// The same for all names that differ by upper and lower case alone. It joins what Unicode's simple case folding joins, which is what file systems that
/// do not tell cases apart do at most, and besides that a few names of which upper case takes more letters, such as with `ß`.
#[must_use]
pub fn folded(name: &str) -> String {
    // One character after the other: what stands beside it is nothing to it.
    let lower = |char: char| char.to_lowercase();
    name.chars().flat_map(lower).flat_map(char::to_uppercase).flat_map(lower).collect()
}

fn is_device(name: &str) -> bool {
    // Blanks before the dot are not looked at.
    let base = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    let is_numbered = |device: &str| {
        let mut number = base.strip_prefix(device).unwrap_or_default().chars();
        number.next().is_some_and(|number| NUMBERS.contains(number)) && number.next().is_none()
    };
    DEVICES.contains(&base.as_str()) || NUMBERED.into_iter().any(is_numbered)
}

/// Is it such as `LONGNA~1.LIN`: at most eight characters with `~` and digits at their end, and at most three behind a dot?
fn is_short_name(name: &str) -> bool {
    let (base, extension) = name.split_once('.').unwrap_or((name, ""));
    let has_number = base.rsplit_once('~').is_some_and(|(before, number)| {
        !before.is_empty() && !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    });
    has_number && base.chars().count() <= 8 && extension.chars().count() <= 3 && !extension.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none_everywhere_are_told() {
        let long = "a".repeat(256);
        for (name, expected) in [
            ("a:b", Unportable::Character(':')),
            ("x?y", Unportable::Character('?')),
            ("a\\b", Unportable::Character('\\')),
            ("a\nb", Unportable::Character('\n')),
            ("a.", Unportable::End),
            ("a ", Unportable::End),
            (".", Unportable::End),
            ("NUL", Unportable::Device),
            ("con.txt", Unportable::Device),
            ("Aux .tar.gz", Unportable::Device),
            ("com1", Unportable::Device),
            ("LPT\u{b3}.x", Unportable::Device),
            ("conout$", Unportable::Device),
            ("LONGNA~1.LIN", Unportable::ShortName),
            ("a~12", Unportable::ShortName),
            (&long, Unportable::Long),
        ] {
            assert_eq!(check_name(name), Err(expected), "{name}");
        }
        for name in [
            "a",
            ".a",
            " a",
            "a b",
            "..a",
            "nul1",
            "console",
            "com",
            "com10",
            "lpt",
            "a~b",
            "~1",
            "a~1.1234.link",
            "longname~1",
            "é",
            "😀",
            "a+b,c;d=e[f]",
            "$a",
            "%a%",
            "build.01234567.link",
            &long[1..],
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        // Two units a character.
        assert_eq!(check_name(&"😀".repeat(128)), Err(Unportable::Long));
    }

    #[test]
    fn paths_that_would_be_joined_are_told() {
        let same = |path: &str, other: &str| Err((path.to_owned(), Unportable::SameAs(other.to_owned())));
        assert_eq!(check_paths(["a", "b", "A"]), same("A", "a"));
        assert_eq!(check_paths(["s.aa/x", "S.AA/y"]), same("S.AA", "s.aa"));
        assert_eq!(check_paths(["s/x", "s/y", "s/X"]), same("s/X", "s/x"));
        assert_eq!(check_paths(["s/x", "t/x", "t/y"]), Ok(()));
        assert_eq!(check_paths(["s/x", "s/nul/y"]), Err(("s/nul".to_owned(), Unportable::Device)));
        let deep = "abcdefgh/".repeat(30);
        assert_eq!(
            check_paths([deep.trim_end_matches('/')]),
            Err((deep.trim_end_matches('/').to_owned(), Unportable::Long))
        );
    }

    #[test]
    fn names_of_any_script_are_folded() {
        for (one, other) in [
            ("É", "é"),
            ("Σ", "ς"),
            ("\u{212a}", "k"),
            ("ſ", "S"),
            ("\u{1e9e}", "ß"),
            ("Ǆ", "ǅ"),
            ("ɐ", "Ɐ"),
            ("𐐀", "𐐨"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        // Dotted and dotless are others.
        assert_ne!(folded("İ"), folded("i"));
        assert_ne!(folded("a"), folded("á"));
    }
}
