//! `userTodos`: support staff read the todos of one user, and change none.

use serde_json::{Value, json};

use crate::support::app::{TestApp, User, credentials};

const USER_TODOS: &str = "query($id: ID!, $first: Int, $after: String) {
    userTodos(userId: $id, first: $first, after: $after) {
        nodes { id task } pageInfo { hasNextPage endCursor }
    } }";

/// Signs in again, so that the token has the roles that were given meanwhile.
async fn again<'a>(app: &'a TestApp, name: &str) -> User<'a> {
    app.sign_in(&credentials(&format!("{name}@example.com"), "secret123")).await
}

/// Somebody of the support staff, with the role that has the permission.
async fn support(app: &TestApp) -> User<'_> {
    let sam = app.user("sam").await;
    let roles = app.state.supertokens.roles();
    roles.create("support", &["todos:read-any"]).await.expect("the Core answers");
    roles.give(&sam.id, "support").await.expect("the Core answers").expect("the role is there");
    again(app, "sam").await
}

fn tasks(data: &Value) -> Vec<&str> {
    let nodes = data["userTodos"]["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["task"].as_str().expect("a task")).collect()
}

#[tokio::test]
async fn support_staff_read_the_todos_of_one_user_page_by_page() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    for task in ["one", "two", "three"] {
        ada.add(task).await;
    }
    eve.add("not hers").await;
    let sam = support(&app).await;
    let first = sam.data(USER_TODOS, json!({"id": ada.id, "first": 2})).await;
    assert_eq!(tasks(&first), ["three", "two"]);
    let after = &first["userTodos"]["pageInfo"]["endCursor"];
    let second = sam.data(USER_TODOS, json!({"id": ada.id, "first": 2, "after": after})).await;
    assert_eq!(tasks(&second), ["one"]);
    let backwards = "query($id: ID!) {
        userTodos(userId: $id, last: 2, orderBy: NEWEST_FIRST, filter: {taskContains: \"O\"}) {
            nodes { task } totalCount
        } }";
    let last = sam.data(backwards, json!({"id": ada.id})).await;
    assert_eq!(tasks(&last), ["two", "one"]);
    assert_eq!(last["userTodos"]["totalCount"], 2);
    let nobody = sam.data(USER_TODOS, json!({"id": "nobody"})).await;
    assert_eq!(tasks(&nobody), [""; 0]);
}

#[tokio::test]
async fn support_staff_change_nothing_and_have_a_list_of_their_own() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = ada.add("hers").await;
    let sam = support(&app).await;
    sam.add("his").await;
    assert_eq!(sam.tasks().await, ["his"]);
    for mutation in [
        "mutation($id: ID!) { toggleTodo(id: $id) { todo { id } } }",
        "mutation($id: ID!) { updateTodo(input: {id: $id, task: \"x\"}) { todo { id } } }",
        "mutation($id: ID!) { deleteTodo(id: $id) { deletedId } }",
    ] {
        let code = sam.error_code(mutation, json!({"id": id})).await;
        assert_eq!(code, "NOT_FOUND", "{mutation}");
    }
    let found = sam.data("query($id: ID!) { todo(id: $id) { id } }", json!({"id": id})).await;
    assert_eq!(found, json!({"todo": null}));
    assert_eq!(ada.tasks().await, ["hers"]);
}

#[tokio::test]
async fn it_is_off_unless_it_was_granted() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    ada.add("hers").await;
    for id in [&ada.id, &eve.id] {
        assert_eq!(eve.error_code(USER_TODOS, json!({"id": id})).await, "FORBIDDEN");
    }
    // A role without the permission, and one that was taken back.
    let roles = app.state.supertokens.roles();
    roles.create("editor", &["todos:read"]).await.expect("the Core answers");
    roles.create("support", &["todos:read-any"]).await.expect("the Core answers");
    roles.give(&eve.id, "editor").await.expect("the Core answers");
    roles.give(&eve.id, "support").await.expect("the Core answers");
    let eve = again(&app, "eve").await;
    assert_eq!(tasks(&eve.data(USER_TODOS, json!({"id": ada.id})).await), ["hers"]);
    roles.take(&eve.id, "support").await.expect("the Core answers");
    // The token still says so.
    assert_eq!(eve.error_code(USER_TODOS, json!({"id": ada.id})).await, "FORBIDDEN");
    let eve = again(&app, "eve").await;
    assert_eq!(eve.error_code(USER_TODOS, json!({"id": ada.id})).await, "FORBIDDEN");
}
