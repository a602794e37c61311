//! Bundles that an honest packer never writes: put together byte by byte (core/BUNDLE.md), so that each takes as much work as a limit allows. Whoever is to have
//! signed has signed, whatever the text.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::HashMap;

use sitrep_core::limits::{HOST, SCARCE};
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
    /// Who signs.
    pub signer: String,
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
}

/// Between two entries of the strings' index, and of the artifacts'.
const STRINGS_BLOCK: usize = 16;
const PATHS_BLOCK: usize = 64;
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
            Self::List(list) => {
                varint(out, LIST);
                varint(out, u32::try_from(list.len()).unwrap());
                list.iter().for_each(|node| node.tokens(out, strings));
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
        }
    }
}

impl Node {
    /// The most runs of a map in it.
    fn runs(&self) -> usize {
        match self {
            Self::Text(_) | Self::Number(_) | Self::DisallowAll => 0,
            Self::List(list) => list.iter().map(Self::runs).max().unwrap_or(0),
            Self::Object(members) => members.iter().map(|(_, node)| node.runs()).max().unwrap_or(0),
            Self::Keyed(members) => members.iter().map(|(_, node)| node.runs()).max().unwrap_or(0),
            Self::Map(runs) | Self::Subjects(runs) => runs.len(),
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

/// How large a bundle is, and the largest of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Its bytes.
    pub bundle: u64,
    /// Signatures of an envelope.
    pub signatures: u64,
    /// Bytes of a payload's tokens.
    pub tokens: u64,
    /// Bytes of a payload's text.
    pub text: u64,
    /// Runs of a map.
    pub runs: u64,
}

impl RawBundle {
    /// The number of a string in the bundle.
    #[must_use]
    pub fn number_of(&self, text: &str) -> Option<u32> {
        let mut strings = Strings::default();
        self.envelopes.iter().for_each(|envelope| drop(Self::body(envelope, &[], 0, &mut strings)));
        strings.numbers.get(text).copied()
    }

    /// How large this is, of which the bundle was made.
    #[must_use]
    pub fn sizes(&self, bundle: &[u8]) -> Sizes {
        let texts = self.texts(bundle);
        let most = |number: &dyn Fn(&Envelope) -> usize| self.envelopes.iter().map(number).max().unwrap_or(0) as u64;
        let tokens = |envelope: &Envelope| {
            let mut tokens = Vec::new();
            envelope.payload.tokens(&mut tokens, &mut Strings::default());
            // References grow with the number of strings.
            2 * tokens.len()
        };
        Sizes {
            bundle: bundle.len() as u64,
            signatures: most(&|envelope| envelope.signatures.len()),
            tokens: most(&tokens).min(SCARCE.tokens.into()),
            text: texts.iter().map(Vec::len).max().unwrap_or(0) as u64,
            runs: most(&|envelope| envelope.payload.runs()),
        }
    }

    /// The bundle, signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let nothing: Vec<_> = self.envelopes.iter().map(|_| Vec::new()).collect();
        // What is signed follows from a bundle that can be read, whatever its signatures are and the payloads' lengths.
        let good = Self { directives: 1, ..self.clone() };
        let lengths: Vec<_> = self.texts(&good.write(&nothing, &[])).iter().map(|text| text.len() as u32).collect();
        let messages: Vec<_> = self
            .texts(&good.write(&nothing, &lengths))
            .into_iter()
            .zip(&self.envelopes)
            .map(|(text, envelope)| {
                let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), text.len());
                if envelope.is_dsse { [head.into_bytes(), text].concat() } else { text }
            })
            .collect();
        self.write(&messages, &lengths)
    }

    /// The payloads' texts, as a verifier rebuilds them.
    fn texts(&self, bundle: &[u8]) -> Vec<Vec<u8>> {
        let mut path = [0; HOST.path];
        let bundle = Bundle::open(bundle, &mut path).expect("a bundle");
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
            .zip(messages)
            .enumerate()
            .map(|(number, (envelope, message))| {
                Self::body(envelope, message, lengths.get(number).copied().unwrap_or(0), &mut strings)
            })
            .collect();
        strings.all.extend(self.idle.iter().cloned());
        let strings = strings.section();
        // No shapes.
        let artifacts = indexed(&self.entries(), PATHS_BLOCK, &[0]);
        let mut section = Vec::new();
        varint(&mut section, u32::try_from(envelopes.len()).unwrap());
        for body in envelopes {
            varint(&mut section, u32::try_from(body.len()).unwrap());
            section.extend(body);
        }
        let mut bundle = b"SITR\x01\x03".to_vec();
        [&strings, &artifacts, &section].iter().for_each(|section| varint(&mut bundle, section.len() as u32));
        [bundle, strings, artifacts, section].concat()
    }

    /// An envelope whose signatures are over this message; of zeros, where there is none yet.
    fn body(envelope: &Envelope, message: &[u8], length: u32, strings: &mut Strings) -> Vec<u8> {
        let mut body = vec![u8::from(envelope.is_dsse), 0];
        varint(&mut body, u32::try_from(envelope.signatures.len()).unwrap());
        for signature in &envelope.signatures {
            let keyid = signature.keyid.as_ref().map(|keyid| strings.number(keyid) + FIRST_REFERENCE + 1);
            varint(&mut body, keyid.unwrap_or(0));
            let bytes = if message.is_empty() { [0; 64] } else { *key(&signature.signer).sk.sign(message, None) };
            varint(&mut body, 64);
            body.extend_from_slice(&bytes);
        }
        if envelope.is_dsse {
            varint(&mut body, strings.number(PAYLOAD_TYPE) + FIRST_REFERENCE);
            varint(&mut body, length);
            // No patches.
            body.extend([MINIMAL, 0]);
        }
        envelope.payload.tokens(&mut body, strings);
        body
    }

    /// The entries of the artifacts: what a path does not share with the one before.
    fn entries(&self) -> Vec<Vec<u8>> {
        let mut before = "";
        let entries = self.paths.iter().enumerate().map(|(number, (path, variants))| {
            if number.is_multiple_of(PATHS_BLOCK) {
                before = "";
            }
            let shared = before.bytes().zip(path.bytes()).take_while(|(one, other)| one == other).count();
            let (new, replaced) = (path.len() - shared, before.len() - shared);
            let mut entry = Vec::new();
            if *variants > 1 {
                for _ in 0..self.directives.max(1) {
                    entry.push(241);
                    varint(&mut entry, *variants);
                }
            }
            entry.push((new.min(14) << 4 | replaced.min(7) << 1 | 1) as u8);
            if new >= 14 {
                varint(&mut entry, new as u32 - 14);
            }
            if replaced >= 7 {
                varint(&mut entry, replaced as u32 - 7);
            }
            entry.extend_from_slice(&path.as_bytes()[shared..]);
            for variant in 0..*variants {
                if *variants > 1 {
                    entry.push(0);
                }
                let mut digest = [0x5a; 32];
                digest[..4].copy_from_slice(&variant.to_le_bytes());
                digest[4..8].copy_from_slice(&(number as u32).to_le_bytes());
                entry.extend(digest);
            }
            before = path;
            entry
        });
        entries.collect()
    }
}
