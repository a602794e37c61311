//! OpenPGP keys and signatures, as far as in-toto uses them: verification alone, of what GnuPG signed.
//!
//! in-toto takes a signature packet apart (RFC 4880, section 5.2.3) and keeps three members: `keyid`, `other_headers` (the packet from its version to
//! the end of its hashed subpackets) and `signature`. What was signed is the canonical JSON, the headers and a trailer that says how long they are. A
//! key stands in a layout with its numbers, and with subkeys that sign for it.
//!
//! Asked is whether the signature is the key's. When a key is valid, who it belongs to and who says so is not asked: layouts say whom they trust, and
//! when they expire.
//!
//! `packets`, `armor`, `certificate` and `key_signature` read the key files that GnuPG exports. Own code, 500 lines, because the crates that read OpenPGP do far more: pgp 0.21 (MIT or
//! Apache, pure Rust) brings 170 other crates, among them a second generation of all of RustCrypto's with rsa 0.9; sequoia-openpgp is LGPL, and wants a cryptographic library in C or
//! the same older crates.

mod armor;
mod certificate;
mod key;
mod key_signature;
mod packets;
mod signature;
#[cfg(test)]
mod tests;

pub use armor::is_armored;
pub use certificate::{OpenPgpFault, is_binary, read};
pub use key::{OpenPgpKey, Part, all_numbers, from_json, from_layout};
pub use signature::{OpenPgpSignature, verify};

/// `method` of RSA keys.
pub const RSA: &str = "pgp+rsa-pkcsv1.5";
/// `method` of DSA keys.
pub const DSA: &str = "pgp+dsa-fips-180-2";
/// `method` of Ed25519 keys.
pub const EDDSA: &str = "pgp+eddsa-ed25519";

/// Every `method` of OpenPGP that can be checked.
pub const SCHEMES: [&str; 3] = [RSA, DSA, EDDSA];

/// Is this one of them?
#[must_use]
pub fn is_scheme(scheme: &str) -> bool {
    SCHEMES.contains(&scheme)
}
