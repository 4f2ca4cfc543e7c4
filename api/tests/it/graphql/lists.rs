//! Lists in every order, with every filter, from both ends, held against a model.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::support::app::{TestApp, User, number};

pub const LIST: &str = "query($first: Int, $after: String, $last: Int, $before: String,
                          $filter: TodoFilter, $orderBy: TodoOrder) {
    todos(first: $first, after: $after, last: $last, before: $before,
          filter: $filter, orderBy: $orderBy) {
        edges { cursor node { id } }
        pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
        totalCount
    } }";

const ORDERS: [&str; 3] = ["OPEN_FIRST", "NEWEST_FIRST", "OLDEST_FIRST"];

/// A todo as the model sees it.
#[derive(Clone)]
struct Row {
    id: i64,
    task: String,
    is_complete: bool,
    inserted_at: DateTime<Utc>,
}

/// Equal times and both states, so that every part of every sort key decides somewhere.
async fn seed(app: &TestApp, user: &User<'_>) -> Vec<Row> {
    let sql = format!(
        "insert into todos (user_id, task, is_complete, inserted_at)
         select '{}', case when n % 4 = 0 then 'Milk ' else 'bread ' end || n, n % 3 = 0,
                timestamptz '2026-01-01 00:00Z' + (n * 7 % 23 / 3) * interval '1 second'
         from generate_series(1, 23) n;
         insert into todos (user_id, task) values ('somebody else', 'milk')",
        user.id
    );
    app.database.execute(&sql).await;
    rows(app, user).await
}

async fn rows(app: &TestApp, user: &User<'_>) -> Vec<Row> {
    sqlx::query("select * from todos where user_id = $1")
        .bind(&user.id)
        .fetch_all(&mut app.database.connect().await)
        .await
        .expect("the rows")
        .iter()
        .map(|row| Row {
            id: row.get("id"),
            task: row.get("task"),
            is_complete: row.get("is_complete"),
            inserted_at: row.get("inserted_at"),
        })
        .collect()
}

fn moment(seconds: u32) -> DateTime<Utc> {
    format!("2026-01-01T00:00:{seconds:02}Z").parse().expect("a moment")
}

type Meets = fn(&Row) -> bool;

/// Filters, and what they mean.
fn filters() -> Vec<(Value, Meets)> {
    vec![
        (json!(null), |_| true),
        (json!({}), |_| true),
        (json!({"isComplete": true}), |row| row.is_complete),
        (json!({"isComplete": false}), |row| !row.is_complete),
        (json!({"taskContains": "milk"}), |row| row.task.starts_with("Milk")),
        (json!({"insertedAfter": moment(2)}), |row| row.inserted_at > moment(2)),
        (json!({"insertedBefore": moment(5), "isComplete": true}), |row| {
            row.inserted_at < moment(5) && row.is_complete
        }),
        (json!({"insertedAfter": moment(1), "insertedBefore": moment(6)}), |row| {
            row.inserted_at > moment(1) && row.inserted_at < moment(6)
        }),
        (json!({"insertedAfter": moment(6), "insertedBefore": moment(1)}), |_| false),
    ]
}

fn sorted(mut rows: Vec<Row>, order: &str) -> Vec<i64> {
    match order {
        "OPEN_FIRST" => {
            rows.sort_by_key(|row| (row.is_complete, Reverse((row.inserted_at, row.id))));
        }
        "NEWEST_FIRST" => rows.sort_by_key(|row| Reverse((row.inserted_at, row.id))),
        _ => rows.sort_by_key(|row| (row.inserted_at, row.id)),
    }
    rows.iter().map(|row| row.id).collect()
}

pub async fn page(user: &User<'_>, variables: Value) -> Value {
    user.data(LIST, variables).await["todos"].clone()
}

fn ids(page: &Value) -> Vec<i64> {
    let edges = page["edges"].as_array().expect("edges");
    let id = |edge: &Value| number(edge["node"]["id"].as_str().expect("an id"));
    edges.iter().map(id).collect()
}

/// The two ways through a list: names of size, cursor, page info, and what lies ahead and behind.
const FORWARDS: [&str; 5] = ["first", "after", "endCursor", "hasNextPage", "hasPreviousPage"];
const BACKWARDS: [&str; 5] = ["last", "before", "startCursor", "hasPreviousPage", "hasNextPage"];

/// All pages, each as it is, in the order in which they were read.
async fn walk(user: &User<'_>, way: [&str; 5], size: usize, list: &Value) -> Vec<Value> {
    let [number, cursor, end, ahead, behind] = way;
    let (mut pages, mut variables) = (Vec::new(), list.clone());
    variables[number] = json!(size);
    loop {
        let page = page(user, variables.clone()).await;
        let info = page["pageInfo"].clone();
        assert_eq!(info[behind], json!(!pages.is_empty()), "{variables}");
        assert_eq!(info["startCursor"], page["edges"][0]["cursor"], "{variables}");
        pages.push(page);
        if info[ahead] == json!(false) {
            return pages;
        }
        variables[cursor] = info[end].clone();
    }
}

