//! Runs a command in the place of this process: with its terminal, its input and its signals.

use std::io::{self, PipeReader, Read, Write};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

use super::{End, return_value};

/// Is given what a command writes, as it comes.
pub type Copied = Box<dyn FnMut(&[u8]) + Send>;

/// How long is waited before it is looked again whether a signal has come.
const LOOK: Duration = Duration::from_millis(200);

/// What was asked of this process while the command ran.
#[derive(Default)]
struct Asked {
    /// By the terminal, which asks the command as well.
    interrupted: Arc<AtomicBool>,
    /// By somebody who knows this process alone.
    ended: Arc<AtomicBool>,
    /// Is nothing running any more? Then signals do what they always do.
    is_over: Arc<AtomicBool>,
}

impl Asked {
    fn listen() -> io::Result<Self> {
        let asked = Self::default();
        for (signal, noted) in [
            (SIGINT, &asked.interrupted),
            (SIGQUIT, &asked.interrupted),
            (SIGTERM, &asked.ended),
            (SIGHUP, &asked.ended),
        ] {
            flag::register_conditional_default(signal, Arc::clone(&asked.is_over))?;
            flag::register(signal, Arc::clone(noted))?;
        }
        Ok(asked)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
    }
}

/// Runs a command, for at most `limit` where there is one. What it writes is handed on, and to `streams`, standard output and standard error, where they are
/// given.
///
/// A signal that is to end this process ends the command, which then has not returned 0.
///
/// # Errors
/// The operating system's, when it does not start.
pub fn foreground(mut command: Command, limit: Option<Duration>, streams: Option<[Copied; 2]>) -> io::Result<End> {
    let asked = Asked::listen()?;
    let mut copiers = Vec::new();
    if let Some([stdout, stderr]) = streams {
        let (reader, writer) = io::pipe()?;
        command.stdout(writer);
        copiers.push(copier(reader, io::stdout(), stdout)?);
        let (reader, writer) = io::pipe()?;
        command.stderr(writer);
        copiers.push(copier(reader, io::stderr(), stderr)?);
    }
    let start = Instant::now();
    let mut child = command.spawn()?;
    // With it goes this process's end of the pipes.
    drop(command);
    let is_over = |start: Instant| limit.is_some_and(|limit| start.elapsed() >= limit);
    let mut in_time = true;
    while !has_ended(&child)? {
        if in_time && is_over(start) {
            in_time = false;
            tell(&child, Signal::KILL);
        }
        if asked.ended.swap(false, Ordering::AcqRel) {
            tell(&child, Signal::TERM);
        }
        let rest = limit.map_or(LOOK, |limit| limit.saturating_sub(start.elapsed()).max(Duration::from_millis(1)));
        wait(&child, rest.min(LOOK));
    }
    let status = child.wait()?;
    for copier in copiers {
        // Whoever still has the command's end of the pipe, such as a daemon, keeps it from ending.
        let _ = copier.join();
    }
    let was_interrupted = asked.interrupted.load(Ordering::Acquire);
    Ok(match return_value(status) {
        _ if !in_time => End::TimeLimit,
        0 if was_interrupted => End::Returned(-(Signal::INT.as_raw())),
        value => End::Returned(value),
    })
}

fn tell(child: &Child, signal: Signal) {
    // It fails where it has ended meanwhile.
    let _ = kill_process(Pid::from_child(child), signal);
}

/// Has it ended? It keeps its number, since it is not waited for.
fn has_ended(child: &Child) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    match waitid(WaitId::Pid(Pid::from_child(child)), options) {
        Ok(status) => Ok(status.is_some()),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits for its end, or so long, or until a signal comes.
#[cfg(target_os = "linux")]
fn wait(child: &Child, time: Duration) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};
    let Ok(time) = Timespec::try_from(time) else { return };
    match pidfd_open(Pid::from_child(child), PidfdFlags::empty()) {
        // Whatever came of it is asked next.
        Ok(end) => drop(poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&time))),
        Err(_) => thread::sleep(Duration::from_millis(10)),
    }
}

#[cfg(not(target_os = "linux"))]
fn wait(_: &Child, time: Duration) {
    thread::sleep(time.min(Duration::from_millis(10)));
}

fn copier(mut from: PipeReader, mut to: impl Write + Send + 'static, mut copy: Copied) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => {
                    let bytes = buffer.get(..length).unwrap_or_default();
                    copy(bytes);
                    // Who does not read it any more misses it; the record does not.
                    let _ = to.write_all(bytes).and_then(|()| to.flush());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    })
}
