//! Rebuilds a payload's text, byte for byte, in its style and with its patches.

use super::descriptors::{Descriptors, Part};
use super::escape;
use super::writer::Writer;
use crate::budget::REREAD;
use crate::bundle::{
    ArtifactRuns, Bundle, DigestSet, Escapes, Event, Extra, Form, Indent, Number, Patch, PatchKind, Patches,
    PathCursor, Reader, Stored, Str, Style, hex_bytes,
};
use crate::error::{Code, Result};
use crate::features::Features;
use crate::limits::NESTING;

/// Writes the value that `reader` stands before. `path` is a buffer for the longest path.
pub(crate) fn emit<'b>(
    mut reader: Reader<'b>,
    bundle: &'b Bundle<'b>,
    style: Style,
    patches: Patches<'b>,
    path: &mut [u8],
    out: &mut Writer<'_>,
) -> Result<()> {
    let mut text = Text {
        out,
        style,
        features: bundle.strings().features(),
        patches: Cursor::new(patches)?,
        containers: Containers::default(),
        after_key: false,
        descriptors: Extra::new(None),
    };
    let mut cursor = bundle.paths(path);
    loop {
        let start = reader.offset();
        let Some(event) = reader.next_event()? else { break };
        if text.is_place(&event, &reader, &mut cursor)? {
            text.check_length()?;
            continue;
        }
        match event {
            Event::Null => text.literal(b"null")?,
            Event::Bool(true) => text.literal(b"true")?,
            Event::Bool(false) => text.literal(b"false")?,
            Event::Number(number) => text.number(number)?,
            Event::Text(string) => text.string(string)?,
            Event::Key(key) => text.key(key, &reader)?,
            Event::ObjectStart => text.open(true, start)?,
            Event::ArrayStart => text.open(false, start)?,
            Event::End => text.close()?,
            Event::Artifacts(runs) if runs.form() == Form::Descriptors => text.start_descriptors(runs, &mut reader)?,
            Event::Artifacts(runs) => text.artifacts(runs, bundle, &mut cursor)?,
        }
        text.check_length()?;
    }
    if !reader.is_at_end() {
        return Err(Code::BundleToken.into());
    }
    text.finish()
}

/// The patch that comes next, and how far away it is.
struct Cursor<'b> {
    rest: Patches<'b>,
    next: Option<Patch<'b>>,
}

impl<'b> Cursor<'b> {
    fn new(mut rest: Patches<'b>) -> Result<Self> {
        let next = rest.next()?;
        Ok(Self { rest, next })
    }

    /// The patch of this kind for the lexical token that comes next.
    fn take(&mut self, kind: PatchKind) -> Result<Option<&'b [u8]>> {
        if !Features::BUILD.has(Features::PATCHES) {
            return Ok(None);
        }
        match self.next {
            Some(patch) if patch.skip == 0 && patch.kind == kind => {
                self.next = self.rest.next()?;
                Ok(Some(patch.bytes))
            }
            _ => Ok(None),
        }
    }

    /// A lexical token has been written.
    fn advance(&mut self) -> Result<()> {
        if let Some(patch) = &mut self.next
            && Features::BUILD.has(Features::PATCHES)
        {
            // A patch for the token that has just been written was not used: it is of the wrong kind, or comes second.
            patch.skip = patch.skip.checked_sub(1).ok_or(Code::BundlePatch)?;
        }
        Ok(())
    }
}

/// What is known of the members of an open object.
#[derive(Clone, Copy)]
struct Members<'b> {
    /// The greatest key so far.
    greatest: Option<Str<'b>>,
    /// Where the object starts in the tokens.
    start: u32,
}

/// The open containers, as bits: the lowest is the innermost.
#[derive(Default)]
struct Containers<'b> {
    depth: usize,
    objects: u32,
    filled: u32,
    members: heapless::Vec<Members<'b>, NESTING>,
}

impl<'b> Containers<'b> {
    fn push(&mut self, object: bool, start: u32) -> Result<()> {
        if self.depth >= NESTING {
            return Err(Code::LimitNesting.into());
        }
        self.depth = self.depth.saturating_add(1);
        self.objects = self.objects << 1 | u32::from(object);
        self.filled <<= 1;
        self.members.push(Members { greatest: None, start }).map_err(|_| Code::LimitNesting.into())
    }

