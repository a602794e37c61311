//! A step's link, written: as in-toto 3.1 reads it, and as a statement.
//!
//! A link may list some hundred thousand files, so its text is written directly from them, once for what is signed and once for the file, and the file piece by
//! piece. Which bytes these are:
//!
//! - [`LinkForm::Metablock`]: signed is the canonical JSON (OLPC: members by code points, no white space, of characters only `"` and `\` escaped, so that a line feed
//!   stands as it is); in the file the same members stand in ordinary JSON, from which every reader makes the canonical text again.
//! - [`LinkForm::Dsse`]: an envelope of type `application/vnd.in-toto+json` around the same members.
//! - [`LinkForm::Statement`]: the same envelope around a Statement v1 with the predicate link v0.3, products as subjects.

use std::fmt;
use std::io::{self, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use serde_json::{Map, Value};

use crate::artifacts::{Artifact, Artifacts};
use crate::envelope::document::IN_TOTO;
use crate::hex;
use crate::limits::METADATA_FILE;
use crate::payload::predicates::LINKS;

/// The statement that a link's predicate stands in.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Room for the signatures of a file, in bytes.
const SIGNATURES: u64 = 1 << 16;

/// What a link says.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The step.
    pub name: &'a str,
    /// The command, a program and its arguments; empty where none ran.
    pub command: &'a [String],
    /// The files before.
    pub materials: &'a Artifacts,
    /// The files after.
    pub products: &'a Artifacts,
    /// What the command returned and printed ([`super::byproducts::Byproducts::members`]).
    pub byproducts: &'a Map<String, Value>,
    /// Where it ran.
    pub environment: &'a Map<String, Value>,
}

/// What a link is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkForm {
    /// A Metablock, which everybody reads.
    #[default]
    Metablock,
    /// A link in DSSE, as `in-toto-run --use-dsse` writes it.
    Dsse,
    /// A statement (in-toto attestation framework) in DSSE. in-toto 3.1 does not read it.
    Statement,
}

/// Why a link cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// Canonical JSON has no numbers but integers; this one stands in the byproducts or the environment.
    Number(String),
    /// The file would have so many bytes, more than are read.
    TooLarge(u64),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "a Metablock cannot hold the number {number}, which is no integer"),
            Self::TooLarge(bytes) => write!(
                f,
                "the link would have {} MiB, and links of more than {} MiB are not read",
                bytes >> 20,
                METADATA_FILE >> 20
            ),
        }
    }
}

impl std::error::Error for LinkError {}

