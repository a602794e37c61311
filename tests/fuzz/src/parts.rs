//! A bundle in parts, which can be changed one by one and put together again with lengths and indices that fit (BUNDLE.md, sections 2, 3 and 5).
//!
//! A change of bytes alone nearly always ends at the framing, so the fuzzer's mutations are applied to the parts.

use sitrep_core::bundle::{Bundle, Kind, MAGIC, Scratch, VERSION};
use sitrep_core::{Code, limits};

const HAS_PARENT: u8 = 16;
const HAS_STEP: u8 = 32;
const DSSE: u8 = 1;

/// Strings, and what refers to them by number: the first of them is number 16.
const WORDS: u32 = 16;

/// A bundle in parts. What is inside of tokens and of the artifacts section is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The header's profile.
    pub profile: u8,
    /// Each string: is it hexadecimal, and its bytes.
    pub strings: Vec<(bool, Vec<u8>)>,
    /// The artifacts section.
    pub artifacts: Vec<u8>,
    /// The envelopes.
    pub envelopes: Vec<Envelope>,
}

/// An envelope in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Bits 0 to 3 of its kind.
    pub kind: u8,
    /// The number of its sublayout.
    pub parent: Option<u32>,
    /// A string reference.
    pub step: Option<u32>,
    /// A string reference plus 1, or 0.
    pub label: u32,
    /// Key ids as string references plus 1, or 0; and bytes.
    pub signatures: Vec<(u32, Vec<u8>)>,
    /// What only a DSSE envelope has.
    pub dsse: Option<Dsse>,
    /// The payload.
    pub tokens: Vec<u8>,
}

/// What only a DSSE envelope has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dsse {
    /// A string reference.
    pub payload_type: u32,
    /// Bytes of the payload's text.
    pub length: u32,
    /// The style's byte.
    pub style: u8,
    /// Its second byte, where it has one.
    pub spaces: u8,
    /// Skip, kind (1 for a string's inside), bytes.
    pub patches: Vec<(u32, bool, Vec<u8>)>,
}

impl Dsse {
    const fn has_spaces(&self) -> bool {
        self.style >> 5 & 3 == 2
    }
}

/// Appends a varint.
pub fn push_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn varint(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: u32) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(taken)
    }

    fn many<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.varint()?;
        (0..count).map(|_| item(self)).collect()
    }
}

impl Parts {
    /// Takes a bundle apart; `None` where its framing is damaged.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?);
        let profile = input.byte()?;
        let lengths = [input.varint()?, input.varint()?, input.varint()?];
        let [strings, artifacts, envelopes] = lengths;
        let (strings, artifacts) = (input.take(strings)?, input.take(artifacts)?);
        let mut envelopes = Input(input.take(envelopes)?);
        Some(Self {
            profile,
            strings: read_strings(strings)?,
            artifacts: artifacts.to_vec(),
            envelopes: read_envelopes(&mut envelopes)?,
        })
    }

    /// Puts the bundle together.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let strings = self.write_strings();
        let envelopes = indexed(self.envelopes.iter().map(|envelope| {
            let body = envelope.write();
            let mut entry = Vec::new();
            push_varint(&mut entry, body.len() as u32);
            [entry, body].concat()
        }));
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, self.profile]);
        for section in [&strings, &self.artifacts, &envelopes] {
            push_varint(&mut bytes, section.len() as u32);
        }
        [bytes, strings, self.artifacts.clone(), envelopes].concat()
    }

    fn write_strings(&self) -> Vec<u8> {
        indexed(self.strings.iter().map(|(is_hex, bytes)| {
            let mut entry = Vec::new();
            push_varint(&mut entry, (bytes.len() as u32) << 1 | u32::from(*is_hex));
            [&entry, bytes.as_slice()].concat()
        }))
    }

    /// Writes the true lengths of DSSE payloads into their envelopes, as a hostile packer would.
    pub fn fix_lengths(&mut self) {
        let bytes = self.write();
        let mut path = vec![0; limits::HOST.path];
        let Ok(bundle) = Bundle::open(&bytes, &mut path) else { return };
        for (envelope, parts) in bundle.envelopes().flatten().zip(&mut self.envelopes) {
            let (Kind::Dsse { .. }, Some(dsse)) = (envelope.kind(), &mut parts.dsse) else { continue };
            let (mut path, mut length) = (vec![0; limits::HOST.path], 0);
            let mut scratch = Scratch { path: &mut path, chunk: &mut [0; limits::CHUNK] };
            let result = envelope.payload(&bundle, &mut scratch, &mut |bytes| length += bytes.len());
            if result.is_err_and(|error| error.code() == Code::BundlePayloadLength) {
                dsse.length = length as u32;
            }
        }
    }

    /// A reference to the string, which is added where it is missing.
    pub fn reference(&mut self, string: &str) -> u32 {
        let position = self.strings.iter().position(|(is_hex, bytes)| !is_hex && bytes == string.as_bytes());
        let position = position.unwrap_or_else(|| {
            self.strings.push((false, string.as_bytes().to_vec()));
            self.strings.len() - 1
        });
        position as u32 + WORDS
    }
}

