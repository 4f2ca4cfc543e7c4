//! The official Node SDK, which the service's tests run against the embedded Core.

use anyhow::{Context, Result};

use crate::{
    node::Node,
    npm,
    step::{skipped, step},
    workspace,
};

const LABEL: &str = "Official clients";

/// Installs the packages of `api/tests/clients`. None where there is no npm: their tests skip themselves.
pub fn install() -> Result<Option<Node>> {
    if !npm::available() {
        skipped(LABEL, "Node and npm are not installed: their tests are left out");
        return Ok(None);
    }
    step(LABEL, |step| {
        let node = Node::find(step)?;
        let folder = workspace::root().join("api/tests/clients");
        npm::install(&folder, step).context("the official clients cannot be installed")?;
        Ok(Some(node))
    })
}
