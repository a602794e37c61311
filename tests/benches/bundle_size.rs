//! Bytes of bundles, beside `zstd -19` of the JSON files that they replace.
//!
//! zstd gets what it does best with: the Metablock files as one stream, in the order of their names. Bundles of DSSE
//! envelopes are held against the same number, although their JSON takes twice as much compressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sitrep_cli::sources::input::Input;
use sitrep_tests::bench::{self, Effort, Figure, Goal};
use sitrep_tests::demo;
use sitrep_tests::scale::{self, Form, Keys, Wrapping};

fn main() -> ExitCode {
    bench::main_exact("bundle size", measure)
}

fn measure(_: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    let directory = demo::directory("metablock-ed25519", "pristine");
    let set = Set::load(&directory);
    figures.push(set.figure("demo", set.zstd).with_goal(set.bundle as f64, Goal::AtMost(1300.0, Some(1100.0))));
    for artifacts in [1000, 10_000] {
        let mut zstd = 0;
        for (name, wrapping) in [("Metablock", Wrapping::Metablock), ("DSSE", Wrapping::Dsse)] {
            let directory = tempfile::tempdir().unwrap();
            scale::write_as(directory.path(), artifacts, Form { keys: Keys::Legacy, wrapping }).unwrap();
            let set = Set::load(directory.path());
            if wrapping == Wrapping::Metablock {
                zstd = set.zstd;
            }
            let ratio = set.bundle as f64 / zstd as f64;
            let what = format!("{artifacts} artifacts a step, {name}");
            figures.push(set.figure(&what, zstd).with_goal(ratio, Goal::AtMost(1.05, Some(1.0))));
        }
    }
    figures
}

/// Bytes of a layout and its links.
struct Set {
    json: usize,
    zstd: usize,
    bundle: usize,
}

impl Set {
    fn load(directory: &Path) -> Self {
        let input = Input::from_directory(&directory.join("root.layout"), directory).unwrap();
        let mut files: Vec<PathBuf> = input.loaded_files.clone();
        files.sort();
        let json: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
        let mut zstd = Vec::new();
        // As a stream of unknown length, which is what the program makes of its standard input.
        zstd::stream::copy_encode(&*json, &mut zstd, 19).unwrap();
        Self { json: json.len(), zstd: zstd.len(), bundle: input.packer.finish(0).unwrap().len() }
    }

    fn figure(&self, what: &str, zstd: usize) -> Figure {
        Figure::note(what, format!("{} bytes", self.bundle), format!("zstd -19 {zstd}, JSON {}", self.json))
    }
}
