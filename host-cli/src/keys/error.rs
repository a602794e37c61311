//! Why a file is no usable key, in one line, and what to do about it, in another.

use std::fmt;
use std::path::PathBuf;

use super::openssh::OpenSshFault;
use super::signify::SignifyFault;
use crate::schemes::{KeyFault, RSA_MAX_BITS, RSA_MIN_BITS};

/// Why the keys cannot be used.
#[derive(Debug)]
pub struct KeyError {
    /// The file that is to blame.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: KeyFileFault,
}

/// What is wrong with a key file.
#[derive(Debug)]
pub enum KeyFileFault {
    /// The operating system did not let it be read.
    Read(std::io::Error),
    /// None of the forms that keys are kept in.
    NoForm,
    /// A sitrep bundle, an in-toto layout or link where a key was expected.
    Metadata,
    /// A private key, where the public one belongs.
    Private(PrivateForm),
    /// PKCS#8 that does not decode.
    MalformedPrivate,
    /// A certificate in PEM.
    Certificate,
    /// A bare RSA key in PEM (PKCS#1).
    Pkcs1,
    /// PEM of another kind.
    OtherPem,
    /// Several blocks of PEM. To take the first would be to leave out whom somebody meant.
    Several,
    /// OpenPGP, which this version cannot check.
    OpenPgp,
    /// An OpenSSH key, but not one that can be used.
    OpenSsh(OpenSshFault),
    /// A file of minisign or signify, but not a key that can be used.
    Signify(SignifyFault),
    /// JSON, but not a securesystemslib key.
    Json(serde_json::Error),
    /// The key does not decode.
    Key(KeyFault),
    /// Key type and scheme do not belong together, or this build has no such scheme.
    Scheme {
        /// `keytype` as given.
        keytype: String,
        /// `scheme` as given.
        scheme: String,
    },
    /// The key's bytes are of another kind than its `keytype` or `scheme` says.
    Mismatch,
    /// The same public key as in the other file. Whoever asks for two owners should not get one who counts twice.
    Duplicate(PathBuf),
}

/// How a private key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateForm {
    /// PEM, PKCS#8 without a password.
    Pkcs8,
    /// PEM of another kind: with a password, or older than PKCS#8.
    OtherPem,
    /// OpenSSH's own.
    OpenSsh,
    /// minisign or signify.
    Signify,
    /// securesystemslib's older JSON.
    Json,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            KeyFileFault::Read(error) => write!(f, "cannot read the key {path}: {error}"),
            KeyFileFault::NoForm => write!(
                f,
                "{path} is no public key: expected PEM, securesystemslib JSON, an OpenSSH Ed25519 key, or a minisign or signify key"
            ),
            KeyFileFault::Metadata => write!(f, "{path} is no public key but a bundle or in-toto metadata"),
            KeyFileFault::Private(_) | KeyFileFault::Key(KeyFault::Private) => {
                write!(f, "{path} holds a private key, expected the public one")
            }
            KeyFileFault::MalformedPrivate => {
                write!(
                    f,
                    "{path} holds a private key that does not decode, expected PKCS#8 in PEM with nothing after it"
                )
            }
            KeyFileFault::Certificate => write!(f, "{path} holds a certificate, expected its public key"),
            KeyFileFault::Pkcs1 => {
                write!(f, "{path} holds an RSA key in PKCS#1, expected a SubjectPublicKeyInfo (BEGIN PUBLIC KEY)")
            }
            KeyFileFault::OtherPem | KeyFileFault::Key(KeyFault::OtherPem) => {
                write!(f, "{path} holds PEM of another kind, expected a SubjectPublicKeyInfo (BEGIN PUBLIC KEY)")
            }
            KeyFileFault::Several => write!(f, "{path} holds more than one block of PEM, expected one public key"),
            KeyFileFault::OpenPgp => write!(f, "{path} holds an OpenPGP key, which this version cannot check"),
            KeyFileFault::OpenSsh(fault) => write!(f, "{path} {fault}"),
            KeyFileFault::Signify(fault) => write!(f, "{path} {fault}"),
            KeyFileFault::Json(error) => write!(f, "{path} is no public key in securesystemslib JSON: {error}"),
            KeyFileFault::Key(KeyFault::Malformed) => write!(
                f,
                "{path} is no public key: expected a SubjectPublicKeyInfo in PEM with nothing after it, or in JSON the 64 \
                 hexadecimal digits of an Ed25519 key"
            ),
            KeyFileFault::Key(KeyFault::Algorithm) => {
                write!(f, "the key {path} is neither Ed25519, RSA, ECDSA P-256 nor ECDSA P-384")
            }
            KeyFileFault::Key(KeyFault::RsaSize(bits)) => {
                write!(f, "the RSA key {path} has {bits} bits, expected {RSA_MIN_BITS} to {RSA_MAX_BITS}")
            }
            KeyFileFault::Scheme { keytype, scheme } => {
                write!(f, "the key {path} has type {keytype:?} with scheme {scheme:?}, which do not go together here")
            }
            KeyFileFault::Mismatch => write!(f, "the key {path} is of another kind than its keytype and scheme say"),
            KeyFileFault::Duplicate(other) => write!(f, "{path} holds the same public key as {}", other.display()),
        }
    }
}

