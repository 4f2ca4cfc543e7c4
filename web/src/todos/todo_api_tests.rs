use graphql_client::GraphQLQuery;
use serde_json::{Value, json};

use super::*;
use crate::todos::filter::Show;

type DateTime = String;
type BigInt = String;
#[expect(clippy::upper_case_acronyms, reason = "the name is the schema's")]
type UUID = String;

/// Compiles only where the operations are the schema's.
macro_rules! checked {
    ($($operation:ident $path:tt),+) => {$(
        #[derive(GraphQLQuery)]
        #[graphql(schema_path = "../schema.graphql", query_path = $path)]
        #[expect(dead_code, reason = "the page reads the answers by itself")]
        struct $operation;
    )+};
}
checked!(
    Session "queries/Session.graphql",
    Todos "queries/Todos.graphql",
    AddTodos "queries/AddTodos.graphql",
    UpdateTodo "queries/UpdateTodo.graphql",
    DeleteTodo "queries/DeleteTodo.graphql",
    CompleteAll "queries/CompleteAll.graphql",
    ClearCompleted "queries/ClearCompleted.graphql",
    TodoChanged "queries/TodoChanged.graphql"
);

fn op(deed: Deed, todo: &'static str, text: &'static str) -> Op {
    Op { id: "1".to_owned(), deed, todo: todo.into(), text: text.into(), until: 0 }
}

fn variables(batch: &[Op]) -> Value {
    serde_json::from_str(&request(&batch[0], batch).1).unwrap()
}

#[test]
fn a_deed_is_sent_with_what_the_operation_asks_for() {
    let news = [op(Deed::Add, "k1", "Say \"hi\""), op(Deed::Add, "k2", "Milk")];
    let inputs = json!([{"key": "k1", "task": "Say \"hi\""}, {"key": "k2", "task": "Milk"}]);
    assert_eq!(variables(&news), json!({"inputs": inputs}));
    let input = json!({"input": {"id": "7", "isComplete": false}});
    assert_eq!(variables(&[op(Deed::Untick, "7", "")]), input);
    let input = json!({"input": {"id": "7", "task": "a\nb"}});
    assert_eq!(variables(&[op(Deed::Rename, "7", "a\nb")]), input);
    assert_eq!(variables(&[op(Deed::Delete, "7", "")]), json!({"id": "7"}));
    for deed in [Deed::CompleteAll, Deed::ClearDone] {
        assert_eq!(variables(&[op(deed, "", "")]), json!({}), "all, as the queue had it before");
        let found = json!({"filter": {"taskContains": "\"milk"}});
        assert_eq!(variables(&[op(deed, "", "\"milk")]), found);
    }
}

#[test]
fn a_page_is_asked_for_with_its_filter() {
    let asked = |after, show, search: &'static str| {
        let filter = Filter { show, search: search.into() };
        serde_json::from_str::<Value>(&page_variables(after, &filter)).unwrap()
    };
    assert_eq!(asked(None, Show::All, ""), json!({"first": 50, "count": true, "filter": {}}));
    let filter = json!({"isComplete": true, "taskContains": "\"a"});
    assert_eq!(
        asked(Some("c"), Show::Done, "\"a"),
        json!({"first": 100, "count": false, "after": "c", "filter": filter})
    );
}

const TODO: &str =
    r#"{"id":"7","task":"Milk","isComplete":true,"insertedAt":"2027-01-01T00:00:00Z"}"#;

#[test]
fn answers_of_all_operations_have_one_shape() {
    for did in [format!(r#"{{"todos":[{TODO}]}}"#), format!(r#"{{"todo":{TODO}}}"#)] {
        let did = parse::<Data>(&format!(r#"{{"did":{did}}}"#)).unwrap().did;
        let todos: Vec<Todo> = did.nodes.into_iter().chain(did.todo).map(Into::into).collect();
        assert_eq!((&*todos[0].id, &*todos[0].task, todos[0].is_complete), ("7", "Milk", true));
    }
    for (did, has_more) in
        [(r#"{"hasMore":true}"#, true), (r#"{"hasMore":false}"#, false), ("{}", false)]
    {
        let did = parse::<Data>(&format!(r#"{{"did":{did}}}"#)).unwrap().did;
        assert_eq!(did.has_more, has_more);
    }
    let page = r#"{"session":{"userId":"ada","email":null},"todos":{"nodes":[],"pageInfo":
        {"hasNextPage":true,"endCursor":"c"}},"open":{"totalCount":3}}"#;
    let page: Data = parse(page).unwrap();
    assert_eq!((&*page.session.user_id, page.open.total_count), ("ada", 3));
    assert_eq!(page.todos.page_info.end_cursor.as_deref(), Some("c"));
}

#[test]
fn events_say_what_has_happened() {
    let read = |did: &str| event(&format!(r#"{{"did":{did}}}"#)).unwrap();
    let added = read(&format!(r#"{{"kind":"ADDED","todoId":"7","todo":{TODO}}}"#));
    assert!(matches!(added, Event::Put(todo, true) if todo.id == "7"));
    let gone = read(r#"{"kind":"DELETED","todoId":"7","todo":null}"#);
    assert!(matches!(gone, Event::Gone(id) if id == "7"));
    let refetch = read(r#"{"kind":"REFETCH","todoId":null,"todo":null}"#);
    assert!(matches!(refetch, Event::Refetch));
}
