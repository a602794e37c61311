//! Commands about sitrep itself.

pub mod manual;
