//! The postmaster of a data folder: the process that `postmaster.pid` names, if its own arguments name the folder.

use std::{ffi::OsString, fs, os::unix::fs::MetadataExt, path::Path};

use rustix::process::Pid;

use crate::pid;

/// A running PostgreSQL server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postmaster {
    pub pid: Pid,
    pub port: Option<u16>,
}

/// Who has the number that `postmaster.pid` names.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    /// The server of this folder.
    Postmaster,
    /// Nobody, or a process that is no server of this folder: the number was used again.
    Other,
    /// A PostgreSQL that does not say which folder it serves.
    Unclear,
}

impl Postmaster {
    /// The live postmaster of `data`. Looking changes nothing: what a dead one left is for PostgreSQL to judge.
    pub fn of(data: &Path) -> Option<Self> {
        let found = read(data)?;
        (holder(found.pid, data) == Holder::Postmaster).then_some(found)
    }

    /// Removes the `postmaster.pid` of a server that is surely gone, for the case that PostgreSQL takes it for a
    /// live one: a stranger has its number, or nobody collects the dead process.
    pub fn forget_gone(data: &Path) {
        if read(data).is_some_and(|found| holder(found.pid, data) == Holder::Other) {
            fs::remove_file(data.join("postmaster.pid")).ok();
        }
    }
}

fn read(data: &Path) -> Option<Postmaster> {
    parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
}

/// Line 1 is the process, line 4 its TCP port.
fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
    Some(Postmaster { pid, port: lines.nth(2).and_then(|port| port.trim().parse().ok()) })
}

fn holder(pid: Pid, data: &Path) -> Holder {
    if pid::program(pid).is_none_or(|program| program != "postgres") {
        return Holder::Other;
    }
    let arguments = pid::arguments(pid).unwrap_or_default();
    match data_argument(&arguments) {
        Some(served) if same_folder(Path::new(served), data) => Holder::Postmaster,
        Some(_) => Holder::Other,
        None => Holder::Unclear,
    }
}

/// The folder after `-D`, as `pg_ctl` starts a server.
fn data_argument(arguments: &[OsString]) -> Option<&OsString> {
    let flag = arguments.iter().position(|argument| argument == "-D")?;
    arguments.get(flag + 1)
}

/// A folder may be reached by several paths.
fn same_folder(one: &Path, other: &Path) -> bool {
    let identity = |path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    one == other || identity(one).is_some_and(|one| Some(one) == identity(other))
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read,
        os::unix::fs::symlink,
        process::{Child, Command, Stdio},
    };

    use super::*;

    /// A process that is called `postgres`, with the arguments of a server.
    fn server(folder: &Path, arguments: &[&str]) -> Child {
        let program = folder.join("postgres");
        if !program.exists() {
            symlink("/bin/sh", &program).unwrap();
        }
        let script = ["-c", "echo up; read line", "sh"];
        let mut server = Command::new(program);
        server.args(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = server.spawn().unwrap();
        // Until it runs, the system may still show the name and arguments of who started it.
        server.stdout.as_mut().unwrap().read_exact(&mut [0; 3]).unwrap();
        server
    }

    fn write(data: &Path, pid: u32) {
        fs::create_dir_all(data).unwrap();
        let text = format!("{pid}\n{}\n1700000000\n54321\n", data.display());
        fs::write(data.join("postmaster.pid"), text).unwrap();
    }

    #[test]
    fn the_file_of_a_server_gives_its_process_and_port() {
        let text = "4711\n/somewhere\n1700000000\n54321\n\n127.0.0.1\n 0 0\nready\n";
        let pid = Pid::from_raw(4711).unwrap();
        assert_eq!(parse(text), Some(Postmaster { pid, port: Some(54321) }));
        assert_eq!(parse("4711\n"), Some(Postmaster { pid, port: None }));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn a_server_is_known_by_its_folder_however_that_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let (data, link) = (folder.path().join("data"), folder.path().join("link"));
        let mut server = server(folder.path(), &["-D", data.to_str().unwrap()]);
        write(&data, server.id());
        symlink(&data, &link).unwrap();
        assert_eq!(Postmaster::of(&data).unwrap().pid, Pid::from_child(&server));
        assert_eq!(Postmaster::of(&link).unwrap().port, Some(54321));
        server.kill().unwrap();
        server.wait().unwrap();
        assert_eq!(Postmaster::of(&data), None);
    }

    #[test]
    fn the_server_of_another_folder_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let (data, other) = (folder.path().join("data"), folder.path().join("other"));
        fs::create_dir(&other).unwrap();
        let mut server = server(folder.path(), &["-D", other.to_str().unwrap()]);
        write(&data, server.id());
        assert_eq!(Postmaster::of(&data), None);
        assert!(data.join("postmaster.pid").exists());
        Postmaster::forget_gone(&data);
        assert!(!data.join("postmaster.pid").exists());
        server.kill().unwrap();
        server.wait().unwrap();
    }

    #[test]
    fn a_server_that_does_not_name_its_folder_keeps_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut server = server(folder.path(), &[]);
        write(&data, server.id());
        assert_eq!(Postmaster::of(&data), None);
        Postmaster::forget_gone(&data);
        assert!(data.join("postmaster.pid").exists());
        server.kill().unwrap();
        server.wait().unwrap();
    }

    #[test]
    fn the_number_of_a_stranger_is_not_taken_for_a_server() {
        let data = tempfile::tempdir().unwrap();
        write(data.path(), std::process::id());
        assert_eq!(Postmaster::of(data.path()), None);
        assert!(data.path().join("postmaster.pid").exists());
    }
}
