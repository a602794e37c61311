//! Flash whose power fails: every state that any cut of a program leaves behind.
//!
//! A program (a boot, or the application's confirmation) is run once on a state, and each of its flash operations is noted: a page erased, a word
//! written. What a cut at an operation leaves is what the operations before it made of the state, and this one half done, in each of several
//! ways. The program does not have to be run for each cut: up to there it cannot know of it. States that were seen before are not tried again.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::HashSet;

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use sitrep_firmware::{Flash, Region};

/// Flash in memory that is written in words of `WORD` bytes and erased in pages of `PAGE` bytes.
#[derive(Clone, Debug)]
pub struct SimulatedFlash<const WORD: usize, const PAGE: usize> {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// What was done to it.
    pub operations: Vec<Operation>,
    /// Which of its calls fail: from the number on, so many of them. A failing call does a part of its work.
    pub fails: Option<(usize, usize)>,
    /// What cannot be erased: worn out, or protected.
    pub stuck: Option<Region>,
    calls: usize,
}

/// What is done to flash at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The page at this offset, of this length, is erased.
    Erase(usize, usize),
    /// These bytes, a word, are written at this offset.
    Write(usize, Vec<u8>),
}

/// The flash was told to do what it cannot, or is set to fail.
#[derive(Debug)]
pub struct Failure;

impl NorFlashError for Failure {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Random numbers by what they are for, so that the same cut leaves the same bytes.
fn noise(seed: usize, at: usize) -> u8 {
    let mut value = (seed as u64) << 32 ^ at as u64;
    for _ in 0..3 {
        value = (value ^ value >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    (value >> 40) as u8
}

/// In how many ways an operation can be half done, beside not at all and completely.
pub const WAYS: usize = 3;

impl<const WORD: usize, const PAGE: usize> SimulatedFlash<WORD, PAGE> {
    /// Of these contents.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, operations: Vec::new(), fails: None, stuck: None, calls: 0 }
    }

    /// Writes where nothing was written yet, whatever the words: for the factory.
    pub fn put(&mut self, region: Region, bytes: &[u8]) {
        assert!(bytes.len() <= region.length as usize, "{} bytes do not fit into {region:?}", bytes.len());
        self.bytes[region.start as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    /// Erases a region: for the factory.
    pub fn clear(&mut self, region: Region) {
        self.bytes[region.start as usize..region.end() as usize].fill(0xff);
    }

    /// Does these operations too.
    pub fn redo(&mut self, operations: &[Operation]) {
        for operation in operations {
            self.apply(operation.clone());
        }
    }

    /// Does this call fail?
    fn is_to_fail(&mut self) -> bool {
        let call = self.calls;
        self.calls += 1;
        self.fails.is_some_and(|(first, count)| (first..first.saturating_add(count)).contains(&call))
    }

    fn apply(&mut self, operation: Operation) {
        match &operation {
            Operation::Erase(page, length) => self.bytes[*page..page + length].fill(0xff),
            Operation::Write(at, word) => self.bytes[*at..at + WORD].copy_from_slice(word),
        }
        self.operations.push(operation);
    }
}

/// What an operation leaves in the bytes that it is about when it is cut in one of the [`WAYS`].
fn torn(before: &[u8], operation: &Operation, way: usize) -> Vec<u8> {
    let random = |seed| move |at| noise(seed, at);
    match operation {
        Operation::Erase(page, _) => {
            let half = before.len() / 2;
            let bytes = before.iter().enumerate();
            match way {
                0 => bytes.map(|(at, byte)| if at < half { 0xff } else { *byte }).collect(),
                // Bits that are not yet what they become.
                1 => bytes.map(|(at, byte)| byte | random(1)(*page + at)).collect(),
                _ => bytes.map(|(at, _)| random(2)(*page + at)).collect(),
            }
        }
        Operation::Write(start, word) => {
            let bytes = before.iter().zip(word).enumerate();
            match way {
                // Some of the bits that become 0.
                0 => bytes.map(|(at, (old, new))| old & (new | random(3)(*start + at))).collect(),
                1 => bytes.map(|(at, _)| random(4)(*start + at)).collect(),
                // A part of the word's bytes.
                _ => bytes.map(|(at, (old, new))| if at < word.len().div_ceil(2) { *new } else { *old }).collect(),
            }
        }
    }
}

/// A hash that follows changes: of every byte with its place.
fn hash(at: usize, byte: u8) -> u128 {
    let mut value = (at as u128) << 8 | u128::from(byte);
    for _ in 0..3 {
        value = (value ^ value >> 61).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    }
    value ^ value >> 64
}

fn hash_of(start: usize, bytes: &[u8]) -> u128 {
    bytes.iter().enumerate().fold(0, |sum, (at, byte)| sum ^ hash(start + at, *byte))
}

/// By what a state is known.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> u128 {
    hash_of(0, bytes)
}

/// Runs of so many operations are cut at each, whatever the stride.
const FEW: usize = 20;

/// How many states were tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Cuts: each operation of each run, in each way.
    pub cuts: u64,
    /// States that differ from one another, and from which the program was run.
    pub states: u64,
}

/// Tries all cuts of a program, up to `depth` of them one after another.
pub struct Campaign<'p> {
    /// Runs the program on flash, checks what came of it, and returns what was done to the flash. The number says how many cuts are still to come.
    pub run: &'p mut dyn FnMut(&[u8], usize) -> Vec<Operation>,
    /// Of how many cuts one is tried, by depth: 1 is all of them.
    pub strides: &'p [usize],
    seen: HashSet<(u128, usize)>,
    tried: Tried,
}

impl<'p> Campaign<'p> {
    /// Of a program that runs on flash.
    pub fn new(run: &'p mut dyn FnMut(&[u8], usize) -> Vec<Operation>, strides: &'p [usize]) -> Self {
        Self { run, strides, seen: HashSet::new(), tried: Tried::default() }
    }

