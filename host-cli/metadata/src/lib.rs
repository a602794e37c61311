//! in-toto metadata on a host: bytes in, bytes out. Nothing here knows of files, clocks, processes, threads or a terminal, so that all of it runs in
//! a browser too.
//!
//! One datum's way through the house, say the digest of a product: it stands in the JSON text of a link ([`json`]), inside of what was signed
//! ([`payload`]), inside of an envelope ([`envelope`]). The packer writes it once, however often it is repeated ([`bundle`]); core
//! rebuilds the signed text around it, checks the signatures with the schemes of this crate ([`keys`]), compares it with an artifact at hand, and
//! what came of it is data again ([`verification`]).
//!
//! The map, from the bottom:
//!
//! - what all know: [`artifacts`] (files with their digests), [`hex`], [`limits`] (how much is looked at), [`names`] and [`portable`] (of files), [`parameters`], [`profile`] (the machine that
//!   is verified for), [`secret`] (private keys in memory)
//! - what is written: [`json`] (strict, and with the place of every fault), [`payload`] (values, and how their text was written)
//! - who signs: [`keys`] (all forms and ids of public keys, and the signature schemes), [`sign`] (Ed25519, canonical JSON)
//! - what was signed: [`envelope`] (Metablock, DSSE, files of many)
//! - what is carried: [`bundle`] (packed, unpacked, shown)
//! - who is believed: [`trust_policy`]
//! - what a file is that was given for another: [`file_kind`]
//! - what core says of a chain that is not whole yet: [`partial`]
//! - what core says: [`verification`], with the verdict as data; [`lint`] asks it about a layout that nobody has signed yet
#![forbid(unsafe_code)]
// clippy.toml names what they are.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

pub mod artifacts;
pub mod budget;
pub mod bundle;
pub mod causes;
pub mod envelope;
pub mod file_kind;
pub mod hex;
pub mod json;
pub mod keys;
pub mod limits;
pub mod lint;
pub mod names;
pub mod parameters;
pub mod partial;
pub mod payload;
pub mod portable;
pub mod profile;
mod rule;
pub mod secret;
pub mod sign;
pub mod trust_policy;
mod varint;
#[cfg(test)]
mod vectors;
pub mod verification;
