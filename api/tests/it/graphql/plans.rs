//! How PostgreSQL reads a page: the resolver's own statement, as `authenticated`, with row-level
//! security, on a table of 20,000 rows.

use api::todos::{
    Arguments, List, TodoFilter, TodoOrder,
    cursor::{Place, encode},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, Database, DatabaseTransaction, DbBackend, QueryTrait, Statement,
    TransactionTrait,
};

use crate::support::database::TestDatabase;

const ORDERS: [TodoOrder; 3] =
    [TodoOrder::OpenFirst, TodoOrder::NewestFirst, TodoOrder::OldestFirst];

/// Two users with 10,000 todos each.
async fn seeded() -> TestDatabase {
    let database = TestDatabase::migrated().await;
    let sql = "insert into todos (user_id, task, is_complete, inserted_at)
               select 'user ' || n % 2, 'todo ' || n, n % 3 = 0,
                      timestamptz '2026-01-01 00:00Z' + n * interval '1 second'
               from generate_series(1, 20000) n; analyze todos";
    database.execute(sql).await;
    database
}

async fn begin(database: &TestDatabase) -> DatabaseTransaction {
    let db = Database::connect(database.login_url()).await.expect("the login signs in");
    let transaction = db.begin().await.expect("a transaction");
    let claims = "select set_config('request.jwt.claims', '{\"sub\": \"user 1\"}', true)";
    transaction.execute_unprepared(claims).await.expect("claims");
    transaction
}

async fn plan(transaction: &DatabaseTransaction, list: &List) -> String {
    let Statement { sql, values, .. } = list.select_all().build(DbBackend::Postgres);
    let explain = Statement {
        sql: format!("explain (analyze, costs off, timing off, summary off) {sql}"),
        values,
        db_backend: DbBackend::Postgres,
    };
    let rows = transaction.query_all_raw(explain).await.expect("a plan");
    let lines: Vec<String> =
        rows.iter().map(|row| row.try_get("", "QUERY PLAN").expect("a line")).collect();
    lines.join("\n")
}

/// The moment after the first so many todos were added.
fn moment(seconds: i64) -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>().expect("a moment")
        + chrono::Duration::seconds(seconds)
}

fn cursor(order: TodoOrder, is_open: bool, seconds: i64) -> String {
    encode(&Place { is_open, inserted_at: moment(seconds), id: seconds }, order)
}

fn pages(order: TodoOrder) -> Vec<Arguments> {
    let mut pages = vec![
        Arguments { first: Some(20), ..Arguments::default() },
        Arguments { last: Some(20), ..Arguments::default() },
    ];
    for cursor in [cursor(order, true, 15_001), cursor(order, false, 5_001)] {
        let (after, before) = (Some(cursor.clone()), Some(cursor));
        pages.push(Arguments { first: Some(20), after, ..Arguments::default() });
        pages.push(Arguments { last: Some(20), before, ..Arguments::default() });
    }
    pages
}

#[tokio::test]
async fn every_page_of_every_order_is_one_range_of_an_index() {
    let database = seeded().await;
    let transaction = begin(&database).await;
    for order in ORDERS {
        for is_complete in [None, Some(true), Some(false)] {
            for page in pages(order) {
                let filter = TodoFilter { is_complete, ..TodoFilter::default() };
                let list = List::new(&page, Some(filter), Some(order)).expect("a list");
                let plan = plan(&transaction, &list).await;

                let by_state = order == TodoOrder::OpenFirst || is_complete.is_some();
                let index = if by_state { "todos_list" } else { "todos_age" };
                let is_ascending = (order == TodoOrder::OldestFirst) != page.last.is_some();
                let backward = if is_ascending { " Backward" } else { "" };
                let scan = format!("Index Scan{backward} using {index} on todos");
                assert!(plan.contains(&scan), "{scan} should be in\n{plan}\n{list:?}");
                for more in ["Sort", "Filter", "SubPlan", "Append"] {
                    assert!(!plan.contains(more), "{plan}\n{list:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_span_of_time_is_a_range_of_the_index_too() {
    let database = seeded().await;
    let transaction = begin(&database).await;
    for (order, is_complete) in [
        (TodoOrder::NewestFirst, None),
        (TodoOrder::OldestFirst, None),
        (TodoOrder::NewestFirst, Some(true)),
        (TodoOrder::OpenFirst, Some(false)),
    ] {
        let filter = TodoFilter {
            is_complete,
            inserted_after: Some(moment(1_000)),
            inserted_before: Some(moment(19_000)),
            ..TodoFilter::default()
        };
        let list = List::new(&Arguments::default(), Some(filter), Some(order)).expect("a list");
        let plan = plan(&transaction, &list).await;
        assert!(plan.contains("Index Scan") && !plan.contains("Filter"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}

#[tokio::test]
async fn text_is_looked_for_in_the_users_own_todos_in_their_order() {
    let database = seeded().await;
    let transaction = begin(&database).await;
    for order in ORDERS {
        let filter = TodoFilter { task_contains: Some("19".into()), ..TodoFilter::default() };
        let list = List::new(&Arguments::default(), Some(filter), Some(order)).expect("a list");
        let plan = plan(&transaction, &list).await;
        assert!(plan.contains("Index Scan") && plan.contains("Index Cond: (user_id ="), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}