    /// Starts from these contents.
    pub fn start(mut self, bytes: &[u8]) -> Tried {
        let hash = hash_of(0, bytes);
        self.from(bytes, hash, 0);
        self.tried
    }

    fn from(&mut self, bytes: &[u8], mut hash: u128, depth: usize) {
        if !self.seen.insert((hash, depth)) {
            return;
        }
        self.tried.states += 1;
        let left = self.strides.len() - depth;
        let operations = (self.run)(bytes, left);
        let Some(&stride) = self.strides.get(depth) else { return };
        // What does little is cut everywhere, but for the last cut.
        let stride = if operations.len() <= FEW && left > 1 { 1 } else { stride };
        let mut bytes = bytes.to_vec();
        for (number, operation) in operations.iter().enumerate() {
            let (at, length) = match operation {
                Operation::Erase(page, length) => (*page, *length),
                Operation::Write(at, word) => (*at, word.len()),
            };
            let before = bytes[at..at + length].to_vec();
            let without = hash ^ hash_of(at, &before);
            let after = match operation {
                Operation::Erase(..) => vec![0xff; length],
                Operation::Write(_, word) => word.clone(),
            };
            // A cut before the first operation is one that never was; after the last one it is one before the next run.
            let ways = (0..WAYS).map(|way| torn(&before, operation, way)).chain([after.clone()]);
            for (way, left) in ways.enumerate() {
                if !(number * (WAYS + 1) + way).is_multiple_of(stride) {
                    continue;
                }
                self.tried.cuts += 1;
                bytes[at..at + length].copy_from_slice(&left);
                let hash = without ^ hash_of(at, &left);
                self.from(&bytes, hash, depth + 1);
            }
            bytes[at..at + length].copy_from_slice(&after);
            hash = without ^ hash_of(at, &after);
        }
    }
}

impl<const WORD: usize, const PAGE: usize> ErrorType for SimulatedFlash<WORD, PAGE> {
    type Error = Failure;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for SimulatedFlash<WORD, PAGE> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failure> {
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for SimulatedFlash<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failure> {
        let (from, to) = (from as usize, to as usize);
        assert!(from < to && from.is_multiple_of(PAGE) && to.is_multiple_of(PAGE), "erase {from}..{to}");
        let fails = self.is_to_fail();
        if self.stuck.is_some_and(|stuck| from < stuck.end() as usize && stuck.start as usize <= from) {
            return Err(Failure);
        }
        for page in (from..to).step_by(PAGE) {
            if fails {
                let bytes = torn(&self.bytes[page..page + PAGE], &Operation::Erase(page, PAGE), 1);
                self.bytes[page..page + PAGE].copy_from_slice(&bytes);
                return Err(Failure);
            }
            self.apply(Operation::Erase(page, PAGE));
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failure> {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(WORD) && bytes.len().is_multiple_of(WORD), "write {} at {offset}", bytes.len());
        let fails = self.is_to_fail();
        for (at, word) in (offset..).step_by(WORD).zip(bytes.chunks(WORD)) {
            let place = &self.bytes[at..at + WORD];
            assert!(place.iter().all(|byte| *byte == 0xff), "the word at {at} is written twice");
            if fails {
                let bytes = torn(place, &Operation::Write(at, word.to_vec()), 0);
                self.bytes[at..at + WORD].copy_from_slice(&bytes);
                return Err(Failure);
            }
            self.apply(Operation::Write(at, word.to_vec()));
        }
        Ok(())
    }
}

impl<const WORD: usize, const PAGE: usize> Flash for SimulatedFlash<WORD, PAGE> {
    fn mapped(&self, region: Region) -> &[u8] {
        self.bytes.get(region.start as usize..region.end() as usize).unwrap_or_default()
    }
}
