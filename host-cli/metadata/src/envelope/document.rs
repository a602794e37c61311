//! Signed in-toto metadata: Metablock and DSSE envelopes out of JSON files.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sitrep_core::bundle::Kind;
use sitrep_core::limits::SIGNATURES;

use crate::json::{self, Expected, Fault, Lexeme, Node, Reader, Tree, Value};
use crate::keys::openpgp::OpenPgpSignature;
use crate::limits::SIGNATURE_NOTES;
use crate::payload::predicates::is_link;
use crate::payload::{ArtifactList, Formatting, Payload, decode_hex, read_canonical, read_text};

/// The DSSE payload type of layouts and links (in-toto specification, section 4.2).
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The media types of Sigstore bundles, versions 0.1 to 0.3: all that there are. Another version may mean something else.
const SIGSTORE_BUNDLES: [&str; 4] = [
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];

/// One signed file, parsed. Parsing needs no shared state, so files are read in parallel.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) wrapping: Wrapping,
    pub(crate) payload: Payload,
    signatures: Vec<Signature>,
    notes: Vec<DocumentNote>,
    more_notes: usize,
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
    /// Its bytes. Of OpenPGP, as a bundle keeps them ([`OpenPgpSignature::to_bytes`]).
    pub bytes: Vec<u8>,
    /// Is it of OpenPGP? Only a Metablock has such.
    pub is_openpgp: bool,
}

impl Signature {
    /// A signature of a bare key.
    #[must_use]
    pub const fn bare(keyid: Option<String>, bytes: Vec<u8>) -> Self {
        Self { keyid, bytes, is_openpgp: false }
    }
}

/// The signature of OpenPGP that a bundle keeps as these bytes, where it says that they are one and they are; otherwise they are those of a bare key. A
/// bundle says it of Metablocks alone.
pub(crate) fn openpgp_of_bundle(bytes: &[u8], is_openpgp: bool) -> Option<OpenPgpSignature> {
    OpenPgpSignature::from_bytes(bytes).filter(|_| is_openpgp)
}

