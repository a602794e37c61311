//! Reads artifact maps and lists, at more than a gigabyte a second.

use sitrep_core::bundle::Form;
use sitrep_core::limits::{ALGORITHMS, HOST, SHAPES, UNORDERED_RUNS};

use super::list::{ArtifactList, Field, Shape};
use super::spelling::is_plain;
use crate::json::{Expected, Lexeme, Reader, Watch, common_prefix, find_end_of_plain};

/// Reads one artifact map or list.
pub(super) struct ListReader {
    list: ArtifactList,
    /// The path before.
    last: Vec<u8>,
    descends: bool,
    /// Buffers of [`Self::entry`].
    text: String,
    fields: Vec<(Field, String)>,
}

/// How an artifact of a map is written apart from its path and digests, as offsets in the text.
struct Mould {
    /// What comes before each value, and how many bytes the value stands for.
    pieces: Vec<(std::ops::Range<usize>, usize)>,
    /// What comes before the path of the next artifact.
    tail: std::ops::Range<usize>,
    /// Lexical tokens from one path to the next.
    tokens: u32,
}

impl ListReader {
    pub(super) const fn new(form: Form) -> Self {
        let list = ArtifactList::new(form);
        Self { list, last: Vec::new(), descends: false, text: String::new(), fields: Vec::new() }
    }

    /// `None` where the map is not of the expected form, which the general reader then looks into.
    pub(super) fn read_map<W: Watch>(mut self, reader: &mut Reader<'_, W>) -> Option<ArtifactList> {
        if reader.open(b'}').ok()? {
            loop {
                let noted = reader.watch.noted();
                let mould = self.entry(reader)?;
                if !reader.separator(b'}').ok()? {
                    break;
                }
                if let Some(mut mould) = mould
                    && reader.watch.noted() == noted
                {
                    mould.tail.end = reader.lexer.position() + 1;
                    self.repeat(reader, &mould);
                }
            }
        }
        // The canonical form of an object is in the order of its keys.
        if self.descends { self.list.sorted(!reader.is_canonical()) } else { Some(self.list) }
    }

    /// `None` where the array is not of the expected form. The empty one is not: it has a token of its own.
    pub(super) fn read_list<W: Watch>(mut self, reader: &mut Reader<'_, W>) -> Option<ArtifactList> {
        if !reader.open(b']').ok()? {
            return None;
        }
        loop {
            let form = self.list_entry(reader)?;
            if self.list.count() == 1 {
                self.list.form = form;
            } else if self.list.form != form {
                return None;
            }
            if !reader.separator(b']').ok()? {
                break;
            }
        }
        self.into_list()
    }

    /// What was read, in the order in which it was read.
    pub(super) fn into_list(self) -> Option<ArtifactList> {
        if !self.descends {
            return Some(self.list);
        }
        let sorted = self.list.sorted(true)?;
        // Readers refuse more runs. A list can be spelled out instead.
        (sorted.breaks() < UNORDERED_RUNS as usize).then_some(sorted)
    }

