//! What signs, wherever its private half is: in memory, in a token, behind a command.

use std::fmt;

use ed25519_compact::{PublicKey, Signature};
use serde::Serialize;
use serde_json::{Value, json};

use crate::hex;
use crate::keys::KeyIds;
use crate::keys::host_key::HostKey;
use crate::keys::schemes::agrees;
use crate::secret;

/// The public half of what signs: what a layout lists, and what every signature is checked with.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyingKey {
    /// The key.
    pub key: HostKey,
    /// in-toto's name of the kind of key, such as `ecdsa`.
    pub keytype: String,
    /// in-toto's name of the scheme that it signs with, such as `ecdsa-sha2-nistp256`.
    pub scheme: String,
    /// The key id: SHA-256 of the key's canonical JSON, as securesystemslib 1.x computes it.
    pub id: String,
}

impl VerifyingKey {
    /// A key with in-toto's default scheme for its kind.
    #[must_use]
    pub fn bare(key: HostKey) -> Self {
        let (keytype, scheme) = key.names();
        let id = KeyIds::of(keytype, scheme, &key).python3;
        Self { key, keytype: keytype.into(), scheme: scheme.into(), id }
    }

    /// The same, in memory of its own, of a key whose private half has just been worked with.
    ///
    /// A value's unused bytes are what the stack had there before, and are copied with it: so it is made further down, where [`secret::wiped`] has
    /// overwritten everything.
    pub(super) fn listed(key: impl FnOnce() -> HostKey) -> Box<Self> {
        secret::wiped(|| Box::new(Self::bare(key())))
    }

    /// A key with another scheme; `None` where the two do not go together.
    #[must_use]
    pub fn with_scheme(key: HostKey, scheme: &str) -> Option<Self> {
        let (keytype, _) = key.names();
        if !agrees(keytype, scheme) || !key.goes_with(keytype, scheme) {
            return None;
        }
        let id = KeyIds::of(keytype, scheme, &key).python3;
        Some(Self { key, keytype: keytype.into(), scheme: scheme.into(), id })
    }

    /// The key as it stands in a layout's `keys`: `keyid`, `keytype`, `keyval` with `public`, and `scheme`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { key, keytype, scheme, id } = self;
        json!({"keyid": id, "keytype": keytype, "keyval": {"public": key.public_text()}, "scheme": scheme})
    }

    /// Is `signature` this key's over the message?
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        if let HostKey::Ed25519(bytes) = &self.key {
            return Signature::from_slice(signature)
                .is_ok_and(|signature| PublicKey::new(*bytes).verify(message, &signature).is_ok());
        }
        let whole = |sink: &mut dyn FnMut(&[u8])| -> Result<(), ()> {
            sink(message);
            Ok(())
        };
        self.key.verify(&self.scheme, signature, whole).is_ok()
    }
}

/// What signs. It is in use only through [`Sign::sign`], which hands out no signature that is not good.
pub trait Sign {
    /// Its public half.
    fn key(&self) -> &VerifyingKey;

    /// The signature of a message in the form of the key's scheme (ECDSA in DER), not checked yet.
    ///
    /// # Errors
    /// [`SignFault`] where whatever has the private half gives none.
    fn unchecked(&self, message: &[u8]) -> Result<Vec<u8>, SignFault>;

    /// The signature of a message, verified with the public key.
    ///
    /// # Errors
    /// [`SignError`] where there is none, or one that is not good.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = |fault| SignError { id: self.id().to_owned(), fault };
        let signature = self.unchecked(message).map_err(failed)?;
        if self.key().has_signed(message, &signature) { Ok(signature) } else { Err(failed(SignFault::NotGood)) }
    }

    /// The key id.
    fn id(&self) -> &str {
        &self.key().id
    }

    /// The key as it stands in a layout's `keys`.
    fn public_json(&self) -> Value {
        self.key().to_json()
    }

    /// The public key (a SubjectPublicKeyInfo) in PEM.
    fn public_pem(&self) -> String {
        self.key().key.to_pem()
    }
}

impl<S: Sign + ?Sized> Sign for Box<S> {
    fn key(&self) -> &VerifyingKey {
        (**self).key()
    }

    fn unchecked(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        (**self).unchecked(message)
    }
}

