//! Commands that verify or show.

mod artifact;
pub mod chain;
pub mod inspect;
mod inspections;
pub mod lint;
