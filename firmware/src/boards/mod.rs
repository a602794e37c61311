//! Boards: the only place that knows hardware, and the only one with unsafe code.

#[cfg(all(target_os = "none", feature = "mps2-an385"))]
pub mod mps2_an385;
