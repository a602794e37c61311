//! What the integration tests and benches of sitrep share.

pub mod device;
pub mod scale;
pub mod scenario;
