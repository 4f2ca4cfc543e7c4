use std::collections::HashSet;

use serde_json::{Value, json};
use sqlx::Row as _;

use crate::support::app::{TestApp, User};

const PAGE: &str = "query($first: Int, $after: String) {
    todos(first: $first, after: $after) {
        edges { cursor node { task } }
        nodes { task isComplete }
        pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
    } }";

async fn page(user: &User<'_>, first: i32, after: Option<&str>) -> Value {
    user.data(PAGE, json!({"first": first, "after": after})).await["todos"].clone()
}

fn tasks(page: &Value) -> Vec<&str> {
    let nodes = page["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["task"].as_str().expect("a task")).collect()
}

/// All pages, from the first to the last.
async fn walk(user: &User<'_>, first: i32) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = page(user, first, after.as_deref()).await;
        found.extend(tasks(&page).into_iter().map(String::from));
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(after.is_some()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return found;
        }
        after = Some(page["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned());
    }
}

#[tokio::test]
async fn open_todos_come_first_then_the_newest() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in ["one", "two", "three"] {
        ada.add(task).await;
    }
    let done = ada.add("done").await;
    ada.data("mutation($id: ID!) { toggleTodo(id: $id) { todo { id } } }", json!({"id": done}))
        .await;
    assert_eq!(ada.tasks().await, ["three", "two", "one", "done"]);
}

#[tokio::test]
async fn pages_of_every_size_hold_each_todo_once_and_in_order() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    // Equal times and both states, so that every part of the sort key decides somewhere.
    app.database
        .execute(&format!(
            "insert into todos (user_id, task, is_complete, inserted_at)
             select '{}', 'todo ' || n, n % 3 = 0, now() - (n / 4) * interval '1 second'
             from generate_series(1, 37) n;
             insert into todos (user_id, task) values ('{}', 'not hers')",
            ada.id, eve.id
        ))
        .await;
    let all = walk(&ada, 100).await;
    assert_eq!(all.len(), 37);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 37);
    for size in [1, 2, 5, 36, 37] {
        assert_eq!(walk(&ada, size).await, all, "pages of {size}");
    }
}

#[tokio::test]
async fn a_cursor_stays_good_when_todos_come_and_go() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in ["one", "two", "three", "four"] {
        ada.add(task).await;
    }
    let first = page(&ada, 2, None).await;
    assert_eq!(tasks(&first), ["four", "three"]);
    let after = first["pageInfo"]["endCursor"].as_str();
    ada.add("five").await;
    app.database.execute("delete from todos where task = 'three'").await;
    assert_eq!(tasks(&page(&ada, 2, after).await), ["two", "one"]);
}

#[tokio::test]
async fn an_empty_list_is_a_page_too() {
    let app = TestApp::start().await;
    let page = page(&app.user("ada").await, 10, None).await;
    let expected = json!({
        "edges": [], "nodes": [],
        "pageInfo": {"hasPreviousPage": false, "hasNextPage": false, "startCursor": null, "endCursor": null},
    });
    assert_eq!(page, expected);
}

#[tokio::test]
async fn a_page_that_cannot_be_meant_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for variables in [
        json!({"first": 0}),
        json!({"first": -1}),
        json!({"first": 101}),
        json!({"after": "garbage"}),
        json!({"after": ""}),
    ] {
        assert_eq!(ada.error_code(PAGE, variables).await, "BAD_USER_INPUT");
    }
}

/// The statement of the resolver, as `authenticated`, with row-level security: one range of the
/// index, from the first page to the last.
#[tokio::test]
async fn every_page_is_a_range_of_the_index() {
    let app = TestApp::start().await;
    app.database
        .execute(
            "insert into todos (user_id, task, is_complete, inserted_at)
             select 'user ' || n % 10, 'todo', n % 3 = 0, now() - n * interval '1 second'
             from generate_series(1, 20000) n;
             analyze todos",
        )
        .await;
    let mut connection = app.database.connect().await;
    sqlx::raw_sql(
        "begin; select set_config('role', 'authenticated', true),
         set_config('request.jwt.claims', '{\"sub\": \"user 3\"}', true)",
    )
    .execute(&mut connection)
    .await
    .expect("claims");
    let key = "(not is_complete, inserted_at, id)";
    for after in ["", &format!("where {key} < (false, now() - interval '3 hours', 9::bigint)")] {
        let sql = format!(
            "explain select * from todos {after}
             order by not is_complete desc, inserted_at desc, id desc limit 51"
        );
        let plan: Vec<String> = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await
            .expect("a plan")
            .iter()
            .map(|row| row.get(0))
            .collect();
        let plan = plan.join("\n");
        assert!(plan.contains("Index Scan using todos_list"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}
