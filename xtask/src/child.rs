//! A child in a process group of its own: the terminal's Ctrl-C reaches it only through us.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};

use crate::{
    interrupt,
    run::{POLL, shown},
    signal,
};

const STOPS_WITHIN: Duration = Duration::from_secs(5);
const FOLLOWS_WITHIN: Duration = Duration::from_secs(1);

/// Dropped before its end, the whole group is stopped.
pub struct Running {
    pub child: Child,
}

impl Running {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        interrupt::check()?;
        command.process_group(0);
        let child = command.spawn().with_context(|| format!("cannot run `{}`", shown(command)))?;
        let running = Self { child };
        interrupt::watch(running.pid(), Signal::KILL);
        Ok(running)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.pid();
        if matches!(self.child.try_wait(), Ok(None)) {
            stop_group(&mut self.child, pid);
        }
        interrupt::unwatch(pid);
    }
}

fn stop_group(child: &mut Child, pid: Pid) {
    signal::group(pid, Signal::TERM);
    if until(STOPS_WITHIN, || !matches!(child.try_wait(), Ok(None))) {
        // Its own children may be slower than it was, or deaf.
        until(FOLLOWS_WITHIN, || !signal::group_lives(pid));
    }
    signal::group(pid, Signal::KILL);
    drop(child.wait());
}

/// Waits for something to come true; says whether it did in time.
fn until(within: Duration, mut done: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !done() {
        if started.elapsed() > within {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };

    use super::*;
    use crate::pid;

    #[test]
    fn a_child_that_is_given_up_takes_its_own_children_along() {
        let mut sh = Command::new("sh");
        sh.args(["-c", "sleep 60 & echo $!; wait"]).stdout(Stdio::piped());
        let mut running = Running::spawn(&mut sh).unwrap();
        let mut line = String::new();
        BufReader::new(running.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let grandchild = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        assert!(pid::program(grandchild).is_some());
        drop(running);
        assert!(pid::ends(grandchild));
    }
}
