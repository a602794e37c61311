//! The artifacts section: every path, with every digest set that was recorded for it (BUNDLE.md, section 4).
//!
//! Paths are front-coded, so they are read with a [`PathCursor`] that holds the current path in a buffer of the caller.
//! [`Artifacts::open`] walks the section once and checks everything that readers rely on later: order, UTF-8, distinct variants.

use core::cell::Cell;
use core::cmp::Ordering;

use super::digests::{DigestSet, SHA256, Shape, check_shape};
use super::forms::Extra;
use super::strings::{Str, Strings};
use crate::error::{Code, Error, Result};
use crate::features::Features;
use crate::limits::{SHAPES, VARIANTS};
use crate::names;
use crate::wire::{Index, Input};

/// Paths between two entries of the index.
pub(crate) const BLOCK: u32 = 64;
// What it takes to read them, in units of work.
const PATH: u32 = 8;
const PATH_OF_HOST: u32 = 24;
/// A digest set of sixteen algorithms that is stepped over.
const VARIANT: u32 = 8;
/// The control bytes end here; directives follow.
const SHAPE_DIRECTIVE: u8 = 240;
const VARIANTS_DIRECTIVE: u8 = 241;
/// How many of them an entry may have: one of each. They are read again whenever the entry is.
const DIRECTIVES: u32 = 2;

/// How many shapes there is room for.
const SHAPE_ROOM: usize = if Features::BUILD.has(Features::DIGESTS) { SHAPES as usize } else { 0 };

/// The artifacts section, checked.
#[derive(Clone, Debug)]
pub struct Artifacts<'b> {
    /// Which the digest sets refer to.
    strings: Strings<'b>,
    count: u32,
    /// Where each shape starts, so that many shapes cost no more than one.
    shape_offsets: heapless::Vec<u16, SHAPE_ROOM>,
    shapes: Extra<&'b [u8]>,
    index: Index<'b>,
    entries: &'b [u8],
    /// All names and digests are as in-toto wants them, so that links need not look again.
    tidy: bool,
    /// No path has a byte that any style escapes.
    plain: bool,
}

impl<'b> Artifacts<'b> {
    /// Reads the section's tables. Its entries are unchecked until [`Self::check`].
    pub(super) fn open(section: &'b [u8], strings: Strings<'b>) -> Result<Self> {
        let mut input = Input::new(section);
        let count = input.varint()?;
        let shape_count = input.varint()?;
        if shape_count > 0 {
            strings.need(Features::DIGESTS)?;
        }
        let shapes = input.rest();
        let mut shape_offsets = heapless::Vec::new();
        for _ in 0..if Features::BUILD.has(Features::DIGESTS) { shape_count } else { 0 } {
            let offset = u16::try_from(shapes.len().saturating_sub(input.len())).map_err(|_| Code::BundleArtifact)?;
            shape_offsets.push(offset).map_err(|_| Code::BundleArtifact)?;
            check_shape(&mut input, &strings)?;
        }
        let shapes = shapes.get(..shapes.len().saturating_sub(input.len())).ok_or(Code::BundleArtifact)?;
        let index = Index::take(&mut input, section.len(), count, BLOCK)?;
        let shapes = Extra::new(shapes);
        Ok(Self { strings, count, shape_offsets, shapes, index, entries: input.rest(), tidy: false, plain: false })
    }

    /// Walks all entries, checks them, and says whether they are tidy and plain. `path` is a buffer for the longest path.
    pub(super) fn check(&'b self, path: &mut [u8]) -> Result<(bool, bool)> {
        let (mut tidy, mut plain) = (true, true);
        let mut cursor = PathCursor::new(self, path);
        for number in 0..self.count {
            let offset = self.entries.len().saturating_sub(cursor.input.len());
            if number.is_multiple_of(BLOCK) && self.index.offset(number / BLOCK) != Some(offset) {
                return Err(Error::new(Code::BundleArtifact).at_artifact(number));
            }
            cursor.advance()?;
            let path = cursor.path();
            let is_plain = is_plain(path);
            // Plain bytes are ASCII.
            if !is_plain && core::str::from_utf8(path).is_err() {
                return Err(Error::new(Code::BundleArtifact).at_artifact(number));
            }
            plain = plain && is_plain;
            if !self.strings.has(Features::ODD_ARTIFACTS) {
                if !names::is_path(path) {
                    return Err(Error::new(Code::LimitProfile).at_artifact(number));
                }
                continue;
            }
            tidy = tidy && names::is_artifact_name(path);
            tidy = cursor.check_variants()? && tidy;
        }
        if !cursor.input.is_empty() {
            return Err(Code::BundleTrailing.into());
        }
        Ok((tidy, plain))
    }

