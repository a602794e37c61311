//! Why a file is no usable key, in one line, and what to do about it, in another.

use std::fmt;
use std::path::PathBuf;

use super::openssh::OpenSshFault;
use super::signify::SignifyFault;
use crate::keys::key_fault::{KeyFault, RSA_MAX_BITS, RSA_MIN_BITS};
use crate::keys::openpgp::OpenPgpFault;
use crate::keys::private_form::PrivateForm;

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
    /// None of the forms that keys are kept in.
    NoForm,
    /// Nothing, or nothing but white space.
    Empty,
    /// A web page.
    Html,
    /// A public key in DER.
    Der,
    /// A certificate in DER.
    DerCertificate,
    /// A JSON Web Key.
    Jwk,
    /// A key of age, which encrypts and does not sign.
    Age,
    /// A sitrep bundle, an in-toto layout or link where a key was expected.
    Metadata,
    /// A private key, where the public one belongs.
    Private(PrivateForm),
    /// PKCS#8 that does not decode.
    MalformedPrivate,
    /// A certificate in PEM.
    Certificate,
    /// A request for a certificate in PEM.
    CertificateRequest,
    /// PEM of another kind, with its label.
    OtherPem(String),
    /// Several blocks of PEM. To take the first would be to leave out whom somebody meant.
    Several,
    /// A file of OpenPGP, but not a key that can be used.
    OpenPgp(OpenPgpFault),
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

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            KeyFileFault::NoForm => write!(
                f,
                "{path} is no public key: expected PEM, securesystemslib JSON, an OpenSSH Ed25519 key, a minisign or signify key, or an OpenPGP key"
            ),
            KeyFileFault::Empty => write!(f, "{path} is empty, expected a public key"),
            KeyFileFault::Html => write!(f, "{path} is a web page, expected a public key"),
            KeyFileFault::Der => write!(f, "{path} holds a public key in DER, expected PEM"),
            KeyFileFault::DerCertificate => write!(f, "{path} holds a certificate in DER, expected its public key"),
            KeyFileFault::Jwk => write!(f, "{path} holds a JSON Web Key, expected PEM or securesystemslib JSON"),
            KeyFileFault::Age => write!(f, "{path} holds a key of age, which encrypts and signs nothing"),
            KeyFileFault::Metadata => write!(f, "{path} is no public key but a bundle or in-toto metadata"),
            KeyFileFault::Private(form) => write!(f, "{path} holds {form}, expected the public one"),
            KeyFileFault::Key(KeyFault::Private) => write!(f, "{path} holds a private key, expected the public one"),
            KeyFileFault::MalformedPrivate => {
                write!(
                    f,
                    "{path} holds a private key that does not decode, expected PKCS#8 in PEM with nothing after it"
                )
            }
            KeyFileFault::Certificate => write!(f, "{path} holds a certificate, expected its public key"),
            KeyFileFault::CertificateRequest => {
                write!(f, "{path} holds a request for a certificate, expected its public key")
            }
            KeyFileFault::OtherPem(label) => {
                write!(f, "{path} holds PEM of another kind ({label:?}), expected BEGIN PUBLIC KEY")
            }
            KeyFileFault::Several => write!(f, "{path} holds more than one block of PEM, expected one public key"),
            KeyFileFault::OpenPgp(fault) => write!(f, "{path} {fault}"),
            KeyFileFault::OpenSsh(fault) => write!(f, "{path} {fault}"),
            KeyFileFault::Signify(fault) => write!(f, "{path} {fault}"),
            KeyFileFault::Json(error) => write!(f, "{path} is no public key in securesystemslib JSON: {error}"),
            KeyFileFault::Key(KeyFault::Malformed) => write!(
                f,
                "{path} is no public key: expected a SubjectPublicKeyInfo in PEM with nothing after it, or in JSON the 64 \
                 hexadecimal digits of an Ed25519 key"
            ),
            KeyFileFault::Key(KeyFault::Algorithm) => {
                write!(f, "the key {path} is neither Ed25519, RSA nor ECDSA on P-256, P-384 or P-521")
            }
            KeyFileFault::Key(KeyFault::RsaSize(bits)) => {
                write!(f, "the RSA key {path} has {bits} bits, expected {RSA_MIN_BITS} to {RSA_MAX_BITS}")
            }
            KeyFileFault::Key(fault) => write!(f, "the key {path} cannot be used: {fault}"),
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
    pub fn hint(&self) -> &'static str {
        match &self.fault {
            KeyFileFault::NoForm | KeyFileFault::Empty | KeyFileFault::OtherPem(_) => {
                "give the project owner's public key file; `sitrep key show --help` says in which forms"
            }
            KeyFileFault::Html => "get the file itself, not the page that shows it",
            KeyFileFault::Der => "write it as PEM with: openssl pkey -pubin -inform DER -in KEY -pubout",
            KeyFileFault::DerCertificate => {
                "write its public key with: openssl x509 -inform DER -in FILE -noout -pubkey"
            }
            KeyFileFault::Jwk => "ask the owner for the key as PEM (BEGIN PUBLIC KEY)",
            KeyFileFault::Metadata => {
                "give the file of a key; --verification-keys takes every file after it, so put INPUT first"
            }
            KeyFileFault::Private(form) => form.hint(),
            KeyFileFault::Key(KeyFault::Private) => PrivateForm::Pkcs8.hint(),
            KeyFileFault::MalformedPrivate => "see what `openssl pkey -in KEY -noout -text_pub` says of it",
            KeyFileFault::Certificate => "write its public key with: openssl x509 -in FILE -noout -pubkey",
            KeyFileFault::CertificateRequest => "write its public key with: openssl req -in FILE -noout -pubkey",
            KeyFileFault::Several => "give each key in a file of its own",
            KeyFileFault::OpenPgp(fault) => openpgp_hint(*fault),
            KeyFileFault::OpenSsh(fault) => fault.hint(),
            KeyFileFault::Signify(SignifyFault::Algorithm(_)) => "let the owner sign with an Ed25519 key",
            KeyFileFault::Signify(_) => "give the file that `minisign -G -p FILE` or `signify -G -p FILE` wrote",
            KeyFileFault::Key(KeyFault::Malformed | KeyFault::Long) => {
                "see what `openssl pkey -pubin -in KEY -noout -text` says of it, and whether there is text around the block"
            }
            KeyFileFault::Age
            | KeyFileFault::Key(
                KeyFault::Algorithm | KeyFault::RsaSize(_) | KeyFault::DsaSize(_) | KeyFault::Numbers,
            ) => ANOTHER_KEY,
            KeyFileFault::Json(_)
            | KeyFileFault::Key(KeyFault::OtherPem | KeyFault::Ed25519Pem | KeyFault::OpenPgp)
            | KeyFileFault::Scheme { .. }
            | KeyFileFault::Mismatch => "see `sitrep verify --help` for the key types and schemes",
            KeyFileFault::Duplicate(_) => {
                "each file given must be another owner's key, all of whom have to sign; give this one once"
            }
        }
    }
}

