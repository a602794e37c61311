//! What becomes of the process when the system gives it no more memory.

/// From now on running out of memory ends the process with exit code 2. The standard library says on standard error how much could not be had
/// and aborts, which would be a signal: to whoever has called, that looks like a fault of the program.
#[cfg(unix)]
pub(crate) fn exit_where_there_is_no_more() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::SIGABRT;
    use signal_hook::flag::register_conditional_shutdown;

    // Where it cannot be registered, the signal it is.
    let _ = register_conditional_shutdown(SIGABRT, 2, Arc::new(AtomicBool::new(true)));
}

/// Other systems have no signals.
#[cfg(not(unix))]
pub(crate) fn exit_where_there_is_no_more() {}
