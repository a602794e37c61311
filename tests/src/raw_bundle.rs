//! Bundles that an honest packer never writes: put together byte by byte (core/BUNDLE.md), so that each takes as much work as a limit allows. Whoever is to have
//! signed has signed, whatever the text.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::HashMap;
use std::sync::OnceLock;

use sitrep_core::limits::HOST;
use sitrep_core::{Bundle, Scratch};

use crate::chain::{PAYLOAD_TYPE, key};

/// A value of a payload.
#[derive(Clone, Debug)]
pub enum Node {
    /// A string.
    Text(String),
    /// A number.
    Number(u32),
    /// An array.
    List(Vec<Node>),
    /// An array of the same value again and again.
    Repeat(u32, Box<Node>),
    /// An object; its keys ascend.
    Object(Vec<(&'static str, Node)>),
    /// An object whose keys are made up.
    Keyed(Vec<(String, Node)>),
    /// The rule `["DISALLOW", "*"]`, which is a template of one byte.
    DisallowAll,
    /// An artifact map, as runs of gap to the run before, count, and variant.
    Map(Vec<[u32; 3]>),
    /// Subjects of a statement, as runs.
    Subjects(Vec<[u32; 3]>),
    /// A token of one byte, such as `null` (0) or the empty array (16).
    Byte(u8),
    /// An artifact map of the first so many artifacts from the last to the first, each in a run of its own.
    Backwards(u32),
}

/// A text.
pub fn text(text: impl Into<String>) -> Node {
    Node::Text(text.into())
}

/// An artifact map of `count` artifacts from the first on, each in a run of its own.
#[must_use]
pub fn single_runs(count: u32, variant: u32) -> Node {
    Node::Map((0..count).map(|_| [0, 1, variant]).collect())
}

/// An artifact map of all of the first `count` artifacts.
#[must_use]
pub fn one_run(count: u32, variant: u32) -> Node {
    Node::Map(if count > 0 { vec![[0, count, variant]] } else { Vec::new() })
}

/// A signature.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The label of the key.
    pub keyid: Option<String>,
    /// Who signs; empty for nobody: it takes as long to check as anybody's.
    pub signer: String,
}

impl Signature {
    /// Nobody's signature, under this label.
    #[must_use]
    pub fn of_nobody(keyid: Option<&str>) -> Self {
        Self { keyid: keyid.map(str::to_owned), signer: String::new() }
    }
}

/// An envelope.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// What is signed.
    pub payload: Node,
    /// In a DSSE envelope, whose text holds more than ASCII as it is; otherwise a Metablock.
    pub is_dsse: bool,
    /// Its signatures.
    pub signatures: Vec<Signature>,
    /// What nobody signs.
    pub added: Added,
}

impl Envelope {
    /// A Metablock.
    #[must_use]
    pub fn metablock(payload: Node, signatures: Vec<Signature>) -> Self {
        Self { payload, is_dsse: false, signatures, added: Added::default() }
    }

    /// A DSSE envelope.
    #[must_use]
    pub fn dsse(payload: Node, signatures: Vec<Signature>) -> Self {
        Self { is_dsse: true, ..Self::metablock(payload, signatures) }
    }

    /// The same with what a packer says of it.
    #[must_use]
    pub fn with(self, added: Added) -> Self {
        Self { added, ..self }
    }

    /// Does it take its payload's text to write it: for signatures, or for the length?
    fn has_text(&self) -> bool {
        let is_signed = self.signatures.iter().any(|signature| !signature.signer.is_empty());
        is_signed || (self.is_dsse && !self.signatures.is_empty() && self.added.length.is_none())
    }
}

/// What a packer says of an envelope, whatever was signed.
#[derive(Clone, Debug, Default)]
pub struct Added {
    /// The file name.
    pub label: Option<String>,
    /// The number of the sublayout that it belongs to; 0 for the root layout.
    pub parent: u32,
    /// The step for which it is a sublayout.
    pub step: Option<String>,
    /// Of a DSSE envelope, in the place of in-toto's.
    pub payload_type: Option<String>,
    /// Of a DSSE envelope: so many patches of no bytes.
    pub empty_patches: u32,
    /// Of a DSSE envelope that nobody signs: how many bytes its payload has, in the place of those that it has.
    pub length: Option<u32>,
    /// Of a DSSE envelope: its style, in the place of `minimal` without spaces.
    pub style: Option<[u8; 2]>,
}

