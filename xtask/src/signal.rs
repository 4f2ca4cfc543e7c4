//! Signals to processes that may be gone by now, which is fine.

use rustix::process::{Pid, Signal};

/// To the process alone.
pub fn process(pid: Pid, signal: Signal) {
    let _ = rustix::process::kill_process(pid, signal);
}

/// To the process and all that it started.
pub fn group(leader: Pid, signal: Signal) {
    let _ = rustix::process::kill_process_group(leader, signal);
}

/// Whether anything of the group is left.
pub fn group_lives(leader: Pid) -> bool {
    rustix::process::test_kill_process_group(leader).is_ok()
}
