//! Row-level security, seen from below the API: SQL as the service's own login.

mod cancellation;
mod claims_functions;
mod connecting;
mod guard;
mod lint;
mod login_itself;
mod policies;
mod pooler;
mod proof;
mod quota;
mod readiness;
mod round_trips;
mod signed;
mod support;
mod tls;

use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgQueryResult};

use crate::support::database::TestDatabase;

/// A connection of the service's login, as a request would have it but for its claims.
async fn login(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.login_url()).await.expect("the login signs in")
}

/// Runs `sql` in a transaction of its own that carries `claims`, and keeps its changes.
async fn run_as(
    connection: &mut PgConnection,
    claims: &str,
    sql: &str,
) -> sqlx::Result<PgQueryResult> {
    let mut transaction = connection.begin().await?;
    sqlx::query("select set_config('request.jwt.claims', $1, true)")
        .bind(claims)
        .execute(&mut *transaction)
        .await?;
    let result = sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(result)
}

/// The claims of a user.
fn claims(user: &str) -> String {
    serde_json::json!({"sub": user}).to_string()
}

/// How many rows `sql` touches as `user`.
async fn rows(connection: &mut PgConnection, user: &str, sql: &str) -> u64 {
    run_as(connection, &claims(user), sql).await.expect("the statement runs").rows_affected()
}

/// The SQLSTATE with which `sql` fails as `user`.
async fn refusal(connection: &mut PgConnection, user: &str, sql: &str) -> String {
    let error = run_as(connection, &claims(user), sql).await.expect_err("the statement is refused");
    let error = error.as_database_error().expect("the database refuses it");
    error.code().expect("a SQLSTATE").into_owned()
}
