//! How a command went, as the system tells.

use std::process::ExitStatus;

/// How it went.
pub(super) struct Run {
    /// Did the command end within the limit?
    pub(super) in_time: bool,
    /// How it ended; `None` when it, or what it had started, could not be killed.
    pub(super) status: Option<ExitStatus>,
    /// Was something else still running when it had ended?
    pub(super) left_running: bool,
}
