//! What a command line can name, read: layouts with their evidence, bundles, keys, trust policies.

pub mod artifacts;
mod attestation_bundles;
pub mod bundle;
pub mod input;
pub mod keys;
pub(crate) mod kinds;
pub mod layout;
pub mod loaded;
mod near;
pub mod note;
pub(crate) mod passphrases;
pub mod signers;
pub mod trust;
