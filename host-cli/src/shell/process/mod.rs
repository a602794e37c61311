//! Runs one command for a limited time, and leaves nothing of it running.
//!
//! On Unix a command leads a process group of its own, which is ended as a whole. On Linux, processes that have left the group,
//! as daemons do, are found and ended as well. On other systems it is the command alone.

#[cfg(unix)]
pub mod descriptors;
#[cfg(unix)]
pub mod foreground;
#[cfg(target_os = "linux")]
mod orphans;
mod output;
mod run;
#[cfg(unix)]
mod signals;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod system;

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use self::output::Output;
use self::run::Run;

pub use self::output::Listener;

/// A command that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// How many lines it printed; `None` where nobody listened.
    pub lines: Option<u64>,
    /// Had it started something that was still running at its end, and was killed? Only Linux tells.
    pub left_running: bool,
    /// From its start to its end.
    pub duration: Duration,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned this; minus the signal's number when a signal ended it.
    Returned(i32),
    /// It was still running after the limit, and was killed with what it had started.
    TimeLimit,
    /// It, or something that it had started, could not be killed.
    Unstoppable,
}

/// Runs a command for at most `limit`. It has no standard input; what it prints goes to `listener`, or nowhere without one.
///
/// What it left running is killed before this returns, so that it cannot change files afterwards.
///
/// # Errors
/// The operating system's, when it does not start.
pub fn run(mut command: Command, limit: Duration, listener: Option<Listener>) -> io::Result<Ended> {
    // Before any thread is started: it would still get the signals.
    #[cfg(unix)]
    signals::watch();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let output = listener.map(|listener| Output::connect(&mut command, listener)).transpose()?;
    let start = Instant::now();
    let Run { in_time, status, left_running } = system::run(command, limit)?;
    let duration = start.elapsed();
    let end = match status {
        Some(status) if in_time => End::Returned(return_value(status)),
        Some(_) => End::TimeLimit,
        None => End::Unstoppable,
    };
    Ok(Ended { end, lines: output.map(Output::finish), left_running, duration })
}

#[cfg(unix)]
fn return_value(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(1))
}

#[cfg(not(unix))]
fn return_value(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

#[cfg(all(test, unix))]
mod tests;
