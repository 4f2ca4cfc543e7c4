//! What the program is made of, as CycloneDX: the crates of the service and of the page, by `cargo-cyclonedx`;
//! the packages of the playground, by npm.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::tools;
use crate::{
    graphiql, npm,
    page::TARGET as BROWSER,
    run::{self, IdleTimeout},
    step::Step,
    workspace,
};

const TOOL: &str = "cargo-cyclonedx";
const VERSION: &str = "0.5.9";
/// It writes a file beside each manifest of the workspace: under a name that nobody else has.
const NAME: &str = "xtask-dist.cdx";

pub fn write(folder: &Path, step: &mut Step) -> Result<()> {
    let programs = tools::install(TOOL, VERSION, step)?;
    let host = workspace::host()?;
    for (name, member, target) in
        [("service", "api/release", host.as_str()), ("page", "web", BROWSER)]
    {
        let text = describe(member, target, &programs, step)?;
        fs::write(folder.join(format!("sbom-{name}.cdx.json")), text)?;
    }
    let packages = graphiql::folder();
    npm::install(&packages, step)?;
    let mut npm = npm::npm(&packages, &["sbom", "--omit=dev", "--sbom-format=cyclonedx"]);
    let text = run::quiet(&mut npm, IdleTimeout::Local, step)
        .context("npm cannot list the packages of the playground (its version 10 can)")?;
    fs::write(folder.join("sbom-playground.cdx.json"), text)?;
    step.note("CycloneDX, of the service, the page and the playground");
    Ok(())
}

/// The crates that a member of the workspace is compiled from.
fn describe(member: &str, target: &str, programs: &Path, step: &Step) -> Result<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([programs.to_owned()].into_iter().chain(env::split_paths(&path)))?;
    let manifest = format!("{member}/Cargo.toml");
    let mut cargo = workspace::cargo();
    cargo
        .env("PATH", path)
        .args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--no-build-deps", "-q"])
        .args(["--manifest-path", &manifest, "--target", target, "--override-filename", NAME]);
    let done = run::quiet(&mut cargo, IdleTimeout::Local, step);
    let text = fs::read_to_string(written(Path::new(member)));
    for member in workspace::members()? {
        fs::remove_file(written(&member)).ok();
    }
    done.context("cargo-cyclonedx failed")?;
    // Where the sources were is nobody's business.
    Ok(text?.replace(&format!("{}", workspace::root().display()), ""))
}

fn written(member: &Path) -> PathBuf {
    workspace::root().join(member).join(format!("{NAME}.json"))
}
