//! Sizes in the README's table are those that come out. Times there are of one machine; the benches print those of this one.

use std::fs;

use sitrep_cli::sources::input::Input;
use sitrep_tests::demo;
use sitrep_tests::figures::compare;
use sitrep_tests::scale::{self, Form, Keys, Wrapping};

fn sizes_are(row: &str, directory: &std::path::Path) {
    let input = Input::from_directory(&directory.join("root.layout"), directory).unwrap();
    let mut files = input.loaded_files.clone();
    files.sort();
    let json: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
    let mut zstd = Vec::new();
    // As a stream of unknown length, which is what the program makes of its standard input.
    zstd::stream::copy_encode(&*json, &mut zstd, 19).unwrap();
    let bundle = input.packer.finish(0).unwrap();
    compare("README.md", row, &[(0, bundle.len() as u64), (1, json.len() as u64), (2, zstd.len() as u64)], 0.0);
}

#[test]
fn bundles_are_as_large_as_the_readme_says() {
    sizes_are("bundle of the in-toto demo", &demo::directory("metablock-ed25519", "pristine"));
    let directory = tempfile::tempdir().unwrap();
    scale::write_as(directory.path(), 10_000, Form { keys: Keys::Legacy, wrapping: Wrapping::Metablock }).unwrap();
    sizes_are("bundle of 10,000 files a step", directory.path());
}
