use super::{claims, login, refusal, rows, run_as};
use crate::support::database::TestDatabase;

const FORBIDDEN: &str = "42501";
const UNIQUE: &str = "23505";
const CHECK: &str = "23514";

async fn two_users() -> TestDatabase {
    let database = TestDatabase::migrated().await;
    let sql = "insert into todos (user_id, task) values ('ada', 'hers'), ('eve', 'not hers')";
    database.execute(sql).await;
    database
}

#[tokio::test]
async fn todos_select_own() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    assert_eq!(rows(&mut connection, "ada", "select from todos where task = 'hers'").await, 1);
    assert_eq!(rows(&mut connection, "ada", "select from todos").await, 1);
    assert_eq!(rows(&mut connection, "ada", "select from todos where user_id = 'eve'").await, 0);
}

#[tokio::test]
async fn todos_insert_own() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let insert = "insert into todos (task) values ('new')";
    assert_eq!(rows(&mut connection, "ada", insert).await, 1);
    assert_eq!(rows(&mut connection, "ada", "select from todos").await, 2);
    assert_eq!(rows(&mut connection, "eve", "select from todos").await, 1);
}

#[tokio::test]
async fn todos_update_own() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    assert_eq!(rows(&mut connection, "ada", "update todos set is_complete = true").await, 1);
    assert_eq!(rows(&mut connection, "eve", "select from todos where is_complete").await, 0);
}

#[tokio::test]
async fn todos_delete_own() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    assert_eq!(rows(&mut connection, "ada", "delete from todos").await, 1);
    assert_eq!(rows(&mut connection, "eve", "select from todos").await, 1);
}

#[tokio::test]
async fn only_task_state_and_key_can_be_written() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    for sql in [
        "insert into todos (task, user_id) values ('x', 'ada')",
        "insert into todos (task, inserted_at) values ('x', now())",
        "insert into todos (id, task) overriding system value values (1000, 'x')",
        "update todos set user_id = 'eve'",
        "update todos set inserted_at = now()",
        "update todos set id = default",
        "update todos set client_key = gen_random_uuid()",
        "update todos set client_digest = sha256('x')",
        "insert into todos (task, user_id, client_key, client_digest)
         values ('x', 'eve', gen_random_uuid(), sha256('x'))",
        "truncate todos",
        "alter table todos disable row level security",
        "drop policy todos_select_own on todos",
        "create table public.mine ()",
        "select * from pg_authid",
    ] {
        assert_eq!(refusal(&mut connection, "ada", sql).await, FORBIDDEN, "{sql}");
    }
    // Refused for everybody: the column is GENERATED ALWAYS.
    let id = "insert into todos (id, task) values (1000, 'x')";
    assert_eq!(refusal(&mut connection, "ada", id).await, "428C9");
}

/// As the service adds by a key; a conflict is the user's own, or there is none.
#[tokio::test]
async fn a_key_meets_the_users_own_keys_only() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let key = "'5f44e85c-392f-4f30-a72d-6e849501df3d'";
    let insert = format!(
        "insert into todos (task, client_key, client_digest) values ('x', {key}, sha256('x'))"
    );
    assert_eq!(rows(&mut connection, "ada", &insert).await, 1);
    assert_eq!(rows(&mut connection, "eve", &insert).await, 1);
    assert_eq!(refusal(&mut connection, "ada", &insert).await, UNIQUE);
    let seen = format!("select from todos where client_key = {key}");
    assert_eq!(rows(&mut connection, "ada", &seen).await, 1);
    let again = format!(
        "{insert} on conflict (user_id, client_key) where client_key is not null
         do update set task = excluded.task || ' again'"
    );
    assert_eq!(rows(&mut connection, "ada", &again).await, 1);
    let changed = "select from todos where task = 'x again'";
    assert_eq!(rows(&mut connection, "ada", changed).await, 1);
    assert_eq!(rows(&mut connection, "eve", changed).await, 0);
    for sql in [
        format!("insert into todos (task, client_key) values ('x', {key})"),
        "insert into todos (task, client_key, client_digest) values ('x', gen_random_uuid(), '')"
            .to_owned(),
    ] {
        assert_eq!(refusal(&mut connection, "ada", &sql).await, CHECK, "{sql}");
    }
}

#[tokio::test]
async fn the_development_cores_state_is_out_of_reach() {
    let database = two_users().await;
    let pool = sqlx::PgPool::connect(&database.owner_url()).await.expect("the owner signs in");
    supertokens_dev_core::migrate(&pool).await.expect("the Core's schema");
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c
         where relnamespace = 'supertokens_core'::regnamespace and relkind = 'r'",
    )
    .fetch_all(&pool)
    .await
    .expect("the catalogue answers");
    pool.close().await;
    assert!(!tables.is_empty());
    let mut connection = login(&database).await;
    for table in tables {
        let sql = format!("select * from {table}");
        assert_eq!(refusal(&mut connection, "ada", &sql).await, FORBIDDEN, "{sql}");
    }
}

