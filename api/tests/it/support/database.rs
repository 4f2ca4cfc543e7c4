//! A database for each test, on the server of `TEST_DATABASE_URL`.

use std::{
    env,
    sync::mpsc,
    thread,
    time::{Duration, UNIX_EPOCH},
};

use migration::{Migrator, MigratorTrait};
use sea_orm::Database;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use url::Url;
use uuid::Uuid;

/// The roles of the tests: the owner of every database, and the service's login.
pub const OWNER: &str = "it_owner";
pub const LOGIN: &str = "it_login";

/// Held while the template is made: tests run in processes of their own.
const TEMPLATE_LOCK: i64 = 0x6974_7465_6d70;

/// How long a test waits for its database to be dropped.
const DROPPED_WITHIN: Duration = Duration::from_secs(2);

/// A database of its own, dropped with this value.
pub struct TestDatabase {
    server: Url,
    name: String,
}

impl TestDatabase {
    /// An empty database.
    pub async fn new() -> Self {
        let name = unique("test");
        execute(&server(), format!("create database {name} owner {}", owner().await)).await;
        Self { server: server(), name }
    }

    /// A database with all migrations applied, cloned from a template that is made once.
    pub async fn migrated() -> Self {
        let template = template().await;
        let name = unique("test");
        let sql = format!("create database {name} template {template} owner {OWNER}");
        execute(&server(), sql).await;
        Self { server: server(), name }
    }

    /// The same on a server of the test's own.
    pub async fn migrated_on(server: Url) -> Self {
        let name = unique("test");
        let mut connection =
            PgConnection::connect(server.as_str()).await.expect("the server answers");
        make_owner(&mut connection).await;
        run(&mut connection, format!("create database {name} owner {OWNER}")).await;
        let database = Self { server, name };
        migrate(&database.owner_url(), &database.login_url()).await;
        database
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// As superuser: what tests look at behind the service's back.
    pub fn url(&self) -> SecretString {
        SecretString::from(self.url_as("", ""))
    }

    /// The same for sqlx.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.url_as("", "").parse().expect("a database URL")
    }

    /// As the owner, who may make roles but is no superuser, as on a managed server.
    pub fn owner_url(&self) -> String {
        self.url_as(OWNER, OWNER)
    }

    /// As the service's login.
    pub fn login_url(&self) -> String {
        self.url_as(LOGIN, LOGIN)
    }

    /// As `user`; an empty one stands for the superuser of `TEST_DATABASE_URL`.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        if !user.is_empty() {
            url.set_username(user).expect("a name");
            url.set_password(Some(password)).expect("a password");
        }
        url.into()
    }

    /// A connection as superuser.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url_as("", "")).await.expect("the database answers")
    }

    /// Runs statements as superuser.
    pub async fn execute(&self, sql: &str) {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        execute(&url, sql.to_owned()).await;
    }

    /// Refuses new connections and ends every old one, as an outage would look.
    pub async fn stop(&self) {
        let name = &self.name;
        execute(&self.server, format!("alter database {name} allow_connections false")).await;
        let end = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        );
        execute(&self.server, end).await;
    }

    /// Ends the outage.
    pub async fn resume(&self) {
        execute(&self.server, format!("alter database {} allow_connections true", self.name)).await;
    }

    /// Ends every connection to the database and drops it.
    pub async fn take_away(&self) {
        take_away(&self.server, &self.name).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let (done, dropped) = mpsc::channel::<()>();
        // A thread and a runtime of its own: the test's runtime may be shutting down. Its failure
        // is no more than a database left over.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(take_away(&server, &name));
            drop(done);
        });
        // Not for long. A connection of the test's own runtime that is half signed in delays the drop until PostgreSQL's
        // `authentication_timeout`, a minute, and it goes nowhere while that runtime waits here.
        let _ = dropped.recv_timeout(DROPPED_WITHIN);
    }
}

async fn take_away(server: &Url, name: &str) {
    execute(server, format!("drop database if exists {name} with (force)")).await;
}

/// As superuser.
pub fn server() -> Url {
    let url =
        env::var("TEST_DATABASE_URL").expect("set TEST_DATABASE_URL, or run `cargo xtask test`");
    Url::parse(&url).expect("TEST_DATABASE_URL is a URL")
}

fn unique(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}

/// Makes the owner's role once a server, and names it.
async fn owner() -> &'static str {
    let mut connection = lock().await;
    make_owner(&mut connection).await;
    OWNER
}

async fn make_owner(connection: &mut PgConnection) {
    let sql = format!(
        "do $$ begin if not exists (select from pg_roles where rolname = '{OWNER}') then \
         create role {OWNER} login createrole password '{OWNER}'; end if; end $$"
    );
    run(connection, sql).await;
}

/// Makes the template once a build of the tests, and names it.
async fn template() -> String {
    let built = env::current_exe()
        .and_then(std::fs::metadata)
        .and_then(|file| file.modified())
        .expect("the test binary has a time");
    let built = built.duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let name = format!("template_{built}");

    let mut connection = lock().await;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&mut connection)
            .await
            .expect("the catalogue answers");
    if exists {
        return name;
    }
    let old: Vec<String> =
        sqlx::query_scalar("select datname from pg_database where datname like 'template\\__%'")
            .fetch_all(&mut connection)
            .await
            .expect("the catalogue answers");
    for old in old.iter().filter(|old| !["template0", "template1"].contains(&old.as_str())) {
        run(&mut connection, format!("drop database {old} with (force)")).await;
    }
    make_owner(&mut connection).await;
    // Under another name until it is complete: a test that is killed leaves no half template.
    run(&mut connection, "drop database if exists unfinished_template with (force)".into()).await;
    run(&mut connection, format!("create database unfinished_template owner {OWNER}")).await;
    let unfinished = TestDatabaseUrl("unfinished_template");
    migrate(&unfinished.as_owner(), &unfinished.as_login()).await;
    run(&mut connection, format!("alter database unfinished_template rename to {name}")).await;
    name
}

async fn migrate(owner_url: &str, login_url: &str) {
    let db = Database::connect(owner_url).await.expect("the owner signs in");
    migration::login::ensure(&db, login_url).await.expect("the login is made");
    Migrator::up(&db, None).await.expect("the migrations run");
    db.close().await.expect("the connection closes");
}

struct TestDatabaseUrl(&'static str);

impl TestDatabaseUrl {
    fn as_owner(&self) -> String {
        self.with(OWNER)
    }

    fn as_login(&self) -> String {
        self.with(LOGIN)
    }

    fn with(&self, role: &str) -> String {
        let mut url = server();
        url.set_path(self.0);
        url.set_username(role).expect("a name");
        url.set_password(Some(role)).expect("a password");
        url.into()
    }
}

/// A connection that holds the lock until it is dropped.
async fn lock() -> PgConnection {
    let mut connection =
        PgConnection::connect(server().as_str()).await.expect("TEST_DATABASE_URL answers");
    run(&mut connection, format!("select pg_advisory_lock({TEMPLATE_LOCK})")).await;
    connection
}

async fn execute(server: &Url, sql: String) {
    let mut connection =
        PgConnection::connect(server.as_str()).await.expect("TEST_DATABASE_URL answers");
    run(&mut connection, sql).await;
}

async fn run(connection: &mut PgConnection, sql: String) {
    connection.execute(AssertSqlSafe(sql)).await.expect("a statement of the test");
}
