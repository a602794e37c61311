//! Signed in-toto metadata: Metablock and DSSE envelopes out of JSON files.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sitrep_core::limits::SIGNATURES;

use crate::json::{self, Expected, Fault, Lexeme, Node, Reader, Tree, Value};
use crate::payload::{ArtifactList, Formatting, Payload, decode_hex, read_canonical, read_text};
use crate::predicates::is_link;

/// The DSSE payload type of layouts and links (in-toto specification, section 4.2).
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// One signed file, parsed. Parsing needs no shared state, so files are read in parallel.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) wrapping: Wrapping,
    pub(crate) payload: Payload,
    signatures: Vec<Signature>,
    notes: Vec<DocumentNote>,
}

/// What a payload was wrapped in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    Metablock,
    Dsse { payload_type: String, formatting: Formatting },
    Observation,
}

/// A signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Which key made it, as the envelope says. A Metablock always says it.
    pub keyid: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Document {
    /// Parses a file: a Metablock (`signatures`, `signed`) or a DSSE envelope (`payload`, `payloadType`, `signatures`).
    ///
    /// Signatures that cannot be checked are left out; [`Self::notes`] tells.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        let text = json::Error::check_text(json).map_err(DocumentError::Json)?;
        let parts = Parts::read(text).map_err(|fault| DocumentError::Json(fault.locate(text)))?;
        match (parts.signed, parts.payload) {
            (Some(_), Some(_)) => Err(DocumentError::Ambiguous),
            (None, None) => Err(DocumentError::NotAnEnvelope),
            (Some(payload), None) => Self::new(Wrapping::Metablock, payload, &parts.tree),
            (None, Some(encoded)) => {
                let payload_type = parts.tree.root().get("payloadType").and_then(Value::as_str);
                let payload_type = payload_type.ok_or(DocumentError::NoPayloadType)?.to_owned();
                let decoded = decode_payload(encoded)?;
                let text = json::Error::check_text(&decoded).map_err(DocumentError::Payload)?;
                let (payload, formatting) =
                    read_text(text).map_err(|fault| DocumentError::Payload(fault.locate(text)))?;
                Self::new(Wrapping::Dsse { payload_type, formatting }, payload, &parts.tree)
            }
        }
    }

    /// Parses a payload that stands alone, as before somebody signs it. The document is a DSSE envelope without signatures.
    ///
    /// # Errors
    /// Where the text is not strict JSON.
    pub(crate) fn unsigned(json: &[u8]) -> Result<Self, DocumentError> {
        let text = json::Error::check_text(json).map_err(DocumentError::Json)?;
        let (payload, formatting) = read_text(text).map_err(|fault| DocumentError::Json(fault.locate(text)))?;
        let wrapping = Wrapping::Dsse { payload_type: IN_TOTO.into(), formatting };
        Ok(Self { wrapping, payload, signatures: Vec::new(), notes: Vec::new() })
    }

    /// The same document with other signatures.
    pub(crate) fn with_signatures(self, signatures: Vec<Signature>) -> Self {
        Self { signatures, ..self }
    }

    /// A payload that nobody signed.
    pub(crate) const fn observation(payload: Payload) -> Self {
        Self { wrapping: Wrapping::Observation, payload, signatures: Vec::new(), notes: Vec::new() }
    }

    fn new(wrapping: Wrapping, payload: Payload, envelope: &Tree) -> Result<Self, DocumentError> {
        let listed = envelope.root().get("signatures").filter(|list| list.is_array());
        let listed = listed.ok_or(DocumentError::NoSignatures)?;
        let (mut signatures, mut notes) = (Vec::new(), Vec::new());
        for (number, entry) in (1..).zip(listed.items()) {
            let signature = match wrapping {
                Wrapping::Dsse { .. } => dsse_signature(entry),
                Wrapping::Metablock | Wrapping::Observation => metablock_signature(entry),
            };
            match signature {
                Ok(signature) => signatures.push(signature),
                Err(reason) => notes.push(DocumentNote { number, reason }),
            }
        }
        if signatures.len() > SIGNATURES as usize {
            return Err(DocumentError::TooManySignatures(signatures.len()));
        }
        Ok(Self { wrapping, payload, signatures, notes })
    }

    /// Would both be packed as the same envelope?
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        self.signatures == other.signatures && self.wrapping == other.wrapping && self.payload == other.payload
    }

    /// The payload. Artifact maps and lists are not to be seen in it: they read as `null`.
    #[must_use]
    pub fn payload(&self) -> Value<'_> {
        self.payload.tree.root()
    }

    /// `_type` of the payload.
    #[must_use]
    pub fn type_name(&self) -> Option<&str> {
        self.payload().get("_type")?.as_str()
    }

    /// `name` of the payload.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.payload().get("name")?.as_str()
    }

    /// The step that a link says it is of, also where it is the predicate of a statement; `None` where the document is no link.
    #[must_use]
    pub fn step_name(&self) -> Option<&str> {
        if self.type_name()? == "link" {
            return self.name();
        }
        let predicate_type = self.payload().get("predicateType")?.as_str()?;
        is_link(predicate_type).then(|| self.payload().get("predicate")?.get("name")?.as_str())?
    }

    /// The payload type of a DSSE envelope; `None` for a Metablock.
    #[must_use]
    pub fn payload_type(&self) -> Option<&str> {
        match &self.wrapping {
            Wrapping::Dsse { payload_type, .. } => Some(payload_type),
            Wrapping::Metablock | Wrapping::Observation => None,
        }
    }

    /// The signatures that can be checked.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Bytes of the longest path of an artifact; 0 without artifacts.
    #[must_use]
    pub fn longest_path(&self) -> usize {
        self.payload.lists.iter().map(ArtifactList::longest).max().unwrap_or(0)
    }

    /// What was left out of the document.
    #[must_use]
    pub fn notes(&self) -> &[DocumentNote] {
        &self.notes
    }
}

