//! What the boot is told of the device that it runs on.

use sitrep_core::Time;

use crate::flash::Map;

/// What is the same at every boot.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// Where everything lies in flash.
    pub map: Map,
    /// Which product this is, and which hardware: a security version must be attested that is for both. Without it none is asked for, and so there is no
    /// protection from old versions.
    pub identity: Option<sitrep_core::Device<'a>>,
    /// When this firmware was built: it is certainly later.
    pub build_time: Time,
}
