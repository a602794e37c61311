//! A command and its process group.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

#[cfg(target_os = "linux")]
use super::orphans::Orphans;
use super::run::Run;

/// How long is waited for what has been killed. Only a process that waits for a broken device or file system takes longer.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// The command that is running, which has not been waited for yet: its number cannot be another process's.
static RUNNING: Mutex<Option<Group>> = Mutex::new(None);

/// One command at a time: what this process gets as children meanwhile is the command's.
static TURN: Mutex<()> = Mutex::new(());

/// The processes of a command.
#[derive(Clone, Copy)]
pub(super) struct Group {
    leader: Pid,
    #[cfg(target_os = "linux")]
    orphans: Orphans,
}

/// What happens to a command, in this order.
enum Event {
    Started(io::Result<()>),
    Ended,
    /// Nothing of it is left.
    Gone {
        status: ExitStatus,
        left_running: bool,
    },
}

/// Runs a command, and kills after `limit` what is left of it.
pub(super) fn run(command: Command, limit: Duration) -> io::Result<Run> {
    let _turn = lock(&TURN);
    let (tell, events) = mpsc::channel();
    // This thread keeps the time, another one waits for the command.
    thread::Builder::new().spawn(move || accompany(command, &tell))?;
    if let Ok(Event::Started(Err(error))) = events.recv() {
        return Err(error);
    }
    let in_time = events.recv_timeout(limit).is_ok();
    if !in_time {
        with_running(Group::kill);
    }
    while let Ok(event) = events.recv_timeout(GRACE) {
        if let Event::Gone { status, left_running } = event {
            return Ok(Run { in_time, status: Some(status), left_running });
        }
    }
    Ok(Run { in_time, status: None, left_running: true })
}

/// Starts a command and stays with it until nothing of it is left.
fn accompany(mut command: Command, tell: &Sender<Event>) {
    // Where nobody listens any more, the time is up.
    let tell = |event| drop(tell.send(event));
    let (group, mut child) = match Group::start(&mut command) {
        Ok(started) => started,
        Err(error) => return tell(Event::Started(Err(error))),
    };
    // With it goes this process's end of the pipe into which the command prints.
    drop(command);
    tell(Event::Started(Ok(())));
    group.wait();
    tell(Event::Ended);
    let left_running = group.end();
    *lock(&RUNNING) = None;
    if let Ok(status) = child.wait() {
        tell(Event::Gone { status, left_running });
    }
}

impl Group {
    fn start(command: &mut Command) -> io::Result<(Self, Child)> {
        #[cfg(target_os = "linux")]
        let orphans = Orphans::expect();
        // A signal that comes now waits until it is known what to kill.
        let mut running = lock(&RUNNING);
        let child = command.process_group(0).spawn()?;
        let group = Self {
            leader: Pid::from_child(&child),
            #[cfg(target_os = "linux")]
            orphans,
        };
        *running = Some(group);
        Ok((group, child))
    }

    /// Kills every process of the group.
    pub(super) fn kill(self) {
        // It fails where there is nothing left to kill.
        let _ = kill_process_group(self.leader, Signal::KILL);
    }

    /// Waits for the end of the command, which keeps its number.
    fn wait(self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        // It fails where the command has been waited for elsewhere: then it has ended.
        let _ = retry_on_intr(|| waitid(WaitId::Pid(self.leader), options));
    }

    /// Waits for the end of the command, and kills whatever it has left. Says whether there was something.
    pub(super) fn end(self) -> bool {
        self.wait();
        #[cfg(target_os = "linux")]
        let left_running = self.orphans.are_running(self.leader);
        #[cfg(not(target_os = "linux"))]
        let left_running = false;
        self.kill();
        #[cfg(target_os = "linux")]
        self.orphans.end(self.leader);
        left_running
    }
}

/// Does something to the command that is running, if there is one. It cannot be waited for meanwhile, and no other can start.
pub(super) fn with_running(then: impl FnOnce(Group)) {
    let running = lock(&RUNNING);
    if let Some(group) = *running {
        then(group);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked has left nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
