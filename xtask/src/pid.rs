//! Processes of an earlier run, recognised by number and start time: a number alone may be a stranger's by now.

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};

use crate::signal;

/// The file that remembers a process that we started.
pub struct PidFile(PathBuf);

impl PidFile {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn write(&self, pid: Pid) -> Result<()> {
        let started = start_time(pid).unwrap_or_default();
        fs::write(&self.0, format!("{}\n{started}\n", pid.as_raw_nonzero()))
            .with_context(|| format!("cannot write {}", self.0.display()))
    }

    pub fn remove(&self) {
        fs::remove_file(&self.0).ok();
    }

    /// Stops the process that the file remembers, if it is still that one; says whether it did.
    pub fn stop_orphan(&self) -> bool {
        let Ok(text) = fs::read_to_string(&self.0) else {
            return false;
        };
        let orphan =
            parse(&text).filter(|(pid, started)| start_time(*pid).as_ref() == Some(started));
        if let Some((pid, _)) = &orphan {
            stop(*pid);
        }
        self.remove();
        orphan.is_some()
    }
}

fn parse(text: &str) -> Option<(Pid, String)> {
    let (pid, started) = text.trim().split_once('\n')?;
    let started = started.trim().to_owned();
    Some((Pid::from_raw(pid.parse().ok()?)?, started)).filter(|(_, started)| !started.is_empty())
}

/// Politely, then not.
fn stop(pid: Pid) {
    signal::group(pid, Signal::TERM);
    if !ends(pid) {
        signal::group(pid, Signal::KILL);
        ends(pid);
    }
}

/// Waits for a process that was told to end; says whether it did in time.
pub fn ends(pid: Pid) -> bool {
    let asked = Instant::now();
    while start_time(pid).is_some() {
        if asked.elapsed() > Duration::from_secs(30) {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// When a process started, in whatever unit the system tells; none if it does not run.
fn start_time(pid: Pid) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        return stat_start_time(&stat);
    }
    let shown = Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8(shown.stdout).ok()?.trim().to_owned()).filter(|time| !time.is_empty())
}

/// Field 22 of `/proc/<pid>/stat`; the name before it may hold spaces and parentheses. A zombie is dead.
fn stat_start_time(stat: &str) -> Option<String> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    if matches!(fields.next(), Some("Z" | "X")) {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

/// The name of the program that a process runs; none if it does not run.
pub fn program(pid: Pid) -> Option<String> {
    start_time(pid)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok().or_else(|| {
        let shown =
            Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output().ok()?;
        String::from_utf8(shown.stdout).ok()
    })?;
    name.trim().rsplit('/').next().map(str::to_owned)
}

/// The arguments of a process, its program the first. Where the system shows only one line of them, they are
/// split at its spaces.
pub fn arguments(pid: Pid) -> Option<Vec<OsString>> {
    if let Ok(bytes) = fs::read(format!("/proc/{pid}/cmdline")) {
        let arguments = bytes.split(|byte| *byte == 0);
        return Some(arguments.map(|bytes| OsString::from_vec(bytes.to_vec())).collect());
    }
    let shown =
        Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output().ok()?;
    let line = String::from_utf8(shown.stdout).ok()?;
    Some(line.split_whitespace().map(OsString::from).collect())
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::CommandExt, process};

    use super::*;

    fn file(folder: &tempfile::TempDir) -> PidFile {
        PidFile::new(folder.path().join("service.pid"))
    }

    fn sleeper() -> process::Child {
        Command::new("sleep").arg("60").process_group(0).spawn().unwrap()
    }

    #[test]
    fn an_orphan_is_stopped_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sleeper();
        file(&folder).write(Pid::from_child(&child)).unwrap();
        assert!(file(&folder).stop_orphan());
        assert!(!child.wait().unwrap().success());
        assert!(!file(&folder).stop_orphan());
    }

    #[test]
    fn a_stranger_with_the_same_number_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sleeper();
        fs::write(&file(&folder).0, format!("{}\n1\n", child.id())).unwrap();
        assert!(!file(&folder).stop_orphan());
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn the_start_time_is_read_past_any_name() {
        let fields = (3..=52).map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        let stat = format!("7 (a) b (c)) {fields}");
        assert_eq!(stat_start_time(&stat).as_deref(), Some("22"));
        assert_eq!(stat_start_time("7 (a) Z 1 2"), None);
        assert_eq!(parse("12\n"), None);
    }
}
