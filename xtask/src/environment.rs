//! The environment of programs that need nothing of ours: no database, no Core, no keys.

use std::{env, process::Command};

/// What makes programs find their files, their language and the network.
const NAMES: [&str; 19] = [
    "ALL_PROXY",
    "CI",
    "COLORTERM",
    "FORCE_COLOR",
    "HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "NO_COLOR",
    "NO_PROXY",
    "PATH",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "USER",
];

/// Libraries and folders, and the managers that put a version of Node on the PATH.
const PREFIXES: [&str; 9] =
    ["ASDF_", "DYLD_", "FNM_", "LC_", "LD_LIBRARY_", "MISE_", "NVM_", "VOLTA_", "XDG_"];

/// What npm and Node themselves are set up by, the token of a registry included.
const NODE_NAMES: [&str; 3] = ["NODE_AUTH_TOKEN", "NODE_EXTRA_CA_CERTS", "NPM_TOKEN"];
const NODE_PREFIX: &str = "NPM_CONFIG_";

/// Leaves a program only what every program needs; what it gets beyond that is named where it is started.
pub fn restrict(command: &mut Command) {
    only(command, is_common);
}

/// As [`restrict`], for npm.
pub fn restrict_to_npm(command: &mut Command) {
    only(command, |name| {
        is_common(name) || NODE_NAMES.contains(&name) || name.starts_with(NODE_PREFIX)
    });
}

fn only(command: &mut Command, wanted: fn(&str) -> bool) {
    command.env_clear();
    let wanted = |name: &str| wanted(&name.to_ascii_uppercase());
    command.envs(env::vars_os().filter(|(name, _)| name.to_str().is_some_and(wanted)));
}

fn is_common(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npm_sees_the_path_and_no_secret_of_ours() {
        let mut npm = Command::new("npm");
        npm.env("DATABASE_URL", "postgres://owner:s3cret@localhost/todos");
        restrict_to_npm(&mut npm);
        let names: Vec<_> = npm.get_envs().map(|(name, _)| name.to_string_lossy()).collect();
        assert!(names.contains(&"PATH".into()), "{names:?}");
        assert!(
            !names.iter().any(|name| name.starts_with("DATABASE") || name.contains("SUPERTOKENS"))
        );
        assert!(!is_common("NPM_TOKEN"));
    }
}
