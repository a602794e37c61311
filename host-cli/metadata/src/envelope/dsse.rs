//! DSSE envelopes around any payload: signed here, and read from files that other tools wrote.
//!
//! Layouts, links and attestations are read by `metadata`, which keeps how their JSON was written. Here the payload is bytes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sitrep_core::limits::SIGNATURES;

use crate::envelope::document::Signature;
use crate::sign::{Sign, SignError, sign_all};

/// A payload with signatures, which were not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// Signatures over [`pre_authentication_encoding`].
    pub signatures: Vec<Signature>,
}

/// The JSON form (DSSE v1, envelope.md). Other members are left alone.
#[derive(Serialize, Deserialize)]
struct Json {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<JsonSignature>,
}

#[derive(Serialize, Deserialize)]
struct JsonSignature {
    #[serde(skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

/// Why a text is no envelope.
#[derive(Debug)]
pub enum EnvelopeFault {
    /// It is no JSON, or a member is missing, stands twice or is of the wrong type.
    Json(serde_json::Error),
    /// A member is not base64: `payload`, or `sig` of the signature with this number, from 1.
    Base64(Option<usize>),
    /// There are so many signatures.
    TooManySignatures(usize),
}

impl fmt::Display for EnvelopeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "expected a DSSE envelope: {error}"),
            Self::Base64(None) => f.write_str("expected `payload` in base64, padded and without white space"),
            Self::Base64(Some(number)) => write!(f, "expected `sig` of signature {number} in padded base64"),
            Self::TooManySignatures(count) => write!(f, "expected at most {SIGNATURES} signatures, found {count}"),
        }
    }
}

impl std::error::Error for EnvelopeFault {}

/// What DSSE's signatures are over (protocol.md, "PAE").
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Signs a payload with every key. Each signature has been verified with its public key.
    ///
    /// # Errors
    /// [`SignError`] of the first key that did not sign, or whose signature is not good.
    pub fn sign<S: Sign>(payload_type: &str, payload: Vec<u8>, signers: &[S]) -> Result<Self, SignError> {
        let made = sign_all(&pre_authentication_encoding(payload_type, &payload), signers)?;
        let signatures = made.into_iter().map(|made| Signature::bare(Some(made.keyid), made.bytes)).collect();
        Ok(Self { payload_type: payload_type.into(), payload, signatures })
    }

    /// The envelope as JSON on one line, with its line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_value().to_string() + "\n"
    }

    /// The envelope as a JSON value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let signature = |signature: &Signature| JsonSignature {
            keyid: signature.keyid.clone(),
            sig: STANDARD.encode(&signature.bytes),
        };
        let json = Json {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(signature).collect(),
        };
        // Strings alone cannot fail.
        serde_json::to_value(&json).unwrap_or_default()
    }

    /// Reads an envelope in JSON.
    ///
    /// # Errors
    /// [`EnvelopeFault`] when it is none.
    pub fn parse(json: &[u8]) -> Result<Self, EnvelopeFault> {
        let Json { payload, payload_type, signatures } = serde_json::from_slice(json).map_err(EnvelopeFault::Json)?;
        if signatures.len() > SIGNATURES as usize {
            return Err(EnvelopeFault::TooManySignatures(signatures.len()));
        }
        let signature = |(number, JsonSignature { keyid, sig })| {
            let bytes = decode(&sig).ok_or(EnvelopeFault::Base64(Some(number)))?;
            // Go writes an empty key id where there is none.
            Ok(Signature::bare(keyid.filter(|id| !id.is_empty()), bytes))
        };
        Ok(Self {
            payload_type,
            payload: decode(&payload).ok_or(EnvelopeFault::Base64(None))?,
            signatures: (1..).zip(signatures).map(signature).collect::<Result<_, _>>()?,
        })
    }
}

/// Standard or URL-safe alphabet (DSSE allows both), padded.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['-', '_']) { URL_SAFE.decode(text) } else { STANDARD.decode(text) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Signer;

    /// The example of DSSE's protocol.md.
    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(pre_authentication_encoding("ä", b""), "DSSEv1 2 ä 0 ".as_bytes());
    }

    #[test]
    fn what_is_signed_comes_back_and_is_good() {
        let signers = [Signer::from_seed([1; 32]), Signer::from_seed([2; 32])];
        let envelope = Envelope::sign("application/x", vec![0xff, 0xfb, 0xfe], &signers).unwrap();
        let json = envelope.to_json();
        assert_eq!(json.lines().count(), 1);
        assert_eq!(Envelope::parse(json.as_bytes()).unwrap(), envelope);
        // The other alphabet, a member more, and no key id.
        let other = json.replace("//v+", "__v-").replacen('{', "{\"more\": [1], ", 1);
        let other = other.replace(&format!("\"keyid\":\"{}\",", signers[0].id()), "\"keyid\":\"\",");
        assert_ne!(other, json);
        let read = Envelope::parse(other.as_bytes()).unwrap();
        assert_eq!((&read.payload, &read.signatures[0].keyid), (&envelope.payload, &None));
    }

    #[test]
    fn no_other_text_is_an_envelope() {
        let json = Envelope::sign("application/x", vec![1, 2, 3], &[Signer::from_seed([1; 32])]).unwrap().to_json();
        for (from, to) in [
            ("\"payload\"", "\"payloads\""),
            ("\"AQID\"", "3"),
            ("AQID", "AQI"),
            ("AQID", "AQ ID"),
            ("\"sig\":\"", "\"sig\":\"*"),
            ("\"payloadType\"", "\"payload\""),
            ("}\n", "}{}"),
            ("[{", "[[{"),
        ] {
            assert!(json.contains(from), "{from}");
            assert!(Envelope::parse(json.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
        }
        let many = vec!["{\"sig\":\"AQID\"}"; SIGNATURES as usize + 1].join(",");
        let many = format!("{{\"payload\":\"AQID\",\"payloadType\":\"x\",\"signatures\":[{many}]}}");
        assert!(matches!(Envelope::parse(many.as_bytes()), Err(EnvelopeFault::TooManySignatures(33))));
    }
}
