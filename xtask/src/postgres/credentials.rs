//! The names, passwords and port of an embedded cluster, kept in one file that only its user can read.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result};

use crate::port;

pub const SUPERUSER: &str = "postgres";
pub const OWNER: &str = "todos_owner";
pub const SERVICE: &str = "todos_app";
pub const DATABASE: &str = "todos";

/// All that is needed to reach the cluster. Passwords are hexadecimal: safe in a URL and in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub port: u16,
    pub superuser: String,
    pub owner: String,
    pub service: String,
}

impl Credentials {
    pub fn generate() -> Result<Self> {
        Ok(Self {
            port: port::free()?,
            superuser: password()?,
            owner: password()?,
            service: password()?,
        })
    }

    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)?;
        Self::parse(&text).with_context(|| format!("{} is damaged", file.display()))
    }

    /// Written beside and moved into place: a kill leaves the old file or the new one.
    pub fn write(&self, file: &Path) -> Result<()> {
        let incoming = file.with_extension("incoming");
        if incoming.exists() {
            fs::remove_file(&incoming)?;
        }
        let mut written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&incoming)?;
        written.write_all(self.text().as_bytes())?;
        written.sync_all()?;
        Ok(fs::rename(&incoming, file)?)
    }

    /// Takes another port if something else has taken ours; says whether it did.
    pub fn move_to_a_free_port(&mut self) -> Result<bool> {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            return Ok(false);
        }
        self.port = port::free()?;
        Ok(true)
    }

    pub fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of the database's owner.
    pub fn owner_url(&self) -> String {
        self.url(OWNER, &self.owner, DATABASE)
    }

    /// The URL of the login that the service uses; the migration makes it.
    pub fn service_url(&self) -> String {
        self.url(SERVICE, &self.service, DATABASE)
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
        };
        Some(Self {
            port: value("port")?.parse().ok()?,
            superuser: value("superuser")?,
            owner: value("owner")?,
            service: value("service")?,
        })
    }

    fn text(&self) -> String {
        let Self { port, superuser, owner, service } = self;
        format!("port={port}\nsuperuser={superuser}\nowner={owner}\nservice={service}\n")
    }
}

fn password() -> Result<String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).context("this machine gives no random bytes")?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        let credentials = Credentials::generate().unwrap();
        credentials.write(&file).unwrap();
        credentials.write(&file).unwrap();
        assert_eq!(Credentials::read(&file).unwrap(), credentials);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        fs::write(&file, "port=none\n").unwrap();
        assert!(Credentials::read(&file).is_err());
    }

    #[test]
    fn the_port_is_kept_while_it_is_free() {
        let mut credentials = Credentials::generate().unwrap();
        let port = credentials.port;
        assert!(!credentials.move_to_a_free_port().unwrap());
        assert_eq!(credentials.port, port);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(credentials.move_to_a_free_port().unwrap());
        assert_ne!(credentials.port, port);
    }
}
