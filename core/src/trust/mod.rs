//! What the verifier believes before it reads anything: the owners' keys, and what to do about inspections.

pub(crate) mod items;
pub(crate) mod keys;
pub(crate) mod signature;
pub mod trust_policy;

use core::fmt;

use sha2::{Digest, Sha256};

use crate::hex;
use crate::time::Time;
use crate::trust::items::Items;
use crate::trust::signature::PublicKey;

/// A project owner's key.
#[derive(Clone, Copy, Debug)]
pub struct OwnerKey<'a> {
    /// The key itself; nothing else is trusted.
    pub key: PublicKey<'a>,
    /// The key ids under which in-toto's dialects know it: where to look for its signature.
    pub ids: Items<'a, &'a str>,
}

/// What to do about a layout's inspections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspections {
    /// A layout that has some is not verified.
    Refuse,
    /// They are not run; the verdict names them. For machines that run no commands.
    Skip,
    /// They were run, and the bundle was made in memory with what was observed. Only for callers that made it themselves: nobody signs
    /// observations, so a bundle from elsewhere must never be verified this way.
    Observed,
}

impl Inspections {
    /// `refuse` or `skip`, as in a trust policy; `observed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Skip => "skip",
            Self::Observed => "observed",
        }
    }
}

/// What the verifier believes.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The project owners' keys, each key once.
    pub owners: Items<'a, OwnerKey<'a>>,
    /// How many of them must have signed the layout.
    pub threshold: usize,
    /// What to do about inspections.
    pub inspections: Inspections,
    /// The step whose products the chain is verified for; the layout's last step where it is not named.
    pub product_step: Option<&'a str>,
    /// Attestations without which a chain is not verified.
    pub attestations: Items<'a, RequiredAttestation<'a>>,
    /// The security version that must at least be attested; 0 asks for none, unless there is a [`Device`].
    pub security_version: u32,
    /// It is certainly later than this: layouts that expired before are refused, whatever the clock says or does not say.
    pub earliest_time: Option<Time>,
    /// The device that the product is to run on, which a security version must then be for.
    pub device: Option<Device<'a>>,
}

impl<'a> Trust<'a> {
    /// Belief in so many of these owners; nothing else is demanded, and inspections are refused.
    #[must_use]
    pub const fn new(owners: &'a [OwnerKey<'a>], threshold: usize) -> Self {
        Self {
            owners: Items::new(owners),
            threshold,
            inspections: Inspections::Refuse,
            product_step: None,
            attestations: Items::new(&[]),
            security_version: 0,
            earliest_time: None,
            device: None,
        }
    }
}

impl Trust<'_> {
    /// Must a security version be attested?
    pub(crate) const fn demands_version(&self) -> bool {
        self.security_version > 0 || self.device.is_some()
    }
}

/// What a device is. A security version must be attested that names both, whatever the least number is (BUNDLE.md, section 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device<'a> {
    /// The product's identifier.
    pub product: &'a str,
    /// The identifier of its hardware, one of those that the statement names.
    pub hardware: &'a str,
}

/// An attestation (in-toto Statement) that a chain must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredAttestation<'a> {
    /// Its `predicateType`, a URI.
    pub predicate_type: &'a str,
    /// The step whose functionaries must have signed it, and that recorded its subject; the product's step where it is not named.
    pub step: Option<&'a str>,
}

/// A key id: 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; 64]);

impl KeyId {
    pub(crate) const ZERO: Self = Self([b'0'; 64]);
}

impl AsRef<str> for KeyId {
    fn as_ref(&self) -> &str {
        // Digits are UTF-8.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_ref())
    }
}

/// The ids of a bare Ed25519 key: SHA-256 of the canonical JSON of the key, as Python in-toto 3 writes it, and with
/// `keyid_hash_algorithms`, as older Python, Rust and Go do.
#[must_use]
pub fn ed25519_key_ids(public: &[u8; 32]) -> [KeyId; 2] {
    [&b"{"[..], &b"{\"keyid_hash_algorithms\":[\"sha256\",\"sha512\"],"[..]].map(|start| {
        let mut digits = [0; 64];
        hex::encode(public, &mut digits);
        let digest = Sha256::new()
            .chain_update(start)
            .chain_update(b"\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"")
            .chain_update(digits)
            .chain_update(b"\"},\"scheme\":\"ed25519\"}")
            .finalize();
        let mut id = KeyId::ZERO;
        hex::encode(&digest, &mut id.0);
        id
    })
}