/// A bundle to be written.
#[derive(Clone, Debug, Default)]
pub struct RawBundle {
    /// The artifacts: each path, ascending, and how many variants it has.
    pub paths: Vec<(String, u32)>,
    /// The envelopes.
    pub envelopes: Vec<Envelope>,
    /// Strings that nobody asks for, behind the others.
    pub idle: Vec<String>,
    /// How often a path says how many variants it has.
    pub directives: usize,
    /// The shape of all digest sets: each algorithm, and how many bytes its digests have. Without one it is SHA-256.
    pub shape: Option<Vec<(String, u32)>>,
    /// Are the ends that paths share left out as well?
    pub suffixes: bool,
}

/// Between two entries of the index of strings, of artifacts, of envelopes.
const STRINGS_BLOCK: usize = 16;
const PATHS_BLOCK: usize = 64;
const ENVELOPES_BLOCK: usize = 16;
/// The code of the first string of a bundle in a token, and in a reference.
const FIRST_TOKEN: u32 = 72;
const FIRST_REFERENCE: u32 = 16;
const LIST: u32 = 6;
const OBJECT: u32 = 7;
const MAP: u32 = 8;
const SUBJECTS: u32 = 12;
/// The code of template 13.
const DISALLOW_ALL: u8 = 24 + 13;
/// The style `minimal`, without spaces.
const MINIMAL: u8 = 1;
// Bits of an envelope's first byte.
const HAS_PARENT: u8 = 16;
const HAS_STEP: u8 = 32;
/// The directives of a path's entry.
const SHAPE: u8 = 240;
const VARIANTS: u8 = 241;

#[derive(Default)]
struct Strings {
    all: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Strings {
    fn number(&mut self, text: &str) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap();
        *self.numbers.entry(text.to_owned()).or_insert_with(|| {
            self.all.push(text.to_owned());
            next
        })
    }

    fn section(&self) -> Vec<u8> {
        let entries: Vec<_> = self
            .all
            .iter()
            .map(|text| {
                let mut entry = Vec::new();
                varint(&mut entry, 2 * u32::try_from(text.len()).unwrap());
                entry.extend_from_slice(text.as_bytes());
                entry
            })
            .collect();
        indexed(&entries, STRINGS_BLOCK, &[])
    }
}

fn varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A section: the count, what follows it, the index, the entries.
fn indexed(entries: &[Vec<u8>], block: usize, head: &[u8]) -> Vec<u8> {
    let write = |wide: bool| {
        let mut section = Vec::new();
        varint(&mut section, u32::try_from(entries.len()).unwrap());
        section.extend_from_slice(head);
        let mut offset: u32 = 0;
        for (number, entry) in entries.iter().enumerate() {
            if number > 0 && number.is_multiple_of(block) {
                let bytes = offset.to_le_bytes();
                section.extend_from_slice(if wide { &bytes } else { &bytes[..2] });
            }
            offset += u32::try_from(entry.len()).unwrap();
        }
        section.extend(entries.concat());
        section
    };
    let narrow = write(false);
    if narrow.len() > usize::from(u16::MAX) { write(true) } else { narrow }
}

impl Node {
    fn tokens(&self, out: &mut Vec<u8>, strings: &mut Strings) {
        match self {
            Self::Text(text) => varint(out, FIRST_TOKEN + strings.number(text)),
            Self::Number(number) => {
                out.push(3);
                varint(out, *number);
            }
            Self::DisallowAll => out.push(DISALLOW_ALL),
            Self::Byte(token) => out.push(*token),
            Self::List(list) => {
                varint(out, LIST);
                varint(out, u32::try_from(list.len()).unwrap());
                list.iter().for_each(|node| node.tokens(out, strings));
            }
            Self::Repeat(count, node) => {
                varint(out, LIST);
                varint(out, *count);
                let start = out.len();
                for number in 0..*count {
                    match number {
                        0 => node.tokens(out, strings),
                        _ => out.extend_from_within(start..start + (out.len() - start) / number as usize),
                    }
                }
            }
            Self::Object(members) => {
                let members = members.iter().map(|(key, node)| ((*key).to_owned(), node.clone())).collect();
                Self::Keyed(members).tokens(out, strings);
            }
            Self::Keyed(members) => {
                varint(out, OBJECT);
                varint(out, u32::try_from(members.len()).unwrap());
                for (key, node) in members {
                    text(key).tokens(out, strings);
                    node.tokens(out, strings);
                }
            }
            Self::Map(runs) => write_runs(out, MAP, runs),
            Self::Subjects(runs) => write_runs(out, SUBJECTS, runs),
            Self::Backwards(count) => {
                varint(out, MAP + 1);
                varint(out, *count);
                for number in 0..*count {
                    // Where the run before has ended, and by how much this one starts earlier.
                    varint(out, if number == 0 { 2 * (*count - 1) } else { 3 });
                    varint(out, 2);
                }
            }
        }
    }
}

