//! Processes that have left their group and lost their parent, as daemons do. Linux gives them to the nearest ancestor that asks
//! for them, and lists them below `/proc`.

use std::fs;
use std::sync::Mutex;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, getpid, kill_process, set_child_subreaper, waitid};

/// Whether orphans come to this process.
#[derive(Clone, Copy)]
pub(super) struct Orphans(bool);

/// A child of this process, in another group than this process's.
struct Orphan {
    pid: Pid,
    is_running: bool,
}

impl Orphans {
    /// Asks for orphans, before a command is started.
    pub(super) fn expect() -> Self {
        // Whoever has such children already has them from a program that this one replaced, and they are none of its business.
        // Nor could their orphans be told apart from the command's.
        Self(orphans().next().is_none() && set_child_subreaper(Some(getpid())).is_ok())
    }

    /// Is any running, beside the leader of the command's group?
    pub(super) fn are_running(self, leader: Pid) -> bool {
        self.0 && orphans().any(|orphan| orphan.is_running && orphan.pid != leader)
    }

    /// Kills them and waits for them, until there are none, but for the leader of the command's group.
    pub(super) fn end(self, leader: Pid) {
        /// What has been waited for has lost its number: nobody else may be about to kill it.
        static ENDING: Mutex<()> = Mutex::new(());
        let _ending = ENDING.lock();
        if !self.0 {
            return;
        }
        loop {
            let found: Vec<Pid> = orphans().map(|orphan| orphan.pid).filter(|pid| *pid != leader).collect();
            if found.is_empty() {
                return;
            }
            for pid in found {
                // Its own children become this process's when it ends, and are found the next time.
                let _ = kill_process(pid, Signal::KILL);
                let _ = retry_on_intr(|| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED));
            }
        }
    }
}

/// Where `/proc` is missing there are none to be found.
fn orphans() -> impl Iterator<Item = Orphan> {
    let (parent, group) = (getpid(), getpgrp());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(move |process| {
        let pid = Pid::from_raw(process.file_name().to_str()?.parse().ok()?)?;
        let stat = fs::read(process.path().join("stat")).ok()?;
        let [state, of_parent, of_group] = fields(&stat)?;
        let is_orphan = of_parent == parent.to_string() && of_group != group.to_string();
        is_orphan.then_some(Orphan { pid, is_running: !matches!(state.as_str(), "Z" | "X") })
    })
}

/// State, parent and group, from `/proc/PID/stat` (proc_pid_stat(5)). The name before them can have spaces and parentheses.
fn fields(stat: &[u8]) -> Option<[String; 3]> {
    let stat = String::from_utf8_lossy(stat);
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned);
    Some([fields.next()?, fields.next()?, fields.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_do_not_mislead() {
        let stat = b"12 (a) S 1 1 (b\xff c) R 34 56 78 0";
        assert_eq!(fields(stat).unwrap(), ["R", "34", "56"]);
        assert!(fields(b"12 (a) R 1").is_none() && fields(b"").is_none());
    }
}
