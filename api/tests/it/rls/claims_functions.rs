//! The functions by which policies read the claims: what they return, and that policies inline them.

use migration::{Migrator, MigratorTrait as _};
use sea_orm::Database;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{claims, login, rows};
use crate::support::database::TestDatabase;

const CLAIMS: [&str; 21] = [
    "",
    " ",
    "{",
    "sub",
    "{}",
    "[]",
    "null",
    "1",
    r#""ada""#,
    r#"{"sub": null}"#,
    r#"{"sub": 1}"#,
    r#"{"sub": {}}"#,
    r#"{"sub": ["ada"]}"#,
    r#"[{"sub": "ada"}]"#,
    r#"{"sub": ""}"#,
    r#"{"sub": "ada", "sub": "a\"b\n\u00fc"}"#,
    r#"{"sub": "a\u0000"}"#,
    r#"{"sub": "5F44E85C-392f-4f30-a72d-6e849501df3d"}"#,
    r#"{"sub": "5f44e85c-392f-4f30-a72d-6e849501df3d\n"}"#,
    r#"{"sub": "{5f44e85c-392f-4f30-a72d-6e849501df3d}"}"#,
    r#"{"sub": "5f44e85c392f4f30a72d6e849501df3d"}"#,
];

/// The four results as text, or the SQLSTATE. Without claims, the setting is left unset.
async fn results(connection: &mut PgConnection, claims: Option<&str>) -> String {
    let mut transaction = connection.begin().await.expect("a transaction");
    if let Some(claims) = claims {
        let set = sqlx::query("select set_config('request.jwt.claims', $1, true)").bind(claims);
        set.execute(&mut *transaction).await.expect("the setting is set");
    }
    let sql = "select row(auth.session(), auth.jwt(), auth.user_id(), auth.uid())::text";
    match sqlx::query_scalar(sql).fetch_one(&mut *transaction).await {
        Ok(row) => row,
        Err(error) => {
            let error = error.as_database_error().expect("the database refuses it");
            error.code().expect("a SQLSTATE").into_owned()
        }
    }
}

async fn all_results(database: &TestDatabase) -> Vec<(Option<&'static str>, String)> {
    let mut found = Vec::new();
    for claims in [None].into_iter().chain(CLAIMS.map(Some)) {
        let mut connection = login(database).await;
        found.push((claims, results(&mut connection, claims).await));
    }
    found
}

/// Undoes this migration and those after it.
pub async fn downgrade(database: &TestDatabase) {
    let owner = Database::connect(database.owner_url()).await.expect("the owner signs in");
    let migrations = Migrator::migrations();
    let mut names = migrations.iter().rev().map(|migration| migration.name());
    let after = names.position(|name| name.ends_with("_inline_auth_functions"));
    let after = u32::try_from(after.expect("the migration")).expect("a small number");
    Migrator::down(&owner, Some(after + 1)).await.expect("down");
}

async fn upgrade(database: &TestDatabase) {
    let owner = Database::connect(database.owner_url()).await.expect("the owner signs in");
    Migrator::up(&owner, None).await.expect("up");
}

async fn plan(connection: &mut PgConnection, sql: &str) -> String {
    let explain = AssertSqlSafe(format!("explain (verbose, costs off) {sql}"));
    let lines = sqlx::query_scalar::<_, String>(explain).fetch_all(connection).await;
    lines.expect("a plan").join("\n")
}

#[tokio::test]
async fn results_are_the_same_before_and_after_upgrade() {
    let database = TestDatabase::migrated().await;
    let now = all_results(&database).await;
    downgrade(&database).await;
    let before = all_results(&database).await;
    assert_eq!(before, now);
    assert_eq!(now[0].1, "(null,null,,)");
    upgrade(&database).await;
    assert_eq!(all_results(&database).await, now);
}

