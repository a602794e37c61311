//! What recording a step costs: many small files as materials and as products around a command that does nothing, signed and written, beside in-toto-run and beside
//! two passes of sha256sum over the same files.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use sitrep_metadata::bundle::pack::link_file_name;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::sign::Signer;
use sitrep_tests::bench::{self, Effort, Figure, Goal, mib, ms};
use sitrep_tests::command::binary;
use sitrep_tests::in_toto;
use sitrep_tests::process::{self, Measured};

/// Bytes of a file.
const LENGTH: usize = 2048;

/// Files of a directory.
const TOGETHER: usize = 1000;

fn main() -> ExitCode {
    bench::main("recording", measure)
}

/// Writes so many files; no two are equal.
fn fill(root: &Path, files: usize) {
    for number in 0..files {
        let directory = root.join(format!("d{:03}", number / TOGETHER));
        if number % TOGETHER == 0 {
            fs::create_dir_all(&directory).unwrap();
        }
        let contents = format!("{number:08}").repeat(LENGTH / 8);
        fs::write(directory.join(format!("file_{number:06}.c")), contents).unwrap();
    }
}

fn measure(effort: Effort) -> Vec<Figure> {
    let files = if effort.is_long() { 100_000 } else { 10_000 };
    let directory = tempfile::tempdir().unwrap();
    let (root, key) = ["root", "key.pem"].map(|name| directory.path().join(name)).into();
    let link = directory.path().join(link_file_name("build", Signer::from_seed([1; 32]).id()));
    fill(&root, files);
    fs::write(&key, Signer::from_seed([1; 32]).private_pem().as_bytes()).unwrap();

    let mut own: Vec<OsString> = vec![binary().into()];
    own.extend(
        ["run", "build", "--without-layout", "--quiet", "--materials", "**", "--products", "**"].map(OsString::from),
    );
    own.extend(["--base-path".into(), root.clone().into(), "--signing-key".into(), key.clone().into()]);
    own.extend(["--metadata-directory".into(), directory.path().into(), "--".into(), "true".into()]);
    let pass = "find . -type f -print0 | xargs -0 -P2 sha256sum";
    let passes = format!("cd \"$1\" && {pass} && {pass}");
    let passes: Vec<OsString> =
        ["sh", "-c", &passes, "sh"].map(OsString::from).into_iter().chain([root.clone().into()]).collect();
    let in_toto = in_toto::programs().map(|programs| {
        let mut command: Vec<OsString> = vec![programs.join("in-toto-run").into()];
        command.extend(["--no-command", "-n", "build", "-m", ".", "-p", ".", "--base-path"].map(OsString::from));
        command.extend([root.clone().into(), "--signing-key".into(), key.clone().into()]);
        command.extend(["--metadata-directory".into(), directory.path().into()]);
        command
    });
    let [mut own_best, mut passes_best, mut in_toto_best] = [None; 3];
    let peer_rounds = effort.rounds(1, 1);
    for round in 0..effort.rounds(5, 5) {
        better(&mut own_best, &own);
        better(&mut passes_best, &passes);
        if let Some(in_toto) = in_toto.as_ref().filter(|_| round < peer_rounds) {
            better(&mut in_toto_best, in_toto);
        }
    }
    let text = fs::read(&link).unwrap();
    Document::parse(&text).unwrap();
    let listed = text.windows(9).filter(|window| window == b"\"sha256\":").count();
    assert_eq!(listed, 2 * files, "files are missing in the link");

    let (own, passes) = (own_best.unwrap(), passes_best.unwrap());
    let ratio = |other: Measured| own.wall.as_secs_f64() / other.wall.as_secs_f64();
    let what = format!("{files} files of {LENGTH} bytes, before and after");
    let mut figures = vec![
        Figure::note(what, ms(own.wall), format!("two passes of sha256sum {}", ms(passes.wall)))
            .with_goal(ratio(passes), Goal::AtMost(0.8, Some(0.5))),
    ];
    if let Some(peer) = in_toto_best {
        let beside = format!("in-toto-run {}", ms(peer.wall));
        figures.push(
            Figure::note("  in-toto-run's time over it", ms(own.wall), beside)
                .with_goal(1.0 / ratio(peer), Goal::AtLeast(6.0, Some(8.0))),
        );
    }
    let peak = own.peak as f64 / f64::from(1 << 20);
    let beside = format!("link {}", mib(text.len() as u64));
    figures.push(Figure::note("  peak memory, MiB", mib(own.peak), beside).with_goal(peak, Goal::AtMost(120.0, None)));
    figures
}

/// Keeps the better of two runs.
fn better(best: &mut Option<Measured>, command: &[OsString]) {
    let new = process::measure(command);
    *best = Some(best.map_or(new, |old| Measured { wall: old.wall.min(new.wall), peak: old.peak.max(new.peak) }));
}
