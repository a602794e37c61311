//! How much a command may make of its input. A reference of one byte names a text of any length, a run of three bytes any number of paths:
//! whoever expands them asks a budget first.

use std::fmt;

/// So many bytes of memory, and of output, a command takes at most for each byte of its input, beside [`EXPANSION_BASE`].
pub const EXPANSION: u64 = 8;

/// So many bytes it takes at most whatever the input is.
pub const EXPANSION_BASE: u64 = 64 << 20;

/// What may be made of a bundle when its envelopes become files: the bound above, less what else a command takes.
pub const FILES: Share = Share { name: "of files", each: EXPANSION, beside: EXPANSION_BASE - (16 << 20) };

/// What the paths of these files may take together. They are kept, and printed.
pub const PATHS: Share = Share { name: "of file names", each: 1, beside: 4 << 20 };

/// What a bundle's payloads may take in memory when they are to be packed again.
pub const DOCUMENTS: Share = Share { name: "of metadata in memory", each: 3, beside: 16 << 20 };

/// What the text of one of them may take, which is read and given back.
pub const TEXT: Share = Share { name: "of one payload", each: 3, beside: 16 << 20 };

/// What names out of a bundle may take when they are shown.
pub const NAMES: Share = Share { name: "of names", each: 1, beside: 4 << 20 };

/// What a payload may take in memory as a value of its own.
pub const VALUE: Share = Share { name: "of one payload in memory", each: 3, beside: 24 << 20 };

/// What may be made of texts that are rebuilt for nothing but their lengths: this takes no memory, but time.
pub const REBUILT: Share = Share { name: "of texts", each: 32, beside: EXPANSION_BASE };

/// What one purpose may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What it is, for the error.
    name: &'static str,
    /// Bytes for each byte of the input.
    each: u64,
    /// Bytes whatever the input is.
    beside: u64,
}

impl Share {
    /// The budget for an input of `length` bytes.
    #[must_use]
    pub const fn of(self, length: u64) -> Budget {
        let limit = length.saturating_mul(self.each).saturating_add(self.beside);
        Budget { share: self, length, limit, left: limit }
    }
}

/// How many bytes may yet be taken.
#[derive(Clone, Debug)]
pub struct Budget {
    share: Share,
    length: u64,
    limit: u64,
    left: u64,
}

impl Budget {
    /// Takes so many bytes.
    ///
    /// # Errors
    /// [`Exhausted`] where there are not so many left; then nothing is left.
    pub fn take(&mut self, bytes: u64) -> Result<(), Exhausted> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Exhausted { share: self.share, length: self.length, limit: self.limit })
            }
        }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }
}

/// An input expands to more than a command makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    share: Share,
    length: u64,
    limit: u64,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { share: Share { name, each, beside }, length, limit } = self;
        let beside = beside >> 20;
        write!(f, "expands to more than {limit} bytes {name}: from {length} bytes come at most ")?;
        if *each > 1 {
            write!(f, "{each} times ")?;
        }
        write!(f, "as many, and {beside} MiB")
    }
}

impl std::error::Error for Exhausted {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_never_more_than_there_was() {
        let mut budget = PATHS.of(1000);
        let limit = budget.left();
        assert_eq!(limit, 1000 + (4 << 20));
        budget.take(limit - 1).unwrap();
        budget.take(1).unwrap();
        budget.take(0).unwrap();
        let text = budget.take(1).unwrap_err().to_string();
        assert!(text.contains("4195304 bytes of file names") && text.ends_with("at most as many, and 4 MiB"), "{text}");
        // What is refused leaves nothing for smaller wishes: an output is cut at one place.
        let mut budget = PATHS.of(0);
        budget.take(u64::MAX).unwrap_err();
        budget.take(1).unwrap_err();
    }
}
