//! Signed claims: SQL of an attacker who can run any statement of the users' role is still one user's.

mod attacks;
mod key;
mod rotation;
mod start;
mod switch;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::login;
use crate::support::{claims::TestKey, database::TestDatabase};

const SECRET: &str = "not hers";

/// Ada's and Eve's todos.
async fn two_users() -> TestDatabase {
    let database = TestDatabase::migrated().await;
    let todos =
        format!("insert into todos (user_id, task) values ('ada', 'hers'), ('eve', '{SECRET}')");
    database.execute(&todos).await;
    database
}

/// Opens Ada's transaction as the service does.
async fn enter(connection: &mut PgConnection, key: Option<&TestKey>) {
    let claims = super::claims("ada");
    let signature = key.map(|key| key.sign(&claims, 60)).unwrap_or_default();
    sqlx::raw_sql("begin").execute(&mut *connection).await.expect("a transaction");
    sqlx::query(
        "select set_config('role', 'authenticated', true),
                set_config('request.jwt.claims', $1, true),
                set_config('request.jwt.signature', $2, true)",
    )
    .bind(claims)
    .bind(signature)
    .execute(connection)
    .await
    .expect("the claims are set");
}

/// The first column of what the last of `statements` answers on a connection of its own, inside Ada's
/// transaction; or the error of the first that is refused.
async fn outcome(database: &TestDatabase, key: Option<&TestKey>, statements: &str) -> String {
    let mut connection = login(database).await;
    enter(&mut connection, key).await;
    let rows = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).fetch_all(&mut connection).await;
    let outcome = match rows {
        Ok(rows) => rows.iter().filter_map(|row| row.try_get::<String, _>(0).ok()).collect(),
        Err(error) => vec![format!("{error:?}")],
    };
    connection.close().await.expect("the connection closes");
    outcome.join("\n")
}