impl fmt::Display for OpenSshFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(kind) => write!(f, "holds an OpenSSH key of type {kind}, expected ssh-ed25519"),
            Self::Certificate(kind) => {
                write!(f, "holds an OpenSSH certificate ({kind}), expected a bare ssh-ed25519 key")
            }
            Self::Options => {
                f.write_str("has something before the type of its OpenSSH key, expected `ssh-ed25519` first")
            }
            Self::Lines => {
                f.write_str("has several lines, expected the one line of an OpenSSH key: ssh-ed25519 AAAA... comment")
            }
            Self::Malformed => {
                f.write_str("is no OpenSSH Ed25519 key: expected after `ssh-ed25519` the 68 base64 characters of one")
            }
            Self::Rfc4716 => f.write_str("holds an SSH key as of RFC 4716, expected OpenSSH's own form"),
        }
    }
}

impl fmt::Display for SignifyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm(name) => {
                write!(f, "holds a minisign or signify key of algorithm \"{}\", expected \"Ed\"", name.escape_ascii())
            }
            Self::Signature => f.write_str("holds a signature of minisign or signify, expected a public key"),
            Self::Lines => f.write_str("goes on after its minisign or signify key, expected nothing after the base64"),
            Self::Malformed => f.write_str(
                "is no minisign or signify key: expected the 56 base64 characters of one on the line after the comment",
            ),
        }
    }
}

impl std::error::Error for KeyError {}

impl KeyError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match &self.fault {
            KeyFileFault::Read(_) => "give the project owner's public key file",
            KeyFileFault::NoForm => "write a PEM key with: openssl pkey -pubin -in KEY -pubout",
            KeyFileFault::Metadata => {
                "give the file of a key; --verification-keys takes every file after it, so put INPUT first"
            }
            KeyFileFault::Private(form) => form.hint(),
            KeyFileFault::Key(KeyFault::Private) => PrivateForm::Pkcs8.hint(),
            KeyFileFault::MalformedPrivate => "see what `openssl pkey -in KEY -noout -text_pub` says of it",
            KeyFileFault::Certificate => "write its public key with: openssl x509 -in FILE -noout -pubkey",
            KeyFileFault::Pkcs1 => {
                "write it as PEM of the other kind with: openssl rsa -RSAPublicKey_in -in KEY -pubout"
            }
            KeyFileFault::OtherPem | KeyFileFault::Key(KeyFault::OtherPem) => {
                "write the public key with: openssl pkey -in KEY -pubout"
            }
            KeyFileFault::Several => "give each key in a file of its own",
            KeyFileFault::OpenPgp => "let the owner sign the layout with an Ed25519, RSA or ECDSA key",
            KeyFileFault::OpenSsh(fault) => fault.hint(),
            KeyFileFault::Signify(SignifyFault::Algorithm(_)) => "let the owner sign with an Ed25519 key",
            KeyFileFault::Signify(_) => "give the file that `minisign -G -p FILE` or `signify -G -p FILE` wrote",
            KeyFileFault::Json(_) | KeyFileFault::Key(KeyFault::Malformed) => {
                "write a PEM key with: openssl pkey -pubin -in KEY -pubout"
            }
            KeyFileFault::Key(KeyFault::Algorithm | KeyFault::RsaSize(_))
            | KeyFileFault::Scheme { .. }
            | KeyFileFault::Mismatch => "see `sitrep verify --help` for the key types and schemes",
            KeyFileFault::Duplicate(_) => {
                "each file given must be another owner's key, all of whom have to sign; give this one once"
            }
        }
    }
}

impl PrivateForm {
    /// How to get the public half.
    const fn hint(self) -> &'static str {
        match self {
            Self::Pkcs8 | Self::Json => {
                "write the public key with: sitrep key show --pem KEY, or for PEM openssl pkey -in KEY -pubout"
            }
            Self::OtherPem => "write the public key with: openssl pkey -in KEY -pubout",
            Self::OpenSsh => "write the public key with: ssh-keygen -y -f KEY",
            Self::Signify => "give the public key, which minisign and signify write into a file of its own",
        }
    }
}

impl OpenSshFault {
    const fn hint(&self) -> &'static str {
        match self {
            Self::Type(_) => "write RSA and ECDSA keys as PEM with: ssh-keygen -e -m PKCS8 -f KEY",
            Self::Certificate(_) => "give the key that was certified, which stands in the .pub file without `-cert`",
            Self::Options => "give a file that holds `ssh-ed25519 AAAA...` and nothing before it",
            Self::Lines => "give each key in a file of its own",
            Self::Malformed => "see what `ssh-keygen -l -f KEY` says of it",
            Self::Rfc4716 => "write it in OpenSSH's form with: ssh-keygen -i -f KEY",
        }
    }
}
