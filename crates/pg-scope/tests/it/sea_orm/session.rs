//! One connection without scopes, as SeaORM's `DatabaseConnection`.

use pg_scope::open_session;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DbBackend, Statement, TransactionTrait as _,
};

use crate::postgres;

async fn session() -> DatabaseConnection {
    let db = open_session(&postgres("session")).await.expect("a connection");
    let sql = "CREATE TEMPORARY TABLE notes (id int); CREATE TEMPORARY TABLE others (id int UNIQUE
               DEFERRABLE INITIALLY DEFERRED)";
    db.execute_unprepared(sql).await.expect("a text of several commands");
    db
}

async fn count(db: &impl sea_orm::ConnectionTrait) -> i64 {
    let statement = "SELECT count(*) AS count FROM notes";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, statement)).await;
    row.expect("rows").expect("a row").try_get("", "count").expect("a count")
}

async fn insert(db: &impl sea_orm::ConnectionTrait, table: &str, id: i32) {
    let sql = format!("INSERT INTO {table} VALUES ($1)");
    let insert = Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()]);
    assert_eq!(db.execute_raw(insert).await.expect("a row").rows_affected(), 1);
}

#[tokio::test]
async fn transactions_commit_roll_back_and_nest() {
    let db = session().await;
    let outer = db.begin().await.expect("BEGIN");
    insert(&outer, "notes", 1).await;
    let nested = outer.begin().await.expect("SAVEPOINT");
    insert(&nested, "notes", 2).await;
    nested.rollback().await.expect("ROLLBACK TO");
    outer.commit().await.expect("COMMIT");
    assert_eq!(count(&db).await, 1);
    let explicit = db.begin().await.expect("BEGIN");
    insert(&explicit, "notes", 3).await;
    explicit.rollback().await.expect("ROLLBACK");
    let dropped = db.begin().await.expect("BEGIN");
    insert(&dropped, "notes", 4).await;
    drop(dropped);
    assert_eq!(count(&db).await, 1);
    db.ping().await.expect("nothing has failed");
}

#[tokio::test]
async fn commit_that_fails_is_an_error_of_what_follows() {
    // SeaORM ignores the error of COMMIT itself.
    let violates = async |db: &DatabaseConnection| {
        let transaction = db.begin().await.expect("BEGIN");
        insert(&transaction, "others", 1).await;
        insert(&transaction, "others", 1).await;
        let _ = transaction.commit().await;
    };
    let aborted = async |db: &DatabaseConnection| {
        let transaction = db.begin().await.expect("BEGIN");
        transaction.execute_unprepared("SELECT 1/0").await.expect_err("an error");
        let _ = transaction.commit().await;
    };
    let db = session().await;
    violates(&db).await;
    let error = db.ping().await.expect_err("the commit failed").to_string();
    assert!(error.contains("23505"), "{error}");
    let error = db.execute_unprepared("SELECT 1").await.expect_err("the commit failed").to_string();
    assert!(error.contains("23505"), "{error}");
    let db = session().await;
    aborted(&db).await;
    let error = db.ping().await.expect_err("nothing was committed").to_string();
    assert!(error.contains("rolled back"), "{error}");
}
