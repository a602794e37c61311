//! What a verifier can do beside the least, by profile: what the profile `boot` lacks, so that its code fits into small flash.
//!
//! What a verifier does depends on the crate's feature `full` here alone; beside this file only attributes that keep functions apart ask for it, and what has another
//! form without it: an error's bits, a set of keys, `bundle::forms`, a lookup's memory. Everywhere else the question is [`Features::has`]: without `full` its
//! answer is known to the compiler, which leaves out what is behind it; with it the profile that a bundle was opened for answers ([`crate::Bundle::open_for`]),
//! so that whoever packs refuses what the device will refuse, at the same place and with the same code.

/// A set of capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(u32);

impl Features {
    /// None of them: the profile `boot`.
    pub const NONE: Self = Self(0);
    /// Layouts in place of links.
    pub const SUBLAYOUTS: Self = Self(1);
    /// Values for the `{name}`s of a layout.
    pub const PARAMETERS: Self = Self(1 << 1);
    /// Warnings about commands: another than expected, or one that failed.
    pub const COMMANDS: Self = Self(1 << 2);
    /// Formatting patches: texts that follow no style.
    pub const PATCHES: Self = Self(1 << 3);
    /// Styles of DSSE payloads with line feeds and indentation, and with the escapes of Go.
    pub const STYLES: Self = Self(1 << 4);
    /// Digest sets other than one SHA-256.
    pub const DIGESTS: Self = Self(1 << 5);
    /// Artifact maps and members in no order.
    pub const UNORDERED: Self = Self(1 << 6);
    /// Numbers other than integers of 32 bits without a sign.
    pub const NUMBERS: Self = Self(1 << 7);
    /// Demanded attestations other than the security version, and the steps that attestations are about.
    pub const ATTESTATIONS: Self = Self(1 << 8);
    /// Links as statements (`link/v0.3`, `Link/v0.2`).
    pub const LINK_STATEMENTS: Self = Self(1 << 9);
    /// Strings that are stored as the bytes that their hexadecimal digits stand for. Whoever packs for a verifier without them stores the digits.
    pub const HEX_STRINGS: Self = Self(1 << 10);
    /// Artifact names that are URIs, and links with a name or digest that does not count: without, one such entry is one too many for the bundle.
    pub const ODD_ARTIFACTS: Self = Self(1 << 11);
    /// Characters other than ASCII in texts that escape them (JSON of Python in DSSE envelopes).
    pub const ESCAPED_UNICODE: Self = Self(1 << 12);
    /// Room to remember where in an artifact map the last answer was found.
    pub const REMEMBERED_PLACES: Self = Self(1 << 13);
    /// Time for all the work that [`crate::limits::MODERATE`] allows.
    pub const MODERATE_WORK: Self = Self(1 << 14);
    /// Time for all the work that [`crate::limits::AMPLE`] allows.
    pub const AMPLE_WORK: Self = Self(1 << 15);
    /// Signatures of OpenPGP beside others: without, one is one too many for the bundle.
    pub const OPENPGP: Self = Self(1 << 16);
    /// Keys in other forms than those of in-toto's own types, which can sign nothing here, and the warnings about keys that cannot.
    pub const FOREIGN_KEYS: Self = Self(1 << 17);
    /// All of them.
    pub const ALL: Self = Self((1 << 18) - 1);
    /// All but time: the profile `device`.
    pub const OF_DEVICES: Self = Self(Self::ALL.0 & !Self::AMPLE_WORK.0);
    /// What this build of the crate can do.
    pub const BUILD: Self = if cfg!(feature = "full") { Self::ALL } else { Self::NONE };

    /// Are all of `features` in the set, and in this build?
    #[inline]
    #[must_use]
    pub const fn has(self, features: Self) -> bool {
        Self::BUILD.0 & features.0 == features.0 && self.0 & features.0 == features.0
    }
}
