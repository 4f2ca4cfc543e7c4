//! PostgreSQL refuses to run as root: as root, its programs run as an unprivileged user.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::environment;

/// Who runs PostgreSQL's programs.
pub struct RunAs(Option<User>);

struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl RunAs {
    pub fn detect() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let user = user(&users, "postgres").or_else(|| user(&users, "nobody")).context(
            "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`",
        )?;
        Ok(Self(Some(user)))
    }

    /// The user that a cluster's folder was made for.
    pub fn owner_of(folder: &Path) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let found = fs::metadata(folder)?;
        let name = format!("user {}", found.uid());
        Ok(Self(Some(User { name, uid: found.uid(), gid: found.gid() })))
    }

    /// A command that runs as that user, from a directory that every user can enter.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // PGOPTIONS and the like are about the developer's own servers.
        environment::restrict(&mut command);
        command.current_dir("/");
        if let Some(user) = &self.0 {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// Gives a file or folder to that user.
    pub fn own(&self, path: &Path) -> Result<()> {
        let Some(user) = &self.0 else { return Ok(()) };
        chown(path, Some(user.uid), Some(user.gid))
            .with_context(|| format!("cannot give {} to `{}`", path.display(), user.name))
    }

    /// Whether that user owns it.
    pub fn owns(&self, path: &Path) -> bool {
        let uid =
            self.0.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
        fs::metadata(path).is_ok_and(|metadata| metadata.uid() == uid)
    }

    /// Whether that user may enter a folder, or run a program: every folder above it counts.
    pub fn reaches(&self, path: &Path) -> bool {
        let mut test = self.command(Path::new("test"));
        test.arg("-x").arg(path).stdin(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}

fn user(passwd: &str, wanted: &str) -> Option<User> {
    let mut fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = fields.find(|fields| fields.first() == Some(&wanted))?;
    Some(User {
        name: wanted.to_owned(),
        uid: found.get(2)?.parse().ok()?,
        gid: found.get(3)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgresql:x:7:7::/:\npostgres:x:105:112::/:/bin/sh\n";
        let found = user(passwd, "postgres").unwrap();
        assert_eq!((found.uid, found.gid), (105, 112));
        assert!(user(passwd, "nobody").is_none());
    }
}
