//! The entries of the artifacts section: paths as differences, with their digests (BUNDLE.md, section 4).

use std::ops::Range;

use super::wire::{push_varint, varint_length};
use crate::json::common_prefix;

/// Paths in a block.
const BLOCK: usize = 64;
/// Different suffix lengths that are weighed for one block.
const SUFFIXES: usize = 12;

const SHAPE_DIRECTIVE: u8 = 240;
const VARIANTS_DIRECTIVE: u8 = 241;

/// Writes entries, block by block.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The finished blocks.
    pub(super) bytes: Vec<u8>,
    /// Offsets of all blocks but the first.
    pub(super) offsets: Vec<u32>,
    pub(super) count: u32,
    block: Vec<Entry>,
    /// Paths and digests of the block that is being gathered.
    paths: Vec<u8>,
    digests: Vec<u8>,
}

/// A path of the block that is being gathered.
#[derive(Clone, Debug)]
struct Entry {
    path: Range<usize>,
    /// Bytes that it shares with the path before.
    shared: usize,
    /// What is left of the path before, and of this one.
    old: usize,
    new: usize,
    /// The longest end that both share, beyond `shared`.
    suffix: usize,
    digests: Range<usize>,
    /// Shape of the only variant.
    shape: u32,
    variants: u32,
}

impl Entry {
    /// Bytes that the change takes with this suffix, apart from the suffix's own length.
    fn cost(&self, suffix: usize) -> u32 {
        let (old, new) = (self.old - suffix, self.new - suffix);
        let extension = |length: usize, limit: usize| match length.checked_sub(limit) {
            Some(more) => varint_length(more as u32),
            None => 0,
        };
        new as u32 + extension(new, 14) + extension(old, 7)
    }
}

impl Entries {
    /// Adds a path that follows all others, with its variants: the shape and the encoded digests of each.
    pub(super) fn push<'d>(&mut self, path: &[u8], variants: impl ExactSizeIterator<Item = (u32, &'d [u8])>) {
        if self.block.len() == BLOCK {
            self.flush();
        }
        let previous = self.block.last().and_then(|entry| self.paths.get(entry.path.clone())).unwrap_or(&[]);
        let shared = common_prefix(previous, path);
        let (old, new) = (previous.get(shared..).unwrap_or(&[]), path.get(shared..).unwrap_or(&[]));
        let suffix = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
        let (old, new) = (old.len(), new.len());

        let (path_start, digests_start) = (self.paths.len(), self.digests.len());
        self.paths.extend_from_slice(path);
        let count = variants.len() as u32;
        let mut only = 0;
        for (shape, digests) in variants {
            if count > 1 {
                push_varint(&mut self.digests, shape);
            }
            only = shape;
            self.digests.extend_from_slice(digests);
        }
        self.block.push(Entry {
            path: path_start..self.paths.len(),
            shared,
            old,
            new,
            suffix,
            digests: digests_start..self.digests.len(),
            shape: only,
            variants: count,
        });
        self.count += 1;
    }

    /// Writes the block that was gathered.
    pub(super) fn flush(&mut self) {
        if self.block.is_empty() {
            return;
        }
        if !self.bytes.is_empty() {
            // Sections of 4 GiB and more are refused when the bundle is put together.
            self.offsets.push(self.bytes.len() as u32);
        }
        let suffixes = choose_suffixes(&self.block);
        let (mut shape, mut previous) = (0, 0);
        for (entry, suffix) in self.block.iter().zip(suffixes) {
            if entry.variants > 1 {
                self.bytes.push(VARIANTS_DIRECTIVE);
                push_varint(&mut self.bytes, entry.variants);
            } else if entry.shape != shape {
                shape = entry.shape;
                self.bytes.push(SHAPE_DIRECTIVE);
                push_varint(&mut self.bytes, shape);
            }
            let (replaced, new) = (entry.old - suffix, entry.new - suffix);
            let same = suffix == previous;
            self.bytes.push((new.min(14) << 4 | replaced.min(7) << 1) as u8 | u8::from(same));
            for (length, limit) in [(new, 14), (replaced, 7)] {
                if length >= limit {
                    push_varint(&mut self.bytes, (length - limit) as u32);
                }
            }
            if !same {
                push_varint(&mut self.bytes, suffix as u32);
            }
            previous = suffix;
            let start = entry.path.start + entry.shared;
            self.bytes.extend_from_slice(self.paths.get(start..start + new).unwrap_or(&[]));
            self.bytes.extend_from_slice(self.digests.get(entry.digests.clone()).unwrap_or(&[]));
        }
        self.block.clear();
        self.paths.clear();
        self.digests.clear();
    }
}

/// The suffix length of each entry: those with which the block takes the fewest bytes. A length other than the one before costs a number.
fn choose_suffixes(block: &[Entry]) -> impl Iterator<Item = usize> + use<> {
    let mut lengths = [0; SUFFIXES];
    let mut count = 1;
    for entry in block {
        if count < SUFFIXES && !lengths.iter().take(count).any(|length| *length == entry.suffix) {
            lengths[count] = entry.suffix;
            count += 1;
        }
    }
    // Dynamic programming: for each length, the bytes of the cheapest way to have it at this entry, and the length before.
    let mut costs = [u32::MAX; SUFFIXES];
    costs[0] = 0;
    let mut ways = [[0_u8; SUFFIXES]; BLOCK];
    for (entry, way) in block.iter().zip(&mut ways) {
        let cheapest = position_of_least(&costs);
        let before = costs;
        for (number, length) in lengths.iter().enumerate().take(count) {
            costs[number] = u32::MAX;
            if *length <= entry.suffix {
                let change = before[cheapest] + varint_length(*length as u32);
                let (from, cost) = if change < before[number] { (cheapest, change) } else { (number, before[number]) };
                way[number] = from as u8;
                costs[number] = cost + entry.cost(*length);
            }
        }
    }
    let mut chosen = [0; BLOCK];
    let mut number = position_of_least(&costs);
    for (chosen, way) in chosen.iter_mut().zip(ways).take(block.len()).rev() {
        *chosen = lengths[number];
        number = usize::from(way[number]);
    }
    chosen.into_iter().take(block.len())
}

fn position_of_least(costs: &[u32; SUFFIXES]) -> usize {
    (0..SUFFIXES).min_by_key(|number| costs[*number]).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(paths: &[&str]) -> Vec<u8> {
        let mut entries = Entries::default();
        for path in paths {
            entries.push(path.as_bytes(), std::iter::once((0, &b"D"[..])));
        }
        entries.flush();
        entries.bytes
    }

    #[test]
    fn a_suffix_is_used_where_it_saves_bytes() {
        // The second path has to say the suffix length; the third uses it again.
        assert_eq!(entries(&["a/b1.txt", "a/b2.txt", "a/b3.txt"]), b"\x81a/b1.txtD\x12\x042D\x133D");
        // One byte of suffix saves nothing where it is used once.
        assert_eq!(entries(&["ab", "cb"]), b"\x21abD\x25cbD");
    }

    #[test]
    fn a_suffix_never_reaches_into_the_prefix() {
        assert_eq!(entries(&["a", "aa", "aaa"]), b"\x11aD\x11aD\x11aD");
        assert_eq!(entries(&["a.c", "a.c.c"]), b"\x31a.cD\x21.cD");
    }

    #[test]
    fn long_changes_are_extended() {
        let long = "x".repeat(20);
        let mut expected = vec![0xe1, 6];
        expected.extend_from_slice(long.as_bytes());
        expected.extend_from_slice(b"D\x1f\x0dyD");
        assert_eq!(entries(&[&long, "y"]), expected);
    }
}
