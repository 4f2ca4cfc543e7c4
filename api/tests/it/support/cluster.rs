//! A PostgreSQL server of the test's own, which may be killed: from the programs of the one that
//! `TEST_DATABASE_URL` names, where they are on this machine.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};
use url::Url;
use uuid::Uuid;

use super::{database::server, program::free_port};

const PATIENCE: Duration = Duration::from_mins(3);
const SUPERUSER: &str = "postgres";

/// Deleted with this value.
pub struct Cluster {
    programs: PathBuf,
    /// Who runs it: PostgreSQL refuses to run as root.
    runs_as: (u32, u32),
    folder: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
        // No more than a folder left over.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Cluster {
    /// A new one, running; `None` where the programs are not on this machine.
    pub async fn start() -> Option<Self> {
        let mut connection = PgConnection::connect(server().as_str()).await.expect("it answers");
        let mut told = async |sql: &'static str| -> String {
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a setting")
        };
        let programs = told("select setting from pg_config where name = 'BINDIR'").await;
        let programs = PathBuf::from(programs);
        let data = told("select current_setting('data_directory')").await;
        let (true, Ok(data)) = (programs.join("initdb").exists(), fs::metadata(data)) else {
            eprintln!("skipped: the server of TEST_DATABASE_URL runs elsewhere");
            return None;
        };
        let folder = env::temp_dir().join(format!("cluster-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder).expect("a folder of its own");
        let runs_as = (data.uid(), data.gid());
        let mut cluster = Self { programs, runs_as, folder, port: free_port(), server: None };
        cluster.own(&cluster.folder);
        cluster.initialise();
        cluster.resume().await;
        Some(cluster)
    }

    /// As superuser.
    pub fn url(&self) -> Url {
        let url = format!("postgres://{SUPERUSER}:{SUPERUSER}@127.0.0.1:{}/postgres", self.port);
        url.parse().expect("a URL")
    }

    /// As a crash does: nobody is told, nothing is written down.
    pub fn kill(&mut self) {
        self.end();
    }

    /// Starts it again, and resolves when it answers.
    pub async fn resume(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while PgConnection::connect(self.url().as_str()).await.is_err() {
            assert!(Instant::now() < deadline, "it does not start: {}", self.log());
            // It ends at once while processes of the one before still hold its memory.
            let has_ended = |server: &mut Child| server.try_wait().expect("a child").is_some();
            if self.server.as_mut().is_none_or(has_ended) {
                self.server = Some(self.spawn());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn initialise(&self) {
        let password = self.folder.join("password");
        fs::write(&password, SUPERUSER).expect("a file");
        self.own(&password);
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        initdb.args(["--username", SUPERUSER, "--pwfile"]).arg(&password);
        let made = initdb.arg("--pgdata").arg(self.data()).output().expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn spawn(&self) -> Child {
        let log = fs::File::create(self.folder.join("log")).expect("a file");
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        // What the system has been given survives a process that dies.
        postgres.args(["-c", "fsync=off", "-c", "unix_socket_directories="]);
        postgres.args(["-c", "listen_addresses=127.0.0.1"]);
        postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        let (user, group) = self.runs_as;
        command.current_dir("/");
        let is_other = fs::metadata("/proc/self").is_ok_and(|process| process.uid() != user);
        if is_other {
            command.uid(user).gid(group);
        }
        command
    }

    fn own(&self, path: &Path) {
        let (user, group) = self.runs_as;
        chown(path, Some(user), Some(group)).expect("the folder can be given away");
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn end(&mut self) {
        if let Some(mut server) = self.server.take() {
            // It may have ended by itself.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