impl Document {
    /// Parses a file: a Metablock (`signatures`, `signed`) or a DSSE envelope (`payload`, `payloadType`, `signatures`), which may stand in a Sigstore
    /// bundle (`mediaType`, `dsseEnvelope`). Nothing else of such a bundle counts, no certificate and no entry of a log.
    ///
    /// Signatures that cannot be checked are left out; [`Self::notes`] tells.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        let text = json::Error::check_text(json).map_err(DocumentError::Json)?;
        let parts = Parts::read(text).map_err(|fault| DocumentError::Json(fault.locate(text)))?;
        let Some(envelope) = parts.enveloped else { return Self::of(parts) };
        if parts.signed.is_some() || parts.payload.is_some() {
            return Err(DocumentError::Ambiguous);
        }
        match parts.tree.root().get("mediaType").and_then(Value::as_str) {
            Some(known) if SIGSTORE_BUNDLES.contains(&known) => Self::of(*envelope),
            other => Err(DocumentError::MediaType(other.map(str::to_owned))),
        }
    }

    fn of(parts: Parts<'_>) -> Result<Self, DocumentError> {
        match (parts.signed, parts.payload) {
            (Some(_), Some(_)) => Err(DocumentError::Ambiguous),
            (None, None) if parts.tree.root().get("messageSignature").is_some() => Err(DocumentError::MessageSignature),
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
        Ok(Self { wrapping, payload, signatures: Vec::new(), notes: Vec::new(), more_notes: 0 })
    }

    /// The document that an envelope of a bundle was packed from: its kind, its payload's text as JSON, and its signatures.
    ///
    /// # Errors
    /// Where the text is not strict JSON, which only a bundle that no sitrep packed can hold.
    pub(crate) fn of_payload(kind: Kind<'_>, json: &[u8], signatures: Vec<Signature>) -> Result<Self, DocumentError> {
        let text = json::Error::check_text(json).map_err(DocumentError::Payload)?;
        let failed = |fault: Fault| DocumentError::Payload(fault.locate(text));
        let is_known = |id: &String| !id.is_empty();
        let (wrapping, payload) = if let Kind::Dsse { payload_type, .. } = kind {
            let (payload, formatting) = read_text(text).map_err(failed)?;
            (Wrapping::Dsse { payload_type: payload_type.to_string(), formatting }, payload)
        } else {
            let mut reader = Reader::new(text, (), false);
            let payload = reader.start().and_then(|()| read_canonical(&mut reader)).map_err(failed)?;
            reader.end().map_err(failed)?;
            (Wrapping::Metablock, payload)
        };
        let is_dsse = matches!(wrapping, Wrapping::Dsse { .. });
        // As when a file is read.
        let signatures = signatures.into_iter().filter_map(|Signature { keyid, bytes, is_openpgp }| {
            let keyid = keyid.filter(is_known);
            let counts = if is_dsse { !bytes.is_empty() } else { keyid.is_some() && !bytes.is_empty() };
            let is_openpgp = openpgp_of_bundle(&bytes, is_openpgp).is_some();
            counts.then_some(Signature { keyid, bytes, is_openpgp })
        });
        Ok(Self { wrapping, payload, signatures: signatures.collect(), notes: Vec::new(), more_notes: 0 })
    }

    /// The same document with other signatures.
    pub(crate) fn with_signatures(self, signatures: Vec<Signature>) -> Self {
        Self { signatures, ..self }
    }

    /// A payload that nobody signed.
    pub(crate) const fn observation(payload: Payload) -> Self {
        Self { wrapping: Wrapping::Observation, payload, signatures: Vec::new(), notes: Vec::new(), more_notes: 0 }
    }

    fn new(wrapping: Wrapping, payload: Payload, envelope: &Tree) -> Result<Self, DocumentError> {
        let listed = envelope.root().get("signatures").filter(|list| list.is_array());
        let listed = listed.ok_or(DocumentError::NoSignatures)?;
        let (mut signatures, mut notes, mut more_notes) = (Vec::new(), Vec::new(), 0);
        for (number, entry) in (1..).zip(listed.items()) {
            let signature = match wrapping {
                Wrapping::Dsse { .. } => dsse_signature(entry),
                Wrapping::Metablock | Wrapping::Observation => metablock_signature(entry),
            };
            match signature {
                Ok(signature) => signatures.push(signature),
                Err(reason) if notes.len() < SIGNATURE_NOTES => notes.push(DocumentNote { number, reason }),
                Err(_) => more_notes += 1,
            }
        }
        if signatures.len() > SIGNATURES as usize {
            return Err(DocumentError::TooManySignatures(signatures.len()));
        }
        Ok(Self { wrapping, payload, signatures, notes, more_notes })
    }

    /// Would both be packed as the same envelope?
    #[must_use]
    pub fn is_copy_of(&self, other: &Self) -> bool {
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

    /// What was left out of the document: the first of it.
    #[must_use]
    pub fn notes(&self) -> &[DocumentNote] {
        &self.notes
    }

    /// How much more was left out.
    #[must_use]
    pub const fn more_notes(&self) -> usize {
        self.more_notes
    }
}

/// The members of an envelope, or of what an envelope stands in.
#[derive(Default)]
struct Parts<'j> {
    /// All others than those below, which are `null` in it.
    tree: Tree,
    signed: Option<Payload>,
    payload: Option<Lexeme<'j>>,
    /// The members of `dsseEnvelope`.
    enveloped: Option<Box<Self>>,
}

impl<'j> Parts<'j> {
    fn read(text: &'j str) -> Result<Self, Fault> {
        let mut reader = Reader::new(text, (), false);
        reader.start()?;
        let parts = Self::members(&mut reader, true)?;
        reader.end()?;
        Ok(parts)
    }

