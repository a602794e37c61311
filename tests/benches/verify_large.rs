//! The whole process for a large supply chain, 100,000 artifacts a step: wall time beside the reference implementation's, and peak memory
//! beside the input's size.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use sitrep_cli::sources::input::Input;
use sitrep_core::limits::HOST;
use sitrep_tests::bench::{self, Effort, Figure, Goal, mib, ms};
use sitrep_tests::command;
use sitrep_tests::in_toto;
use sitrep_tests::process::{self, Measured};
use sitrep_tests::scale::{self, Form, Keys, Wrapping};

const ARTIFACTS: usize = 100_000;

/// What memory the bundle may take beside its own: program, verifier's memory, stacks.
const FIXED: f64 = 8.0 * 1024.0 * 1024.0;

fn main() -> ExitCode {
    bench::main("large supply chain", measure)
}

fn measure(effort: Effort) -> Vec<Figure> {
    let mut figures = chain("Metablock", Wrapping::Metablock, effort);
    if effort.is_long() {
        figures.extend(chain("DSSE", Wrapping::Dsse, effort));
    }
    figures
}

fn chain(name: &str, wrapping: Wrapping, effort: Effort) -> Vec<Figure> {
    let directory = tempfile::tempdir().unwrap();
    // The form that in-toto-verify's own keys go with.
    let chain = scale::write_as(directory.path(), ARTIFACTS, Form { keys: Keys::Version3, wrapping }).unwrap();
    let bundle_file = directory.path().join("chain.sitrep");
    let (json_size, bundle_size) = pack(&chain.layout, directory.path(), &bundle_file);

    let keys = [OsString::from("--verification-keys"), chain.owner_file.clone().into()];
    let sitrep = |input: &Path| [&[command::binary().into(), "verify".into(), input.into()], &keys[..]].concat();
    let (json, bundle) = (sitrep(&chain.layout), sitrep(&bundle_file));
    let peer = in_toto::programs().map(|programs| {
        let input = ["--layout".into(), chain.layout.clone().into(), "--link-dir".into(), directory.path().into()];
        [&[programs.join("in-toto-verify").into()], &input[..], &keys[..]].concat()
    });
    let [mut json_best, mut bundle_best, mut peer_best] = [None; 3];
    let peer_rounds = effort.rounds(1, 3);
    for round in 0..effort.rounds(7, 30) {
        better(&mut json_best, &json);
        better(&mut bundle_best, &bundle);
        if let Some(peer) = peer.as_ref().filter(|_| round < peer_rounds) {
            better(&mut peer_best, peer);
        }
    }
    let (json, bundle) = (json_best.unwrap(), bundle_best.unwrap());

    let mut figures = Vec::new();
    for (form, measured, goal) in
        [("JSON", json, Goal::AtLeast(15.0, None)), ("bundle", bundle, Goal::AtLeast(30.0, Some(50.0)))]
    {
        let what = format!("{name}, {form}, time");
        figures.push(match peer_best {
            Some(peer) => Figure::note(what, ms(measured.wall), format!("in-toto-verify {}", ms(peer.wall)))
                .with_goal(peer.wall.as_secs_f64() / measured.wall.as_secs_f64(), goal),
            None => Figure::note(what, ms(measured.wall), "in-toto-verify left out"),
        });
    }
    if json.peak > 0 {
        figures.push(
            Figure::note(format!("{name}, JSON, memory"), mib(json.peak), format!("input {}", mib(json_size)))
                .with_goal(json.peak as f64 / json_size as f64, Goal::AtMost(2.0, None)),
        );
        let beyond = beyond_fixed(bundle.peak);
        figures.push(
            Figure::note(
                format!("{name}, bundle, memory less 8 MiB"),
                mib(beyond),
                format!("bundle {}", mib(bundle_size)),
            )
            .with_goal(beyond as f64 / bundle_size as f64, Goal::AtMost(1.2, None)),
        );
        if let Some(peer) = peer_best {
            figures.push(Figure::note(format!("{name}, in-toto-verify, memory"), mib(peer.peak), ""));
        }
    }
    figures
}

/// The part of a peak that grows with the input.
fn beyond_fixed(peak: u64) -> u64 {
    (peak as f64 - FIXED).max(0.0) as u64
}

/// Runs once more; keeps the shortest time and the highest peak.
fn better(best: &mut Option<Measured>, command: &[OsString]) {
    let new = process::measure(command);
    let wall = best.map_or(Duration::MAX, |best| best.wall).min(new.wall);
    *best = Some(Measured { wall, peak: best.map_or(0, |best| best.peak).max(new.peak) });
}

/// Writes the bundle; bytes of the JSON files and of it.
fn pack(layout: &Path, directory: &Path, to: &Path) -> (u64, u64) {
    let input = Input::from_directory(layout, directory).unwrap();
    let bundle = input.packer.finish(HOST.profile).unwrap();
    fs::write(to, &bundle).unwrap();
    let json = input.loaded_files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    (json, bundle.len() as u64)
}