/// A signature, and the id of the key that made it: an element of a Metablock's `signatures`, which it is in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeSignature {
    /// The id of the key.
    pub keyid: String,
    /// The signature: 64 bytes for Ed25519, DER for ECDSA. Hexadecimal in JSON.
    #[serde(rename = "sig", serialize_with = "as_hexadecimal")]
    pub bytes: Vec<u8>,
}

fn as_hexadecimal<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// Has every key sign a message, in their order. A Metablock's message is the canonical JSON of what it signs, which nobody has to have as a tree.
///
/// # Errors
/// [`SignError`] of the first key that did not sign, or whose signature is not good.
pub fn sign_all<S: Sign>(message: &[u8], signers: &[S]) -> Result<Vec<MadeSignature>, SignError> {
    let made = |signer: &S| Ok(MadeSignature { keyid: signer.id().to_owned(), bytes: signer.sign(message)? });
    signers.iter().map(made).collect()
}

/// Why a key did not sign.
#[derive(Debug)]
pub struct SignError {
    /// The key id.
    pub id: String,
    /// What went wrong.
    pub fault: SignFault,
}

/// What went wrong with a signature.
#[derive(Debug)]
pub enum SignFault {
    /// It is not the public key's over the message.
    NotGood,
    /// Whatever has the private half gave none; what it said, and what to do about it where that is known.
    Failed(String, Option<&'static str>),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.get(..8).unwrap_or(&self.id);
        match &self.fault {
            SignFault::NotGood => write!(f, "key {id}: the signature that was made is not good with the public key"),
            SignFault::Failed(why, _) => write!(f, "key {id} does not sign: {why}"),
        }
    }
}

impl std::error::Error for SignError {}

impl SignError {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match &self.fault {
            SignFault::NotGood => Some("see whether the public key is that of the private key which signs"),
            SignFault::Failed(_, hint) => *hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::{EcdsaSigner, Signer};
    use zeroize::Zeroizing;

    /// A key that signs something else than it is given, or nothing.
    struct Faulty(Signer, bool);

    impl Sign for Faulty {
        fn key(&self) -> &VerifyingKey {
            Sign::key(&self.0)
        }

        fn unchecked(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
            if self.1 { self.0.unchecked(&[message, b"."].concat()) } else { Ok(Vec::new()) }
        }
    }

    #[test]
    fn no_signature_that_is_not_good_is_handed_out() {
        for signs_other in [true, false] {
            let error = Faulty(Signer::from_seed([3; 32]), signs_other).sign(b"message").unwrap_err();
            assert!(matches!(error.fault, SignFault::NotGood) && error.hint().is_some(), "{error}");
        }
    }

    #[test]
    fn keys_of_all_kinds_sign_what_their_public_halves_verify() {
        let keys: [Box<dyn Sign>; 3] = [
            Box::new(Signer::from_seed([3; 32])),
            Box::new(EcdsaSigner::p256(&Zeroizing::new([3; 32])).unwrap()),
            Box::new(EcdsaSigner::p384(&Zeroizing::new([3; 48])).unwrap()),
        ];
        let made = sign_all(b"message", &keys).unwrap();
        // Deterministic (RFC 8032; RFC 6979).
        assert_eq!(made, sign_all(b"message", &keys).unwrap());
        for (signer, made) in keys.iter().zip(&made) {
            assert!(
                signer.key().has_signed(b"message", &made.bytes) && !signer.key().has_signed(b"other", &made.bytes)
            );
            assert_eq!(signer.public_json()["keyid"], made.keyid);
            assert_eq!(HostKey::from_pem(&signer.public_pem()).unwrap(), signer.key().key);
        }
        let json = serde_json::to_value(&made[0]).unwrap();
        assert_eq!(json, json!({"keyid": made[0].keyid, "sig": hex::encode(&made[0].bytes)}));
    }

    #[test]
    fn schemes_are_those_of_the_key() {
        let key = Sign::key(&Signer::from_seed([3; 32])).clone();
        assert_eq!(VerifyingKey::with_scheme(key.key.clone(), "ed25519"), Some(key.clone()));
        assert_eq!(VerifyingKey::with_scheme(key.key, "rsassa-pss-sha256"), None);
    }
}
