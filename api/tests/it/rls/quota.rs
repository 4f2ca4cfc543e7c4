//! How many todos a user may have, by SQL as the service's login.

use futures_util::future::join_all;
use migration::{Migrator, MigratorTrait, quota};
use sea_orm::Database;

use super::{claims, lint, login, refusal, rows, run_as};
use crate::support::database::TestDatabase;

const ADD: &str = "insert into todos (task) values ('x')";
/// `check_violation`
const REFUSED: &str = "23514";

async fn limited(max_todos: u32) -> TestDatabase {
    let database = TestDatabase::migrated().await;
    limit(&database, max_todos).await;
    database
}

/// As `migrate` does it.
async fn limit(database: &TestDatabase, max_todos: u32) {
    let owner = Database::connect(database.owner_url()).await.expect("the owner signs in");
    quota::set(&owner, max_todos).await.expect("the limit is set");
    owner.close().await.expect("closed");
}

fn add(number: u32) -> String {
    format!("insert into todos (task) select 'x' from generate_series(1, {number})")
}

/// The counters, which have to agree with the todos.
async fn counts(database: &TestDatabase) -> Vec<(String, i64)> {
    let mut connection = database.connect().await;
    let counted = "select user_id, todos from quota.todo_counts order by 1";
    let counted = sqlx::query_as(counted).fetch_all(&mut connection).await.expect("the counters");
    let there = "select user_id, count(*) from todos group by 1 order by 1";
    let there: Vec<_> =
        sqlx::query_as(there).fetch_all(&mut connection).await.expect("the todos are counted");
    assert_eq!(counted, there);
    counted
}

#[tokio::test]
async fn quota_is_exact_for_one_and_for_many_rows() {
    let database = limited(100).await;
    let mut connection = login(&database).await;
    assert_eq!(refusal(&mut connection, "ada", &add(101)).await, REFUSED);
    assert_eq!(rows(&mut connection, "ada", &add(100)).await, 100);
    for sql in [ADD, &add(2)] {
        assert_eq!(refusal(&mut connection, "ada", sql).await, REFUSED);
    }
    assert_eq!(rows(&mut connection, "eve", ADD).await, 1);

    let delete = "delete from todos where id in (select id from todos limit 2)";
    assert_eq!(rows(&mut connection, "ada", delete).await, 2);
    assert_eq!(refusal(&mut connection, "ada", &add(3)).await, REFUSED);
    assert_eq!(rows(&mut connection, "ada", &add(2)).await, 2);
    assert_eq!(refusal(&mut connection, "ada", ADD).await, REFUSED);
    assert_eq!(counts(&database).await, [("ada".into(), 100), ("eve".into(), 1)]);

    // Nothing stays of a user without todos.
    assert_eq!(rows(&mut connection, "ada", "delete from todos").await, 100);
    assert_eq!(counts(&database).await, [("eve".into(), 1)]);
}

#[tokio::test]
async fn concurrent_transactions_keep_the_quota() {
    let database = limited(100).await;
    let adding = (0..6).map(async |user| {
        let mut connection = login(&database).await;
        let user = ["ada", "eve"][user % 2];
        for number in (1..=5).cycle().take(60) {
            match run_as(&mut connection, &claims(user), &add(number)).await {
                Ok(_) => {}
                Err(error) => {
                    let error = error.into_database_error().expect("the database refuses it");
                    assert_eq!(error.code().as_deref(), Some(REFUSED), "{error}");
                }
            }
            let delete = "delete from todos where id = (select max(id) from todos)";
            run_as(&mut connection, &claims(user), delete).await.expect("deleted");
        }
        while run_as(&mut connection, &claims(user), ADD).await.is_ok() {}
    });
    join_all(adding).await;
    assert_eq!(counts(&database).await, [("ada".into(), 100), ("eve".into(), 100)]);
}

#[tokio::test]
async fn no_sql_of_a_user_lifts_the_quota() {
    let database = limited(10).await;
    let mut connection = login(&database).await;
    rows(&mut connection, "ada", &add(10)).await;
    for sql in [
        "select quota.max_todos()",
        "create or replace function quota.max_todos() returns bigint language sql as 'select 99::bigint'",
        "alter function quota.max_todos() rename to other",
        "drop schema quota cascade",
        "table quota.todo_counts",
        "update quota.todo_counts set todos = 0",
        "delete from quota.todo_counts",
        "truncate quota.todo_counts",
        "insert into quota.todo_counts values ('ada', -99) on conflict (user_id) do update set todos = -99",
        "select quota.subtract('ada', 10)",
        "select quota.add('eve', 10)",
        "alter table todos disable trigger all",
        "drop trigger todos_added on todos",
        "set session_replication_role = replica",
        "update todos set user_id = 'eve'",
        "reset role; insert into todos (task) values ('x')",
        "set role none",
    ] {
        let refused = run_as(&mut connection, &claims("ada"), sql).await;
        let is_refused = refused.is_err();
        // These two say nothing by themselves: what follows them is what counts.
        assert!(is_refused || sql.contains("role"), "{sql}");
        connection = login(&database).await;
    }
    for before in [
        "set search_path = pg_temp, public",
        "set constraints all deferred",
        "set transaction isolation level serializable",
        "set transaction isolation level repeatable read",
        "set local plpgsql.check_asserts = off",
        "select set_config('request.jwt.claims', '{\"sub\": \"ada\", \"role\": \"owner\"}', true)",
    ] {
        let sql =
            format!("begin; select set_config('request.jwt.claims', '{}', true)", claims("ada"));
        // The claims come second: some settings have to be the first of a transaction.
        let sql = sql.replace("begin;", &format!("begin; {before};"));
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("set");
        let error = sqlx::raw_sql(ADD).execute(&mut connection).await.expect_err(before);
        let code = error.as_database_error().and_then(|error| error.code().map(String::from));
        assert_eq!(code.as_deref(), Some(REFUSED), "{before}");
        sqlx::raw_sql("rollback").execute(&mut connection).await.expect("rolled back");
    }
    assert_eq!(counts(&database).await, [("ada".into(), 10)]);
}

