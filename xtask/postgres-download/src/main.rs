//! `postgres-download [major]`: PostgreSQL's programs, downloaded to where they stay for all checkouts. Prints
//! their folder. A program of its own, because an HTTP client takes minutes to compile and few need it.

use std::{env, fs, path::PathBuf, process};

use anyhow::{Context, Result, bail};
use postgresql_embedded::{Settings, blocking::PostgreSQL};

fn main() -> Result<()> {
    let major = env::args().nth(1);
    let major = major.map(|major| major.parse::<u32>().context("the version is not a number"));
    println!("{}", download(major.transpose()?)?.display());
    Ok(())
}

fn download(major: Option<u32>) -> Result<PathBuf> {
    let mut settings = Settings::new();
    if let Some(major) = major {
        settings.version = format!("={major}").parse()?;
    }
    // Only the programs are wanted: a configured data folder makes it skip initdb, which root may not run.
    let not_a_cluster = env::temp_dir().join(format!("todos-download-{}", process::id()));
    fs::create_dir_all(&not_a_cluster)?;
    fs::write(not_a_cluster.join("postgresql.conf"), "")?;
    settings.data_dir.clone_from(&not_a_cluster);
    if rustix::process::geteuid().is_root() {
        // Root's home is closed to the user that will run them.
        settings.installation_dir = PathBuf::from("/usr/local/lib/todos-postgresql");
    }
    let mut postgresql = PostgreSQL::new(settings);
    let outcome = postgresql.setup();
    fs::remove_dir_all(&not_a_cluster)?;
    outcome?;
    let bin = postgresql.settings().installation_dir.join("bin");
    if !bin.exists() {
        bail!("the download has no folder `bin`");
    }
    Ok(bin)
}
