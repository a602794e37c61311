//! OpenSSH public keys: one line, `ssh-ed25519 AAAA... comment` (sshd(8), AUTHORIZED_KEYS FILE FORMAT; RFC 8709, section 4).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::only_line;
use super::pem_block::Block;
use super::private_form::PrivateForm;

const TYPE: &str = "ssh-ed25519";

/// What stands before the 32 bytes of the key: its type and then the key, each after its length (RFC 4251, section 5).
const HEAD: [u8; 19] = *b"\0\0\0\x0bssh-ed25519\0\0\0\x20";

/// What is wrong with a file that looks like an OpenSSH public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenSshFault {
    /// A key of another type, such as `ssh-rsa`.
    Type(String),
    /// A certificate of that type, signed by an authority that in-toto knows nothing of.
    Certificate(String),
    /// Options before the type, as in `authorized_keys`.
    Options,
    /// More than one line.
    Lines,
    /// Not the base64 of an Ed25519 key.
    Malformed,
    /// RFC 4716, as `ssh-keygen -e` writes it.
    Rfc4716,
}

/// Is this the form of an OpenSSH public key, whatever its type?
pub(super) fn looks_like(text: &str) -> bool {
    text.starts_with("---- BEGIN SSH2 PUBLIC KEY ----") || text.lines().any(|line| key_words(line).is_some())
}

/// Reads the one key of a file that [`looks_like`] one.
pub(super) fn read(text: &str) -> Result<[u8; 32], OpenSshFault> {
    if text.starts_with("----") {
        return Err(OpenSshFault::Rfc4716);
    }
    let line = only_line(text).ok_or(OpenSshFault::Lines)?;
    let (place, kind, encoded) = key_words(line).ok_or(OpenSshFault::Malformed)?;
    if place > 0 {
        return Err(OpenSshFault::Options);
    }
    if kind.contains("-cert-v") {
        return Err(OpenSshFault::Certificate(kind.into()));
    }
    if kind != TYPE {
        return Err(OpenSshFault::Type(kind.into()));
    }
    let blob = STANDARD.decode(encoded).map_err(|_| OpenSshFault::Malformed)?;
    let key = blob.strip_prefix(&HEAD).ok_or(OpenSshFault::Malformed)?;
    key.try_into().map_err(|_| OpenSshFault::Malformed)
}

/// The type of a line's key, the word after it, and how many words stand before.
fn key_words(line: &str) -> Option<(usize, &str, &str)> {
    let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    let mut pairs = words.windows(2).enumerate();
    pairs.find_map(|(place, pair)| match pair {
        [TYPE, encoded] if place == 0 => Some((place, TYPE, *encoded)),
        // Every key starts with the length of its type's name, of which three bytes are zero.
        [kind, encoded] if is_type(kind) && encoded.starts_with("AAAA") => Some((place, *kind, *encoded)),
        _ => None,
    })
}

/// The names that OpenSSH gives its types of keys and certificates.
fn is_type(word: &str) -> bool {
    let starts = ["ssh-", "ecdsa-sha2-", "sk-", "rsa-sha2-", "webauthn-sk-"];
    word.len() < 64 && starts.iter().any(|start| word.starts_with(start))
}

/// How a private key of OpenSSH's is kept. Its type stands before what is encrypted.
pub(super) fn private_form(block: &Block<'_>) -> PrivateForm {
    let has = |kind: &str| memchr::memmem::find(&block.der, kind.as_bytes()).is_some();
    if has("sk-ssh-ed25519@openssh.com") || has("sk-ecdsa-sha2-") {
        PrivateForm::SecurityKey
    } else if has("ssh-rsa") || has("ecdsa-sha2-") {
        PrivateForm::OpenSshOther
    } else {
        PrivateForm::OpenSsh
    }
}

/// The fingerprint that `ssh-keygen -l` shows.
#[must_use]
pub fn fingerprint(key: &[u8; 32]) -> String {
    let digest = Sha256::new().chain_update(HEAD).chain_update(key).finalize();
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest))
}