    pub(super) const fn found(&mut self, (tidy, plain): (bool, bool)) {
        (self.tidy, self.plain) = (tidy, plain);
    }

    /// The strings section.
    pub(super) const fn strings(&self) -> &Strings<'b> {
        &self.strings
    }

    /// How many paths the section holds.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    pub(crate) const fn tidy(&self) -> bool {
        self.tidy || !Features::BUILD.has(Features::ODD_ARTIFACTS)
    }

    pub(crate) const fn plain(&self) -> bool {
        self.plain
    }

    /// The algorithms of shape `number`, positioned at its first.
    fn shape(&self, number: u32) -> Result<Shape<'b>> {
        let Some(own) = number.checked_sub(1) else { return Ok(Shape::Sha256) };
        if !Features::BUILD.has(Features::DIGESTS) {
            return Err(Code::BundleArtifact.into());
        }
        let offset = self.shape_offsets.get(own as usize).ok_or(Code::BundleArtifact)?;
        let mut input = Input::new(
            self.shapes.get().and_then(|shapes| shapes.get(usize::from(*offset)..)).ok_or(Code::BundleArtifact)?,
        );
        Ok(Shape::Own { algorithms: input.varint()?, input })
    }

    /// Takes the digests of one variant from `input`.
    fn take_digests(&self, input: &mut Input<'b>, shape: u32) -> Result<&'b [u8]> {
        if shape == 0 {
            return input.take(SHA256);
        }
        let start = input.rest();
        let mut shape = self.shape(shape)?;
        if !Features::BUILD.has(Features::DIGESTS) {
            return Ok(&[]);
        }
        while let Some((_, form)) = shape.next_field()? {
            match form {
                // That there is such a string was seen to when the bundle was opened.
                0 => input.varint().map(|_| ())?,
                length => input.take(length as usize).map(|_| ())?,
            }
        }
        start.get(..start.len().saturating_sub(input.len())).ok_or_else(|| Code::BundleTruncated.into())
    }
}

/// No byte that any style writes otherwise than as it is.
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, byte| {
        plain & matches!(byte, b' '..=b'~') & !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')
    })
}

/// Compares a path with `prefix/name`.
fn compare(path: &[u8], prefix: Option<Str<'_>>, name: &[u8]) -> Ordering {
    match prefix {
        None => path.cmp(name),
        Some(prefix) => {
            let (start, rest) = path.split_at_checked(prefix.len()).unwrap_or((path, &[]));
            let (slash, end) = rest.split_at_checked(1).unwrap_or((rest, &[]));
            Str::of_utf8(start).order(&prefix).then(slash.cmp(b"/")).then(end.cmp(name))
        }
    }
}

/// Reads the paths in order; seeks by blocks.
#[derive(Debug)]
pub struct PathCursor<'b, 's> {
    artifacts: &'b Artifacts<'b>,
    input: Input<'b>,
    path: &'s mut [u8],
    length: usize,
    suffix: usize,
    shape: u32,
    /// Number of the entry that `input` stands before.
    next: u32,
    variants: Variants<'b>,
    /// What was read since somebody asked, in units of work.
    work: Cell<u32>,
}

/// The digest sets of one path.
#[derive(Clone, Copy, Debug)]
struct Variants<'b> {
    count: u32,
    /// Shape of the only variant; with several, each says its own.
    shape: u32,
    data: Input<'b>,
}