#[tokio::test]
async fn pages_of_every_size_from_both_ends_are_what_the_model_says() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let rows = seed(&app, &ada).await;
    for order in ORDERS {
        for (filter, meets) in filters() {
            let expected = sorted(rows.iter().filter(|row| meets(row)).cloned().collect(), order);
            let list = json!({"filter": filter, "orderBy": order});
            for size in [1, 2, 5, 22, 23, 100] {
                let forwards = walk(&ada, FORWARDS, size, &list).await;
                let found: Vec<i64> = forwards.iter().flat_map(ids).collect();
                assert_eq!(found, expected, "{list}, {size} forwards");
                let chunks = expected.len().div_ceil(size).max(1);
                assert_eq!(forwards.len(), chunks, "{list}, {size}: no empty page at the end");

                let backwards = walk(&ada, BACKWARDS, size, &list).await;
                let found: Vec<i64> = backwards.iter().rev().flat_map(ids).collect();
                assert_eq!(found, expected, "{list}, {size} backwards");
                for page in forwards.iter().chain(&backwards) {
                    assert_eq!(page["totalCount"], json!(expected.len()), "{list}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_lies_between_two_cursors_is_read_from_either_end() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let rows = seed(&app, &ada).await;
    for order in ORDERS {
        let expected = sorted(rows.clone(), order);
        let all = page(&ada, json!({"orderBy": order})).await;
        let cursor = |place: usize| all["edges"][place]["cursor"].clone();
        let between = json!({"orderBy": order, "after": cursor(3), "before": cursor(10)});
        for (number, found) in [("first", &expected[4..7]), ("last", &expected[7..10])] {
            let mut variables = between.clone();
            variables[number] = json!(3);
            let page = page(&ada, variables).await;
            assert_eq!(ids(&page), found, "{order}, {number}");
            assert_eq!(page["pageInfo"]["hasNextPage"], json!(true));
            assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(true));
        }
        let crossed = json!({"orderBy": order, "after": cursor(10), "before": cursor(3)});
        assert_eq!(ids(&page(&ada, crossed).await), [0; 0]);
    }
}

#[tokio::test]
async fn todos_that_come_and_go_between_pages_move_no_other() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for order in ORDERS {
        for [number, cursor, end, ahead, _] in [FORWARDS, BACKWARDS] {
            app.database.execute("delete from todos").await;
            let mut expected = sorted(seed(&app, &ada).await, order);
            if number == "last" {
                expected.reverse();
            }
            let (mut found, mut variables) = (Vec::new(), json!({"orderBy": order, number: 4}));
            loop {
                let page = page(&ada, variables.clone()).await;
                let mut read = ids(&page);
                if number == "last" {
                    read.reverse();
                }
                // The very todo that the cursor came from goes, and others come on all sides.
                let gone = *read.last().expect("a todo");
                app.database
                    .execute(&format!(
                        "delete from todos where id = {gone};
                         insert into todos (user_id, task, is_complete, inserted_at)
                         select '{}', 'new', state, moment from unnest(array[true, false]) state,
                         unnest(array[timestamptz '2020-01-01', '2030-01-01']) moment",
                        ada.id
                    ))
                    .await;
                found.extend(read);
                if page["pageInfo"][ahead] == json!(false) || found.len() > 100 {
                    break;
                }
                variables[cursor] = page["pageInfo"][end].clone();
            }
            let old = |id: &i64| expected.contains(id);
            let seen: Vec<i64> = found.iter().copied().filter(old).collect();
            assert_eq!(seen, expected, "{order}, {number}");
        }
    }
}

#[tokio::test]
async fn a_cursor_goes_with_its_order_and_with_every_filter() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let rows = seed(&app, &ada).await;
    for order in ORDERS {
        let all = page(&ada, json!({"orderBy": order})).await;
        for (place, edge) in all["edges"].as_array().expect("edges").iter().enumerate() {
            for is_complete in [true, false] {
                let filter = json!({"isComplete": is_complete});
                let variables =
                    json!({"orderBy": order, "after": edge["cursor"], "filter": filter});
                let rest = sorted(rows.clone(), order).split_off(place + 1);
                let meets = |id: &i64| {
                    rows.iter().any(|row| row.id == *id && row.is_complete == is_complete)
                };
                let expected: Vec<i64> = rest.into_iter().filter(meets).collect();
                assert_eq!(ids(&page(&ada, variables).await), expected, "{order}, {place}");
            }
        }
        for other in ORDERS.iter().filter(|other| **other != order) {
            for end in ["after", "before"] {
                let variables = json!({"orderBy": other, end: all["edges"][0]["cursor"]});
                assert_eq!(ada.error_code(LIST, variables).await, "BAD_USER_INPUT");
            }
        }
    }
}
