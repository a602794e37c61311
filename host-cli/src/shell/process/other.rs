//! A command on systems without process groups.

use std::io;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::run::Run;

/// How often it is looked whether the command has ended.
const INTERVAL: Duration = Duration::from_millis(20);

/// Runs a command, and kills it after `limit`. What it has started goes on.
pub(super) fn run(mut command: Command, limit: Duration) -> io::Result<Run> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    // With it goes this process's end of the pipe into which the command prints.
    drop(command);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Run { in_time: true, status: Some(status), left_running: false });
        }
        if start.elapsed() >= limit {
            child.kill()?;
            return Ok(Run { in_time: false, status: Some(child.wait()?), left_running: false });
        }
        thread::sleep(INTERVAL);
    }
}
