//! The machines that are verified for.

use sitrep_core::limits::{self, Limits};

/// A profile; core's `limits` module has the numbers of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Workstations and servers; every signature scheme.
    Host,
    /// Microcontrollers; Ed25519 only.
    Device,
    /// Boot loaders of microcontrollers: the least that verifies a chain (core/BUNDLE.md, section 10).
    Boot,
}

impl Profile {
    /// Its maxima, and what its verifiers can do.
    #[must_use]
    pub const fn limits(self) -> Limits {
        match self {
            Self::Host => limits::HOST,
            Self::Device => limits::DEVICE,
            Self::Boot => limits::BOOT,
        }
    }
}
