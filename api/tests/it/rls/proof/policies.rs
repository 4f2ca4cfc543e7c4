//! Every policy is needed: without it, or with it open, the checks of this file find something.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::super::login;
use crate::support::database::TestDatabase;

const ADA: &str = r#"{"sub": "ada"}"#;
const SUPPORT: &str = r#"{"sub": "sam", "st-perm": {"v": ["todos:read-any"]}}"#;

/// Who does what, and how many rows that may touch.
const EXPECTED: [(&str, &str, &str, u64); 10] = [
    ("authenticated", ADA, "select from todos where user_id = 'ada'", 1),
    ("authenticated", ADA, "select from todos where user_id = 'eve'", 0),
    ("authenticated", ADA, "insert into todos (task) values ('x')", 1),
    ("authenticated", ADA, "update todos set is_complete = true where is_complete is not null", 1),
    ("authenticated", ADA, "update todos set is_complete = true", 1),
    ("authenticated", ADA, "delete from todos where task is not null", 1),
    ("authenticated", ADA, "delete from todos", 1),
    ("todos_support", SUPPORT, "select from todos", 2),
    ("todos_support", ADA, "select from todos", 0),
    ("todos_support", r#"{"sub": "ada", "st-perm": {"v": []}}"#, "select from todos", 0),
];

/// The expectations that do not hold.
async fn broken(database: &TestDatabase) -> Vec<&'static str> {
    let mut connection: PgConnection = login(database).await;
    let mut broken = Vec::new();
    for (role, claims, sql, expected) in EXPECTED {
        let mut transaction = connection.begin().await.expect("a transaction");
        sqlx::query(
            "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
        )
        .bind(role)
        .bind(claims)
        .execute(&mut *transaction)
        .await
        .expect("the claims are set");
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await;
        if done.map_or(u64::MAX, |done| done.rows_affected()) != expected {
            broken.push(sql);
        }
        transaction.rollback().await.expect("a rollback");
    }
    broken
}

async fn two_users() -> TestDatabase {
    let database = TestDatabase::migrated().await;
    let sql = "insert into todos (user_id, task) values ('ada', 'hers'), ('eve', 'not hers')";
    database.execute(sql).await;
    database
}

#[tokio::test]
async fn each_policy_is_missed_when_it_is_dropped_or_opened() {
    let database = two_users().await;
    assert_eq!(broken(&database).await, [""; 0]);
    let policies = sqlx::query("select policyname, cmd from pg_policies where tablename = 'todos'")
        .fetch_all(&mut database.connect().await)
        .await
        .expect("the catalogue answers");
    assert_eq!(policies.len(), 5);
    for policy in policies {
        let (name, command): (String, String) = (policy.get(0), policy.get(1));
        let dropped = two_users().await;
        dropped.execute(&format!("drop policy {name} on todos")).await;
        assert_ne!(broken(&dropped).await, [""; 0], "without {name}");
        // Who adds a row cannot name its owner: there the grants hold, too (`rls/policies.rs`). And to
        // change or delete a row one must see it: both policies have to be open for a stranger's.
        if command == "SELECT" {
            let opened = two_users().await;
            opened.execute(&format!("alter policy {name} on todos using (true)")).await;
            assert_ne!(broken(&opened).await, [""; 0], "with {name} open");
        }
    }
    for command in ["update", "delete"] {
        let opened = two_users().await;
        let open = format!(
            "alter policy todos_select_own on todos using (true);
             alter policy todos_{command}_own on todos using (true)"
        );
        opened.execute(&open).await;
        let broken = broken(&opened).await;
        assert!(broken.iter().any(|sql| sql.starts_with(command)), "{command}: {broken:?}");
    }
}
