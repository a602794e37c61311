//! What a file is that was given in the place of another: people give what they have. Asked only where it is not what was expected, and decides nothing.

use std::fmt;
use std::path::Path;

use sitrep_core::bundle;
use sitrep_core::trust_policy::MAGIC as COMPILED_POLICY;
use sitrep_core::update::{package, policy_update};

use crate::envelope::document::Document;
use crate::keys::{KeyFileFault, MAX_FILE, PublicHalf};
use crate::trust_policy::{MAX_POLICY, MAX_SIGNED, is_policy, is_signed_policy};

/// How much of a file is looked at beyond its first bytes: nothing of what people take for something else is longer.
const LOOKED_AT: usize = 16 << 20;

/// A kind of file that people have beside the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing, or nothing but white space.
    Empty,
    /// A bundle.
    Bundle,
    /// An update package.
    Package,
    /// A policy update.
    PolicyUpdate,
    /// A trust policy in either form.
    Policy,
    /// An envelope around a trust policy.
    SignedPolicy,
    /// A signed layout.
    Layout,
    /// A layout that is not in an envelope yet.
    BareLayout,
    /// A signed link.
    Link,
    /// A signed statement: an attestation, or a link in the form of one.
    Statement,
    /// A link or a statement that is not in an envelope.
    BareEvidence,
    /// A public key.
    PublicKey,
    /// A private key.
    PrivateKey,
    /// A certificate.
    Certificate,
    /// An archive or a compressed file, and which.
    Archive(&'static str),
    /// A program.
    Program,
    /// A web page.
    WebPage,
}

