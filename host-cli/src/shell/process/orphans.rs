//! Processes that have left their group and lost their parent, as daemons do. Linux gives them to the nearest ancestor that asks
//! for them, and lists them below `/proc`.

use std::fs::{self, File};
use std::io::Read;
use std::sync::Mutex;

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, getpid, kill_process, set_child_subreaper, waitid};

/// More than the beginning of `/proc/PID/stat` with the fields that are read, in bytes: a name has 64 at most.
const STAT: usize = 256;

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
        Self((has_no_children() || orphans().next().is_none()) && set_child_subreaper(Some(getpid())).is_ok())
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

/// Asks the system itself, which is quick.
fn has_no_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    retry_on_intr(|| waitid(WaitId::All, options)).is_err_and(|error| error == Errno::CHILD)
}

/// Where `/proc` is missing there are none to be found.
fn orphans() -> impl Iterator<Item = Orphan> {
    let (parent, group) = (getpid(), getpgrp());
    let pids = children().unwrap_or_else(|| numbers("/proc"));
    pids.into_iter().filter_map(move |pid| {
        let mut stat = [0; STAT];
        let length = File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut stat)).ok()?;
        let [state, of_parent, of_group] = fields(stat.get(..length)?)?;
        let is_orphan = of_parent == parent.to_string() && of_group != group.to_string();
        is_orphan.then_some(Orphan { pid: Pid::from_raw(pid)?, is_running: !matches!(state.as_str(), "Z" | "X") })
    })
}

/// The children of all threads of this process, from `/proc/self/task/TID/children` (proc_tid_children(5)). None can be missed, since
/// a child stays in the list until this process waits for it. `None` where the kernel was built without these lists.
fn children() -> Option<Vec<i32>> {
    let mut children = Vec::new();
    for thread in numbers("/proc/self/task") {
        match fs::read_to_string(format!("/proc/self/task/{thread}/children")) {
            Ok(list) => children.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok())),
            // The thread has ended, and another one has its children: the main one, which does not end.
            Err(_) if thread != getpid().as_raw_nonzero().get() => {}
            Err(_) => return None,
        }
    }
    Some(children)
}

/// The names in a directory that are numbers, as those of processes and threads are.
fn numbers(directory: &str) -> Vec<i32> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
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
