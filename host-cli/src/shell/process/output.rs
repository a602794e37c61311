//! What a command prints, line by line.

use std::io::{self, BufRead, BufReader, PipeReader, Read};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// Is given each line that a command prints, without its end.
pub type Listener = Box<dyn FnMut(&str) + Send>;

/// Longest line, in bytes; what is longer is cut into several.
const LINE: u64 = 4096;

/// What a pipe and this process's buffer hold at most, in bytes. What comes after it was printed when the command had ended.
const HELD: u64 = 128 * 1024;

/// How long something else that has the command's end of the pipe may be silent.
const SILENCE: Duration = Duration::from_secs(1);

/// A thread that listens to a command.
pub(super) struct Output {
    state: Arc<State>,
    /// Closed at the end of the output.
    end: Receiver<()>,
}

#[derive(Default)]
struct State {
    lines: AtomicU64,
    bytes: AtomicU64,
    /// Is there nothing to read?
    is_waiting: AtomicBool,
    /// Does nobody want to hear more?
    is_over: AtomicBool,
}

impl Output {
    /// Leads standard output and standard error of the command into one pipe, in the order in which they are written.
    pub(super) fn connect(command: &mut Command, listener: Listener) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let state = Arc::new(State::default());
        let (tell, end) = mpsc::channel();
        let shared = Arc::clone(&state);
        thread::Builder::new().spawn(move || listen(reader, listener, &shared, tell))?;
        command.stdout(writer.try_clone()?).stderr(writer);
        Ok(Self { state, end })
    }

    /// Reads what the command has printed, which has ended; returns the number of lines. Whoever still has its end of the pipe, such as a
    /// daemon, is not waited for.
    pub(super) fn finish(self) -> u64 {
        let at_end = self.state.bytes.load(Ordering::Acquire);
        let mut before = at_end;
        while self.end.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
            let bytes = self.state.bytes.load(Ordering::Acquire);
            // A listener that takes its time, such as a terminal that was stopped, is no silence.
            let is_silent = bytes == before && self.state.is_waiting.load(Ordering::Acquire);
            if is_silent || bytes.saturating_sub(at_end) > HELD {
                break;
            }
            before = bytes;
        }
        self.state.is_over.store(true, Ordering::Release);
        self.state.lines.load(Ordering::Acquire)
    }
}

/// `_end` is dropped at the end.
fn listen(reader: PipeReader, mut listener: Listener, state: &State, _end: Sender<()>) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        state.is_waiting.store(true, Ordering::Release);
        let read = (&mut reader).take(LINE).read_until(b'\n', &mut line);
        state.is_waiting.store(false, Ordering::Release);
        if !matches!(read, Ok(1..)) || state.is_over.load(Ordering::Acquire) {
            return;
        }
        state.lines.fetch_add(1, Ordering::AcqRel);
        state.bytes.fetch_add(line.len() as u64, Ordering::AcqRel);
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        listener(&String::from_utf8_lossy(text.strip_suffix(b"\r").unwrap_or(text)));
    }
}