/// The claims of a statement that changes them on its way: the counter goes by the rows.
#[tokio::test]
async fn rows_count_for_their_owner_whatever_the_claims_are() {
    let database = limited(10).await;
    let mut connection = login(&database).await;
    let sql = "insert into todos (task) values ('x')
               returning set_config('request.jwt.claims', '{\"sub\": \"eve\"}', true)";
    for _ in 0..10 {
        rows(&mut connection, "ada", sql).await;
    }
    assert_eq!(refusal(&mut connection, "ada", sql).await, REFUSED);
    assert_eq!(refusal(&mut connection, "ada", ADD).await, REFUSED);
    assert_eq!(counts(&database).await, [("ada".into(), 10)]);
}

#[tokio::test]
async fn rows_that_owners_move_or_truncate_are_counted() {
    let database = limited(10).await;
    let mut connection = login(&database).await;
    rows(&mut connection, "ada", &add(5)).await;
    rows(&mut connection, "eve", &add(8)).await;
    database
        .execute("update todos set user_id = 'eve' where id in (select min(id) from todos)")
        .await;
    assert_eq!(counts(&database).await, [("ada".into(), 4), ("eve".into(), 9)]);
    let error = sqlx::raw_sql("update todos set user_id = 'eve'")
        .execute(&mut database.connect().await)
        .await
        .expect_err("refused");
    assert!(error.to_string().contains("limit of 10 todos"), "{error}");
    database.execute("truncate todos").await;
    assert_eq!(counts(&database).await, []);
    let both = "insert into todos (user_id, task) select case when n % 2 = 0 then 'ada' else 'eve' end, 'x'
                from generate_series(1, 20) n";
    database.execute(both).await;
    assert_eq!(counts(&database).await, [("ada".into(), 10), ("eve".into(), 10)]);
}

#[tokio::test]
async fn upgrade_counts_the_rows_that_are_there() {
    let database = TestDatabase::migrated().await;
    let owner = Database::connect(database.owner_url()).await.expect("the owner signs in");
    let after = Migrator::migrations();
    let after = after.iter().rev().position(|migration| migration.name().ends_with("_limit_todos"));
    let after = u32::try_from(after.expect("the migration")).expect("a small number");
    Migrator::down(&owner, Some(after + 1)).await.expect("down");
    let many = "insert into todos (user_id, task) select 'ada', 'x' from generate_series(1, 20)";
    database.execute(many).await;
    database.execute("insert into todos (user_id, task) values ('eve', 'x')").await;
    Migrator::up(&owner, None).await.expect("up");
    owner.close().await.expect("closed");
    limit(&database, 10).await;
    assert_eq!(counts(&database).await, [("ada".into(), 20), ("eve".into(), 1)]);

    // A user above the limit keeps all todos, and may delete some.
    let mut connection = login(&database).await;
    assert_eq!(refusal(&mut connection, "ada", ADD).await, REFUSED);
    let delete = "delete from todos where id in (select id from todos limit 11)";
    assert_eq!(rows(&mut connection, "ada", delete).await, 11);
    assert_eq!(rows(&mut connection, "ada", ADD).await, 1);
    assert_eq!(refusal(&mut connection, "ada", ADD).await, REFUSED);
    // The owner's own check of the table is back.
    let forced = "select relforcerowsecurity from pg_class where oid = 'todos'::regclass";
    let mut connection = database.connect().await;
    assert!(sqlx::query_scalar::<_, bool>(forced).fetch_one(&mut connection).await.expect("a row"));
}

#[tokio::test]
async fn lint_names_a_counter_that_users_reach() {
    let grant = "grant usage on schema quota to authenticated;
                 grant select on quota.todo_counts to authenticated;
                 grant execute on function quota.subtract(text, bigint) to authenticated";
    let findings = lint::findings(grant).await;
    let places = lint::places(&findings);
    assert!(places.contains(&("table-without-force", "table quota.todo_counts")), "{places:?}");
}