/// A section: the count, an offset for every 16th entry, the entries.
fn indexed(all: impl ExactSizeIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut section = Vec::new();
    push_varint(&mut section, all.len() as u32);
    let (mut index, mut entries) = (Vec::new(), Vec::new());
    for (number, entry) in all.enumerate() {
        if number > 0 && number % 16 == 0 {
            // Longer sections have longer offsets; no input is that long.
            index.extend((entries.len() as u16).to_le_bytes());
        }
        entries.extend(entry);
    }
    [section, index, entries].concat()
}

/// The count of a section's entries; its index is left out.
fn read_count(input: &mut Input<'_>) -> Option<u32> {
    let count = input.varint()?;
    input.take((count.div_ceil(16).saturating_sub(1)).checked_mul(2)?)?;
    Some(count)
}

fn read_strings(section: &[u8]) -> Option<Vec<(bool, Vec<u8>)>> {
    let mut input = Input(section);
    let count = read_count(&mut input)?;
    let entry = |_| {
        let head = input.varint()?;
        Some((head & 1 == 1, input.take(head >> 1)?.to_vec()))
    };
    (0..count).map(entry).collect()
}

fn read_envelopes(input: &mut Input<'_>) -> Option<Vec<Envelope>> {
    let count = read_count(input)?;
    let envelope = |_| {
        let length = input.varint()?;
        Envelope::read(input.take(length)?)
    };
    (0..count).map(envelope).collect()
}

impl Envelope {
    fn read(body: &[u8]) -> Option<Self> {
        let mut input = Input(body);
        let kind = input.byte()?;
        let parent = if kind & HAS_PARENT == 0 { None } else { Some(input.varint()?) };
        let step = if kind & HAS_STEP == 0 { None } else { Some(input.varint()?) };
        let label = input.varint()?;
        let signatures = input.many(|input| {
            let keyid = input.varint()?;
            let length = input.varint()?;
            Some((keyid, input.take(length)?.to_vec()))
        })?;
        let kind = kind & !(HAS_PARENT | HAS_STEP);
        let dsse = if kind == DSSE { Some(Dsse::read(&mut input)?) } else { None };
        Some(Self { kind, parent, step, label, signatures, dsse, tokens: input.0.to_vec() })
    }

    fn write(&self) -> Vec<u8> {
        let flag = |number: Option<u32>, flag| if number.is_some() { flag } else { 0 };
        let mut body = vec![self.kind | flag(self.parent, HAS_PARENT) | flag(self.step, HAS_STEP)];
        for number in [self.parent, self.step].into_iter().flatten() {
            push_varint(&mut body, number);
        }
        push_varint(&mut body, self.label);
        push_varint(&mut body, self.signatures.len() as u32);
        for (keyid, bytes) in &self.signatures {
            push_varint(&mut body, *keyid);
            push_varint(&mut body, bytes.len() as u32);
            body.extend(bytes);
        }
        if let Some(dsse) = &self.dsse {
            push_varint(&mut body, dsse.payload_type);
            push_varint(&mut body, dsse.length);
            body.push(dsse.style);
            body.extend(dsse.has_spaces().then_some(dsse.spaces));
            let mut patches = Vec::new();
            for (skip, is_string, bytes) in &dsse.patches {
                push_varint(&mut patches, *skip);
                push_varint(&mut patches, (bytes.len() as u32) << 1 | u32::from(*is_string));
                patches.extend(bytes);
            }
            push_varint(&mut body, patches.len() as u32);
            body.extend(patches);
        }
        body.extend(&self.tokens);
        body
    }
}

impl Dsse {
    fn read(input: &mut Input<'_>) -> Option<Self> {
        let mut dsse =
            Self { payload_type: input.varint()?, length: input.varint()?, style: input.byte()?, ..Self::default() };
        if dsse.has_spaces() {
            dsse.spaces = input.byte()?;
        }
        let length = input.varint()?;
        let mut patches = Input(input.take(length)?);
        while !patches.0.is_empty() {
            let skip = patches.varint()?;
            let head = patches.varint()?;
            dsse.patches.push((skip, head & 1 == 1, patches.take(head >> 1)?.to_vec()));
        }
        Some(dsse)
    }
}

/// Numbers that the fuzzer's seed decides.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound.max(1) as u64) as usize
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

/// The fuzzer's own mutation: changes the first so many bytes of a buffer, and says how many there are then.
type Mutation<'m> = &'m dyn Fn(&mut [u8], usize, usize) -> usize;

/// Changes a bundle of `size` bytes in a buffer; gives its new size, at most `most`.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32, mutation: Mutation<'_>) -> usize {
    let mut draw = Draw(seed.into());
    let plain = |data: &mut [u8]| mutation(data, size, most);
    if draw.one_in(16) {
        return plain(data);
    }
    let Some(mut parts) = data.get(..size).and_then(Parts::read) else { return plain(data) };
    for _ in 0..=draw.below(3) {
        change(&mut parts, &mut draw, mutation);
    }
    parts.fix_lengths();
    let bytes = parts.write();
    match data.get_mut(..bytes.len()) {
        Some(place) if bytes.len() <= most => {
            place.copy_from_slice(&bytes);
            bytes.len()
        }
        _ => plain(data),
    }
}

