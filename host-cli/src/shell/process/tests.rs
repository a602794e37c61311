use std::sync::{Arc, Mutex};

use super::*;

const LONG: Duration = Duration::from_secs(60);

/// Runs a script; returns what it printed too.
fn script(script: &str, limit: Duration) -> (Ended, Vec<String>) {
    let printed = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&printed);
    let listener: Listener = Box::new(move |line| heard.lock().unwrap().push(line.to_owned()));
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let ended = run(command, limit, Some(listener)).unwrap();
    let printed = printed.lock().unwrap().clone();
    (ended, printed)
}

/// A script that makes a pipe with a name, and whose `$1` is a process that has left the group.
fn with_daemon(then: &str) -> String {
    format!(
        "d=$(mktemp -d); mkfifo $d/p; setsid sh -c 'echo $$ > '$d/p'; exec sleep 60' & \
         read daemon < $d/p; rm -r $d; echo $daemon; {then}"
    )
}

#[cfg(target_os = "linux")]
#[track_caller]
fn assert_gone(pid: &str) {
    assert!(!std::path::Path::new("/proc").join(pid.parse::<u32>().unwrap().to_string()).exists(), "{pid} is there");
}

#[test]
fn what_is_returned_is_told() {
    assert_eq!(script("exit 3", LONG).0.end, End::Returned(3));
    assert_eq!(script("kill -9 $$", LONG).0.end, End::Returned(-9));
    assert_eq!(run(Command::new("/no such program"), LONG, None).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(run(Command::new("true"), LONG, None).unwrap().lines, None);
}

#[test]
fn what_is_printed_is_heard_in_order() {
    let (ended, printed) = script("echo a; echo b >&2; printf 'c\\r\\n\\nd'", LONG);
    assert_eq!(printed, ["a", "b", "c", "", "d"]);
    assert_eq!(ended.lines, Some(5));
    let (_, printed) = script("head -c 10000 /dev/zero | tr '\\0' x; printf '\\377'", LONG);
    assert_eq!(printed.iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [4096, 4096, 1809]);
    assert!(printed[2].ends_with("x\u{fffd}"));
    // More than a pipe holds.
    assert_eq!(script("yes | head -n 100000", LONG).0.lines, Some(100_000));
}

#[test]
fn who_keeps_the_pipe_is_not_waited_for() {
    // The command's end of the pipe is open as long as the command can still be started.
    let mut command = Command::new("true");
    let output = Output::connect(&mut command, Box::new(|_| ())).unwrap();
    assert_eq!(output.finish(), 0);
    drop(command);
}

#[cfg(target_os = "linux")]
#[test]
fn the_limit_ends_everything_that_was_started() {
    let (ended, printed) = script(&with_daemon("sleep 60 & echo $!; echo $$; sleep 60"), Duration::from_secs(2));
    assert_eq!((ended.end, printed.len()), (End::TimeLimit, 3));
    assert!(ended.duration < LONG, "{ended:?}");
    printed.iter().for_each(|pid| assert_gone(pid));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_goes_on_after_the_end() {
    for leave in [with_daemon(""), "sleep 60 & echo $!".into()] {
        let (ended, printed) = script(&leave, LONG);
        assert_eq!((ended.end, ended.left_running), (End::Returned(0), true));
        assert_gone(&printed[0]);
    }
    assert!(!script("sleep 0 & wait", LONG).0.left_running);
}

#[test]
fn an_exhausted_limit_is_no_wait() {
    let (ended, _) = script("sleep 60", Duration::ZERO);
    assert_eq!(ended.end, End::TimeLimit);
}