    /// Adds a descriptor of which the name and the digest set are known; `None` where it cannot be in a list.
    pub(super) fn add<'v>(
        &mut self,
        name: &str,
        digests: impl Iterator<Item = (&'v str, Option<&'v str>)>,
    ) -> Option<()> {
        if name.len() > HOST.path {
            return None;
        }
        self.text.clear();
        self.text.push_str(name);
        self.fields.clear();
        for (algorithm, value) in digests {
            self.field(algorithm.to_owned(), value?.to_owned())?;
        }
        self.keep_fields(false)?;
        self.keep_path()
    }

    /// Reads one entry of a list; says in which order its two members are.
    fn list_entry<W: Watch>(&mut self, reader: &mut Reader<'_, W>) -> Option<Form> {
        if !reader.open(b'}').ok()? {
            return None;
        }
        let first = self.list_member(reader)?;
        if !reader.separator(b'}').ok()? {
            return None;
        }
        let second = self.list_member(reader)?;
        if reader.separator(b'}').ok()? {
            return None;
        }
        let (form, fields) = match (first, second) {
            (None, Some(fields)) => (Form::NameFirst, fields),
            (Some(fields), None) => (Form::DigestFirst, fields),
            _ => return None,
        };
        self.push(&fields, reader.is_canonical())?;
        Some(if reader.is_canonical() { Form::DigestFirst } else { form })
    }

    /// Reads one member of an entry: its `digest`, or its `name` into `self.text`.
    fn list_member<'j, W: Watch>(&mut self, reader: &mut Reader<'j, W>) -> Option<Option<Fields<'j>>> {
        let key = reader.key().ok()?;
        if key.is("digest") {
            return digest_fields(reader).map(Some);
        }
        if !key.is("name") {
            return None;
        }
        self.text.clear();
        reader.string(Expected::String).ok()?.value(&mut self.text).ok()?;
        // A name that is too long for the readers of the artifacts section would cost the whole bundle.
        (self.text.len() <= HOST.path).then_some(None)
    }

    /// Adds the artifact whose path is in `self.text`. Says whether its digest set is all hexadecimal and as ordered as written.
    fn push(&mut self, fields: &[(Lexeme<'_>, Lexeme<'_>)], canonical: bool) -> Option<bool> {
        let sorted = self.digest_set(fields, canonical)?;
        self.keep_path()?;
        Some(sorted)
    }

    /// Adds the path that is in `self.text`; `None` where the list has it already.
    fn keep_path(&mut self) -> Option<()> {
        let shared = common_prefix(&self.last, self.text.as_bytes());
        let rest = self.text.as_bytes().get(shared..)?;
        if self.list.count() > 0 {
            match (self.last.get(shared), rest.first()) {
                (None, None) => return None,
                (last, new) => self.descends |= last > new,
            }
        }
        self.list.push_path(shared, rest);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
        Some(())
    }

    /// Reads one artifact of a map, token by token. The mould still lacks what follows.
    fn entry<W: Watch>(&mut self, reader: &mut Reader<'_, W>) -> Option<Option<Mould>> {
        let path = reader.key().ok()?;
        self.text.clear();
        path.value(&mut self.text).ok()?;
        let fields = digest_fields(reader)?;
        let end = reader.lexer.position();
        let sorted = self.push(&fields, reader.is_canonical())?;
        if !sorted || path.escaped || (W::WATCHES && !is_plain(path.raw.as_bytes())) {
            return Some(None);
        }
        let mut pieces = Vec::with_capacity(fields.len());
        let mut start = path.offset + path.raw.len();
        for (_, value) in &fields {
            pieces.push((start..value.offset, value.raw.len() / 2));
            start = value.offset + value.raw.len();
        }
        let fields = fields.len() as u32;
        // Path, colon, both braces, the comma after it; algorithm, colon, value, and commas between.
        let tokens = 5 + 3 * fields + fields.saturating_sub(1);
        Some(Some(Mould { pieces, tail: start..end, tokens }))
    }

    /// Adds a digest set. Says whether it is all hexadecimal and as ordered as written.
    fn digest_set(&mut self, written: &[(Lexeme<'_>, Lexeme<'_>)], canonical: bool) -> Option<bool> {
        self.fields.clear();
        for (algorithm, value) in written {
            let (mut name, mut text) = (String::new(), String::new());
            algorithm.value(&mut name).ok()?;
            value.value(&mut text).ok()?;
            self.field(name, text)?;
        }
        let ascends = self.keep_fields(canonical)?;
        let raw = written.iter().all(|(_, value)| !value.escaped);
        Some(raw && (ascends || !canonical) && self.fields.iter().all(|(field, _)| field.bytes.is_some()))
    }

    /// One algorithm and its value; `None` where the set has it already, or too many.
    fn field(&mut self, algorithm: String, value: String) -> Option<()> {
        let is_known = self.fields.iter().any(|(field, _)| field.algorithm == algorithm);
        if is_known || self.fields.len() == ALGORITHMS as usize {
            return None;
        }
        let bytes = is_hex(value.as_bytes()).then_some(value.len() as u32 / 2);
        self.fields.push((Field { algorithm, bytes }, value));
        Some(())
    }

    /// Adds the digest set that is in `self.fields`, sorted where the text is canonical. Says whether it was sorted before.
    fn keep_fields(&mut self, canonical: bool) -> Option<bool> {
        let ascends = self.fields.is_sorted_by(|(one, _), (other, _)| one.algorithm <= other.algorithm);
        if canonical && !ascends {
            self.fields.sort_by(|(one, _), (other, _)| one.algorithm.cmp(&other.algorithm));
        }
        let fields = || self.fields.iter().map(|(field, _)| field);
        let known = self.list.shapes.iter().position(|shape| shape.fields.iter().eq(fields()));
        let number = if let Some(known) = known {
            known
        } else {
            if self.list.shapes.len() >= SHAPES as usize {
                return None;
            }
            self.list.shapes.push(Shape { fields: fields().cloned().collect() });
            self.list.shapes.len() - 1
        };
        self.list.set_shape(number as u32);
        for (field, text) in &self.fields {
            match field.bytes {
                Some(_) => decode_hex(text.as_bytes(), self.list.digests()).then_some(())?,
                None => self.list.push_text_value(text),
            }
        }
        Some(ascends)
    }

    /// Reads artifacts as long as they are written like the one before; the reader stands before the next one's path.
    fn repeat<W: Watch>(&mut self, reader: &mut Reader<'_, W>, mould: &Mould) {
        let bytes = reader.lexer.bytes();
        let part = |range: &std::ops::Range<usize>| bytes.get(range.clone()).unwrap_or(&[]);
        let pieces: Vec<(&[u8], usize)> = mould.pieces.iter().map(|(range, length)| (part(range), *length)).collect();
        let tail = part(&mould.tail);
        let first = self.list.count();
        let mut rest = bytes.get(reader.lexer.position()..).unwrap_or(&[]);
        while let Some(after) = self.repeat_once::<W>(rest, &pieces, tail) {
            rest = after;
        }
        reader.lexer.seek(bytes.len() - rest.len());
        reader.watch.skip((self.list.count() - first).saturating_mul(mould.tokens));
    }

    /// Reads one artifact that starts with its quote at `input`; gives what starts with the next one's. `None` where it is
    /// written otherwise or is not well-formed; nothing has changed then.
    #[inline]
    fn repeat_once<'j, W: Watch>(
        &mut self,
        input: &'j [u8],
        pieces: &[(&[u8], usize)],
        tail: &[u8],
    ) -> Option<&'j [u8]> {
        let text = input.get(1..)?;
        // The path before held no quote and no escape, so neither does what is shared with it.
        let shared = common_prefix(&self.last, text);
        let new = text.get(shared..)?;
        let (new, mut rest) = new.split_at_checked(find_end_of_plain(new))?;
        if shared + new.len() == 0 || (W::WATCHES && !is_plain(new)) {
            return None;
        }
        let descends = match (self.last.get(shared), new.first()) {
            (None, None) => return None,
            (last, new) => last > new,
        };
        let mark = self.list.digests().len();
        for (before, length) in pieces {
            let decoded = rest.strip_prefix(*before).and_then(|rest| rest.split_at_checked(2 * length));
            match decoded {
                Some((digits, after)) if decode_hex(digits, self.list.digests()) => rest = after,
                _ => {
                    self.list.digests().truncate(mark);
                    return None;
                }
            }
        }
        let Some(after) = rest.strip_prefix(tail) else {
            self.list.digests().truncate(mark);
            return None;
        };
        self.descends |= descends;
        self.list.push_path(shared, new);
        self.last.truncate(shared);
        self.last.extend_from_slice(new);
        // The tail ends with the quote of the next path.
        input.get(input.len() - after.len() - 1..)
    }
}

