//! Bundles: written, taken apart, and shown.

pub mod documents;
pub mod known;
pub mod pack;
pub mod payload_text;
pub mod role;
pub mod shown;
pub mod unpack;
pub mod view;
