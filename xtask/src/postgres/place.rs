//! Where a cluster's files lie: in the checkout where the server's user can get there, else outside: what is kept
//! in `/var/lib`, what is thrown away in `/var/tmp`.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{postmaster::Postmaster, privileges::RunAs};
use crate::{
    interrupt,
    pid::{self, PidFile},
    signal, workspace,
};

/// A folder that holds a cluster in `data`, and belongs to the user that runs it.
pub struct Place {
    pub folder: PathBuf,
    /// Held for as long as a throw-away cluster is in use.
    lock: Option<File>,
}

impl Place {
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The cluster that is kept between starts.
    pub fn kept(run_as: &RunAs) -> Result<Self> {
        let folder = if let Some(existing) = Self::existing() {
            existing
        } else if run_as.reaches(&data_dir()?) {
            data_dir()?.join("postgres")
        } else {
            outside(KEPT).join("postgres")
        };
        make(&folder, run_as)?;
        Ok(Self { folder, lock: None })
    }

    /// Where the kept cluster already is.
    pub fn existing() -> Option<PathBuf> {
        let inside = workspace::data_dir().join("postgres");
        let outside = outside(KEPT);
        if inside.exists() {
            return Some(inside);
        }
        let found = outside.join("postgres");
        (is_ours(&outside) && found.exists()).then_some(found)
    }

    /// A new place for a cluster that ends with this process; what killed ones left is cleared away.
    pub fn throw_away(run_as: &RunAs) -> Result<Self> {
        let preferred = workspace::target_dir().join("xtask");
        fs::create_dir_all(&preferred)?;
        let parent = if run_as.reaches(&preferred) { preferred } else { outside(PASSING) };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("{THROW_AWAY}{}-{number}", process::id()));
        make(&folder, run_as)?;
        let lock = File::create(folder.join("lock"))?;
        lock.lock().context("cannot lock the throw-away cluster")?;
        Ok(Self { folder, lock: Some(lock) })
    }

    pub fn is_throw_away(&self) -> bool {
        self.lock.is_some()
    }
}

/// Folders that the server's user can traverse. What lies in the second may go when the machine starts anew.
const KEPT: &str = "/var/lib";
const PASSING: &str = "/var/tmp";
const THROW_AWAY: &str = "throw-away-";
/// How many throw-away clusters this process has made.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Passwords and port of the kept cluster.
pub fn credentials_file() -> PathBuf {
    workspace::data_dir().join("credentials")
}

fn data_dir() -> Result<PathBuf> {
    let data = workspace::data_dir();
    fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    Ok(data)
}

/// A folder of this checkout's own, for the checkout that the server's user cannot enter.
fn outside(parent: &str) -> PathBuf {
    let checkout = Sha256::digest(workspace::root().as_os_str().as_encoded_bytes());
    Path::new(parent).join(format!("todos-{}", &hex::encode(checkout)[..12]))
}

fn make(folder: &Path, run_as: &RunAs) -> Result<()> {
    if let Some(parent) = folder.parent()
        && [KEPT, PASSING].iter().any(|outside| parent.starts_with(outside))
    {
        make_own(parent)?;
    }
    if !folder.exists() {
        fs::DirBuilder::new()
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        run_as.own(folder)?;
    }
    if !run_as.owns(folder) {
        bail!(
            "{} belongs to another user: start as the user that made it, or delete it with `--reset`",
            folder.display()
        );
    }
    Ok(())
}

/// Anybody can write to `/var/tmp`: a folder counts only if it is ours and no link.
fn make_own(folder: &Path) -> Result<()> {
    match fs::DirBuilder::new().mode(0o755).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("cannot make {}", folder.display()))
        }
        _ if is_ours(folder) => Ok(()),
        _ => bail!("{} is not a folder of ours: remove it", folder.display()),
    }
}

fn is_ours(folder: &Path) -> bool {
    fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
}

/// Removes the throw-away clusters whose process is gone, and their services: their lock is free.
pub fn sweep() {
    for parent in [workspace::target_dir().join("xtask"), outside(PASSING)] {
        if !is_ours(&parent) {
            continue;
        }
        for entry in parent.read_dir().into_iter().flatten().flatten() {
            let abandoned = entry.file_name().to_string_lossy().starts_with(THROW_AWAY)
                && File::open(entry.path().join("lock"))
                    .is_ok_and(|lock| !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
            if abandoned {
                pid_file(&entry.path()).stop_orphan();
                // What cannot be removed now is tried again at the next start.
                remove(&entry.path()).ok();
            }
        }
    }
}

/// Remembers the service that uses the throw-away cluster in `folder`; not in that folder, which belongs to
/// the server's user.
pub fn pid_file(folder: &Path) -> PidFile {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    PidFile::new(workspace::target_dir().join("xtask").join(format!("{name}.pid")))
}

/// Stops the cluster in a folder at once, if it runs, and deletes the folder.
pub fn remove(folder: &Path) -> Result<()> {
    if let Some(postmaster) = Postmaster::of(&folder.join("data")) {
        signal::process(postmaster.pid, rustix::process::Signal::QUIT);
        if !pid::ends(postmaster.pid) {
            bail!(
                "the PostgreSQL in {} (process {}) does not end: end it, then try again",
                workspace::shown(folder),
                postmaster.pid
            );
        }
        interrupt::unwatch(postmaster.pid);
    }
    fs::remove_dir_all(folder)
        .with_context(|| format!("cannot delete {}", workspace::shown(folder)))
}
