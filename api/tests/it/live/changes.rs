//! Who is told what.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{deleted, refetch, subscribed, told};
use crate::support::app::{TestApp, number};

#[tokio::test]
async fn each_change_comes_with_the_todo_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut socket = subscribed(&app, &ada).await;
    let id = ada.add("buy milk").await;
    assert_eq!(socket.change().await, told("ADDED", &id, "buy milk", false));

    let toggle = "mutation($id: ID!) { toggleTodo(id: $id) { todo { id } } }";
    ada.data(toggle, json!({"id": id})).await;
    assert_eq!(socket.change().await, told("UPDATED", &id, "buy milk", true));
    let update =
        "mutation($id: ID!) { updateTodo(input: {id: $id, task: \"buy tea\"}) { todo { id } } }";
    ada.data(update, json!({"id": id})).await;
    assert_eq!(socket.change().await, told("UPDATED", &id, "buy tea", true));
    let delete = "mutation($id: ID!) { deleteTodo(id: $id) { deletedId } }";
    ada.data(delete, json!({"id": id})).await;
    assert_eq!(socket.change().await, deleted(&id));
    socket.is_open().await;
}

#[tokio::test]
async fn nobody_is_told_of_anothers_changes() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (mut adas, mut eves) = (subscribed(&app, &ada).await, subscribed(&app, &eve).await);
    let mut second = subscribed(&app, &ada).await;
    let hers = ada.add("hers").await;
    let evil = eve.add("evil").await;
    // Notifications come in the order of the commits.
    assert_eq!(eves.change().await, told("ADDED", &evil, "evil", false));
    for socket in [&mut adas, &mut second] {
        assert_eq!(socket.change().await, told("ADDED", &hers, "hers", false));
        socket.is_open().await;
    }
}

#[tokio::test]
async fn a_change_of_many_is_told_one_by_one_up_to_a_hundred() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut socket = subscribed(&app, &ada).await;
    let add = "mutation($inputs: [AddTodoInput!]!) { addTodos(inputs: $inputs) { todos { id } } }";
    let inputs = vec![json!({"task": "x"}); 100];
    let added = ada.data(add, json!({"inputs": inputs})).await;
    let ids: Vec<Value> = added["addTodos"]["todos"].as_array().expect("todos").clone();
    assert_eq!(ids.len(), 100);
    for id in &ids {
        let id = id["id"].as_str().expect("an id");
        assert_eq!(socket.change().await, told("ADDED", id, "x", false));
    }
    ada.add("one more").await;
    assert_eq!(socket.change().await["kind"], "ADDED");

    ada.data("mutation { completeAll { count } }", json!({})).await;
    assert_eq!(socket.change().await, refetch(), "101 of them");
    ada.data("mutation { completeAll { count } }", json!({})).await;
    socket.is_open().await;
    ada.data("mutation { clearCompleted { count } }", json!({})).await;
    assert_eq!(socket.change().await, refetch());
    socket.is_open().await;
}

/// An aggregate that the trigger finds in place of the server's own, and that counts what it is given.
const COUNTING: &str = "
    create sequence aggregated;
    grant usage on sequence aggregated to public;
    create function append(ids bigint[], id bigint) returns bigint[] language sql
        as $$ select nextval('public.aggregated'); select ids || id $$;
    create function written(ids bigint[]) returns json language sql as $$
        select case when cardinality(ids) > 0 then to_json(ids) end $$;
    set allow_system_table_mods = on;
    create aggregate pg_catalog.json_agg(bigint)
        (sfunc = public.append, stype = bigint[], initcond = '{}', finalfunc = public.written)";

