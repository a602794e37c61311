//! sitrep-core verifies in-toto supply chains without an operating system, an allocator, or trust in whoever packed them.
//!
//! From the top: [`verify`] takes a [`Request`] (a [`Bundle`], the [`Trust`] that the caller has, a [`Clock`], the signature [`Schemes`] of the
//! build, an [`Executor`]) and [`Memory`] of a fixed size, and ends in an [`Outcome`]. A refusal is an [`Error`] with a stable [`Code`] and a
//! place. Success is a [`VerifiedSupplyChain`], which nothing else makes, and with which an artifact at hand is compared
//! ([`Product::check`]). Either way a [`Verdict`] says what was checked and who vouched for it.
//!
//! One datum's way through the house, say a step's threshold: it stands as a token in the layout's payload ([`bundle`]); the emitter rebuilds the
//! text around it (`json`), and the owner's signature is checked over that text (`trust`, `signature`); then the same token
//! is read again as a number (`layout`), and compared with the signers of the step's links (`evidence`).
//!
//! - what was packed: [`bundle`] (format, BUNDLE.md), `json` (text from tokens), `dsse`, `hex`, `wire`
//! - what it means: `layout`, `link`, `statement`, `attestation`, `members`, `names`, `parameters`, `glob`, `rules`, `lookup`, `time`
//! - who is believed: [`trust_policy`], `trust`, `items`, `signature`, `keys`
//! - what updates a device, around all that: [`update`]
//! - the order of checks: `verify`, and nothing else; `evidence` and `policy` are its two halves, `executor` spreads work over cores
//! - what came of it: `outcome`, `verdict`, `artifact`, [`error`]
//! - what a boot leaves for the application: [`boot_report`]
//! - how large anything may be: [`limits`], `memory`; what a boot loader leaves out: `features`
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

mod artifact;
mod attestation;
pub mod boot_report;
pub mod bundle;
mod dsse;
pub mod error;
mod evidence;
mod executor;
mod features;
mod glob;
mod hex;
mod items;
mod json;
mod keys;
mod layout;
pub mod limits;
mod link;
mod lookup;
mod members;
mod memory;
mod names;
mod outcome;
mod parameters;
mod policy;
mod rules;
mod signature;
mod statement;
mod time;
mod trust;
pub mod trust_policy;
pub mod update;
mod verdict;
mod verify;
mod wire;

pub use artifact::{Comparison, Product, sha256};
pub use attestation::{Attested, SECURITY_VERSION};
pub use bundle::{Bundle, Scratch, Str};
pub use error::{Class, Code, Error, List, Place};
pub use executor::{Executor, Job, Sequential};
pub use features::Features;
pub use glob::Pattern;
pub use items::Items;
pub use keys::KeySet;
pub use layout::{LayoutKey, Role, Step};
pub use link::{Evidence, LinkState, LinkStatus};
pub use memory::{BootMemory, DeviceMemory, HostMemory, Memory, Warnings};
pub use outcome::{Outcome, VerifiedSupplyChain};
pub use parameters::Parameter;
pub use signature::{Ed25519, Message, PublicHalf, PublicKey, Schemes, SignatureError};
pub use time::{Clock, FixedClock, NoClock, Time};
pub use trust::{Device, Inspections, KeyId, OwnerKey, RequiredAttestation, Trust, ed25519_key_ids};
pub use trust_policy::{TrustMemory, TrustPolicy};
pub use verdict::{ArtifactVerdict, PathName, RuleWords, Verdict};
pub use verify::{Observer, Request, verify};
