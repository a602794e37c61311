//! Whoever interrupts sitrep means the command too. It is not in the terminal's foreground group, so that nobody else tells it.

use std::fs;
use std::sync::{Once, mpsc};
use std::thread;

use nix::sys::signal::{SigSet, Signal, raise};

use super::system::{GRACE, with_running};

/// Ctrl-C, Ctrl-\, a terminal that is closed, `kill`.
const SIGNALS: [Signal; 4] = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGTERM];

/// From now on a signal that ends this process ends first the command that is running.
///
/// Ctrl-Z, which is not among them, stops this process alone: the command goes on, and so does its time.
///
/// A thread waits for the signals, which all others, and those that they start, block. Commands start with none blocked.
pub(super) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let ignored = ignored();
        // Blocked, an ignored signal would arrive: `nohup` would be in vain.
        let signals: SigSet = SIGNALS.into_iter().filter(|signal| ignored & bit(*signal) == 0).collect();
        if signals.thread_block().is_ok() && thread::Builder::new().spawn(move || wait(&signals)).is_err() {
            // Then a signal ends this process alone, as it would have.
            let _ = signals.thread_unblock();
        }
    });
}

fn wait(signals: &SigSet) {
    let Ok(signal) = signals.wait() else { return };
    with_running(|group| {
        group.kill();
        let (tell, gone) = mpsc::channel();
        let end = move || tell.send(group.end());
        if thread::Builder::new().spawn(end).is_ok() {
            // What takes longer cannot be killed.
            let _ = gone.recv_timeout(GRACE);
        }
    });
    // As if nobody had waited for it: whoever started this process learns which signal ended it.
    let _ = SigSet::from(signal).thread_unblock();
    let _ = raise(signal);
}

/// The signals that whoever started this process wants ignored, one bit each, where Linux says it (proc_pid_status(5)).
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

const fn bit(signal: Signal) -> u64 {
    1 << (signal as u32 - 1)
}
