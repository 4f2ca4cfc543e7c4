//! The files of `docs/deploy`. What runs them is not here, so they are looked at by those who know their form:
//! linters from npm, and systemd.

use std::{fs, process::Command};

use anyhow::{Context, Result};

use crate::{
    environment,
    node::Node,
    npm,
    run::{self, IdleTimeout},
    step::{Step, skipped, step},
    workspace,
};

const CONTAINERS: &str = "Deployment files";
const UNIT: &str = "systemd unit";
const SYSTEMD: &str = "systemd-analyze";
/// Since which it knows all that the unit says, and looks at units that are not installed.
const OLDEST: u32 = 250;
/// Of 100, where 100 is a service that may do anything.
const EXPOSURE: &str = "20";
/// One image that is built and named, and an order of our own.
const NOT_OURS: [&str; 4] =
    ["--disable-rule", "no-build-and-image", "--disable-rule", "service-keys-order"];

pub fn lint() -> Result<()> {
    if npm::available() {
        step(CONTAINERS, |step| containers(step))?;
    } else {
        skipped(CONTAINERS, "Node and npm are not installed");
    }
    if systemd().is_some_and(|version| version >= OLDEST) {
        return step(UNIT, |step| unit(step));
    }
    skipped(UNIT, &format!("there is no systemd {OLDEST} or newer"));
    Ok(())
}

fn systemd() -> Option<u32> {
    let said = Command::new(SYSTEMD).arg("--version").output().ok()?;
    parse_version(&String::from_utf8(said.stdout).ok()?)
}

fn parse_version(said: &str) -> Option<u32> {
    said.strip_prefix("systemd ")?.split([' ', '.', '~']).next()?.parse().ok()
}

fn containers(step: &Step) -> Result<()> {
    let node = Node::find(step)?;
    let folder = workspace::root().join("xtask/deploy-lint");
    npm::install(&folder, step)?;
    let files = workspace::root().join("docs/deploy");
    let (compose, image) = (files.join("compose.yaml"), files.join("Dockerfile"));
    for (name, options, file) in [
        ("dclint", &[&NOT_OURS[..], &["--max-warnings=0"]].concat()[..], compose),
        ("dockerfilelint", &[], image),
    ] {
        let mut linter = Command::new(folder.join("node_modules/.bin").join(name));
        environment::restrict(&mut linter);
        node.lead(&mut linter)?;
        linter.args(options).arg(&file);
        run::quiet(&mut linter, IdleTimeout::Local, step)
            .with_context(|| format!("{name} is not content"))?;
    }
    Ok(())
}

fn unit(step: &Step) -> Result<()> {
    let file = workspace::root().join("docs/deploy/todos-api.service");
    let text = fs::read_to_string(&file).context("docs/deploy/todos-api.service")?;
    // It wants the program to be where it will be.
    let here = workspace::target_dir().join("todos-api.service");
    fs::write(&here, text.replace("ExecStart=/opt/todos/api", "ExecStart=/bin/true"))?;
    let mut verify = Command::new(SYSTEMD);
    run::quiet(verify.arg("verify").arg(&here), IdleTimeout::Local, step)
        .context("systemd does not take the unit")?;
    let mut security = Command::new(SYSTEMD);
    security.args(["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE]).arg(&here);
    run::quiet(&mut security, IdleTimeout::Local, step).context("the unit may do too much")?;
    Ok(fs::remove_file(here)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemds_version_is_read() {
        assert_eq!(parse_version("systemd 252 (252.38-1~deb12u1)\n+PAM"), Some(252));
        assert_eq!(parse_version("systemd 257.4"), Some(257));
        assert_eq!(parse_version("System has not been booted"), None);
    }
}