/// What no command makes a usable key of.
const ANOTHER_KEY: &str = "let the owner sign with another key: Ed25519, RSA of 2048 bits or more, or ECDSA";

/// A signature of a security key is over a digest of the document and a counter of its own.
const SECURITY_KEY: &str =
    "sk- keys sign in a form of their own that in-toto does not have: let the owner sign with another key";

const fn openpgp_hint(fault: OpenPgpFault) -> &'static str {
    match fault {
        OpenPgpFault::Key(_) | OpenPgpFault::Algorithm(_) | OpenPgpFault::Version(_) => {
            "let the owner sign with another key: of OpenPGP, RSA of 2048 bits or more, or Ed25519"
        }
        OpenPgpFault::Revoked => "ask the owner which key is in use now",
        OpenPgpFault::TooMuch => "let the owner write it anew with: gpg --export-options export-minimal --export KEYID",
        OpenPgpFault::Several => "write each into a file of its own with: gpg --export KEYID",
        OpenPgpFault::Malformed | OpenPgpFault::Secret | OpenPgpFault::Signature | OpenPgpFault::Keybox => {
            "write the owner's key with: gpg --export KEYID"
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
            Self::Encrypted => "write the public key with: openssl pkey -in KEY -pubout, which asks for the password",
            Self::Older => "write the public key with: openssl pkey -in KEY -pubout",
            Self::OpenSsh => "write the public key with: ssh-keygen -y -f KEY",
            Self::OpenSshOther => "write the public key as PEM with: ssh-keygen -e -m PKCS8 -f KEY",
            Self::SecurityKey => SECURITY_KEY,
            Self::Minisign => "write the public key with: minisign -R -s KEY -p FILE",
            Self::Signify => "give the public key, which `signify -G -p FILE` wrote into a file of its own",
            Self::Cosign => "write the public key with: cosign public-key --key KEY",
            Self::OpenPgp => "let the owner write the public key with: gpg --export KEYID",
            Self::Putty => "write the public key with: puttygen KEY -L",
            Self::Unusable => ANOTHER_KEY,
            Self::Unknown => "ask the owner for the public key",
        }
    }
}

impl OpenSshFault {
    fn hint(&self) -> &'static str {
        match self {
            Self::Type(kind) if kind.starts_with("sk-") || kind.starts_with("webauthn-sk-") => SECURITY_KEY,
            Self::Type(kind) if kind == "ssh-rsa" || kind.starts_with("ecdsa-sha2-") => {
                "write it as PEM with: ssh-keygen -e -m PKCS8 -f KEY"
            }
            Self::Type(_) => ANOTHER_KEY,
            Self::Certificate(_) => "give the key that was certified, which stands in the .pub file without `-cert`",
            Self::Options => "give a file that holds `ssh-ed25519 AAAA...` and nothing before it",
            Self::Lines => "give each key in a file of its own",
            Self::Malformed => "see what `ssh-keygen -l -f KEY` says of it",
            Self::Rfc4716 => "write it in OpenSSH's form with: ssh-keygen -i -f KEY",
        }
    }
}
