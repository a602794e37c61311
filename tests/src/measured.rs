//! What a command takes, seen from outside: processor time, memory, bytes written, and how it ended; also under limits of the system.
//!
//! A child's peak counts the memory of whoever started it, up to the moment at which its program is loaded. So a small process stands in
//! between: `measure`, a program of this package.
#![cfg(unix)]
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::env;
use std::ffi::OsString;
use std::io::{self, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// What a process took.
#[derive(Clone, Debug)]
pub struct Cost {
    /// How it ended.
    pub end: End,
    /// Of all its threads, for itself and in the kernel.
    pub cpu: Duration,
    /// The most memory that it had resident, in bytes.
    pub peak: u64,
    /// Bytes of standard output and standard error.
    pub printed: u64,
    /// How standard error starts.
    pub stderr: String,
}

/// Limits of the system, which the process cannot go beyond.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of its address space.
    pub memory: Option<u64>,
    /// Seconds of processor time; then a signal ends it.
    pub seconds: u64,
}

/// How much of standard error is kept.
const STDERR: usize = 4096;

/// Runs `program` in `directory` under `limits`. `measurer` is the program that calls [`measurer`].
#[must_use]
pub fn measure(measurer: &Path, directory: &Path, program: &Path, args: &[OsString], limits: Limits) -> Cost {
    let memory = limits.memory.map_or_else(|| "unlimited".to_owned(), |bytes| (bytes / 1024).to_string());
    let mut command = Command::new(measurer);
    command.arg(memory).arg(limits.seconds.to_string()).arg(program).args(args).current_dir(directory);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("the measurer runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let (numbers, stderr) = text.split_once('\n').expect("what was measured");
    let numbers: Vec<i64> = numbers.split(' ').map(|word| word.parse().expect("a number")).collect();
    let [code, signal, cpu, peak, printed] = numbers[..] else { panic!("{program:?} {args:?}: {text}") };
    Cost {
        end: if signal == 0 { End::Code(code as i32) } else { End::Signal(signal as i32) },
        cpu: Duration::from_nanos(cpu as u64),
        peak: peak as u64,
        printed: printed as u64,
        stderr: stderr.to_owned(),
    }
}

/// The `main` of the program in between: its arguments are the kilobytes, the seconds, and a command.
pub fn measurer() {
    let mut args = env::args_os().skip(1);
    let (memory, seconds) = (args.next().expect("kilobytes"), args.next().expect("seconds"));
    let limits = r#"ulimit -v "$1" && ulimit -t "$2" && ulimit -c 0 && shift 2 && exec "$@""#;
    let limits = if cfg!(target_os = "linux") { limits } else { r#"shift 2; exec "$@""# };
    let mut command = Command::new("sh");
    command.args(["-c", limits, "sh"]).arg(memory).arg(seconds).args(args);
    // Otherwise the C library reserves 64 MiB of addresses for each thread: no memory, but counted by the limit.
    command.env("MALLOC_ARENA_MAX", "1");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("a shell");
    let (mut stdout, mut stderr) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let reader = thread::spawn(move || {
        let mut start = vec![0; STDERR];
        let mut length = 0;
        while let Ok(count @ 1..) = stderr.read(&mut start[length..]) {
            length += count;
        }
        start.truncate(length);
        (start, length as u64 + io::copy(&mut stderr, &mut io::sink()).expect("the rest"))
    });
    let printed = io::copy(&mut stdout, &mut io::sink()).expect("standard output");
    let (start, complained) = reader.join().expect("standard error");
    let status = child.wait().expect("an end");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("what it took");
    let cpu = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_usec() as u64 * 1000);
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    println!(
        "{} {} {} {} {}",
        status.code().unwrap_or(-1),
        status.signal().unwrap_or(0),
        cpu[0] + cpu[1],
        usage.max_rss().unsigned_abs() as u64 * unit,
        printed + complained
    );
    print!("{}", String::from_utf8_lossy(&start));
}
