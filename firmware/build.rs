//! Gives images the linker scripts: cortex-m-rt's, defmt's, and the board's memory map.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/boards/mps2_an385");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's directory");
    println!("cargo::rustc-link-search={package}/src/boards/mps2_an385"); // memory.x, which link.x includes
    for argument in ["--nmagic", "-Tlink.x", "-Tdefmt.x"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
