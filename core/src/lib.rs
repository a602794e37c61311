//! sitrep-core verifies in-toto supply chains without an operating system, an allocator, or trust in whoever packed them.
//!
//! From the top: [`verify`] takes a [`Request`] (a [`Bundle`], the [`Trust`] that the caller has, a [`Clock`], the signature [`Schemes`] of the
//! build, an [`Executor`]) and [`Memory`] of a fixed size, and ends in an [`Outcome`]. A refusal is an [`Error`] with a stable [`Code`] and a
//! place. Success is a [`VerifiedSupplyChain`], which nothing else makes, and with which an artifact at hand is compared
//! ([`Product::check`]). Either way a [`Verdict`] says what was checked and who vouched for it.
//!
//! One datum's way through the house, say a step's threshold: it stands as a token in the layout's payload ([`bundle`]); the emitter rebuilds the
//! text around it (`text`), and the owner's signature is checked over that text (`metadata::signed_layout`); then the same token
//! is read again as a number (`metadata::layout`), and compared with the signers of the step's links (`thresholds`).
//!
//! The map, from the bottom; who stands lower knows nothing of who stands above, and a test keeps it so (tests/tests/house):
//!
//! - what all know: [`limits`] (how large anything may be), `features` (what a boot loader leaves out), [`error`], `warnings`, `hex`, `wire` (postcard), `names`,
//!   `time`
//! - what was packed: [`bundle`] (format, BUNDLE.md)
//! - how much work a bundle may ask for: `budget`
//! - what was signed: `text` (JSON and DSSE from tokens)
//! - who is believed: `trust`, in it [`trust_policy`] and the signature schemes
//! - what updates a device, around a bundle: [`update`]
//! - what it means: `metadata` (layouts and who signed them, links, attestations, rules, what stands in them, and what is known of all that)
//! - what is asked: `request`; `executor` spreads work over cores
//! - what is kept, once it is in force and vouched for: `expiry`, `thresholds`, `memory`
//! - the checks of the evidence and of what is to hold for it: `evidence`, `agreement`, `policy`
//! - what came of it: `verdict`, in it what a boot leaves for the application ([`boot_report`])
//! - the order of checks, and nothing else: `verify`
//!
//! What was checked is a type: a layout is read from a `SignedLayout`, is `InForce`, then `Vouched`, and rules are applied once all is `Agreed`. Each of the four
//! lies in a file with the one check that makes it, and no other file can make one.
//!
//! `#[inline(never)]` stands where it makes a device's image smaller, or frees stack before signatures are checked; the tests of the firmware
//! measure both.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")
)]

mod agreement;
mod budget;
pub mod bundle;
pub mod error;
mod evidence;
mod executor;
mod expiry;
mod features;
mod hex;
pub mod limits;
mod memory;
mod metadata;
mod names;
mod policy;
mod request;
mod text;
mod thresholds;
mod time;
mod trust;
pub mod update;
mod verdict;
mod verify;
mod warnings;
mod wire;

pub use bundle::{Bundle, Scratch, Str};
pub use error::{Class, Code, Error, List, Place};
pub use executor::{Executor, Job, Sequential};
pub use features::Features;
pub use memory::{BootMemory, DeviceMemory, HostMemory, Memory};
pub use metadata::attestation::{Attested, SECURITY_VERSION};
pub use metadata::glob::Pattern;
pub use metadata::link::{Evidence, LinkState, LinkStatus};
pub use metadata::parameters::Parameter;
pub use metadata::rules::RuleWords;
pub use metadata::step::{LayoutKey, Role, Step};
pub use request::{Observer, Request};
pub use time::{Clock, FixedClock, NoClock, Time};
pub use trust::items::Items;
pub use trust::keys::KeySet;
#[cfg(feature = "openpgp")]
pub use trust::signature::WithSubkeys;
pub use trust::signature::{Ed25519, Message, PublicHalf, PublicKey, Schemes, SignatureError};
pub use trust::trust_policy::{self, TrustMemory, TrustPolicy};
pub use trust::{Device, Inspections, KeyId, OwnerKey, RequiredAttestation, Trust, ed25519_key_ids};
pub use verdict::artifact::{Comparison, Product, sha256};
pub use verdict::boot_report;
pub use verdict::outcome::{Outcome, VerifiedSupplyChain};
pub use verdict::{ArtifactVerdict, PathName, Verdict};
pub use verify::verify;
pub use warnings::Warnings;