fn write_runs(out: &mut Vec<u8>, code: u32, runs: &[[u32; 3]]) {
    varint(out, code);
    varint(out, u32::try_from(runs.len()).unwrap());
    for [gap, count, variant] in runs {
        varint(out, *gap);
        varint(out, 2 * count + u32::from(*variant > 0));
        if *variant > 0 {
            varint(out, *variant);
        }
    }
}

impl RawBundle {
    /// The number of a string in the bundle.
    #[must_use]
    pub fn number_of(&self, text: &str) -> Option<u32> {
        let mut strings = Strings::default();
        self.envelopes.iter().for_each(|envelope| drop(Self::body(envelope, &[], 0, &mut strings)));
        strings.numbers.get(text).copied()
    }

    /// The bundle, signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // What is signed follows from a bundle that can be read, whatever its signatures are, the payloads' lengths, and what nobody signs. Payloads that
        // come again and again are rebuilt once.
        let mut payloads: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut good = Self { directives: 1, envelopes: Vec::new(), ..self.clone() };
        let mut all = Strings::default();
        let numbers: Vec<Option<usize>> = self
            .envelopes
            .iter()
            .map(|envelope| {
                if !envelope.has_text() {
                    return None;
                }
                let mut tokens = vec![u8::from(envelope.is_dsse)];
                envelope.payload.tokens(&mut tokens, &mut all);
                let next = good.envelopes.len();
                let number = *payloads.entry(tokens).or_insert(next);
                if number == next {
                    good.envelopes.push(Envelope {
                        added: Added::default(),
                        signatures: Vec::new(),
                        ..envelope.clone()
                    });
                }
                Some(number)
            })
            .collect();
        let lengths: Vec<_> = good.texts(&good.write(&[], &[])).iter().map(|text| text.len() as u32).collect();
        let texts = good.texts(&good.write(&[], &lengths));
        let mut messages: Vec<_> = self.envelopes.iter().map(|_| Vec::new()).collect();
        let mut lengths: Vec<_> = self.envelopes.iter().map(|_| 0).collect();
        for ((number, envelope), text) in self.envelopes.iter().enumerate().zip(numbers) {
            let Some(text) = text.map(|text| &texts[text]) else { continue };
            lengths[number] = text.len() as u32;
            let payload_type = envelope.added.payload_type.as_deref().unwrap_or(PAYLOAD_TYPE);
            let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), text.len());
            messages[number] = if envelope.is_dsse { [head.as_bytes(), text].concat() } else { text.clone() };
        }
        self.write(&messages, &lengths)
    }

    /// The payloads' texts, as a verifier rebuilds them.
    fn texts(&self, bundle: &[u8]) -> Vec<Vec<u8>> {
        let mut path = [0; HOST.path];
        // Of what no reader opens nothing can be signed.
        let Ok(bundle) = Bundle::open(bundle, &mut path) else { return vec![Vec::new(); self.envelopes.len()] };
        let texts = bundle.envelopes().map(|envelope| {
            let mut text = Vec::new();
            let mut scratch = Scratch { path: &mut [0; HOST.path], chunk: &mut [0; 512] };
            // The payload's length is not known at first, and some are longer than any verifier takes.
            let _ = envelope.unwrap().payload(&bundle, &mut scratch, &mut |bytes: &[u8]| text.extend_from_slice(bytes));
            text
        });
        texts.collect()
    }

    fn write(&self, messages: &[Vec<u8>], lengths: &[u32]) -> Vec<u8> {
        let mut strings = Strings::default();
        let envelopes: Vec<_> = self
            .envelopes
            .iter()
            .enumerate()
            .map(|(number, envelope)| {
                let message = messages.get(number).map_or(&[][..], Vec::as_slice);
                Self::body(envelope, message, lengths.get(number).copied().unwrap_or(0), &mut strings)
            })
            .collect();
        let mut shapes = vec![u8::from(self.shape.is_some())];
        if let Some(shape) = &self.shape {
            varint(&mut shapes, u32::try_from(shape.len()).unwrap());
            for (algorithm, bytes) in shape {
                varint(&mut shapes, strings.number(algorithm) + FIRST_REFERENCE);
                varint(&mut shapes, *bytes);
            }
        }
        strings.all.extend(self.idle.iter().cloned());
        let strings = strings.section();
        let artifacts = indexed(&self.entries(), PATHS_BLOCK, &shapes);
        let envelopes: Vec<_> = envelopes
            .into_iter()
            .map(|body| {
                let mut entry = Vec::new();
                varint(&mut entry, u32::try_from(body.len()).unwrap());
                [entry, body].concat()
            })
            .collect();
        let section = indexed(&envelopes, ENVELOPES_BLOCK, &[]);
        let mut bundle = b"SITR\x01\x03".to_vec();
        [&strings, &artifacts, &section].iter().for_each(|section| varint(&mut bundle, section.len() as u32));
        [bundle, strings, artifacts, section].concat()
    }

    /// An envelope whose signatures are over this message; nobody's, where there is none yet.
    fn body(envelope: &Envelope, message: &[u8], length: u32, strings: &mut Strings) -> Vec<u8> {
        let Added { label, parent, step, payload_type, empty_patches, length: own_length, style } = &envelope.added;
        let has = |bit: u8, is: bool| if is { bit } else { 0 };
        let mut body = vec![u8::from(envelope.is_dsse) | has(HAS_PARENT, *parent > 0) | has(HAS_STEP, step.is_some())];
        if *parent > 0 {
            varint(&mut body, *parent);
        }
        if let Some(step) = step {
            varint(&mut body, strings.number(step) + FIRST_REFERENCE);
        }
        let mut optional = |body: &mut Vec<u8>, text: &Option<String>| {
            varint(body, text.as_ref().map_or(0, |text| strings.number(text) + FIRST_REFERENCE + 1));
        };
        optional(&mut body, label);
        varint(&mut body, u32::try_from(envelope.signatures.len()).unwrap());
        for Signature { keyid, signer } in &envelope.signatures {
            optional(&mut body, keyid);
            let bytes =
                if message.is_empty() || signer.is_empty() { of_nobody() } else { *key(signer).sk.sign(message, None) };
            varint(&mut body, 64);
            body.extend_from_slice(&bytes);
        }
        if envelope.is_dsse {
            varint(&mut body, strings.number(payload_type.as_deref().unwrap_or(PAYLOAD_TYPE)) + FIRST_REFERENCE);
            varint(&mut body, own_length.unwrap_or(length));
            body.extend_from_slice(style.as_ref().map_or(&[MINIMAL], |style| &style[..]));
            varint(&mut body, 2 * *empty_patches);
            body.extend((0..2 * *empty_patches).map(|_| 0));
        }
        envelope.payload.tokens(&mut body, strings);
        body
    }

    /// The entries of the artifacts: what a path does not share with the one before.
    fn entries(&self) -> Vec<Vec<u8>> {
        let (mut before, mut suffix) = ("", 0);
        let entries = self.paths.iter().enumerate().map(|(number, (path, variants))| {
            let is_first = number.is_multiple_of(PATHS_BLOCK);
            if is_first {
                (before, suffix) = ("", 0);
            }
            let same = |one: &str, other: &str| {
                let ends = one.bytes().rev().zip(other.bytes().rev());
                ends.take_while(|(one, other)| one == other).count()
            };
            let shared = before.bytes().zip(path.bytes()).take_while(|(one, other)| one == other).count();
            let end = if self.suffixes { same(&before[shared..], &path[shared..]) } else { 0 };
            let (new, replaced) = (path.len() - shared - end, before.len() - shared - end);
            let mut entry = Vec::new();
            if self.shape.is_some() && *variants < 2 && is_first {
                entry.extend([SHAPE, 1]);
            }
            if *variants > 1 {
                for _ in 0..self.directives.max(1) {
                    entry.push(VARIANTS);
                    varint(&mut entry, *variants);
                }
            }
            entry.push((new.min(14) << 4 | replaced.min(7) << 1 | usize::from(end == suffix)) as u8);
            if new >= 14 {
                varint(&mut entry, new as u32 - 14);
            }
            if replaced >= 7 {
                varint(&mut entry, replaced as u32 - 7);
            }
            if end != suffix {
                varint(&mut entry, end as u32);
            }
            entry.extend_from_slice(&path.as_bytes()[shared..path.len() - end]);
            for variant in 0..*variants {
                if *variants > 1 {
                    entry.push(u8::from(self.shape.is_some()));
                }
                let length =
                    self.shape.as_ref().map_or(32, |shape| shape.iter().map(|(_, bytes)| *bytes as usize).sum());
                let mut digest = vec![0x5a; length];
                let number = variant.to_le_bytes().into_iter().chain((number as u32).to_le_bytes());
                digest.iter_mut().zip(number).for_each(|(byte, number)| *byte = number);
                entry.extend(digest);
            }
            (before, suffix) = (path, end);
            entry
        });
        entries.collect()
    }
}

/// A signature of the right form that is over nothing.
fn of_nobody() -> [u8; 64] {
    static SIGNATURE: OnceLock<[u8; 64]> = OnceLock::new();
    *SIGNATURE.get_or_init(|| *key("nobody").sk.sign(b"", None))
}
