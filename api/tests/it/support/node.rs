//! Node, which runs the packages of `tests/clients`.

use std::{
    env,
    io::ErrorKind,
    path::PathBuf,
    process::{Command, Output},
};

/// `tests/clients`, in which Node runs.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients"))
}

/// Runs Node with these changes to its command, for a script that needs `package`. None without Node: then the test is
/// skipped.
pub fn run(package: &str, change: impl FnOnce(&mut Command)) -> Option<Output> {
    let folder = folder();
    let mut node = Command::new("node");
    // Code of others: it needs no more of our environment than this.
    node.current_dir(&folder).env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    change(&mut node);
    match node.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: Node is not installed");
            None
        }
        output => {
            let is_installed = folder.join("node_modules").join(package).is_dir();
            assert!(is_installed, "run `npm ci` in {}", folder.display());
            Some(output.expect("Node runs"))
        }
    }
}
