//! What tests have of npm beside the browser: the official Node SDK, which runs against the development Core, and a
//! localtunnel server.

use anyhow::{Context, Result};

use crate::{
    node::Node,
    npm,
    step::{skipped, step},
    workspace,
};

const LABEL: &str = "Official clients";

const FOLDERS: [&str; 2] = ["api/tests/clients", "xtask/tunnel/tests/server"];

/// Installs their packages. None where there is no npm: their tests skip themselves.
pub fn install() -> Result<Option<Node>> {
    if !npm::available() {
        skipped(LABEL, "Node and npm are not installed: their tests are left out");
        return Ok(None);
    }
    step(LABEL, |step| {
        let node = Node::find(step)?;
        for folder in FOLDERS {
            npm::install(&workspace::root().join(folder), step)
                .with_context(|| format!("the packages of {folder} cannot be installed"))?;
        }
        Ok(Some(node))
    })
}
