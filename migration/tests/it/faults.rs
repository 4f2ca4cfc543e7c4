//! Two copies of a deployment that begin with the migrations at the same moment.

use std::{
    env,
    fs::OpenOptions,
    io::Write as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement,
};
use serde_json::json;
use tokio::time::sleep;
use url::Url;

/// The roles that the tests of the service make, too.
const OWNER: &str = "it_owner";
const LOGIN: &str = "it_login";
/// Held by whoever makes roles: they are of the whole server. The tests of the service hold it as well.
const ROLES_LOCK: i64 = 0x6974_7465_6d70;
/// What the program holds while it works.
const MIGRATION_LOCK: i64 = 0x7464_6f73_6d67;

const PATIENCE: Duration = Duration::from_mins(1);

pub fn url(database: Option<&str>, user: Option<&str>) -> String {
    let server =
        env::var("TEST_DATABASE_URL").expect("set TEST_DATABASE_URL, or run `cargo xtask test`");
    let mut url = Url::parse(&server).expect("TEST_DATABASE_URL is a URL");
    if let Some(database) = database {
        url.set_path(database);
    }
    if let Some(user) = user {
        url.set_username(user).expect("a name");
        url.set_password(Some(user)).expect("a password");
    }
    url.into()
}

/// One connection: what is locked on it stays so.
pub async fn connect(url: String) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("the database answers")
}

pub async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.expect("a statement of the test");
}

pub async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let sql = format!("SELECT number FROM ({sql}) AS rows (number)");
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = db.query_one_raw(statement).await.expect("an answer").expect("a row");
    row.try_get("", "number").expect("a number")
}

fn migrate(database: &str) -> Child {
    program(database, &["up"]).spawn().expect("the program starts")
}

/// The program, with its variables for this database.
pub fn program(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migration"));
    command
        .args(arguments)
        .env("DATABASE_URL", url(Some(database), Some(OWNER)))
        .env("DATABASE_AUTHENTICATED_URL", url(Some(database), Some(LOGIN)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A new database of this name. The connection to the server holds the roles of the tests until it is closed.
pub async fn new_database(name: &str) -> DatabaseConnection {
    let server = connect(url(None, None)).await;
    run(&server, &format!("SELECT pg_advisory_lock({ROLES_LOCK})")).await;
    let owner = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') THEN
         CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{OWNER}'; END IF; END $$"
    );
    run(&server, &owner).await;
    run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run(&server, &format!("CREATE DATABASE {name} OWNER {OWNER}")).await;
    server
}

#[tokio::test]
async fn of_two_copies_that_migrate_at_once_one_works_and_one_waits() {
    let name = format!("test_migration_{}", std::process::id());
    let server = new_database(&name).await;

    // Until both are there: else one could be done before the other begins.
    let holder = connect(url(Some(&name), None)).await;
    run(&holder, &format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await;
    let copies = [migrate(&name), migrate(&name)];
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = '{name}' AND query LIKE 'SELECT pg_try_advisory_lock%'"
    );
    let began = Instant::now();
    while number(&server, &waiting).await < 2 {
        assert!(began.elapsed() < PATIENCE, "they do not wait for each other");
        sleep(Duration::from_millis(20)).await;
    }
    run(&holder, &format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})")).await;
    let began = Instant::now();
    let mut said = String::new();
    for copy in copies {
        let output = copy.wait_with_output().expect("it ends");
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
    }
    let took = began.elapsed();
    let applied = number(&holder, "SELECT count(*) FROM seaql_migrations").await;
    let all = i64::try_from(<migration::Migrator as migration::MigratorTrait>::migrations().len());
    assert_eq!(applied, all.expect("a small number"), "{said}");
    assert_eq!(number(&holder, "SELECT count(*) FROM todos").await, 0);

    holder.close().await.expect("the connection closes");
    run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    report(applied, took);
}

/// A row of the table in `docs/reliability.md`, as the service's tests report theirs.
fn report(applied: i64, took: Duration) {
    let row = json!({
        "about": "restarts",
        "fault": "two copies run the migrations at once",
        "sees": format!("one works, one waits and finds nothing to do; both are done after {} ms",
                        took.as_millis()),
        "bystanders": "",
        "well_after": "at once",
        "kept": format!("{applied} migrations, each once"),
    });
    println!("{row}");
    if let Some(path) = env::var_os("FAULTS_REPORT").filter(|path| !path.is_empty()) {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(format!("{row}\n").as_bytes()))
            .expect("the report can be written");
    }
}
