//! A real PgBouncer in transaction mode in front of the database, where there is one.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tokio::{
    net::{TcpListener, TcpStream},
    time::{Duration, Instant, sleep},
};
use url::Url;
use uuid::Uuid;

use super::database::{LOGIN, TestDatabase};

/// Stops with this value.
pub struct Pooler {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Pooler {
    /// With so many connections to the database; `None` where PgBouncer is not installed.
    pub async fn start(database: &TestDatabase, connections: u32) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("skipped: there is no pgbouncer (Debian: apt-get install pgbouncer)");
            return None;
        };
        let server = Url::parse(&database.login_url()).expect("a URL");
        let port = free_port().await;
        let folder = env::temp_dir().join(format!("pgbouncer-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder).expect("a folder of its own");
        let users = folder.join("users.txt");
        fs::write(&users, format!("\"{LOGIN}\" \"{LOGIN}\"\n")).expect("the users");
        let settings = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = {connections}\nmax_client_conn = 200\n",
            server.host_str().expect("a host"),
            server.port().unwrap_or(5432),
            users.display(),
        );
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, settings).expect("the settings");
        let mut command = Command::new(program);
        // It refuses to run as root.
        if fs::metadata("/proc/self").is_ok_and(|process| is_root(&process)) {
            command.args(["-u", "nobody"]);
        }
        let process =
            command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let pooler = Self { process: process.expect("pgbouncer starts"), folder, port };
        pooler.await_ready().await;
        Some(pooler)
    }

    /// The database through the pooler.
    pub fn url(&self, database: &TestDatabase) -> String {
        let mut url = Url::parse(&database.login_url()).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.into()
    }

    async fn await_ready(&self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(Instant::now() < deadline, "pgbouncer does not listen");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may be gone already, and so may its folder.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(unix)]
fn is_root(process: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(process) == 0
}

fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|file| Path::is_file(file))
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address").port()
}