/// The members of an envelope.
#[derive(Default)]
struct Parts<'j> {
    /// All others than the two below, which are `null` in it.
    tree: Tree,
    signed: Option<Payload>,
    payload: Option<Lexeme<'j>>,
}

impl<'j> Parts<'j> {
    fn read(text: &'j str) -> Result<Self, Fault> {
        let mut reader = Reader::new(text, (), false);
        let Self { mut tree, mut signed, mut payload } = Self::default();
        reader.start()?;
        reader.object(&mut tree, |reader, tree, key| {
            if key.is("signed") {
                if reader.lexer.peek() != Some(b'{') {
                    return Err(reader.lexer.expected(Expected::Object));
                }
                signed = Some(read_canonical(reader)?);
            } else if key.is("payload") {
                payload = Some(reader.string(Expected::String)?);
            } else {
                return reader.value(tree);
            }
            tree.push(Node::Null);
            Ok(())
        })?;
        reader.end()?;
        Ok(Self { tree, signed, payload })
    }
}

fn decode_payload(encoded: Lexeme<'_>) -> Result<Vec<u8>, DocumentError> {
    let mut unescaped = String::new();
    let text = if encoded.escaped {
        encoded.value(&mut unescaped).map_err(|_| DocumentError::Base64)?;
        &unescaped
    } else {
        encoded.raw
    };
    decode_base64(text).ok_or(DocumentError::Base64)
}

/// Standard or URL-safe alphabet (DSSE allows both), padded.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let url_safe = memchr::memchr2(b'-', b'_', text.as_bytes()).is_some();
    if url_safe { URL_SAFE.decode(text) } else { STANDARD.decode(text) }.ok()
}

fn metablock_signature(entry: Value<'_>) -> Result<Signature, NoteReason> {
    if entry.get("other_headers").is_some() {
        return Err(NoteReason::OpenPgp);
    }
    let keyid = entry.get("keyid").and_then(Value::as_str).filter(|keyid| !keyid.is_empty());
    let keyid = keyid.ok_or(NoteReason::NoKeyid)?.to_owned();
    let digits = entry.get("sig").and_then(Value::as_str).unwrap_or("").to_ascii_lowercase();
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    if !decode_hex(digits.as_bytes(), &mut bytes) {
        return Err(NoteReason::NotHex);
    }
    Ok(Signature { keyid: Some(keyid), bytes })
}

fn dsse_signature(entry: Value<'_>) -> Result<Signature, NoteReason> {
    let keyid = match entry.get("keyid") {
        // Go writes an empty key id where there is none.
        None => None,
        Some(keyid) => Some(keyid.as_str().ok_or(NoteReason::NoKeyid)?).filter(|keyid| !keyid.is_empty()),
    };
    let bytes = entry.get("sig").and_then(Value::as_str).and_then(decode_base64);
    let bytes = bytes.filter(|bytes| !bytes.is_empty()).ok_or(NoteReason::NotBase64)?;
    Ok(Signature { keyid: keyid.map(str::to_owned), bytes })
}

/// A signature that was left out of a document, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentNote {
    /// Which entry of `signatures`, from 1.
    pub number: usize,
    /// Why it cannot be checked.
    pub reason: NoteReason,
}

/// Why a signature cannot be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteReason {
    /// It is an OpenPGP signature.
    OpenPgp,
    /// It does not say whose it is.
    NoKeyid,
    /// `sig` of a Metablock is not hexadecimal.
    NotHex,
    /// `sig` of a DSSE envelope is not base64.
    NotBase64,
}

impl fmt::Display for DocumentNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = match self.reason {
            NoteReason::OpenPgp => "expected a signature of a bare key, found one of OpenPGP",
            NoteReason::NoKeyid => "expected a key id",
            NoteReason::NotHex => "expected `sig` in hexadecimal",
            NoteReason::NotBase64 => "expected `sig` in padded base64",
        };
        write!(f, "signature {} ignored: {expected}", self.number)
    }
}

/// Why a file is not signed in-toto metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentError {
    /// The file is not strict JSON, or a member has the wrong type.
    Json(json::Error),
    /// The payload of a DSSE envelope is not strict JSON.
    Payload(json::Error),
    /// It is JSON, but no envelope.
    NotAnEnvelope,
    /// It is both a Metablock and a DSSE envelope.
    Ambiguous,
    /// A DSSE envelope without payload type.
    NoPayloadType,
    /// The payload of a DSSE envelope is not base64.
    Base64,
    /// There is no list of signatures.
    NoSignatures,
    /// There are so many signatures, more than [`SIGNATURES`].
    TooManySignatures(usize),
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "{error}"),
            Self::Payload(error) => write!(f, "in the payload, {error}"),
            Self::NotAnEnvelope => f.write_str("expected a member `signed` (Metablock) or `payload` (DSSE)"),
            Self::Ambiguous => f.write_str("expected one of `signed` (Metablock) and `payload` (DSSE), found both"),
            Self::NoPayloadType => f.write_str("expected a string `payloadType` beside `payload`"),
            Self::Base64 => f.write_str("expected `payload` in base64, padded and without white space"),
            Self::NoSignatures => f.write_str("expected an array `signatures`"),
            Self::TooManySignatures(count) => write!(f, "expected at most {SIGNATURES} signatures, found {count}"),
        }
    }
}

impl std::error::Error for DocumentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) | Self::Payload(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
