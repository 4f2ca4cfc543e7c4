//! Support staff: `todos:read-any` in the claims, and the role that reads by it.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::login;
use crate::support::database::TestDatabase;

const READ_ANY: &str = "todos:read-any";

async fn two_users() -> TestDatabase {
    let database = TestDatabase::migrated().await;
    let sql = "insert into todos (user_id, task) values ('ada', 'hers'), ('eve', 'not hers')";
    database.execute(sql).await;
    database
}

fn claims(permissions: &Value) -> Value {
    json!({"sub": "sam", "st-perm": {"v": permissions, "t": 0}})
}

/// How many rows `sql` touches as `role` with these claims.
async fn rows(
    connection: &mut PgConnection,
    role: &str,
    claims: &Value,
    sql: &str,
) -> sqlx::Result<u64> {
    let mut transaction = connection.begin().await?;
    sqlx::query("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)")
        .bind(role)
        .bind(claims.to_string())
        .execute(&mut *transaction)
        .await?;
    Ok(sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await?.rows_affected())
}

#[tokio::test]
async fn who_is_permitted_reads_every_todo() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let claims = claims(&json!(["other", READ_ANY]));
    let seen = rows(&mut connection, "todos_support", &claims, "select from todos").await;
    assert_eq!(seen.expect("a read"), 2);
}

#[tokio::test]
async fn their_own_list_stays_their_own() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let claims = claims(&json!([READ_ANY]));
    let seen = rows(&mut connection, "authenticated", &claims, "select from todos").await;
    assert_eq!(seen.expect("a read"), 0);
}

#[tokio::test]
async fn whoever_is_not_permitted_reads_nothing_in_that_role() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let ada = json!({"sub": "ada"});
    let wrong = [json!([]), json!(["todos:read"]), json!(null), json!({"todos": READ_ANY})];
    for claims in wrong.iter().map(claims).chain([ada, json!({}), json!(null)]) {
        let seen = rows(&mut connection, "todos_support", &claims, "select from todos").await;
        assert_eq!(seen.expect("no error, no row"), 0, "{claims}");
    }
}

#[tokio::test]
async fn nobody_writes_in_that_role() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let claims = claims(&json!([READ_ANY]));
    for sql in [
        "insert into todos (task) values ('x')",
        "update todos set is_complete = true",
        "update todos set task = 'x' where user_id = 'sam'",
        "delete from todos",
        "truncate todos",
        "select from todos for update",
    ] {
        let refused = rows(&mut connection, "todos_support", &claims, sql).await;
        let refused = refused.expect_err("refused");
        let error = refused.as_database_error().expect("the database refuses it");
        assert_eq!(error.code().as_deref(), Some("42501"), "{sql}");
    }
}

#[tokio::test]
async fn their_reading_of_one_user_is_served_by_the_index() {
    let database = two_users().await;
    database
        .execute(
            "insert into todos (user_id, task)
             select 'user-' || n % 10, 'x' from generate_series(1, 20000) n; analyze todos",
        )
        .await;
    let mut connection = login(&database).await;
    let mut transaction = connection.begin().await.expect("a transaction");
    sqlx::query("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)")
        .bind("todos_support")
        .bind(claims(&json!([READ_ANY])).to_string())
        .execute(&mut *transaction)
        .await
        .expect("the claims are set");
    let plan: Vec<String> = sqlx::query_scalar(
        "explain select * from todos where user_id = 'user-7'
         order by (not is_complete) desc, inserted_at desc, id desc limit 51",
    )
    .fetch_all(&mut *transaction)
    .await
    .expect("a plan");
    let plan = plan.join("\n");
    assert!(plan.contains("todos_list") && !plan.contains("Sort"), "{plan}");
}