fn mutated(bytes: &[u8], mutation: Mutation<'_>) -> Vec<u8> {
    let mut buffer = bytes.to_vec();
    buffer.resize(bytes.len() + 64, 0);
    let size = mutation(&mut buffer, bytes.len(), bytes.len() + 64);
    buffer.truncate(size);
    buffer
}

fn change(parts: &mut Parts, draw: &mut Draw, mutation: Mutation<'_>) {
    let count = parts.envelopes.len();
    match draw.below(16) {
        0 => parts.profile = draw.below(256) as u8,
        1 | 2 => {
            let number = draw.below(parts.strings.len());
            if let Some((is_hex, bytes)) = parts.strings.get_mut(number) {
                *bytes = mutated(bytes, mutation);
                *is_hex ^= draw.one_in(16);
                if !*is_hex {
                    *bytes = String::from_utf8_lossy(bytes).into_owned().into_bytes();
                }
            }
        }
        3 => parts.strings.push((draw.one_in(4), mutated(&[], mutation).into_iter().map(|byte| byte & 127).collect())),
        4 | 5 => parts.artifacts = mutated(&parts.artifacts, mutation),
        6 if count > 1 => {
            let (from, to) = (draw.below(count), draw.below(count));
            let envelope = parts.envelopes[from].clone();
            if draw.one_in(2) {
                parts.envelopes.insert(to, envelope);
            } else {
                parts.envelopes.remove(from);
            }
        }
        7 if count > 1 => {
            // A value of one envelope in another.
            let (from, to) = (draw.below(count), draw.below(count));
            let donor = parts.envelopes[from].tokens.clone();
            let (start, end) = (draw.below(donor.len()), draw.below(donor.len()));
            let piece = donor.get(start.min(end)..start.max(end)).unwrap_or_default().to_vec();
            let tokens = &mut parts.envelopes[to].tokens;
            let at = draw.below(tokens.len());
            let end = at + draw.below(tokens.len() - at);
            tokens.splice(at..end, piece);
        }
        _ => {
            let strings = parts.strings.len();
            let Some(envelope) = parts.envelopes.get_mut(draw.below(count)) else { return };
            change_envelope(envelope, count, strings, draw, mutation);
        }
    }
}

fn change_envelope(envelope: &mut Envelope, count: usize, strings: usize, draw: &mut Draw, mutation: Mutation<'_>) {
    let reference = |draw: &mut Draw| (draw.below(strings) as u32) + WORDS;
    match draw.below(16) {
        0 => envelope.parent = draw.one_in(2).then(|| 1 + draw.below(count) as u32),
        1 => envelope.step = draw.one_in(2).then(|| reference(draw)),
        2 => envelope.label = if draw.one_in(2) { 0 } else { 1 + reference(draw) },
        3 => match draw.below(3) {
            0 => envelope.signatures.push((1 + reference(draw), vec![1])),
            1 => drop(envelope.signatures.pop()),
            _ => {
                if let Some((keyid, bytes)) = envelope.signatures.last_mut() {
                    *keyid = if draw.one_in(3) { 0 } else { 1 + reference(draw) };
                    *bytes = mutated(bytes, mutation);
                }
            }
        },
        4 | 5 => {
            if let Some(dsse) = &mut envelope.dsse {
                match draw.below(4) {
                    0 => dsse.style = draw.below(256) as u8,
                    1 => dsse.spaces = draw.below(256) as u8,
                    2 => drop(dsse.patches.pop()),
                    _ => {
                        let space = [&b" "[..], b"\n", b"", b"\t\r\n "][draw.below(4)];
                        let patch = match draw.below(3) {
                            0 => (true, mutated(&[], mutation)),
                            1 => (true, b"\\u006cink".to_vec()),
                            _ => (false, space.to_vec()),
                        };
                        dsse.patches.push((draw.below(12) as u32, patch.0, patch.1));
                    }
                }
            }
        }
        6 => {
            // The other kind.
            envelope.dsse = match envelope.dsse {
                Some(_) => None,
                None => Some(Dsse { payload_type: 7, ..Dsse::default() }),
            };
            envelope.kind = u8::from(envelope.dsse.is_some());
        }
        7 if draw.one_in(4) => (envelope.kind, envelope.dsse) = (draw.below(16) as u8, None),
        8 | 9 => {
            // One number for another: tokens are mostly numbers of one byte.
            let at = draw.below(envelope.tokens.len());
            if let Some(byte) = envelope.tokens.get_mut(at) {
                *byte = draw.below(128) as u8;
            }
        }
        _ => envelope.tokens = mutated(&envelope.tokens, mutation),
    }
}
