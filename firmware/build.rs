//! Gives images the linker scripts: cortex-m-rt's or riscv-rt's, defmt's, and the board's memory map in the form that these ask for.

use std::{env, fs, path::Path};

#[allow(dead_code, unreachable_pub, reason = "the firmware has more use for it")]
#[path = "src/boards/memory_map.rs"]
mod memory_map;

use memory_map::{Area, MemoryMap};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/boards/memory_map.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let chosen = |memory: &&MemoryMap| env::var_os(format!("CARGO_FEATURE_{}", feature(memory.board))).is_some();
    let board = memory_map::ALL.into_iter().find(chosen).expect("a board is chosen by its cargo feature");
    let directory = env::var("OUT_DIR").expect("cargo names the directory for what is generated");
    fs::write(Path::new(&directory).join("memory.x"), script(board, board.boot)).expect("OUT_DIR can be written");
    // Names of interrupt handlers, which cortex-m-rt's script includes: images enable no interrupt.
    fs::write(Path::new(&directory).join("device.x"), "").expect("OUT_DIR can be written");
    println!("cargo::rustc-link-search={directory}");
    for argument in ["--nmagic", "-Tmemory.x", "-Tlink.x", "-Tdefmt.x"] {
        if argument != "-Tmemory.x" || riscv() {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}

/// As cargo spells a feature's name in its variables.
fn feature(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

fn riscv() -> bool {
    env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "riscv32")
}

/// The memory map of an image that lies in `code`.
fn script(board: &MemoryMap, code: Area) -> String {
    let region =
        |name: &str, area: Area| format!("  {name} : ORIGIN = {:#x}, LENGTH = {:#x}\n", area.start, area.length);
    let mut script = format!("MEMORY\n{{\n{}{}}}\n", region("FLASH", code), region("RAM", board.ram));
    if riscv() {
        for (alias, region) in
            [("TEXT", "FLASH"), ("RODATA", "FLASH"), ("DATA", "RAM"), ("BSS", "RAM"), ("HEAP", "RAM"), ("STACK", "RAM")]
        {
            script += &format!("REGION_ALIAS(\"REGION_{alias}\", {region});\n");
        }
    }
    script
}
