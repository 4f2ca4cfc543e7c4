//! What SQL can do to the service's login, as `authenticated` and as the login itself: docs/security.md says the same.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::{
    guard::{Role, faults},
    login, refusal, rows,
};
use crate::support::database::{LOGIN, TestDatabase};

const FORBIDDEN: &str = "42501";

/// A login as the migrations make it, of this test alone: what it does to itself concerns no other.
async fn create_login(database: &TestDatabase) -> Role<'_> {
    let role = Role::create(database, "login noinherit in role authenticated").await;
    database.execute(&format!("alter role {} set role = authenticated", role.name)).await;
    role
}

async fn connect(role: &Role<'_>) -> PgConnection {
    PgConnection::connect(&role.url()).await.expect("the login signs in")
}

async fn backend(connection: &mut PgConnection) -> i32 {
    let pid = sqlx::query_scalar("select pg_backend_pid()").fetch_one(connection).await;
    pid.expect("a process")
}

async fn run(connection: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    connection.execute(AssertSqlSafe(sql)).await.map(drop)
}

#[tokio::test]
async fn authenticated_cannot_change_the_login() {
    let database = TestDatabase::migrated().await;
    let (mut connection, mut other) = (login(&database).await, login(&database).await);
    let pid = backend(&mut other).await;
    for sql in [
        format!("alter role {LOGIN} set work_mem = '1MB'"),
        format!("alter role {LOGIN} in database postgres set role = 'todos_support'"),
        format!("alter role {LOGIN} password 'x'"),
        format!("grant authenticated to {LOGIN} with admin option"),
        format!("select pg_terminate_backend({pid})"),
        format!("select pg_cancel_backend({pid})"),
        "alter database postgres set role = 'todos_support'".to_owned(),
        "create role mine".to_owned(),
    ] {
        assert_eq!(refusal(&mut connection, "ada", &sql).await, FORBIDDEN, "{sql}");
    }
}

#[tokio::test]
async fn login_can_change_and_disconnect_itself() {
    let database = TestDatabase::migrated().await;
    let role = create_login(&database).await;
    let (mut connection, mut other) = (connect(&role).await, connect(&role).await);
    let pid = backend(&mut other).await;
    for sql in [
        "set role none".to_owned(),
        format!("alter role {} set work_mem = '1MB'", role.name),
        format!("alter role {} password 'y'", role.name),
        format!("select pg_terminate_backend({pid})"),
    ] {
        run(&mut connection, sql).await.expect("PostgreSQL lets it");
    }
    // Rights it does not get so.
    for sql in [
        format!("alter role {} createrole", role.name),
        format!("alter role {} set session_preload_libraries = 'x'", role.name),
        format!("alter role {} set session_replication_role = replica", role.name),
        format!("grant it_owner to {}", role.name),
    ] {
        let refused = run(&mut connection, sql.clone()).await.expect_err("it is refused");
        let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code);
        assert_eq!(code.as_deref(), Some(FORBIDDEN), "{sql}");
    }
    drop((connection, other));
    role.drop().await;
}

#[tokio::test]
async fn settings_that_a_login_left_for_itself_stop_the_start() {
    let database = TestDatabase::migrated().await;
    let role = create_login(&database).await;
    let mut connection = connect(&role).await;
    run(&mut connection, "set role none".into()).await.expect("its own role");
    let claims = format!("alter role {} set request.jwt.claims = '{{}}'", role.name);
    run(&mut connection, claims).await.expect_err("a setting of no known name is a superuser's");
    let settings = format!("alter role {} set row_security = off", role.name);
    run(&mut connection, settings).await.expect("PostgreSQL lets it");
    let found = faults(role.url()).await;
    drop(connection);
    role.drop().await;
    assert!(found.len() == 1 && found[0].contains("row_security"), "{found:?}");
}

/// Each transaction of the service has its own claims, whatever the connection starts with.
#[tokio::test]
async fn claims_in_settings_are_not_those_of_a_request() {
    let database = TestDatabase::migrated().await;
    database.execute("insert into todos (user_id, task) values ('ada', 'hers')").await;
    let role = create_login(&database).await;
    let sql = format!("alter role {} set request.jwt.claims = '{{\"sub\": \"ada\"}}'", role.name);
    database.execute(&sql).await;
    let mut connection = connect(&role).await;
    assert_eq!(rows(&mut connection, "eve", "select from todos").await, 0);
    assert_eq!(rows(&mut connection, "ada", "select from todos").await, 1);
    let found = faults(role.url()).await;
    drop(connection);
    role.drop().await;
    assert!(found.len() == 1 && found[0].contains("request.jwt.claims"), "{found:?}");
}

/// `RESET ALL` alone also takes the role from which the login must start.
#[tokio::test]
async fn login_is_repaired_by_reset_and_its_role() {
    let database = TestDatabase::migrated().await;
    let role = create_login(&database).await;
    let mut connection = connect(&role).await;
    run(&mut connection, "set role none".into()).await.expect("its own role");
    for place in ["", &format!(" in database {}", database.name())] {
        let setting = format!("alter role {}{place} set row_security = off", role.name);
        run(&mut connection, setting).await.expect("PostgreSQL lets it");
    }
    drop(connection);
    let mut found = vec![faults(role.url()).await.len()];
    // As docs/security.md has it.
    for statement in ["in database DATABASE reset all", "reset all", "set role = authenticated"] {
        let statement = statement.replace("DATABASE", database.name());
        database.execute(&format!("alter role {} {statement}", role.name)).await;
        found.push(faults(role.url()).await.len());
    }
    role.drop().await;
    assert_eq!(found, [2, 1, 1, 0]);
}

#[tokio::test]
async fn superuser_can_keep_a_login_from_ending_its_connections() {
    let database = TestDatabase::migrated().await;
    // As docs/security.md has it. Functions belong to one database.
    database
        .execute("revoke execute on function pg_terminate_backend, pg_cancel_backend from public")
        .await;
    let role = create_login(&database).await;
    let (mut connection, mut other) = (connect(&role).await, connect(&role).await);
    let pid = backend(&mut other).await;
    run(&mut connection, "set role none".into()).await.expect("its own role");
    for function in ["pg_terminate_backend", "pg_cancel_backend"] {
        run(&mut connection, format!("select {function}({pid})")).await.expect_err(function);
    }
    assert_eq!(backend(&mut other).await, pid);
    drop((connection, other));
    role.drop().await;
}

/// DELETE on a table lets lock it in every mode, and there is no DELETE on columns. An idle transaction is ended.
#[tokio::test]
async fn table_lock_of_an_idle_transaction_ends() {
    let database = TestDatabase::migrated().await;
    let (mut locks, mut waits) = (login(&database).await, login(&database).await);
    run(&mut locks, "begin".into()).await.expect("a transaction");
    run(&mut locks, "set local idle_in_transaction_session_timeout = '200ms'".into())
        .await
        .expect("a setting");
    run(&mut locks, "lock table todos in access exclusive mode".into()).await.expect("a lock");
    assert_eq!(rows(&mut waits, "ada", "select from todos").await, 0);
    run(&mut locks, "commit".into()).await.expect_err("the server ended it");
}
