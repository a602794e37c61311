//! Measures whole processes: wall time and peak memory.
//!
//! A child's peak counts the memory of whoever started it, up to the moment at which its program is loaded. So a small process stands in
//! between: the bench's own program, started anew ([`become_measurer`]).
#![allow(clippy::missing_panics_doc, reason = "in a bench, what cannot be done is to be seen at once")]

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio, exit};
use std::time::{Duration, Instant};

const MEASURE: &str = "--measure";

/// How a process went.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// From before its start until its end was seen.
    pub wall: Duration,
    /// The most memory that it had resident, in bytes; 0 where the system does not tell.
    pub peak: u64,
}

/// Runs a command, which must succeed; what it writes is thrown away.
#[must_use]
pub fn measure(command: &[OsString]) -> Measured {
    let mut measurer = Command::new(env::current_exe().unwrap());
    let output = measurer.arg(MEASURE).args(command).stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().map_while(|word| word.parse().ok()).collect();
    match numbers[..] {
        [wall, peak] if output.status.success() => Measured { wall: Duration::from_nanos(wall), peak },
        _ => panic!("{command:?} failed, or could not be measured"),
    }
}

/// Where this process was started to measure another one: does so, and ends. To be called first thing.
pub fn become_measurer() {
    let mut args = env::args_os().skip(1);
    if args.next().is_none_or(|first| first != MEASURE) {
        return;
    }
    let program = args.next().expect("a program to measure");
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    // Nothing is read before the end: whoever writes more than a pipe holds has gone wrong anyway.
    let mut child = command.spawn().unwrap();
    let status = child.wait().unwrap();
    let wall = start.elapsed();
    if !status.success() {
        let mut stderr = child.stderr.take().unwrap();
        std::io::copy(&mut stderr, &mut std::io::stderr()).unwrap();
        exit(1);
    }
    println!("{} {}", wall.as_nanos(), peak_of_children());
    exit(0);
}

#[cfg(unix)]
fn peak_of_children() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    peak.unsigned_abs() as u64 * unit
}

#[cfg(not(unix))]
fn peak_of_children() -> u64 {
    0
}
