//! Every maximum, in one place.
//!
//! The memory that verification takes follows from these numbers alone, never from the number of artifacts or the size of the bundle.
//! What exceeds one is refused with a code of its own (class `limit`).

pub use crate::features::Features;

/// How deep containers may be nested in a payload, in levels. in-toto's own metadata needs 5 (layout, steps, step, rules, rule),
/// SPDX and CycloneDX predicates less than 20. Bounds the reader's stack and the emitter's two 32-bit masks.
pub const NESTING: usize = 32;

/// How many signatures one envelope may carry. in-toto layouts are signed by a handful of owners; bounds the time that
/// strangers' signatures can cost.
pub const SIGNATURES: u32 = 32;

/// How many bytes a name may have: of a file, a step, a key, a payload type, an algorithm, a predicate type. No file system allows longer ones, and the
/// URIs in use are half as long. A packer can let every envelope share one name, which whoever shows the envelopes writes as often.
pub const LABEL: usize = 255;

/// How many times one link's signatures are checked. A signature with a key id is checked against one key; only DSSE signatures without
/// are tried against every key that the step allows, and each try is an Ed25519 verification: on a device, a second for this many.
pub const ATTEMPTS: u32 = 64;

/// How many different digest sets one path may have in a bundle. One for each step that changes the file; bounds the
/// pairwise comparison of the variants.
pub const VARIANTS: u32 = 255;

/// How many shapes of digest sets a bundle may define. Real metadata has one to three; bounds the search for a shape.
pub const SHAPES: u32 = 64;

/// How many algorithms a digest set may have. in-toto lists fewer than 16 in all; bounds the comparison of two sets.
pub const ALGORITHMS: u32 = 16;

/// How many runs an artifact map in no order may have. Tools sort their artifacts; what does not is looked up linearly.
pub const UNORDERED_RUNS: u32 = 1024;

/// How many members an object may have whose keys do not ascend. Tools either sort keys or write the fixed members of a type, fewer
/// than 30 in in-toto, SPDX and CycloneDX; bounds the pairwise comparison of the keys, and as
/// many times a payload's tokens may be read again for it.
pub const UNORDERED_MEMBERS: u32 = 64;

/// How many bytes of a payload's text may come from each byte of the bundle, beside [`TEXT_BASE`]. in-toto's own metadata comes to less than
/// 20. References, artifact maps and indentation could otherwise make years of hashing out of a megabyte, and a device would hang
/// instead of refusing.
pub const TEXT_RATIO: u32 = 256;

/// How many bytes a payload's text may have whatever the size of the bundle: small ones are no danger.
pub const TEXT_BASE: u32 = 65_536;

/// How many subjects of an attestation are compared with what a step recorded; it is about one or a few artifacts.
pub const SUBJECTS: usize = 64;

/// How many keys all layouts may list, whatever the profile: the width of a set of keys.
pub const KEYS: usize = if cfg!(feature = "full") { 128 } else { 32 };

/// How many project owners a trust policy may name. The reader of JSON keeps them on its stack, 48 bytes each on a host.
pub const TRUST_OWNERS: usize = 8;

/// How many key ids a trust policy's owners may have, all together. in-toto's dialects compute two of one Ed25519 key and four of an RSA key.
pub const TRUST_KEY_IDS: usize = 32;

/// How many attestations a trust policy may require. There are about ten predicate types in use in all.
pub const TRUST_ATTESTATIONS: usize = 8;

/// How many bytes the artifact's name may have where a trust policy leaves the slot's to be put in: a device writes it anew on its stack.
pub const SLOT_NAME: usize = 64;

/// The greatest security version, and the greatest revision of a policy. A device remembers both and takes only greater ones, or the same, so that one
/// with the number after this could never be followed.
pub const GREATEST_NUMBER: u32 = u32::MAX - 1;

/// How many warnings a verdict keeps; more are counted.
pub const WARNINGS: usize = 16;

/// How many bytes are rebuilt before they are handed to a hash function.
pub const CHUNK: usize = 512;

/// Maxima of the time that a verification may take. They differ between machines by what these have to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Envelopes of a bundle, also those that turn out to be no evidence: each is read before it is known whether anybody has signed it.
    pub envelopes: u16,
    /// Signatures of one envelope.
    pub signatures: u32,
    /// How many times one link's signatures are checked.
    pub attempts: u32,
    /// Different digest sets of one path.
    pub variants: u32,
    /// Bytes of a pattern in a rule: as many as a path may have. One match takes as many steps as both have bytes, multiplied.
    pub pattern: u32,
    /// Units of work that a check of an Ed25519 signature takes, beside the text.
    pub signature: u32,
    /// Units of work for each byte of the bundle, beside `base`: what a unit is says BUNDLE.md, section 10.
    pub ratio: u32,
    /// Units of work whatever the size of the bundle.
    pub base: u32,
}

