//! What the integration tests and benches of sitrep share.

pub mod bench;
pub mod boot;
pub mod c;
pub mod cases;
pub mod chain;
pub mod command;
pub mod core_alone;
pub mod demo;
pub mod device;
pub mod differential;
pub mod every_kind;
pub mod figures;
pub mod hostile;
pub mod hostile_bundles;
pub mod in_toto;
pub mod inspected;
pub mod json_text;
pub mod measured;
pub mod pages;
pub mod painted;
pub mod power;
pub mod process;
pub mod project;
pub mod raw_bundle;
pub mod raw_chain;
pub mod required;
pub mod scale;
pub mod scenario;
pub mod tables;
pub mod test_device;
pub mod update;
pub mod work;
pub mod worst_cases;
pub mod wrap;

/// The guide's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../host-cli/guide/on-a-device.md")]
struct OnADevice;
