//! What updates a device: a package for one of its slots, and a new trust policy in it. A host writes both, a device reads them in place
//! (firmware/BOOT.md).

pub mod package;
pub mod policy_update;

pub use package::Package;
pub use policy_update::PolicyUpdate;
