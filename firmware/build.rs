//! Gives images the linker scripts: cortex-m-rt's or riscv-rt's, defmt's, and the board's memory map in the form that these ask for.

use std::{env, fs, path::Path};

#[allow(dead_code, unreachable_pub, reason = "the firmware has more use for it")]
#[path = "src/boards/memory_map.rs"]
mod memory_map;

use memory_map::{Area, MemoryMap};

/// Where the artifact starts in a package: `sitrep_core::update::package::ARTIFACT`.
const HEAD: u32 = 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/boards/memory_map.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let chosen = |memory: &&MemoryMap| env::var_os(format!("CARGO_FEATURE_{}", feature(memory.board))).is_some();
    let board = memory_map::ALL.into_iter().find(chosen).expect("a board is chosen by its cargo feature");
    let directory = env::var("OUT_DIR").expect("cargo names the directory for what is generated");
    let images = [
        ("boot", board.boot),
        ("verify", board.boot),
        ("flash", board.boot),
        ("execute", board.boot),
        ("figures", board.boot),
        ("application-a", board.application(0, HEAD)),
        ("application-b", board.application(1, HEAD)),
    ];
    for (image, area) in images {
        let directory = Path::new(&directory).join(image);
        fs::create_dir_all(&directory).expect("OUT_DIR can be written");
        fs::write(directory.join("memory.x"), script(board, area)).expect("OUT_DIR can be written");
        // Names of interrupt handlers, which cortex-m-rt's script includes.
        fs::write(directory.join("device.x"), "").expect("OUT_DIR can be written");
        let directory = directory.display();
        if image != "figures" || board.board == memory_map::MPS2_AN385.board {
            println!("cargo::rustc-link-arg-bin={image}=-L{directory}");
        }
    }
    // riscv-rt's link.x leaves the memory map to whoever calls it, cortex-m-rt's includes it.
    let map: &[_] = if riscv() { &["-Tmemory.x"] } else { &[] };
    for argument in [&["--nmagic"], map, &["-Tlink.x", "-Tdefmt.x"]].concat() {
        println!("cargo::rustc-link-arg-bins={argument}");
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
        // How to unwind the stack, which nothing does: 17 KB of flash. cortex-m-rt leaves it out by itself.
        script += "SECTIONS\n{\n  /DISCARD/ : { *(.eh_frame .eh_frame.*) }\n}\n";
    }
    script
}
