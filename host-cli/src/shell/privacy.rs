//! What other processes of the same user can see of this one.

use std::io;

/// From now on nobody reads this process's memory or environment, or gets a core dump of it, but whoever may look into every process: root. Other
/// programs of the same user otherwise may (ptrace(2), proc(5)). Only Linux has such a switch; nothing happens elsewhere.
///
/// What this process starts is not hidden.
///
/// # Errors
/// The operating system's.
pub(crate) fn hide_process() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
