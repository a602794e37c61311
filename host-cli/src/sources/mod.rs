//! What a command line can name, read: layouts with their evidence, bundles, keys, trust policies.

pub mod artifacts;
mod attestation_bundles;
pub mod bundle;
pub(crate) mod desk;
pub(crate) mod evidence;
pub mod input;
pub mod keys;
pub(crate) mod kinds;
pub mod layout;
pub mod loaded;
pub(crate) mod near;
pub mod note;
pub(crate) mod passphrases;
pub(crate) mod project;
pub mod signers;
pub mod trust;