impl Link<'_> {
    /// What signatures are over: the canonical JSON of a Metablock, or DSSE's pre-authentication encoding.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn message(&self, form: LinkForm) -> Result<Vec<u8>, LinkError> {
        let too_large =
            |file: u64| if file + SIGNATURES > METADATA_FILE { Err(LinkError::TooLarge(file)) } else { Ok(()) };
        let mut message = Vec::new();
        // A vector takes everything.
        if form == LinkForm::Metablock {
            self.byproducts.values().chain(self.environment.values()).try_for_each(integers)?;
            let _ = self.payload(form, &mut Text { out: &mut message, spelling: Spelling::Canonical });
            too_large(message.len() as u64)?;
        } else {
            let mut count = Count(0);
            let _ = self.payload(form, &mut Text { out: &mut count, spelling: Spelling::Json });
            let Count(length) = count;
            too_large(length.div_ceil(3) * 4)?;
            let _ = write!(message, "DSSEv1 {} {IN_TOTO} {length} ", IN_TOTO.len());
            let _ = self.payload(form, &mut Text { out: &mut message, spelling: Spelling::Json });
        }
        Ok(message)
    }

    /// The payload as JSON, as it stands in the file.
    #[must_use]
    pub fn json(&self, form: LinkForm) -> Vec<u8> {
        let mut json = Vec::new();
        // A vector takes everything.
        let _ = self.payload(form, &mut Text { out: &mut json, spelling: Spelling::Json });
        json
    }

    /// Writes the file: the link with signatures, each with the id of its key, over [`Self::message`].
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, form: LinkForm, signatures: &[(String, Vec<u8>)], out: &mut dyn Write) -> io::Result<()> {
        let encode: fn(&[u8]) -> String = match form {
            LinkForm::Metablock => hex::encode,
            _ => |bytes| base64::Engine::encode(&STANDARD, bytes),
        };
        let write_signatures = |text: &mut Text<'_>| {
            text.array("signatures", signatures, |text, (keyid, bytes)| {
                text.raw("{\"keyid\":")?;
                text.string(keyid)?;
                text.raw(",\"sig\":")?;
                text.string(&encode(bytes))?;
                text.raw("}")
            })
        };
        let mut text = Text { out, spelling: Spelling::Json };
        text.raw("{")?;
        if form == LinkForm::Metablock {
            write_signatures(&mut text)?;
            text.raw(",\"signed\":")?;
            self.payload(form, &mut text)?;
        } else {
            text.raw("\"payload\":\"")?;
            let mut encoder = EncoderWriter::new(&mut *text.out, &STANDARD);
            self.payload(form, &mut Text { out: &mut encoder, spelling: Spelling::Json })?;
            encoder.finish()?;
            drop(encoder);
            text.raw("\",\"payloadType\":")?;
            text.string(IN_TOTO)?;
            text.raw(",")?;
            write_signatures(&mut text)?;
        }
        text.raw("}\n")
    }

    /// Members are in the order of their names in all forms.
    fn payload(&self, form: LinkForm, text: &mut Text<'_>) -> io::Result<()> {
        if form == LinkForm::Statement {
            text.raw("{\"_type\":\"")?;
            text.raw(STATEMENT)?;
            text.raw("\",\"predicate\":")?;
            self.members(text, false)?;
            text.raw(",\"predicateType\":\"")?;
            text.raw(LINKS[0])?;
            text.raw("\",")?;
            text.array("subject", self.products.iter(), Text::descriptor)?;
            text.raw("}")
        } else {
            self.members(text, true)
        }
    }

    fn members(&self, text: &mut Text<'_>, is_link: bool) -> io::Result<()> {
        text.raw(if is_link { "{\"_type\":\"link\",\"byproducts\":" } else { "{\"byproducts\":" })?;
        text.object(self.byproducts)?;
        text.raw(",")?;
        text.array("command", self.command, |text, word| text.string(word))?;
        text.raw(",\"environment\":")?;
        text.object(self.environment)?;
        text.raw(",")?;
        if is_link {
            text.artifacts("materials", self.materials)?;
        } else {
            text.array("materials", self.materials.iter(), Text::descriptor)?;
        }
        text.raw(",\"name\":")?;
        text.string(self.name)?;
        if is_link {
            text.raw(",")?;
            text.artifacts("products", self.products)?;
        }
        text.raw("}")
    }
}

/// Has it integers alone for numbers?
fn integers(value: &Value) -> Result<(), LinkError> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            let is_integer = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            if is_integer { Ok(()) } else { Err(LinkError::Number(text)) }
        }
        Value::Array(items) => items.iter().try_for_each(integers),
        Value::Object(members) => members.values().try_for_each(integers),
        _ => Ok(()),
    }
}

struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How characters of strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// OLPC's canonical JSON.
    Canonical,
    /// RFC 8259, and no more escapes than it asks for.
    Json,
}

/// Text of JSON, without white space.
struct Text<'w> {
    out: &'w mut dyn Write,
    spelling: Spelling,
}

