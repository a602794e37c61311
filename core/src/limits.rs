//! Every maximum, in one place.
//!
//! The memory that verification takes follows from these numbers alone, never from the number of artifacts or the size of the bundle.
//! What exceeds one is refused with a code of its own (class `limit`).

pub use crate::features::Features;
use crate::features::KEY_SET;

/// How deep containers may be nested in a payload, in levels. in-toto's own metadata needs 5 (layout, steps, step, rules, rule),
/// SPDX and CycloneDX predicates less than 20. Bounds the reader's stack and the emitter's two 32-bit masks.
pub const NESTING: usize = 32;

/// How many signatures one envelope may carry. in-toto layouts are signed by a handful of owners; bounds the time that
/// strangers' signatures can cost.
pub const SIGNATURES: u32 = 32;

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

/// How many bytes of signed texts may be rebuilt for one layout and its evidence from each byte of the bundle, beside [`TEXTS_BASE`]; a text counts
/// each time that a signature on it is checked. Anybody can add envelopes that nobody signed, with signatures that ask for every key.
pub const TEXTS_RATIO: u32 = 1024;

/// How many bytes may be rebuilt for one layout and its evidence whatever the size of the bundle.
pub const TEXTS_BASE: u32 = 1 << 20;

/// How many artifact maps that hold every path of the bundle a payload may have, or more that hold less. A link has two, an attestation's
/// predicate two more; an entry with many variants costs far more time than its text is long.
pub const ARTIFACT_MAPS: u32 = 4;

/// How many bytes a payload's text may have whatever the size of the bundle: small ones are no danger.
pub const TEXT_BASE: u32 = 65_536;

/// How many subjects of an attestation are compared with what a step recorded; it is about one or a few artifacts.
pub const SUBJECTS: usize = 64;

/// How many digest sets are compared to find out what attestations are about, for each path of the bundle and beside [`COMPARISONS_BASE`]. A subject's
/// name is whatever the tool that attests calls it, so it is compared with everything that a step recorded; many attestations about
/// nothing could otherwise keep a device busy for hours. What is not found by then is about nothing.
pub const COMPARISONS: u32 = 64;

/// How many digest sets are compared whatever the size of the bundle.
pub const COMPARISONS_BASE: u32 = 65_536;

/// How many keys all layouts may list, whatever the profile: the width of a set of keys.
pub const KEYS: usize = KEY_SET;

/// How many project owners a trust policy may name. The reader of JSON keeps them on its stack, 48 bytes each on a host.
pub const TRUST_OWNERS: usize = 8;

/// How many key ids a trust policy's owners may have, all together. in-toto's dialects compute two of one Ed25519 key and four of an RSA key.
pub const TRUST_KEY_IDS: usize = 32;

/// How many attestations a trust policy may require. There are about ten predicate types in use in all.
pub const TRUST_ATTESTATIONS: usize = 8;

/// How many bytes the artifact's name may have where a trust policy leaves the slot's to be put in: a device writes it anew on its stack.
pub const SLOT_NAME: usize = 64;

/// How many warnings a verdict keeps; more are counted.
pub const WARNINGS: usize = 16;

/// How many bytes a string may have that is compared with the names of members and types. The longest of them has 34; whoever looks for one reads
/// no longer strings, of which a payload can name one for each byte.
pub const NAME: usize = 64;

/// How many bytes are rebuilt before they are handed to a hash function.
pub const CHUNK: usize = 512;

/// Maxima of the time that a verification may take, where a machine has less to spare than the constants above allow. Each is met before a signature of
/// somebody who is believed was found good, or by what such signatures do not cover: who packs a bundle chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Envelopes of a bundle, also those that turn out to be no evidence.
    pub envelopes: u16,
    /// Signatures of one envelope.
    pub signatures: u32,
    /// How many times one link's signatures are checked.
    pub attempts: u32,
    /// Different digest sets of one path.
    pub variants: u32,
    /// Bytes of one string. Its UTF-8 is checked each time that it is asked for.
    pub string: u32,
    /// Bytes of a pattern in a rule: matching it takes as many steps as its bytes and the path's, multiplied.
    pub pattern: u32,
    /// Bytes of one payload's tokens. Payloads that nobody has signed are read, too; and bounds the runs of an artifact map, which a boot loader looks up
    /// from the front.
    pub tokens: u32,
    /// Bytes of all signed texts for each byte of the bundle, beside `texts_base` ([`TEXTS_RATIO`]).
    pub texts_ratio: u32,
    /// Bytes of all signed texts whatever the size of the bundle.
    pub texts_base: u32,
}

/// Of machines that can wait: the constants above.
pub const AMPLE: Work = Work {
    envelopes: u16::MAX,
    signatures: SIGNATURES,
    attempts: ATTEMPTS,
    variants: VARIANTS,
    string: u32::MAX,
    pattern: u32::MAX,
    tokens: u32::MAX,
    texts_ratio: TEXTS_RATIO,
    texts_base: TEXTS_BASE,
};

/// Of a boot loader, which must be done in a known time, whatever it is given (firmware/WORST_CASE.md). in-toto's own layouts and links take less than 1,000
/// bytes of tokens, and 20 bytes of text for each byte of the bundle.
pub const SCARCE: Work = Work {
    envelopes: 1 + BOOT.links as u16,
    signatures: 8,
    attempts: 16,
    variants: 16,
    string: 1024,
    pattern: 128,
    tokens: 4096,
    texts_ratio: 32,
    texts_base: 1 << 18,
};

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
    features: Features::ALL,
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
