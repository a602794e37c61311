//! What a key is called: fingerprints, and the key ids that in-toto's dialects compute.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::hex;
use crate::keys::host_key::HostKey;

/// SHA-256 of the SubjectPublicKeyInfo in DER, in hexadecimal: the same for one key in every file format.
#[must_use]
pub fn fingerprint(key: &HostKey) -> String {
    hex::encode(&Sha256::digest(key.to_der()))
}

/// The key ids of in-toto's dialects for a bare key: SHA-256 of the canonical JSON of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyIds {
    /// Python with securesystemslib 1.x: keys of PEM with the line feed at the end.
    pub python3: String,
    /// Python with securesystemslib before 1.0: with `keyid_hash_algorithms`, PEM without the last line feed.
    pub older_python: String,
    /// in-toto-golang, as older Python.
    pub go: String,
    /// in-toto-rs, as older Python, but for ECDSA, whose keys it writes as the hexadecimal digits of the point. It has no P-384 and no P-521.
    pub rust: Option<String>,
}

impl KeyIds {
    /// The ids of a key that is used with this type and scheme.
    #[must_use]
    pub fn of(keytype: &str, scheme: &str, key: &HostKey) -> Self {
        let public = key.public_text();
        let older = id(ALGORITHMS, keytype, scheme, public.trim_end());
        let rust = match key {
            HostKey::Ed25519(_) | HostKey::Rsa(_) => Some(older.clone()),
            HostKey::P256(key) => {
                Some(id(ALGORITHMS, keytype, scheme, &hex::encode(key.to_sec1_point(false).as_bytes())))
            }
            HostKey::P384(_) | HostKey::P521(_) | HostKey::Dsa(_) => None,
        };
        Self { python3: id("", keytype, scheme, &public), older_python: older.clone(), go: older, rust }
    }
}

/// Every label under which a signature of the key may stand in a document, each once, the likeliest first. Somebody may also have taken
/// the last line feed for the other dialect's.
pub(crate) fn labels(keytype: &str, scheme: &str, key: &HostKey) -> Vec<String> {
    let KeyIds { python3, older_python, go, rust } = KeyIds::of(keytype, scheme, key);
    let public = key.public_text();
    let others = [id(ALGORITHMS, keytype, scheme, &public), id("", keytype, scheme, public.trim_end())];
    let mut labels = Vec::new();
    for label in [python3, older_python, go].into_iter().chain(rust).chain(others) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

const ALGORITHMS: &str = "\"keyid_hash_algorithms\":[\"sha256\",\"sha512\"],";

fn id(algorithms: &str, keytype: &str, scheme: &str, public: &str) -> String {
    // Nothing in these strings needs an escape: PEM and hexadecimal have neither quotes nor backslashes, types and schemes are
    // of a table, and canonical JSON leaves line feeds as they are.
    let canonical = format!(
        "{{{algorithms}\"keytype\":\"{keytype}\",\"keyval\":{{\"public\":\"{public}\"}},\"scheme\":\"{scheme}\"}}"
    );
    hex::encode(&Sha256::digest(canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of in-toto-golang's own tests, with the ids that those expect.
    #[test]
    fn ids_are_those_of_go() {
        let ed25519 = "393e671b200f964c49083d34a867f5d989ec1c69df7b66758fe471c8591b139c";
        let p384 = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEP8KQHqKA3QhiGQS6jlfoTXJlGTGcXxd2\n\
            ItmmqU/y8uryUNsXnV0nWloCsObK0XAMrMD1iWvHYMSDV14PP0vawLN+jfV7lrc5\n\
            IJwy1aFhPlerISgwe3OgrKJdFkn8LGu2\n-----END PUBLIC KEY-----\n";
        for (keytype, scheme, public, expected) in [
            ("ed25519", "ed25519", ed25519, "be6371bc627318218191ce0780fd3183cce6c36da02938a477d2e4dfae1804a6"),
            ("ecdsa", "ecdsa-sha2-nistp384", p384, "a5522ebccd492f64e6ec0bbcb5eb782708f6e26709a3712e64fff108b98e5142"),
        ] {
            let key = HostKey::decode(keytype, public).unwrap();
            assert_eq!(KeyIds::of(keytype, scheme, &key).go, expected, "{scheme}");
        }
    }

    /// What `PublicKey::from_pem_spki` of the crate in-toto 0.4 makes of this key.
    #[test]
    fn ids_are_those_of_rust() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf0UWuocal9NocnLaVm0Nl+QkZ6l5\n\
            QJCUFWElec+t8RuhjbOHc/5ICPwfpuuxBIgQD9gDBO/uBKK6vnumQvyz7w==\n-----END PUBLIC KEY-----\n";
        let key = HostKey::from_pem(pem).unwrap();
        let ids = KeyIds::of("ecdsa", "ecdsa-sha2-nistp256", &key);
        assert_eq!(ids.rust.unwrap(), "3175ffb24ff99a3281c025f00570cb48f3e1cfc9f0924658f9691af735751294");
        assert_eq!(ids.older_python, "9a5d807540ce917e2b43a22907b19adf8f1dd212a718ad0838c506b9a1bb297d");
    }
}
