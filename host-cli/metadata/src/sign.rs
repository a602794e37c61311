//! Signing: what signs ([`Sign`]), wherever its private half is, keys in memory ([`Signer`], [`EcdsaSigner`]), and Metablock envelopes. DSSE envelopes
//! are in `envelope::dsse`.

mod ecdsa;
mod signing;

use ed25519_compact::{KeyPair, SecretKey, Seed};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::hex;
use crate::keys::host_key::HostKey;
use crate::secret;

pub use ecdsa::EcdsaSigner;
pub use signing::{MadeSignature, Sign, SignError, SignFault, VerifyingKey, sign_all};

/// What stands before the 32 bytes of an Ed25519 key's seed in PKCS#8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// An Ed25519 key pair and its in-toto key id. The private half is overwritten when this is dropped.
pub struct Signer {
    /// Where it stays, however often this is moved.
    secret: Box<SecretKey>,
    public: [u8; 32],
    key: Box<VerifyingKey>,
}

impl Signer {
    /// The key that belongs to a seed (RFC 8032, section 5.1.5).
    ///
    /// # Panics
    /// On a seed of zeros alone, with which nobody signs.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self::from_secret(&Zeroizing::new(seed)).expect("a seed that is not zeros alone")
    }

    /// The same, of a seed that leaves no copy; `None` for one of zeros alone.
    #[must_use]
    pub fn from_secret(seed: &Zeroizing<[u8; 32]>) -> Option<Self> {
        let (secret, public) = secret::wiped(|| {
            let KeyPair { pk, sk } = KeyPair::try_from_seed(Seed::new(**seed)).ok()?;
            Some((Box::new(sk), *pk))
        })?;
        Some(Self { secret, public, key: VerifyingKey::listed(|| HostKey::Ed25519(public)) })
    }

    /// The key id: SHA-256 of the key's canonical JSON, as securesystemslib 1.x computes it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.key.id
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        secret::wiped(|| *self.secret.sign(message, None))
    }

    /// The key as it stands in a layout's `keys`.
    #[must_use]
    pub fn public_json(&self) -> Value {
        self.key.to_json()
    }

    /// The public key (a SubjectPublicKeyInfo) in PEM.
    #[must_use]
    pub fn public_pem(&self) -> String {
        HostKey::Ed25519(self.public()).to_pem()
    }

    /// The private key (PKCS#8) in DER.
    #[must_use]
    pub fn private_der(&self) -> Zeroizing<Vec<u8>> {
        secret::wiped(|| {
            let mut der = Zeroizing::new(Vec::with_capacity(PKCS8.len() + 32));
            der.extend_from_slice(&PKCS8);
            der.extend_from_slice(&self.secret[..32]);
            der
        })
    }

    /// The private key (PKCS#8) in PEM.
    #[must_use]
    pub fn private_pem(&self) -> Zeroizing<String> {
        secret::wiped(|| secret::to_pem("PRIVATE KEY", &self.private_der()))
    }

    /// A Metablock: the signature is over the canonical JSON of `signed`.
    #[must_use]
    pub fn metablock(&self, signed: Value) -> Value {
        let signature = self.sign(canonical(&signed).as_bytes());
        json!({"signatures": [{"keyid": self.id(), "sig": hex::encode(&signature)}], "signed": signed})
    }
}

impl Sign for Signer {
    fn key(&self) -> &VerifyingKey {
        &self.key
    }

    fn unchecked(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        Ok(Signer::sign(self, message).to_vec())
    }
}

/// OLPC canonical JSON: keys ascending, no white space, only `"` and `\` escaped.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number > 0 { "," } else { "" });
                write_canonical(item, text);
            }
            text.push(']');
        }
        // Sorted here, because serde_json's map is ordered only while no crate asks it for the order of insertion. UTF-8 bytes
        // order as code points do.
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (number, (key, item)) in members.into_iter().enumerate() {
                text.push_str(if number > 0 { "," } else { "" });
                write_string(key, text);
                text.push(':');
                write_canonical(item, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    text.extend(string.chars().flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::OwnerFile;
    use crate::keys::key_fault::KeyFault;
    use crate::vectors;
    use std::path::Path;

    #[test]
    fn canonical_json_is_what_the_demo_signed() {
        // The RSA and ECDSA sets check the host's schemes end to end, too.
        for set in ["metablock-rsa", "metablock-ecdsa"] {
            let directory = format!("in-toto-demo/{set}/pristine");
            let layout = vectors::json(&format!("{directory}/root.layout"));
            let owner = vectors::owners(&[&format!("{directory}/alice.pub")]).unwrap().remove(0);
            let key = HostKey::from_pem(&owner.public).unwrap();
            let signature = hex::decode(layout["signatures"][0]["sig"].as_str().unwrap()).unwrap();
            let message = canonical(&layout["signed"]);
            let verify = |message: &str| {
                key.verify::<()>(&owner.scheme, &signature, |sink| {
                    sink(message.as_bytes());
                    Ok(())
                })
            };
            assert!(verify(&message).is_ok(), "{set}");
            assert!(verify(&message.replace("foo.py", "bar.py")).is_err(), "{set}");
        }
    }

    #[test]
    fn only_two_characters_are_escaped() {
        assert_eq!(
            canonical(&json!({"b": "\n\"\\\u{1}é", "a": [1, true, null, {}]})),
            "{\"a\":[1,true,null,{}],\"b\":\"\n\\\"\\\\\u{1}é\"}"
        );
    }

    #[test]
    fn written_keys_are_read_again() {
        let signer = Signer::from_seed([7; 32]);
        let owner = OwnerFile::parse(Path::new("owner.pub"), signer.public_pem().as_bytes()).unwrap();
        assert_eq!(owner.ids[0], signer.id());
        assert_eq!(HostKey::from_pem(&signer.private_pem()), Err(KeyFault::Private));
    }
}