/// Each algorithm of a digest set, and its value.
type Fields<'j> = Vec<(Lexeme<'j>, Lexeme<'j>)>;

/// Takes a digest set.
fn digest_fields<'j, W: Watch>(reader: &mut Reader<'j, W>) -> Option<Fields<'j>> {
    let mut fields = Fields::new();
    let read = reader.members(|reader, algorithm| {
        fields.push((algorithm, reader.string(Expected::String)?));
        Ok(())
    });
    read.ok().map(|()| fields)
}

/// Is this an even number of lower-case hexadecimal digits, at least two?
pub(crate) fn is_hex(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.len().is_multiple_of(2) && digits.iter().all(|digit| nibble(*digit) < 16)
}

/// The value of a lower-case digit; above 15 for any other byte. Without table or branch, so that loops become vector code.
#[inline]
const fn nibble(digit: u8) -> u8 {
    let (decimal, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
    if decimal < 10 {
        decimal
    } else if letter < 6 {
        letter + 10
    } else {
        0xff
    }
}

/// Appends the bytes that `digits` stand for; false, with nothing appended, where they are not [`is_hex`].
#[inline]
pub(crate) fn decode_hex(digits: &[u8], out: &mut Vec<u8>) -> bool {
    if let Ok(sha256) = <&[u8; 64]>::try_from(digits) {
        let mut bytes = [0; 32];
        let mut wrong = 0;
        for (byte, [high, low]) in bytes.iter_mut().zip(sha256.as_chunks::<2>().0) {
            let (high, low) = (nibble(*high), nibble(*low));
            wrong |= high | low;
            *byte = high << 4 | low;
        }
        if wrong < 16 {
            out.extend_from_slice(&bytes);
        }
        return wrong < 16;
    }
    let hex = is_hex(digits);
    if hex {
        out.extend(digits.as_chunks::<2>().0.iter().map(|[high, low]| nibble(*high) << 4 | nibble(*low)));
    }
    hex
}
