//! Files that whoever started sitrep had open.

use std::fs;

use nix::unistd::close;

/// Closes what this process was started with beyond standard input, output and error, such as a shell's locks, so that commands do not
/// get it. Only Linux tells which files those are; nothing happens elsewhere.
///
/// To be called when everything was read that the user named: one file may be such an open one, `/dev/fd/3`. What this process opened by
/// itself is not touched, because Rust has it closed for every command.
pub fn close_inherited() {
    let open = fs::read_dir("/proc/self/fdinfo").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    for number in numbers.filter(|number| *number > 2).collect::<Vec<_>>() {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap_or_default();
        if stays_open(&info) == Some(true) {
            // The worst that can happen is that it is open still.
            let _ = close(number);
        }
    }
}

/// Would a command get it? The flags are octal (proc_pid_fdinfo(5)).
fn stays_open(info: &str) -> Option<bool> {
    const CLOSE_ON_EXEC: u32 = nix::libc::O_CLOEXEC as u32;
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    Some(u32::from_str_radix(flags.trim(), 8).ok()? & CLOSE_ON_EXEC == 0)
}