/// PostgreSQL evaluates the aggregates of a query before it evaluates CASE.
#[tokio::test]
async fn change_of_many_aggregates_no_ids() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let mut socket = subscribed(&app, &ada).await;
    let mut connection = app.database.connect().await;
    sqlx::raw_sql(COUNTING).execute(&mut connection).await.expect("an aggregate");
    let add = async |of_ada: u32, of_eve: u32| {
        let sql = format!(
            "insert into todos (user_id, task)
             select case when n <= {of_ada} then '{}' else '{}' end, 'x'
             from generate_series(1, {of_ada} + {of_eve}) n",
            ada.id, eve.id
        );
        app.database.execute(&sql).await;
    };
    let aggregated = "select case when is_called then last_value else 0 end from aggregated";
    for (of_ada, of_eve, is_told, total) in
        [(5_000, 0, false, 0), (101, 0, false, 0), (1, 100, false, 0), (1, 99, true, 200)]
    {
        add(of_ada, of_eve).await;
        let change = socket.change().await;
        assert_eq!(change == refetch(), !is_told, "{change}");
        let counted: i64 =
            sqlx::query_scalar(aggregated).fetch_one(&mut connection).await.expect("a count");
        assert_eq!(counted, total, "{of_ada} and {of_eve}");
    }
    socket.is_open().await;
}

#[tokio::test]
async fn a_change_by_anybody_anywhere_is_told() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut socket = subscribed(&app, &ada).await;
    let sql = format!("insert into todos (user_id, task) values ('{}', 'by SQL')", ada.id);
    app.database.execute(&sql).await;
    assert_eq!(socket.change().await["todo"]["task"], "by SQL");
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut socket = subscribed(&app, &ada).await;
    let sql = format!(
        "begin; insert into todos (user_id, task) values ('{id}', 'not'); rollback;
         insert into todos (user_id, task) values ('{id}', 'but this')",
        id = ada.id
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut app.database.connect().await)
        .await
        .expect("SQL");
    assert_eq!(socket.change().await["todo"]["task"], "but this");
}

#[tokio::test]
async fn a_todo_that_is_gone_before_it_is_read_is_told_as_deleted() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut socket = subscribed(&app, &ada).await;
    let sql = format!(
        "begin; insert into todos (user_id, task) values ('{}', 'short'); delete from todos; commit",
        ada.id
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut app.database.connect().await)
        .await
        .expect("SQL");
    let change = socket.change().await;
    let id = change["todoId"].as_str().expect("an id");
    assert_eq!(change, deleted(id));
}

/// What any role of the database can do.
async fn notify(connection: &mut PgConnection, payload: &str) {
    sqlx::query("select pg_notify('todo_changed', $1)")
        .bind(payload)
        .execute(connection)
        .await
        .expect("anybody may notify");
}

#[tokio::test]
async fn a_forged_notification_shows_nothing_and_hides_nothing() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (hers, evil) = (ada.add("hers").await, eve.add("secret").await);
    let mut socket = subscribed(&app, &ada).await;
    let mut login = PgConnection::connect(&app.database.login_url()).await.expect("it signs in");
    let user = hex::encode(Sha256::digest(&ada.id));
    let payload = |op: &str, ids: &str| {
        format!(r#"{{"user": "{user}", "op": "{op}", "ids": [{ids}], "revisions": [900]}}"#)
    };

    for noise in ["", "{}", &"x".repeat(7_000), &payload("INSERT", "\"1\"")] {
        notify(&mut login, noise).await;
    }
    notify(&mut login, &payload("INSERT", &number(&evil).to_string())).await;
    assert_eq!(socket.change().await, deleted(&evil), "what ada cannot see is not there for her");
    notify(&mut login, &payload("DELETE", &number(&hers).to_string())).await;
    assert_eq!(socket.change().await, told("UPDATED", &hers, "hers", false), "it is still there");
}

#[tokio::test]
async fn who_listens_learns_neither_users_nor_what_they_wrote() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let url = app.database.login_url();
    let mut listener = sqlx::postgres::PgListener::connect(&url).await.expect("it signs in");
    listener.listen("todo_changed").await.expect("anybody may listen");
    let id = ada.add("a secret task").await;
    let notification = listener.recv().await.expect("a notification");
    let digest = hex::encode(Sha256::digest(&ada.id));
    let payload: Value = serde_json::from_str(notification.payload()).expect("JSON");
    let expected = json!({"user": digest, "op": "INSERT", "ids": [number(&id)], "revisions": [1]});
    assert_eq!(payload, expected);
}
