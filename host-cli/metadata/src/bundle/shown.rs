//! Names out of a bundle, as they are shown: many may refer to one long text, so that each is cut, and all of them share a budget.

use sitrep_core::bundle::Str;

use crate::budget::{Budget, NAMES};

/// How many bytes of a name are shown. Names of steps, keys and files are far shorter; so are the URIs of types.
pub const SHOWN_NAME: usize = 1024;

/// Shows the names of one bundle.
#[derive(Debug)]
pub struct Shown {
    budget: Budget,
}

impl Shown {
    /// For a bundle of `length` bytes.
    #[must_use]
    pub const fn of(length: u64) -> Self {
        Self { budget: NAMES.of(length) }
    }

    /// A name, or its start and how long it is.
    pub fn name(&mut self, name: Str<'_>) -> String {
        let most = if self.budget.take(name.len().min(SHOWN_NAME) as u64).is_ok() { SHOWN_NAME } else { 0 };
        cut(name, most)
    }

    /// The same of a name that may be missing.
    pub fn optional(&mut self, name: Option<Str<'_>>) -> Option<String> {
        name.map(|name| self.name(name))
    }
}

/// A text that is shown once: as it is, or its start and how long it is.
pub(crate) fn brief(text: &str, most: usize) -> String {
    cut(Str::new(text), most)
}

/// The first `most` bytes of a name, and where there are more, how many there are.
fn cut(name: Str<'_>, most: usize) -> String {
    if name.len() <= most {
        return name.to_string();
    }
    // No more of it is looked at than is shown.
    let start = match name.utf8().map(|text| text.get(..most).unwrap_or_default().utf8_chunks().next()) {
        Some(chunk) => chunk.map_or("", |chunk| chunk.valid()).to_owned(),
        None => name.bytes().take(most).map(char::from).collect(),
    };
    format!("{start}… ({} bytes)", name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        let mut shown = Shown::of(0);
        let long = "é".repeat(SHOWN_NAME);
        assert_eq!(shown.name(Str::new(&long)), format!("{}… (2048 bytes)", "é".repeat(SHOWN_NAME / 2)));
        let odd = format!("a{long}");
        assert_eq!(shown.name(Str::new(&odd)), format!("a{}… (2049 bytes)", "é".repeat(SHOWN_NAME / 2 - 1)));
        assert_eq!(shown.name(Str::of_hex(&[0xab; 513]).unwrap()), format!("{}… (1026 bytes)", "ab".repeat(512)));
        for short in [Str::new("step"), Str::of_hex(&[0xab; 512]).unwrap()] {
            assert_eq!(shown.name(short), short.to_string());
        }
    }

    #[test]
    fn when_there_is_no_room_nothing_but_lengths_is_shown() {
        let mut shown = Shown { budget: NAMES.of(0) };
        let long = "a".repeat(SHOWN_NAME);
        let total: usize = (0..10_000).map(|_| shown.name(Str::new(&long)).len()).sum();
        assert!(total < (4 << 20) + 10_000 * 20, "{total}");
        assert_eq!(shown.name(Str::new("ab")), "… (2 bytes)");
    }
}