/// Of a host. The largest chains known, of 50 steps that each list all files of a monorepo before and after, come to 512 units for each byte; the base is
/// a check of a signature for each of the most links, and a third more. A unit takes no longer than two thirds of a byte take to be hashed and read
/// (tests/tests/verifier_bounds.rs).
pub const AMPLE: Work = Work {
    envelopes: 1 + HOST.links as u16,
    signatures: SIGNATURES,
    attempts: ATTEMPTS,
    variants: VARIANTS,
    pattern: HOST.path as u32,
    signature: 49_152,
    ratio: 896,
    base: 1 << 26,
};

/// Of a microcontroller whose watchdog is not fed while it verifies. A unit takes at most 140 instructions of the emulated Cortex-M3
/// (core/c/budgets.toml), a check of a signature 2 million. The base is 64 of those; the ratio is 24 bytes of text for each byte of the bundle, where in-toto's
/// own metadata comes to less than 20. So a bundle of 8 KiB takes 4 seconds at 64 MHz at most, one of 16 KiB 6 (core/c/README.md).
pub const MODERATE: Work = Work {
    envelopes: 1 + DEVICE.links as u16,
    signatures: 16,
    attempts: 32,
    variants: 32,
    pattern: DEVICE.path as u32,
    signature: 16_384,
    ratio: 96,
    base: 1 << 20,
};

/// Of a boot loader, which must be done in a known time, whatever it is given (firmware/WORST_CASE.md). in-toto's own layouts and links take less than 1,000
/// bytes of tokens, and 20 bytes of text for each byte of the bundle.
pub const SCARCE: Work = Work {
    envelopes: 1 + BOOT.links as u16,
    signatures: 8,
    attempts: 16,
    variants: 16,
    pattern: BOOT.path as u32,
    signature: 16_384,
    ratio: 96,
    base: 1 << 20,
};

impl Features {
    /// The maxima of the work that a verification may take.
    #[inline]
    #[must_use]
    pub const fn work(self) -> &'static Work {
        if self.has(Self::AMPLE_WORK) {
            &AMPLE
        } else if self.has(Self::MODERATE_WORK) {
            &MODERATE
        } else {
            &SCARCE
        }
    }
}

/// The maxima that differ between machines: they are the sizes of the verifier's memory ([`crate::Memory`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Number of the profile, as in a bundle's header.
    pub profile: u8,
    /// Name of the profile, as `sitrep pack --profile` takes it.
    pub name: &'static str,
    /// The layout and its sublayouts, together, and so how deep these can be nested.
    pub layouts: usize,
    /// Keys that all layouts list.
    pub keys: usize,
    /// Steps and inspections of all layouts, together.
    pub steps: usize,
    /// Envelopes of the bundle besides the layout.
    pub links: usize,
    /// Rules in one list of a step.
    pub rules: usize,
    /// Bytes of an artifact's path; and of the words of one list of rules that parameters change.
    pub path: usize,
    /// What its verifiers can do beside the least.
    pub features: Features,
}

/// A workstation or server: larger than any layout seen in the wild. 110 KB of memory ([`crate::HostMemory`]), to be boxed.
pub const HOST: Limits = Limits {
    profile: 1,
    name: "host",
    layouts: 32,
    keys: 128,
    steps: 256,
    links: 1024,
    rules: 512,
    path: 4096,
    features: Features::ALL,
};

/// A microcontroller with 16 KiB of RAM or more: 3.2 KB of memory ([`crate::DeviceMemory`]), and 9.6 KB with all stack of a verification.
pub const DEVICE: Limits = Limits {
    profile: 2,
    name: "device",
    layouts: 3,
    keys: 16,
    steps: 12,
    links: 16,
    rules: 16,
    path: 256,
    features: Features::OF_DEVICES,
};

/// The boot loader of a microcontroller: the least that verifies a chain ([`crate::BootMemory`]).
pub const BOOT: Limits = Limits {
    profile: 3,
    name: "boot",
    layouts: 1,
    keys: 8,
    steps: 8,
    links: 12,
    rules: 12,
    path: 128,
    features: Features::NONE,
};

/// Every profile.
pub const PROFILES: [Limits; 3] = [HOST, DEVICE, BOOT];