impl Text<'_> {
    fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    fn string(&mut self, string: &str) -> io::Result<()> {
        self.raw("\"")?;
        // What is looked for is ASCII, and stands inside of no other character.
        let mut rest = string.as_bytes();
        loop {
            let at = match self.spelling {
                Spelling::Canonical => memchr::memchr2(b'"', b'\\', rest),
                Spelling::Json => rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')),
            };
            let Some((plain, [special, after @ ..])) = at.and_then(|at| rest.split_at_checked(at)) else { break };
            self.out.write_all(plain)?;
            match special {
                b'"' => self.out.write_all(b"\\\"")?,
                b'\\' => self.out.write_all(b"\\\\")?,
                b'\n' => self.out.write_all(b"\\n")?,
                b'\r' => self.out.write_all(b"\\r")?,
                b'\t' => self.out.write_all(b"\\t")?,
                8 => self.out.write_all(b"\\b")?,
                12 => self.out.write_all(b"\\f")?,
                other => write!(self.out, "\\u{other:04x}")?,
            }
            rest = after;
        }
        self.out.write_all(rest)?;
        self.raw("\"")
    }

    fn array<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.string(name)?;
        let mut before = ":[";
        for item in items {
            self.raw(before)?;
            each(self, item)?;
            before = ",";
        }
        self.raw(if before == "," { "]" } else { ":[]" })
    }

    fn object(&mut self, members: &Map<String, Value>) -> io::Result<()> {
        // serde_json's map is ordered only while no crate asks it for the order of insertion.
        let mut members: Vec<_> = members.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        let mut before = "{";
        for (name, value) in members {
            self.raw(before)?;
            self.string(name)?;
            self.raw(":")?;
            self.value(value)?;
            before = ",";
        }
        self.raw(if before == "," { "}" } else { "{}" })
    }

    fn value(&mut self, value: &Value) -> io::Result<()> {
        match value {
            Value::String(string) => self.string(string),
            Value::Object(members) => self.object(members),
            Value::Array(items) => {
                let mut before = "[";
                for item in items {
                    self.raw(before)?;
                    self.value(item)?;
                    before = ",";
                }
                self.raw(if before == "," { "]" } else { "[]" })
            }
            scalar => write!(self.out, "{scalar}"),
        }
    }

    /// A map of names to digest sets.
    fn artifacts(&mut self, name: &str, artifacts: &Artifacts) -> io::Result<()> {
        self.string(name)?;
        let mut before = ":{";
        for artifact in artifacts.iter() {
            self.raw(before)?;
            self.string(artifact.name())?;
            self.raw(":")?;
            self.digests(artifact)?;
            before = ",";
        }
        self.raw(if before == "," { "}" } else { ":{}" })
    }

    /// A resource descriptor.
    fn descriptor(&mut self, artifact: Artifact<'_>) -> io::Result<()> {
        self.raw("{\"digest\":")?;
        self.digests(artifact)?;
        self.raw(",\"name\":")?;
        self.string(artifact.name())?;
        self.raw("}")
    }

    fn digests(&mut self, artifact: Artifact<'_>) -> io::Result<()> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        /// Of the longest digest.
        const MOST: usize = 128;
        let mut before = "{\"";
        for (algorithm, digest) in artifact.digests() {
            self.raw(before)?;
            self.raw(algorithm.name())?;
            self.raw("\":\"")?;
            let mut digits = [0; MOST];
            for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(digest) {
                *pair = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
            }
            self.out.write_all(digits.get(..2 * digest.len()).unwrap_or_default())?;
            before = "\",\"";
        }
        self.raw(if before == "{\"" { "{}" } else { "\"}" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::{Algorithm, Builder};
    use crate::envelope::document::Document;
    use crate::envelope::dsse::Envelope;
    use crate::sign::{Signer, canonical};
    use serde_json::json;

    fn odd_names() -> Vec<String> {
        let control: String = (0..0x20_u8).chain([0x7f]).map(char::from).collect();
        let mut names: Vec<String> =
            ["a", "\"", "\\", "\\\"\\\\", "b/c", "é", "\u{2028}\u{feff}\u{fffd}", "\u{10ffff}", "dir:x", "\\u0041"]
                .map(String::from)
                .into();
        names.extend([control, "x/".repeat(2047) + "\n", "ä\"".repeat(1365)]);
        names.sort();
        names
    }

    fn artifacts(names: &[String], algorithms: &[Algorithm]) -> Artifacts {
        let mut builder = Builder::default();
        for (number, name) in names.iter().enumerate() {
            let digest = [number as u8; 64];
            builder.add(&[name], algorithms.iter().map(|algorithm| (*algorithm, &digest[..algorithm.length()])));
        }
        builder.finish().unwrap()
    }

    fn digests(artifact: Artifact<'_>) -> Value {
        artifact
            .digests()
            .map(|(algorithm, digest)| (algorithm.name().to_owned(), Value::from(hex::encode(digest))))
            .collect()
    }

    /// The same link as other code writes it, from values. Members stand in the order of their names, whatever kind of map serde_json has.
    fn payload(link: &Link<'_>, form: LinkForm) -> Value {
        let map = |all: &Artifacts| all.iter().map(|one| (one.name().to_owned(), digests(one))).collect::<Value>();
        let list = |all: &Artifacts| {
            all.iter().map(|one| json!({"digest": digests(one), "name": one.name()})).collect::<Value>()
        };
        match form {
            LinkForm::Statement => json!({
                "_type": "https://in-toto.io/Statement/v1",
                "predicate": {
                    "byproducts": link.byproducts,
                    "command": link.command,
                    "environment": link.environment,
                    "materials": list(link.materials),
                    "name": link.name,
                },
                "predicateType": "https://in-toto.io/attestation/link/v0.3",
                "subject": list(link.products),
            }),
            _ => json!({
                "_type": "link",
                "byproducts": link.byproducts,
                "command": link.command,
                "environment": link.environment,
                "materials": map(link.materials),
                "name": link.name,
                "products": map(link.products),
            }),
        }
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn every_form_is_read_again_as_what_others_write() {
        let signer = Signer::from_seed([3; 32]);
        let materials = artifacts(&odd_names(), &[Algorithm::Sha256]);
        let products = artifacts(&odd_names()[3..], &Algorithm::ALL);
        let byproducts = map(json!({"return-value": -9, "stderr": "", "stdout": "a\n\t\u{0}\"\u{1b}ü"}));
        let environment = map(json!({"a": [null, true, [], {}, 18446744073709551615_u64], "b": {"c": "d"}}));
        let command = ["cc".to_owned(), "-o \"x\"".to_owned(), "\n".to_owned(), String::new()];
        let (none, empty) = (Artifacts::default(), Map::new());
        for (materials, products, command, byproducts, environment) in [
            (&materials, &products, &command[..], &byproducts, &environment),
            (&none, &materials, &[], &empty, &empty),
            (&none, &none, &command[..1], &byproducts, &empty),
        ] {
            let link = Link { name: "büild \"1\"", command, materials, products, byproducts, environment };
            for form in [LinkForm::Metablock, LinkForm::Dsse, LinkForm::Statement] {
                let (message, other) = (link.message(form).unwrap(), payload(&link, form));
                let signatures = [(signer.id().to_owned(), signer.sign(&message).to_vec())];
                let mut file = Vec::new();
                link.write(form, &signatures, &mut file).unwrap();
                let json = serde_json::to_vec(&other).unwrap();
                assert_eq!(String::from_utf8(link.json(form)).unwrap(), String::from_utf8(json.clone()).unwrap());
                let others_file = if form == LinkForm::Metablock {
                    assert_eq!(String::from_utf8(message).unwrap(), canonical(&other));
                    serde_json::to_vec(&signer.metablock(other)).unwrap()
                } else {
                    Envelope::sign(IN_TOTO, json, std::slice::from_ref(&signer)).unwrap().to_json().into_bytes()
                };
                let (own, other) = (Document::parse(&file).unwrap(), Document::parse(&others_file).unwrap());
                assert!(own.is_copy_of(&other), "{form:?}");
                assert_eq!((own.step_name(), own.notes()), (Some("büild \"1\""), &[][..]));
            }
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let (none, empty) = (Artifacts::default(), Map::new());
        let environment = map(json!({"a": [{"b": 1.5}]}));
        let link = Link {
            name: "a",
            command: &[],
            materials: &none,
            products: &none,
            byproducts: &empty,
            environment: &environment,
        };
        assert_eq!(link.message(LinkForm::Metablock), Err(LinkError::Number("1.5".into())));
        assert!(link.message(LinkForm::Dsse).is_ok());
        // Base64 takes a third more.
        let environment = map(json!({"a": "x".repeat(50 << 20)}));
        let link = Link { environment: &environment, ..link };
        assert!(link.message(LinkForm::Metablock).is_ok());
        assert!(matches!(link.message(LinkForm::Statement), Err(LinkError::TooLarge(bytes)) if bytes > 64 << 20));
    }
}