#[tokio::test]
async fn without_a_user_nothing_is_seen_or_written() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    for claims in ["", "{}", r#"{"sub": null}"#, r#"{"sub": 1}"#, r#"{"sub": {}}"#, "[]", "null"] {
        for sql in ["select from todos", "update todos set is_complete = true", "delete from todos"]
        {
            let result = run_as(&mut connection, claims, sql).await.expect("no error, no row");
            assert_eq!(result.rows_affected(), 0, "{claims}: {sql}");
        }
        let insert = run_as(&mut connection, claims, "insert into todos (task) values ('x')").await;
        assert!(insert.is_err(), "{claims}");
    }
    // Claims that are no JSON raise an error, which is closed too.
    for claims in ["{", "sub", r#"{"sub": "ada""#] {
        for sql in ["select from todos", "insert into todos (task) values ('x')"] {
            assert!(run_as(&mut connection, claims, sql).await.is_err(), "{claims}: {sql}");
        }
    }
}

#[tokio::test]
async fn code_that_forgets_the_transaction_sees_nothing() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    let role: String = sqlx::query_scalar("select current_user::text")
        .fetch_one(&mut connection)
        .await
        .expect("a role");
    assert_eq!(role, "authenticated");
    let seen = sqlx::query("select from todos").fetch_all(&mut connection).await;
    assert_eq!(seen.expect("no error, no row").len(), 0);
    // Without the role that the login starts with, it has no right at all.
    sqlx::query("reset role").execute(&mut connection).await.expect("reset");
    sqlx::query("set role none").execute(&mut connection).await.expect("back to the login");
    assert!(sqlx::query("select from todos").fetch_all(&mut connection).await.is_err());
}

#[tokio::test]
async fn claims_end_with_their_transaction() {
    let database = two_users().await;
    let mut connection = login(&database).await;
    assert_eq!(rows(&mut connection, "ada", "select from todos").await, 1);
    let seen = sqlx::query("select from todos").fetch_all(&mut connection).await;
    assert_eq!(seen.expect("no error, no row").len(), 0);
}

#[tokio::test]
async fn the_auth_functions_mean_what_pg_session_jwt_means() {
    let database = TestDatabase::migrated().await;
    let mut connection = login(&database).await;
    let uuid = "5f44e85c-392f-4f30-a72d-6e849501df3d";
    for (sub, condition) in [
        (uuid, format!("auth.uid() = '{uuid}'::uuid and auth.user_id() = '{uuid}'")),
        ("ada", "auth.uid() is null and auth.user_id() = 'ada'".to_owned()),
        ("ada", "auth.session() = '{\"sub\": \"ada\"}' and auth.jwt() = auth.session()".to_owned()),
    ] {
        let sql = format!("select where {condition}");
        assert_eq!(rows(&mut connection, sub, &sql).await, 1, "{condition}");
    }
    let none = "select where auth.session() = 'null'::jsonb and auth.user_id() is null \
                and auth.uid() is null and pg_typeof(auth.session()) = 'jsonb'::regtype";
    let result = run_as(&mut connection, "", none).await.expect("no claims are no error");
    assert_eq!(result.rows_affected(), 1);
    assert_eq!(claims("a\"b"), r#"{"sub":"a\"b"}"#);
}

#[tokio::test]
async fn nobody_writes_a_revision() {
    let database = TestDatabase::migrated().await;
    let mut connection = login(&database).await;
    for statement in
        ["insert into todos (task, revision) values ('milk', 7)", "update todos set revision = 7"]
    {
        assert_eq!(refusal(&mut connection, "ada", statement).await, FORBIDDEN, "{statement}");
    }
    assert_eq!(rows(&mut connection, "ada", "insert into todos (task) values ('milk')").await, 1);
    // The owner is overruled.
    database.execute("update todos set revision = 7, task = 'tea'").await;
    database.execute("update todos set revision = -7").await;
    let third = "select from todos where revision = 3";
    assert_eq!(rows(&mut connection, "ada", third).await, 1);
}

#[tokio::test]
async fn revisions_count_whatever_columns_are_added() {
    let database = TestDatabase::migrated().await;
    let mut connection = login(&database).await;
    database.execute("alter table todos add note json default '{}'").await;
    assert_eq!(rows(&mut connection, "ada", "insert into todos (task) values ('milk')").await, 1);
    rows(&mut connection, "ada", "update todos set task = task").await;
    assert_eq!(rows(&mut connection, "ada", "select from todos where revision = 1").await, 1);
    let generated = "alter table todos add length int generated always as (length(task)) stored";
    database.execute(generated).await;
    rows(&mut connection, "ada", "update todos set task = 'tea'").await;
    assert_eq!(rows(&mut connection, "ada", "select from todos where revision = 2").await, 1);
}
