//! Node, which runs the packages of `tests/clients`.

use std::{
    env,
    io::ErrorKind,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

/// `tests/clients`, in which Node runs.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients"))
}

/// Runs Node with these changes to its command, for a script that needs `package`. None without Node: then the test is
/// skipped.
pub fn run(package: &str, change: impl FnOnce(&mut Command)) -> Option<Output> {
    let child = start(package, |node| {
        node.stdout(Stdio::piped()).stderr(Stdio::piped());
        change(node);
    });
    Some(child?.wait_with_output().expect("Node runs"))
}

/// As [`run`], without waiting for the end.
pub fn start(package: &str, change: impl FnOnce(&mut Command)) -> Option<Child> {
    let folder = folder();
    let mut node = Command::new("node");
    // Code of others: it needs no more of our environment than this.
    node.current_dir(&folder).env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    node.stdin(Stdio::null());
    change(&mut node);
    let is_installed = folder.join("node_modules").join(package).is_dir();
    match node.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: Node is not installed");
            None
        }
        child => {
            assert!(is_installed, "run `npm ci` in {}", folder.display());
            Some(child.expect("Node runs"))
        }
    }
}
