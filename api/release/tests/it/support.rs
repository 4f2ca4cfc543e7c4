//! An empty folder in which the program runs, and a database of its own.

use std::{
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use reqwest::{Client, RequestBuilder, StatusCode};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use url::Url;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(1);
/// As the migrations know it.
const MIGRATION_LOCK: i64 = 0x7464_6f73_6d67;

/// A folder with nothing in it.
pub struct Home(TempDir);

impl Home {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn entries(&self) -> Vec<String> {
        let entries = self.0.path().read_dir().expect("the folder");
        entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect()
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, format!("{content}\n")).expect("a file");
        path
    }

    /// The program, with nothing in its environment.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_todos-api"));
        program.args(arguments).env_clear().current_dir(self.0.path()).stdin(Stdio::null());
        program
    }

    /// The migrations of `database`.
    pub fn migrate(&self, database: &Database) -> Command {
        let mut migrate = self.program(&["migrate"]);
        database.owner(&mut migrate).service(&mut migrate);
        migrate
    }

    /// Starts the service, and waits until it is ready.
    pub async fn serve(&self, database: &Database, more: &[(&str, &str)]) -> Service {
        let port = free_port();
        let mut program = self.program(&[]);
        database.owner(&mut program).service(&mut program);
        program.env("PORT", port.to_string()).envs(more.iter().copied());
        let child = program.stdout(Stdio::null()).spawn().expect("the program starts");
        let http = Client::builder().no_proxy().build().expect("a client");
        let service = Service { child, port, http };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = service.get("/readyz").send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return service;
            }
            assert!(Instant::now() < deadline, "not ready");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

pub fn start(program: &mut Command) -> Child {
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// What it says on standard output.
pub fn succeeds(program: &mut Command) -> String {
    let output = program.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// What it complains of.
pub fn fails(program: &mut Command) -> String {
    let output = program.output().expect("the program starts");
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("text")
}

/// A service that is running; killed when dropped.
pub struct Service {
    child: Child,
    port: u16,
    http: Client,
}

impl Service {
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("http://127.0.0.1:{}{path}", self.port))
    }

    pub fn healthcheck(&self, home: &Home, database: &Database) -> Command {
        let mut program = home.program(&["healthcheck"]);
        database.owner(&mut program).service(&mut program);
        program.env("HOST", "0.0.0.0").env("PORT", self.port.to_string());
        program
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An empty database with a login of its own, on the server of `TEST_DATABASE_URL`.
pub struct Database {
    server: Url,
    name: String,
    owner_url: String,
    login_url: String,
}

impl Database {
    pub async fn create() -> Self {
        let server = env::var("TEST_DATABASE_URL").expect("run `cargo xtask test`");
        let server = Url::parse(&server).expect("a URL");
        let name = format!("release_{}", Uuid::new_v4().simple());
        let mut owner_url = server.clone();
        owner_url.set_path(&name);
        let mut login_url = owner_url.clone();
        login_url.set_username(&name).expect("a name");
        login_url.set_password(Some("t0ps3cret")).expect("a password");
        run(&server, format!("create database {name}")).await;
        Self { server, name, owner_url: owner_url.into(), login_url: login_url.into() }
    }

    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    pub fn login_url(&self) -> &str {
        &self.login_url
    }

    pub fn owner(&self, program: &mut Command) -> &Self {
        program.env("DATABASE_URL", &self.owner_url);
        self
    }

    pub fn service(&self, program: &mut Command) -> &Self {
        program.env("DATABASE_AUTHENTICATED_URL", &self.login_url);
        self
    }

    /// Held until the connection is dropped.
    pub async fn hold_migration_lock(&self) -> PgConnection {
        let mut connection =
            PgConnection::connect(&self.owner_url).await.expect("the database answers");
        let lock = format!("select pg_advisory_lock({MIGRATION_LOCK})");
        connection.execute(AssertSqlSafe(lock)).await.expect("the database answers");
        connection
    }

    pub async fn until_somebody_waits_for_a_lock(&self) {
        let mut connection =
            PgConnection::connect(&self.owner_url).await.expect("the database answers");
        let waits = "select exists (select from pg_stat_activity where datname = current_database()
                     and query like 'SELECT pg_try_advisory_lock%')";
        let deadline = Instant::now() + PATIENCE;
        while !sqlx::query_scalar::<_, bool>(waits)
            .fetch_one(&mut connection)
            .await
            .expect("the database answers")
        {
            assert!(Instant::now() < deadline, "nobody waits");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = [
            format!("drop database if exists {} with (force)", self.name),
            format!("drop role if exists {}", self.name),
        ];
        // On a runtime of its own, since the test's may be gone.
        let drop_both = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            for sql in sql {
                runtime.block_on(run(&self.server, sql));
            }
        };
        thread::scope(|scope| drop(scope.spawn(drop_both).join()));
    }
}

async fn run(server: &Url, sql: String) {
    let mut connection =
        PgConnection::connect(server.as_str()).await.expect("the database answers");
    connection.execute(AssertSqlSafe(sql)).await.expect("the database answers");
    connection.close().await.expect("the database answers");
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