#[tokio::test]
async fn policies_inline_the_claims() {
    let database = TestDatabase::migrated().await;
    let mut connection = login(&database).await;
    for sql in [
        "select id from todos",
        "select auth.user_id(), auth.uid(), auth.jwt(), auth.session()",
        "insert into todos (task) values ('x')",
        "update todos set is_complete = true",
        "delete from todos",
    ] {
        let plan = plan(&mut connection, sql).await;
        assert!(plan.contains("current_setting('request.jwt.claims'"), "{plan}");
        assert!(!plan.contains("auth."), "{plan}");
    }
}

#[tokio::test]
async fn signed_claims_are_read_by_one_function_call() {
    let database = TestDatabase::migrated().await;
    database.sign_claims().await;
    let mut connection = login(&database).await;
    let plan = plan(&mut connection, "select id from todos").await;
    assert_eq!(plan.matches("auth.").count(), 1, "{plan}");
    assert!(plan.contains("auth.session()"), "{plan}");
}

#[tokio::test]
async fn callers_search_path_changes_no_claims() {
    let database = TestDatabase::migrated().await;
    let trap = "
        create schema trap; grant usage on schema trap to public;
        create function trap.equal(text, text) returns boolean language sql immutable return true;
        create function trap.get(jsonb, text) returns jsonb language sql immutable return '\"eve\"'::jsonb;
        create function trap.get_text(jsonb, text[]) returns text language sql immutable return 'eve';
        create operator trap.= (function = trap.equal, leftarg = text, rightarg = text);
        create operator trap.<> (function = trap.equal, leftarg = text, rightarg = text);
        create operator trap.-> (function = trap.get, leftarg = jsonb, rightarg = text);
        create operator trap.#>> (function = trap.get_text, leftarg = jsonb, rightarg = text[]);
        create function trap.current_setting(text, boolean) returns text language sql
            return '{\"sub\": \"eve\"}';
        create domain trap.jsonb as text; create domain trap.text as int; create domain trap.uuid as int";
    database.execute(trap).await;
    let mut connection = login(&database).await;
    sqlx::query("set search_path = trap, pg_catalog").execute(&mut connection).await.expect("set");
    let user = "5f44e85c-392f-4f30-a72d-6e849501df3d";
    let expected = claims(user);
    let same = format!(
        "select where auth.user_id() operator(pg_catalog.=) '{user}'::pg_catalog.text
         and auth.uid() operator(pg_catalog.=) '{user}'::pg_catalog.uuid
         and auth.session() operator(pg_catalog.=) '{expected}'::pg_catalog.jsonb
         and auth.jwt() operator(pg_catalog.=) '{expected}'::pg_catalog.jsonb"
    );
    sqlx::query("select pg_catalog.set_config('request.jwt.claims', $1, false)")
        .bind(&expected)
        .execute(&mut connection)
        .await
        .expect("the claims are set");
    let found = sqlx::raw_sql(AssertSqlSafe(same)).fetch_all(&mut connection).await;
    assert_eq!(found.expect("the query runs").len(), 1);
}

#[tokio::test]
async fn signed_claims_survive_upgrade_and_downgrade() {
    let database = TestDatabase::migrated().await;
    database.execute("insert into todos (user_id, task) values ('ada', 'x')").await;
    database.sign_claims().await;
    let select = "select auth.session()";
    for migrate in [true, false, true] {
        let mut connection = login(&database).await;
        assert_eq!(super::refusal(&mut connection, "ada", select).await, "28000");
        if migrate {
            downgrade(&database).await;
        } else {
            upgrade(&database).await;
        }
        let mut connection = login(&database).await;
        assert_eq!(super::refusal(&mut connection, "ada", select).await, "28000");
    }
    // Signing makes the functions of this version, whichever the database has.
    let owner = Database::connect(database.owner_url()).await.expect("the owner signs in");
    migration::claims::sign(&owner).await.expect("signed");
    let mut connection = login(&database).await;
    assert_eq!(plan(&mut connection, "select id from todos").await.matches("auth.").count(), 1);

    migration::claims::take_plain(&owner).await.expect("plain");
    upgrade(&database).await;
    let mut connection = login(&database).await;
    assert_eq!(rows(&mut connection, "ada", "select from todos").await, 1);
}
