//! Commands about devices.

pub mod boot_package;
pub mod boot_report;
pub mod trust;