impl<'b, 's> PathCursor<'b, 's> {
    #[inline(never)]
    pub(super) fn new(artifacts: &'b Artifacts<'b>, path: &'s mut [u8]) -> Self {
        Self {
            artifacts,
            input: Input::new(artifacts.entries),
            path,
            length: 0,
            suffix: 0,
            shape: 0,
            next: 0,
            variants: Variants { count: 0, shape: 0, data: Input::new(&[]) },
            work: Cell::new(0),
        }
    }

    /// What the profile has that is verified for.
    #[inline]
    pub(crate) const fn features(&self) -> Features {
        self.artifacts.strings.features()
    }

    /// Counts work that is done for the current path.
    #[inline]
    pub(crate) fn count_work(&self, units: u32) {
        self.work.set(self.work.get().wrapping_add(units));
    }

    /// How many units of work were done since they were taken.
    #[inline]
    pub(crate) fn work(&self) -> u32 {
        self.work.get()
    }

    /// How many units of work were done since this was asked before.
    #[inline]
    pub(crate) fn take_work(&self) -> u32 {
        self.work.take()
    }

    /// The current path's bytes; UTF-8 in a bundle that was opened.
    #[inline]
    #[must_use]
    pub fn path(&self) -> &[u8] {
        self.path.get(..self.length).unwrap_or(&[])
    }

