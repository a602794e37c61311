//! How long a user waits for the verification of a small supply chain: the whole process, over one that does nothing.
//!
//! The demo's layout has an inspection. Verification ends before it, refusing, unless it is told to run the command, `tar`; then
//! it is held against both, doing nothing and `tar`.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use sitrep_tests::bench::{self, Effort, Figure, Goal, ms};
use sitrep_tests::{command, demo};

const SET: &str = "metablock-ed25519";
/// The product that the inspection unpacks.
const PRODUCT: &str = "demo-project.tar.gz";

fn main() -> ExitCode {
    bench::main("latency of the demo", measure)
}

/// A command, the exit code that it has to give, and how long each of its runs took.
struct Timed {
    program: OsString,
    args: Vec<OsString>,
    code: i32,
    times: Vec<Duration>,
}

impl Timed {
    fn new(program: impl Into<OsString>, args: Vec<OsString>, code: i32) -> Self {
        Self { program: program.into(), args, code, times: Vec::new() }
    }

    fn run(&mut self) {
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut code = None;
        self.times.push(bench::time(|| code = command.status().unwrap().code()));
        assert_eq!(code, Some(self.code), "{:?} {:?}", self.program, self.args);
    }

    fn min(&self) -> Duration {
        self.times.iter().copied().min().unwrap_or_default()
    }

    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn words(&self) -> String {
        format!("{}, median {}", ms(self.min()), ms(self.median()))
    }
}

fn measure(effort: Effort) -> Vec<Figure> {
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("demo.sitrep");
    fs::write(&bundle, demo::bundle(SET, "pristine")).unwrap();
    let vectors = demo::directory(SET, "pristine");
    let target = directory.path().join("target");
    let verify = |input: &Path, more: &[OsString], code: i32| {
        let args = ["verify".into(), input.into(), "--verification-keys".into(), vectors.join("alice.pub").into()];
        Timed::new(command::binary(), [&args, more].concat(), code)
    };
    let mut nothing = Timed::new(command::binary(), vec!["--version".into()], 0);
    let mut of_bundle = verify(&bundle, &[], 1);
    let mut of_json = verify(&vectors.join("root.layout"), &[], 1);
    let mut inspected = verify(&bundle, &["--run-inspections".into(), "--target-dir".into(), target.clone().into()], 0);
    let mut tar = Timed::new("tar", vec!["xzf".into(), target.join(PRODUCT).into(), "-C".into(), (&target).into()], 0);

    for _ in 0..effort.rounds(200, 2000) {
        nothing.run();
        of_bundle.run();
        of_json.run();
        for inspection in [&mut inspected, &mut tar] {
            fs::create_dir(&target).unwrap();
            fs::copy(vectors.join(PRODUCT), target.join(PRODUCT)).unwrap();
            inspection.run();
            fs::remove_dir_all(&target).unwrap();
        }
    }
    // The quickest of many runs: whatever else a machine does only adds to it.
    let figure = |what: &str, timed: &Timed, beside: String, floor: Duration| {
        let ratio = timed.min().as_secs_f64() / floor.as_secs_f64();
        Figure::note(what, timed.words(), beside).with_goal(ratio, Goal::AtMost(3.0, Some(2.0)))
    };
    let floor = format!("doing nothing {}", nothing.words());
    vec![
        figure("verify, bundle", &of_bundle, floor.clone(), nothing.min()),
        figure("verify, JSON", &of_json, floor, nothing.min()),
        figure("with the inspection", &inspected, format!("tar alone {}", tar.words()), nothing.min() + tar.min()),
    ]
}