    /// Reads the members of an object. In an envelope stands no other, and in `dsseEnvelope` no Metablock.
    fn members(reader: &mut Reader<'j, ()>, outermost: bool) -> Result<Self, Fault> {
        let Self { mut tree, mut signed, mut payload, mut enveloped } = Self::default();
        reader.object(&mut tree, |reader, tree, key| {
            if outermost && key.is("signed") {
                if reader.lexer.peek() != Some(b'{') {
                    return Err(reader.lexer.expected(Expected::Object));
                }
                signed = Some(read_canonical(reader)?);
            } else if outermost && key.is("dsseEnvelope") {
                enveloped = Some(Box::new(Self::members(reader, false)?));
            } else if key.is("payload") {
                payload = Some(reader.string(Expected::String)?);
            } else {
                return reader.value(tree);
            }
            tree.push(Node::Null);
            Ok(())
        })?;
        Ok(Self { tree, signed, payload, enveloped })
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
    let keyid = entry.get("keyid").and_then(Value::as_str).filter(|keyid| !keyid.is_empty());
    let keyid = keyid.ok_or(NoteReason::NoKeyid)?.to_owned();
    if entry.get("other_headers").is_some() {
        let bytes = openpgp_signature(entry).ok_or(NoteReason::OpenPgp)?.to_bytes();
        return Ok(Signature { keyid: Some(keyid), bytes, is_openpgp: true });
    }
    let bytes = hexadecimal(entry.get("sig").and_then(Value::as_str).unwrap_or("")).ok_or(NoteReason::NotHex)?;
    Ok(Signature::bare(Some(keyid), bytes))
}

fn openpgp_signature(entry: Value<'_>) -> Option<OpenPgpSignature> {
    let member = |name| hexadecimal(entry.get(name)?.as_str()?);
    Some(OpenPgpSignature {
        headers: member("other_headers")?,
        // It says nothing that the key id does not.
        short_keyid: member("short_keyid").filter(|id| !id.is_empty()),
        signature: member("signature")?,
    })
}

/// The bytes that hexadecimal digits of either case stand for.
fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.to_ascii_lowercase();
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    decode_hex(digits.as_bytes(), &mut bytes).then_some(bytes)
}

fn dsse_signature(entry: Value<'_>) -> Result<Signature, NoteReason> {
    let keyid = match entry.get("keyid") {
        // Go writes an empty key id where there is none.
        None => None,
        Some(keyid) => Some(keyid.as_str().ok_or(NoteReason::NoKeyid)?).filter(|keyid| !keyid.is_empty()),
    };
    let bytes = entry.get("sig").and_then(Value::as_str).and_then(decode_base64);
    let bytes = bytes.filter(|bytes| !bytes.is_empty()).ok_or(NoteReason::NotBase64)?;
    Ok(Signature::bare(keyid.map(str::to_owned), bytes))
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
    /// A member of an OpenPGP signature is missing, or is not hexadecimal.
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
            NoteReason::OpenPgp => "expected `other_headers` and `signature` of OpenPGP in hexadecimal",
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
    /// It is both a Metablock and a DSSE envelope, or a Sigstore bundle as well.
    Ambiguous,
    /// It holds an envelope as Sigstore bundles do, and does not say that it is one of a known version, but this.
    MediaType(Option<String>),
    /// It is a Sigstore bundle with the signature of a file, and without envelope.
    MessageSignature,
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
            Self::Ambiguous => f.write_str(
                "expected one of `signed` (Metablock), `payload` (DSSE) and `dsseEnvelope` (Sigstore), found several",
            ),
            Self::MediaType(found) => {
                f.write_str(
                    "expected the `mediaType` of a Sigstore bundle of version 0.1, 0.2 or 0.3 beside `dsseEnvelope`",
                )?;
                found.as_ref().map_or(Ok(()), |found| write!(f, ", found {found:?}"))
            }
            Self::MessageSignature => f.write_str(
                "expected an envelope, found a Sigstore bundle with the signature of a file, which says nothing",
            ),
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