    /// The number of the current path.
    #[inline]
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.next.saturating_sub(1)
    }

    /// Moves to the path with this number.
    ///
    /// # Errors
    /// [`Code::BundleArtifact`] where there is none.
    #[inline]
    pub fn seek(&mut self, number: u32) -> Result<()> {
        if number == self.next && number < self.artifacts.count {
            return self.advance();
        }
        self.seek_far(number)
    }

    fn seek_far(&mut self, number: u32) -> Result<()> {
        if number >= self.artifacts.count {
            return Err(Error::new(Code::BundleArtifact).at_artifact(number));
        }
        let block = number / BLOCK;
        // Stay where it is when the path is in the rest of this block.
        if number < self.next || block != self.next / BLOCK || self.next.is_multiple_of(BLOCK) {
            let offset = self.artifacts.index.offset(block).ok_or(Code::BundleArtifact)?;
            self.input = Input::new(self.artifacts.entries.get(offset..).ok_or(Code::BundleArtifact)?);
            self.next = block.saturating_mul(BLOCK);
            self.length = 0;
        }
        while self.next <= number {
            self.advance()?;
        }
        Ok(())
    }

    /// Reads the entry that the input stands before.
    #[inline]
    fn advance(&mut self) -> Result<()> {
        if self.next.is_multiple_of(BLOCK) {
            self.start_block()?;
        }
        let (mut variants, mut directives) = (0, 0..DIRECTIVES);
        let control = loop {
            match self.input.byte()? {
                control @ 0..SHAPE_DIRECTIVE => break control,
                SHAPE_DIRECTIVE if directives.next().is_some() => self.shape = self.input.varint()?,
                VARIANTS_DIRECTIVE if directives.next().is_some() => variants = self.input.varint()?.max(1),
                _ => return Err(self.damaged()),
            }
        };
        self.change_path(control)?;
        // Whoever reads a path compares it with something.
        let path = if self.features().has(Features::AMPLE_WORK) { PATH_OF_HOST } else { PATH };
        self.count_work(path.saturating_add((self.length / 32) as u32));
        self.variants = if variants == 0 {
            let data = self.artifacts.take_digests(&mut self.input, self.shape)?;
            Variants { count: 1, shape: self.shape, data: Input::new(data) }
        } else {
            self.take_variants(variants)?
        };
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    /// A block starts from the empty path; its head must still follow the path before it.
    #[cold]
    fn start_block(&mut self) -> Result<()> {
        let (mut head, mut directives) = (self.input, 0..DIRECTIVES);
        loop {
            match head.byte()? {
                SHAPE_DIRECTIVE | VARIANTS_DIRECTIVE if directives.next().is_some() => head.varint().map(|_| ())?,
                control => {
                    let mut new = usize::from(control >> 4);
                    if new == 14 {
                        new = new.saturating_add(head.length()?);
                    }
                    if control & 1 == 0 {
                        head.varint()?;
                    }
                    // After a seek there is no path before it (length 0), and order has been checked already.
                    if self.length > 0 && head.take(new)? <= self.path() {
                        return Err(self.damaged());
                    }
                    break;
                }
            }
        }
        (self.length, self.suffix, self.shape) = (0, 0, 0);
        Ok(())
    }

    #[inline]
    fn change_path(&mut self, control: u8) -> Result<()> {
        let mut new = usize::from(control >> 4);
        let mut replaced = usize::from(control >> 1 & 7);
        if new == 14 {
            new = new.saturating_add(self.input.length()?);
        }
        if replaced == 7 {
            replaced = replaced.saturating_add(self.input.length()?);
        }
        if control & 1 == 0 {
            self.suffix = self.input.length()?;
        }
        let new_bytes = self.input.take(new)?;

        let taken = self.suffix.checked_add(replaced).ok_or(Code::BundleArtifact)?;
        let keep = self.length.checked_sub(taken).ok_or(Code::BundleArtifact)?;
        // No more than the path before and the bytes that were taken from the bundle.
        let end = self.length.wrapping_sub(self.suffix);
        let middle = keep.wrapping_add(new);
        let length = middle.wrapping_add(self.suffix);
        if length > self.path.len() {
            return Err(Error::new(Code::LimitPath).at_artifact(self.next));
        }
        // The first byte that changes decides the order; there must be one, and it must grow. `None` ends a path.
        let before = if self.length == keep { None } else { self.path.get(keep).copied() };
        let after = match new_bytes.first() {
            Some(byte) => Some(*byte),
            None if self.suffix > 0 => self.path.get(end).copied(),
            None => None,
        };
        // Only the very first path may be empty.
        if before >= after && !(self.next == 0 && length == 0) {
            return Err(self.damaged());
        }
        if new != replaced {
            self.count_work((self.suffix / 4) as u32);
            self.move_suffix(end, middle);
        }
        self.path.get_mut(keep..middle).ok_or(Code::BundleArtifact)?.copy_from_slice(new_bytes);
        self.length = length;
        Ok(())
    }

    /// Moves the suffix, which is short, from `from` to `to`: byte by byte, as a device has no use for the general `memmove` (1.6 KB).
    fn move_suffix(&mut self, from: usize, to: usize) {
        let count = self.length.saturating_sub(from);
        for step in 0..count {
            let step = if to < from { step } else { count.saturating_sub(step).saturating_sub(1) };
            let byte = self.path.get(from.saturating_add(step)).copied();
            if let (Some(byte), Some(place)) = (byte, self.path.get_mut(to.saturating_add(step))) {
                *place = byte;
            }
        }
    }

    #[cold]
    fn take_variants(&mut self, count: u32) -> Result<Variants<'b>> {
        if count < 2 {
            return Err(self.damaged());
        }
        if count > self.artifacts.strings.features().work().variants {
            return Err(Error::new(Code::LimitVariants).at_artifact(self.next));
        }
        let data = self.input;
        self.count_work(count.saturating_mul(VARIANT));
        for _ in 0..count {
            // A varint of one byte, as shapes are few: no variant has two spellings.
            let shape = u32::from(self.input.byte()?);
            self.artifacts.take_digests(&mut self.input, shape)?;
        }
        Ok(Variants { count, shape: 0, data })
    }

    /// Moves to the path `prefix/name`, or `name` where there is no prefix. Questions in ascending order are answered fastest.
    ///
    /// # Errors
    /// A code of class `bundle` where the section is damaged; not after [`super::Bundle::open`].
    pub(crate) fn find(&mut self, prefix: Option<Str<'_>>, name: &[u8]) -> Result<bool> {
        // The next path is the likely answer.
        if self.next < self.artifacts.count {
            self.advance()?;
            if compare(self.path(), prefix, name).is_eq() {
                return Ok(true);
            }
        }
        // The last block whose first path is not after the wanted one.
        let (mut low, mut high) = (0, self.artifacts.count.div_ceil(BLOCK));
        while low < high {
            let middle = low.midpoint(high);
            self.seek(middle.saturating_mul(BLOCK))?;
            if compare(self.path(), prefix, name).is_gt() { high = middle } else { low = middle.saturating_add(1) }
        }
        let Some(block) = low.checked_sub(1) else { return Ok(false) };
        let first = block.saturating_mul(BLOCK);
        for number in first..first.saturating_add(BLOCK).min(self.artifacts.count) {
            self.seek(number)?;
            match compare(self.path(), prefix, name) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(true),
                Ordering::Greater => break,
            }
        }
        Ok(false)
    }

    /// Is the current path a normalised path or a URI?
    pub(crate) fn name_is_tidy(&self) -> bool {
        names::is_artifact_name(self.path())
    }

    /// How many variants the current path has.
    #[inline]
    #[must_use]
    pub const fn variants(&self) -> u32 {
        self.variants.count
    }

    /// Variant `number` of the current path, or its last where it has fewer.
    ///
    /// # Errors
    /// A code of class `bundle` where the section is damaged; not after [`super::Bundle::open`].
    #[inline]
    pub fn digests(&self, number: u32) -> Result<DigestSet<'b>> {
        let mut data = self.variants.data;
        let mut shape = self.variants.shape;
        if self.variants.count > 1 {
            shape = data.varint()?;
            let before = number.min(self.variants.count.saturating_sub(1));
            // Every rule for the path may look it up again; of a boot loader's rules there are few.
            if Features::BUILD.has(Features::AMPLE_WORK) {
                self.count_work(before.saturating_mul(VARIANT));
            }
            for _ in 0..before {
                self.artifacts.take_digests(&mut data, shape)?;
                shape = data.varint()?;
            }
        }
        Ok(DigestSet { form: Extra::new((&self.artifacts.strings, self.artifacts.shape(shape)?)), data })
    }

    /// Do two variants of the current path hold the same digests?
    pub(crate) fn same_digests(&self, one: u32, other: u32) -> Result<bool> {
        let last = self.variants.count.saturating_sub(1);
        if one.min(last) == other.min(last) {
            return Ok(true);
        }
        let (one, other) = (self.digests(one)?, self.digests(other)?);
        if Features::BUILD.has(Features::DIGESTS) {
            self.count_work(one.cost(&other));
        }
        one.same(other)
    }

    /// Checks that no two variants have the same shape and bytes; says whether all digests are tidy.
    fn check_variants(&self) -> Result<bool> {
        if self.variants.count < 2 {
            return self.digests(0)?.is_tidy();
        }
        self.check_several_variants()
    }

    /// The comparison is quadratic in the number of variants, which [`VARIANTS`] bounds; so they are read once, and what is compared is bytes.
    #[cold]
    #[inline(never)]
    fn check_several_variants(&self) -> Result<bool> {
        let artifacts = &self.artifacts;
        let (all, mut input) = (self.variants.data.rest(), self.variants.data);
        // Where each variant ends: its shape, which takes one byte, and its digests.
        let mut ends = heapless::Vec::<u32, { VARIANTS as usize }>::new();
        let (mut tidy, mut start) = (true, 0);
        for _ in 0..self.variants.count {
            let shape = input.varint()?;
            let set = DigestSet { form: Extra::new((&self.artifacts.strings, artifacts.shape(shape)?)), data: input };
            tidy = set.is_tidy()? && tidy;
            artifacts.take_digests(&mut input, shape)?;
            let end = all.len().saturating_sub(input.len());
            let variant = all.get(start..end).ok_or(Code::BundleArtifact)?;
            let mut earlier_start = 0;
            for earlier_end in &ends {
                if all.get(earlier_start..*earlier_end as usize) == Some(variant) {
                    return Err(self.damaged());
                }
                earlier_start = *earlier_end as usize;
            }
            ends.push(u32::try_from(end).map_err(|_| Code::BundleArtifact)?).map_err(|_| Code::LimitVariants)?;
            start = end;
        }
        Ok(tidy)
    }

    #[cold]
    fn damaged(&self) -> Error {
        Error::new(Code::BundleArtifact).at_artifact(self.next)
    }
}