    /// Closes the innermost; says whether it is an object and whether it has members.
    fn pop(&mut self) -> Result<(bool, bool)> {
        self.depth = self.depth.checked_sub(1).ok_or(Code::BundleToken)?;
        let closed = (self.objects & 1 == 1, self.filled & 1 == 1);
        (self.objects, self.filled) = (self.objects >> 1, self.filled >> 1);
        self.members.pop();
        Ok(closed)
    }

    /// Remembers the key of a member. Where it is not greater than all before, says where the object starts: it may have been there.
    fn follow(&mut self, key: Str<'b>) -> Option<u32> {
        let members = self.members.last_mut()?;
        if members.greatest.is_none_or(|greatest| greatest.order(&key).is_lt()) {
            members.greatest = Some(key);
            return None;
        }
        Some(members.start)
    }

    /// Counts a member of the innermost; says whether it is the first.
    fn fill(&mut self) -> bool {
        let first = self.filled & 1 == 0;
        self.filled |= 1;
        first
    }
}

/// A text that is being written.
struct Text<'w, 'o, 'b> {
    out: &'w mut Writer<'o>,
    features: Features,
    style: Style,
    patches: Cursor<'b>,
    containers: Containers<'b>,
    after_key: bool,
    /// The list of descriptors whose entries are being written.
    descriptors: Extra<Option<Descriptors<'b>>>,
}

impl<'b> Text<'_, '_, 'b> {
    /// Writes the white space before a lexical token: the patch's, or the style's.
    #[inline]
    fn gap(&mut self, space: bool, line: bool) -> Result<()> {
        if let Some(bytes) = self.patches.take(PatchKind::Space)? {
            self.out.write(bytes);
            return Ok(());
        }
        if space {
            self.out.write(b" ");
        }
        if line {
            self.line();
        }
        Ok(())
    }

    /// A line feed and the indentation of the current depth, in styles that have it.
    fn line(&mut self) {
        if !Features::BUILD.has(Features::STYLES) {
            return;
        }
        let (unit, count) = match self.style.indent {
            Indent::None => return,
            Indent::Tab => (b'\t', 1),
            Indent::Spaces(count) => (b' ', count),
        };
        self.out.write(b"\n");
        for _ in 0..self.containers.depth {
            for _ in 0..count {
                self.out.write(&[unit]);
            }
        }
    }

    fn token(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write(bytes);
        self.patches.advance()
    }

    /// What stands before a value or key: nothing, the comma, and white space.
    fn separate(&mut self) -> Result<()> {
        if self.after_key {
            self.after_key = false;
            return self.gap(self.style.colon_space, false);
        }
        if self.containers.depth == 0 {
            return self.gap(false, false);
        }
        if self.containers.fill() {
            return self.gap(false, true);
        }
        self.gap(false, false)?;
        self.token(b",")?;
        self.gap(self.style.comma_space, true)
    }

    fn literal(&mut self, bytes: &[u8]) -> Result<()> {
        self.separate()?;
        self.token(bytes)
    }

    fn number(&mut self, number: Number<'_>) -> Result<()> {
        if self.style.escapes == Escapes::Canonical && !number.is_canonical_integer() {
            return Err(Code::BundleCanonical.into());
        }
        match number {
            Number::Text(text) => self.literal(text.as_bytes()),
            Number::Integer(value) => {
                let mut digits = [0; 10];
                self.literal(decimal(value, &mut digits))
            }
        }
    }

    fn string(&mut self, string: Str<'_>) -> Result<()> {
        self.separate()?;
        self.quoted(string)
    }

    fn quoted(&mut self, string: Str<'_>) -> Result<()> {
        self.out.write(b"\"");
        match self.patches.take(PatchKind::String)? {
            Some(lexeme) if escape::spells(lexeme, string) => self.out.write(lexeme),
            Some(_) => return Err(Code::BundlePatch.into()),
            None => match string.stored() {
                Stored::Text(text) => {
                    if self.style.escapes == Escapes::Ascii
                        && !self.features.has(Features::ESCAPED_UNICODE)
                        && !text.is_ascii()
                    {
                        return Err(Code::LimitProfile.into());
                    }
                    escape::write(self.out, text, self.style.escapes);
                }
                Stored::Hex(bytes) => self.out.write_hex(hex_bytes(&bytes)),
            },
        }
        self.token(b"\"")
    }

