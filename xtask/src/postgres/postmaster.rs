//! The postmaster of a data folder, as its `postmaster.pid` tells: dead, alive, or a number used again.

use std::{fs, path::Path};

use rustix::process::Pid;

use crate::pid;

/// A running PostgreSQL server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postmaster {
    pub pid: Pid,
    pub port: Option<u16>,
}

impl Postmaster {
    /// The live postmaster of `data`. Where its number went to a stranger the file goes too, because
    /// PostgreSQL would take that for a live one; what a dead one left is for PostgreSQL to judge.
    pub fn of(data: &Path) -> Option<Self> {
        let file = data.join("postmaster.pid");
        let found = parse(&fs::read_to_string(&file).ok()?)?;
        if pid::program(found.pid)? == "postgres" {
            return Some(found);
        }
        fs::remove_file(&file).ok();
        None
    }

    /// Removes what a dead one left. For the case that nobody collects the dead process, so that PostgreSQL
    /// takes it for a live one.
    pub fn forget_dead(data: &Path) {
        let file = data.join("postmaster.pid");
        let found = fs::read_to_string(&file).ok().and_then(|text| parse(&text));
        if found.is_some_and(|found| pid::program(found.pid).is_none()) {
            fs::remove_file(&file).ok();
        }
    }
}

/// Line 1 is the process, line 4 its TCP port.
fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
    Some(Postmaster { pid, port: lines.nth(2).and_then(|port| port.trim().parse().ok()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_server_gives_its_process_and_port() {
        let text = "4711\n/somewhere\n1700000000\n54321\n\n127.0.0.1\n 0 0\nready\n";
        let pid = Pid::from_raw(4711).unwrap();
        assert_eq!(parse(text), Some(Postmaster { pid, port: Some(54321) }));
        assert_eq!(parse("4711\n"), Some(Postmaster { pid, port: None }));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn the_number_of_a_stranger_is_not_taken_for_a_server() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("postmaster.pid");
        fs::write(&file, format!("{}\n", std::process::id())).unwrap();
        assert_eq!(Postmaster::of(data.path()), None);
        assert!(!file.exists());
    }
}