/// How archives and compressed files begin.
const ARCHIVES: [(&[u8], &str); 6] = [
    (&[0x1f, 0x8b], "a file compressed with gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "a file compressed with xz"),
    (b"BZh", "a file compressed with bzip2"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "a file compressed with zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
];

/// Where tar archives say what they are (POSIX, pax).
const TAR: usize = 257;

impl FileKind {
    /// The kind of a file with these contents, or with these bytes at its start; `None` where that cannot be told.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |start: &[u8]| bytes.starts_with(start);
        if starts(&bundle::MAGIC) {
            return Some(Self::Bundle);
        } else if starts(&package::MAGIC) {
            return Some(Self::Package);
        } else if starts(&policy_update::MAGIC) {
            return Some(Self::PolicyUpdate);
        } else if starts(&COMPILED_POLICY) {
            return Some(Self::Policy);
        } else if starts(b"\x7fELF") || starts(b"MZ") {
            return Some(Self::Program);
        } else if bytes.get(TAR..).is_some_and(|rest| rest.starts_with(b"ustar")) {
            return Some(Self::Archive("a tar archive"));
        } else if let Some((_, name)) = ARCHIVES.iter().find(|(start, _)| starts(start)) {
            return Some(Self::Archive(name));
        }
        match bytes.trim_ascii_start() {
            [] => Some(Self::Empty),
            _ if bytes.len() > LOOKED_AT => None,
            [b'{', ..] => Self::of_json(bytes),
            _ => Self::of_key(bytes),
        }
    }

    fn of_json(bytes: &[u8]) -> Option<Self> {
        let is_within = |most: u64| bytes.len() as u64 <= most;
        if is_within(MAX_POLICY) && is_policy(bytes) {
            Some(Self::Policy)
        } else if is_within(MAX_SIGNED) && is_signed_policy(bytes) {
            Some(Self::SignedPolicy)
        } else if let Ok(document) = Document::parse(bytes) {
            Self::of_document(&document)
        } else if let Some(key) = Self::of_key(bytes) {
            Some(key)
        } else {
            match Self::of_document(&Document::unsigned(bytes).ok()?)? {
                Self::Layout => Some(Self::BareLayout),
                _ => Some(Self::BareEvidence),
            }
        }
    }

    /// The kind of a file that was read as an envelope; `None` where its payload is no in-toto metadata.
    #[must_use]
    pub fn of_document(document: &Document) -> Option<Self> {
        match document.type_name()? {
            "layout" => Some(Self::Layout),
            "link" => Some(Self::Link),
            _ if document.payload().get("predicateType").is_some() => Some(Self::Statement),
            _ => None,
        }
    }

    fn of_key(bytes: &[u8]) -> Option<Self> {
        if bytes.len() as u64 > MAX_FILE {
            return None;
        }
        match PublicHalf::parse(Path::new(""), bytes) {
            Ok(key) if key.is_private => Some(Self::PrivateKey),
            Ok(_) | Err(KeyFileFault::Der) => Some(Self::PublicKey),
            Err(KeyFileFault::Private(_) | KeyFileFault::MalformedPrivate) => Some(Self::PrivateKey),
            Err(KeyFileFault::Certificate | KeyFileFault::DerCertificate) => Some(Self::Certificate),
            Err(KeyFileFault::Html) => Some(Self::WebPage),
            Err(_) => None,
        }
    }

    /// Which command or option takes such a file, where any does.
    #[must_use]
    pub const fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::Empty => "copy it again; nothing of it has arrived",
            Self::Bundle => {
                "`sitrep verify` and `sitrep inspect` take it, and `sitrep unpack BUNDLE -o DIR` writes what is in it as files"
            }
            Self::Package => "`sitrep inspect` shows it; the boot loader of a device verifies it",
            Self::PolicyUpdate => "`sitrep inspect` shows it; `sitrep boot-package --policy-update` takes it",
            Self::Policy => {
                "`sitrep trust show` shows it; `sitrep verify INPUT --trust FILE` takes it, and `sitrep trust sign` makes a signed one of it"
            }
            Self::SignedPolicy => "`sitrep trust show` shows it; `sitrep trust update` takes it",
            Self::Layout => "`sitrep verify`, `sitrep pack`, `sitrep lint` and `sitrep inspect` take it",
            Self::BareLayout => {
                "it has to be in an envelope, with the owner's signature; `sitrep lint` looks at it as it is"
            }
            Self::Link | Self::Statement => {
                "it belongs beside its layout: give that; `sitrep inspect` shows what is in this one"
            }
            Self::BareEvidence => "nothing that nobody signed counts: it has to be in an envelope, with a signature",
            Self::PublicKey => "`sitrep key show` shows it; `sitrep verify INPUT --verification-keys FILE` takes it",
            Self::PrivateKey => "keep it secret; `sitrep key show` says how to get its public half",
            Self::Certificate => "`sitrep key show` says how to get its public key",
            Self::Archive(_) | Self::Program => {
                "`sitrep verify INPUT --artifact FILE` compares it with what the supply chain produced"
            }
            Self::WebPage => "get the file itself, not the page that shows it",
        })
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Bundle => "a bundle",
            Self::Package => "an update package",
            Self::PolicyUpdate => "a policy update",
            Self::Policy => "a trust policy",
            Self::SignedPolicy => "a signed trust policy",
            Self::Layout => "a layout",
            Self::BareLayout => "a layout that nobody has signed",
            Self::Link => "a link",
            Self::Statement => "an attestation",
            Self::BareEvidence => "a link or attestation that nobody has signed",
            Self::PublicKey => "a public key",
            Self::PrivateKey => "a private key",
            Self::Certificate => "a certificate",
            Self::Archive(name) => name,
            Self::Program => "a program",
            Self::WebPage => "a web page",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_what_is_in_them() {
        let mut tar = vec![0; 512];
        tar[TAR..TAR + 5].copy_from_slice(b"ustar");
        let policy = br#"{"format": "sitrep-trust-policy"}"#;
        for (bytes, kind) in [
            (&b" \n"[..], Some(FileKind::Empty)),
            (&bundle::MAGIC, Some(FileKind::Bundle)),
            (&package::MAGIC, Some(FileKind::Package)),
            (&policy_update::MAGIC, Some(FileKind::PolicyUpdate)),
            (&COMPILED_POLICY, Some(FileKind::Policy)),
            (policy, Some(FileKind::Policy)),
            (br#"{"signatures": [], "signed": {"_type": "layout"}}"#, Some(FileKind::Layout)),
            (br#"{"signatures": [], "signed": {"_type": "link"}}"#, Some(FileKind::Link)),
            (br#"{"_type": "layout"}"#, Some(FileKind::BareLayout)),
            (br#"{"_type": "link"}"#, Some(FileKind::BareEvidence)),
            (br#"{"_type": "statement", "predicateType": "x"}"#, Some(FileKind::BareEvidence)),
            (b"{}", None),
            (b"<html>", Some(FileKind::WebPage)),
            (b"\x1f\x8b\x08", Some(FileKind::Archive("a file compressed with gzip"))),
            (&tar, Some(FileKind::Archive("a tar archive"))),
            (b"\x7fELF\x02", Some(FileKind::Program)),
            (b"#!/bin/sh\n", None),
        ] {
            assert_eq!(FileKind::of(bytes), kind, "{}", bytes.escape_ascii());
        }
    }
}
