//! A payload's text with its signatures, as a file: for layouts, which people read.

use serde_json::{Value, json};

use crate::envelope::document::{IN_TOTO, Signature};
use crate::envelope::dsse::{Envelope, pre_authentication_encoding};
use crate::hex;
use crate::keys::openpgp::OpenPgpSignature;
use crate::sign::canonical;

/// A payload that is to be signed, or was.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrapped {
    /// In a Metablock: the signatures are over canonical JSON.
    Metablock(Value),
    /// In a DSSE envelope: the signatures are over this text in DSSE's frame.
    Dsse(String),
}

impl Wrapped {
    /// What signatures are over.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        match self {
            Self::Metablock(value) => canonical(value).into_bytes(),
            Self::Dsse(text) => pre_authentication_encoding(IN_TOTO, text.as_bytes()),
        }
    }

    /// The file, with these signatures, as JSON on several lines.
    #[must_use]
    pub fn to_json(&self, signatures: &[Signature]) -> String {
        let json = match self {
            Self::Metablock(value) => {
                json!({"signatures": signatures.iter().map(metablock).collect::<Vec<_>>(), "signed": value})
            }
            Self::Dsse(text) => {
                let (payload, signatures) = (text.clone().into_bytes(), signatures.to_vec());
                Envelope { payload_type: IN_TOTO.into(), payload, signatures }.to_value()
            }
        };
        format!("{json:#}\n")
    }
}

fn metablock(signature: &Signature) -> Value {
    let keyid = &signature.keyid;
    match OpenPgpSignature::from_bytes(&signature.bytes).filter(|_| signature.is_openpgp) {
        None => json!({"keyid": keyid, "sig": hex::encode(&signature.bytes)}),
        Some(OpenPgpSignature { headers, short_keyid, signature }) => {
            let mut json =
                json!({"keyid": keyid, "other_headers": hex::encode(&headers), "signature": hex::encode(&signature)});
            if let Some(short) = short_keyid {
                json["short_keyid"] = json!(hex::encode(&short));
            }
            json
        }
    }
}