    /// Writes a key; `reader` has just read it.
    fn key(&mut self, key: Str<'b>, reader: &Reader<'b>) -> Result<()> {
        if let Some(start) = self.containers.follow(key) {
            if self.style.escapes == Escapes::Canonical {
                return Err(Code::BundleCanonical.into());
            }
            reader.need(Features::UNORDERED)?;
            // Many such objects in each other are read again and again, for a text that is not longer for that.
            self.out.charge(REREAD.saturating_mul(reader.offset().saturating_sub(start)));
            if self.out.is_over() {
                return Err(Code::LimitUnordered.into());
            }
            reader.check_distinct(start, key)?;
        }
        self.member(key)
    }

    fn member(&mut self, key: Str<'_>) -> Result<()> {
        self.string(key)?;
        self.gap(false, false)?;
        self.token(b":")?;
        self.after_key = true;
        Ok(())
    }

    fn open(&mut self, object: bool, start: u32) -> Result<()> {
        self.separate()?;
        self.containers.push(object, start)?;
        self.token(if object { b"{" } else { b"[" })
    }

    fn close(&mut self) -> Result<()> {
        let (object, filled) = self.containers.pop()?;
        self.gap(false, filled)?;
        self.token(if object { b"}" } else { b"]" })
    }

    /// A few tokens can stand for any length of text; nothing is signed yet that says they should.
    #[inline]
    fn check_length(&self) -> Result<()> {
        if self.out.is_over() { Err(Code::LimitText.into()) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<()> {
        if let Some(bytes) = self.patches.take(PatchKind::Space)? {
            self.out.write(bytes);
        } else if self.style.final_newline {
            self.out.write(b"\n");
        }
        if self.patches.next.is_some() && Features::BUILD.has(Features::PATCHES) {
            Err(Code::BundlePatch.into())
        } else {
            Ok(())
        }
    }

    /// The hot loop: nearly all bytes of a large link come from here. Artifacts in no order hold no path twice, which is checked first.
    #[inline(never)]
    fn artifacts(
        &mut self,
        mut runs: ArtifactRuns<'_>,
        bundle: &'b Bundle<'b>,
        cursor: &mut PathCursor<'b, '_>,
    ) -> Result<()> {
        let form = runs.form();
        self.check_artifacts(runs)?;
        self.open(form == Form::Map, 0)?;
        while let Some(run) = runs.next_run()? {
            let mut most: u32 = 0;
            for number in run.first..run.end() {
                cursor.seek(number)?;
                most = most.max(cursor.variants());
                let digests = cursor.digests(run.variant)?;
                match digests.sha256_only() {
                    Some(sha256) if form == Form::Map && self.is_bare() && bundle.artifacts().plain() => {
                        self.bare_artifact(cursor.path(), sha256)
                    }
                    _ => self.artifact(form, Str::of_utf8(cursor.path()), digests)?,
                }
                // What the cursor steps over takes as long as what is listed.
                self.out.charge(cursor.take_work());
                self.check_length()?;
            }
            // A higher number than any path has would say the same as a lower one.
            if most <= run.variant {
                return Err(Code::BundleToken.into());
            }
        }
        self.close()
    }

    /// May these artifacts be written here, and is there room for them?
    fn check_artifacts(&mut self, runs: ArtifactRuns<'_>) -> Result<()> {
        let is_canonical = match runs.form() {
            Form::Map => runs.ascending(),
            Form::NameFirst | Form::Descriptors => false,
            Form::DigestFirst => true,
        };
        if self.style.escapes == Escapes::Canonical && !is_canonical {
            return Err(Code::BundleCanonical.into());
        }
        if runs.ascending() {
            return Ok(());
        }
        self.out.charge(runs.pairs());
        self.check_length()?;
        if runs.is_distinct()? { Ok(()) } else { Err(Code::BundleDuplicate.into()) }
    }

    /// Begins a list of descriptors: what comes next are its entries, which the reader has stepped over.
    fn start_descriptors(&mut self, runs: ArtifactRuns<'b>, reader: &mut Reader<'b>) -> Result<()> {
        self.check_artifacts(runs)?;
        // What is known of the one around it would be lost.
        if self.descriptors.get().is_some_and(|around| around.is_some()) {
            return Err(Code::BundleToken.into());
        }
        self.descriptors = Extra::new(Some(Descriptors::new(runs, self.containers.depth, reader.offset())));
        reader.enter();
        Ok(())
    }

    /// Writes what the artifacts section holds, where the event is the place of a path or a digest set in a list of descriptors.
    #[inline]
    fn is_place(&mut self, event: &Event<'b>, reader: &Reader<'b>, cursor: &mut PathCursor<'b, '_>) -> Result<bool> {
        match self.descriptors.get() {
            Some(Some(descriptors)) => self.write_place(descriptors, event, reader, cursor),
            _ => Ok(false),
        }
    }

    #[inline(never)]
    fn write_place(
        &mut self,
        mut descriptors: Descriptors<'b>,
        event: &Event<'b>,
        reader: &Reader<'b>,
        cursor: &mut PathCursor<'b, '_>,
    ) -> Result<bool> {
        let part = descriptors.take(event, self.containers.depth, reader.offset())?;
        if let Part::Path(number) | Part::Digests(number, _) = part
            && (cursor.number() != number || cursor.variants() == 0)
        {
            // Not for the second of the two: the cursor would start its block again.
            cursor.seek(number)?;
        }
        match part {
            Part::Itself => {}
            Part::Path(_) => {
                descriptors.saw(cursor.variants());
                self.string(Str::of_utf8(cursor.path()))?;
            }
            Part::Digests(_, variant) => self.digests(cursor.digests(variant)?)?,
        }
        self.out.charge(cursor.take_work());
        self.descriptors = Extra::new(Some(descriptors).filter(|descriptors| !descriptors.is_done));
        Ok(part != Part::Itself)
    }

    /// One entry of a map or list.
    fn artifact(&mut self, form: Form, path: Str<'_>, digests: DigestSet<'b>) -> Result<()> {
        if form == Form::Map {
            // Ascending numbers are ascending paths, so this key needs no look at the one before.
            self.member(path)?;
            return self.digests(digests);
        }
        self.open(true, 0)?;
        if form == Form::NameFirst {
            self.named(path)?;
        }
        self.member(Str::new("digest"))?;
        self.digests(digests)?;
        if form == Form::DigestFirst {
            self.named(path)?;
        }
        self.close()
    }

    fn named(&mut self, path: Str<'_>) -> Result<()> {
        self.member(Str::new("name"))?;
        self.string(path)
    }

    fn digests(&mut self, mut digests: DigestSet<'b>) -> Result<()> {
        self.open(true, 0)?;
        if !Features::BUILD.has(Features::DIGESTS) {
            self.member(Str::new("sha256"))?;
            self.separate()?;
            self.out.write(b"\"");
            self.out.write_hex(digests.sha256_only().unwrap_or_default());
            self.token(b"\"")?;
            return self.close();
        }
        while let Some((algorithm, digest)) = digests.next_digest()? {
            // A shape holds no algorithm twice, so only canonical order is left to see to.
            if self.containers.follow(algorithm).is_some() && self.style.escapes == Escapes::Canonical {
                return Err(Code::BundleCanonical.into());
            }
            self.member(algorithm)?;
            self.string(digest)?;
        }
        self.close()
    }

    /// Is everything on one line, and nothing patched?
    #[inline]
    fn is_bare(&self) -> bool {
        (self.style.indent == Indent::None || !Features::BUILD.has(Features::STYLES))
            && (self.patches.next.is_none() || !Features::BUILD.has(Features::PATCHES))
    }

    /// `"path":{"sha256":"..."}` with the style's spaces, for a path that no style escapes.
    #[inline]
    fn bare_artifact(&mut self, path: &[u8], sha256: &[u8]) {
        let first = self.containers.fill();
        let (before, between) = match (first, self.style.comma_space, self.style.colon_space) {
            (true, _, false) => (&b"\""[..], &b"\":{\"sha256\":\""[..]),
            (true, _, true) => (&b"\""[..], &b"\": {\"sha256\": \""[..]),
            (false, false, false) => (&b",\""[..], &b"\":{\"sha256\":\""[..]),
            (false, false, true) => (&b",\""[..], &b"\": {\"sha256\": \""[..]),
            (false, true, false) => (&b", \""[..], &b"\":{\"sha256\":\""[..]),
            (false, true, true) => (&b", \""[..], &b"\": {\"sha256\": \""[..]),
        };
        self.out.write(before);
        self.out.write(path);
        self.out.write(between);
        self.out.write_hex(sha256);
        self.out.write(b"\"}");
    }
}

/// The decimal digits of `value`, at the end of `digits`.
pub(crate) fn decimal(mut value: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut start = digits.len();
    for (position, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0'.wrapping_add((value % 10) as u8);
        value /= 10;
        start = position;
        if value == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or(&[])
}
