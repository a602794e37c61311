//! Rebuilds a payload's text, byte for byte, in its style and with its patches.

use super::escape;
use super::writer::Writer;
use crate::bundle::{
    ArtifactRuns, Bundle, DigestSet, Escapes, Event, Form, Indent, Number, PATHS_BLOCK, Patch, PatchKind, Patches,
    Reader, Str, Style,
};
use crate::error::{Code, Result};
use crate::features::{Features, hex_bytes};
use crate::limits::{ARTIFACT_MAPS, NESTING, UNORDERED_MEMBERS};

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
        artifacts: bundle.artifacts().count().saturating_mul(ARTIFACT_MAPS),
        rereads: reader.length().saturating_mul(UNORDERED_MEMBERS),
    };
    loop {
        let start = reader.offset();
        let Some(event) = reader.next_event()? else { break };
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
            Event::Artifacts(runs) => text.artifacts(runs, bundle, path)?,
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
    /// How many artifacts its maps may yet hold.
    artifacts: u32,
    /// How many bytes of tokens may yet be read again to compare keys: an object with the most members in no order is within it, many such
    /// objects in each other are not.
    rereads: u32,
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
            None => match string {
                Str::Text(text) => {
                    if self.style.escapes == Escapes::Ascii
                        && !self.features.has(Features::ESCAPED_UNICODE)
                        && !text.is_ascii()
                    {
                        return Err(Code::LimitProfile.into());
                    }
                    escape::write(self.out, text, self.style.escapes);
                }
                Str::Hex(bytes) => self.out.write_hex(hex_bytes(&bytes)),
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
            let again = reader.offset().saturating_sub(start);
            self.rereads = self.rereads.checked_sub(again).ok_or(Code::LimitUnordered)?;
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
    fn artifacts(&mut self, mut runs: ArtifactRuns<'_>, bundle: &'b Bundle<'b>, path: &mut [u8]) -> Result<()> {
        let form = runs.form();
        let is_canonical = match form {
            Form::Map => runs.ascending(),
            Form::NameFirst => false,
            Form::DigestFirst => true,
        };
        if self.style.escapes == Escapes::Canonical && !is_canonical {
            return Err(Code::BundleCanonical.into());
        }
        self.artifacts = self.artifacts.checked_sub(runs.count()?).ok_or(Code::LimitText)?;
        if !runs.is_distinct()? {
            return Err(Code::BundleDuplicate.into());
        }
        self.open(form == Form::Map, 0)?;
        let mut cursor = bundle.paths(path);
        let mut before = 0;
        while let Some(run) = runs.next_run()? {
            if !self.features.has(Features::AMPLE_WORK) {
                // What the cursor steps over takes as long as what is listed.
                let stepped_over = run.first.saturating_sub(before).min(run.first % PATHS_BLOCK);
                self.artifacts = self.artifacts.checked_sub(stepped_over).ok_or(Code::LimitText)?;
                before = run.end();
            }
            let mut most: u32 = 0;
            for number in run.first..run.end() {
                cursor.seek(number)?;
                most = most.max(cursor.variants());
                let digests = cursor.digests(run.variant)?;
                match digests.sha256_only() {
                    Some(sha256) if form == Form::Map && self.is_bare() && bundle.artifacts().plain() => {
                        self.bare_artifact(cursor.path(), sha256)
                    }
                    _ => self.artifact(form, text(cursor.path())?, digests)?,
                }
                self.check_length()?;
            }
            // A higher number than any path has would say the same as a lower one.
            if most <= run.variant {
                return Err(Code::BundleToken.into());
            }
        }
        self.close()
    }

    /// One entry of a map or list.
    fn artifact(&mut self, form: Form, path: &str, digests: DigestSet<'b>) -> Result<()> {
        let path = Str::Text(path);
        if form == Form::Map {
            // Ascending numbers are ascending paths, so this key needs no look at the one before.
            self.member(path)?;
            return self.digests(digests);
        }
        self.open(true, 0)?;
        if form == Form::NameFirst {
            self.named(path)?;
        }
        self.member(Str::Text("digest"))?;
        self.digests(digests)?;
        if form == Form::DigestFirst {
            self.named(path)?;
        }
        self.close()
    }

    fn named(&mut self, path: Str<'_>) -> Result<()> {
        self.member(Str::Text("name"))?;
        self.string(path)
    }

    fn digests(&mut self, mut digests: DigestSet<'b>) -> Result<()> {
        self.open(true, 0)?;
        if !Features::BUILD.has(Features::DIGESTS) {
            self.member(Str::Text("sha256"))?;
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

fn text(path: &[u8]) -> Result<&str> {
    core::str::from_utf8(path).map_err(|_| Code::BundleArtifact.into())
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
