//! What the boot images link: no code for panics, which could neither report nor continue there, and none that formats text.

use std::path::Path;
use std::process::Command;

use sitrep_firmware::boards::memory_map;
use sitrep_tests::device::Image;
use sitrep_tests::required::leave_out;

/// Parts of the mangled names of such functions in the core library.
const MACHINERY: [&str; 7] = [
    "4core9panicking",
    "rust_begin_unwind",
    "rust_panic",
    "4core3fmt",
    "slice_index_fail",
    "_mismatch_fail",
    "unwrap_failed",
];

/// Is `core` built from source for this target, so that a panic is one instruction?
fn from_source(board: &str) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/build");
    let output =
        Command::new(script).args(["--which", board]).output().expect("the script with which the image was built");
    matches!(String::from_utf8_lossy(&output.stdout).trim_end().rsplit(' ').next(), Some("source" | "debian"))
}

#[test]
fn no_panic_machinery() {
    for board in memory_map::ALL {
        let Some(image) = Image::open(board, "boot") else { continue };
        let board = board.board;
        if !from_source(board) {
            leave_out("rust-src", format_args!("the symbols of {board}"), "its core library was not built from source");
            continue;
        }
        let functions = image.functions();
        assert!(
            functions.iter().any(|name| name.contains("11sitrep_core")),
            "{board}: no functions of the verifier in {functions:?}"
        );
        let machinery: Vec<_> =
            functions.iter().filter(|name| MACHINERY.iter().any(|part| name.contains(part))).collect();
        println!("{board}: {} functions, {} of them for panics and formatting", functions.len(), machinery.len());
        assert!(machinery.is_empty(), "{board}: {machinery:?}");
    }
}
