//! Random sequences of operations of a few users, next to a model of what each must see.

use clock::Clock;
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support::app::{TestApp, User};

const USERS: usize = 3;
const CASES: u32 = 24;
/// Never given out.
const NO_ID: &str = "todo_999999999";

/// What a user does, with a todo that may be anybody's: the `nth` of the user `whose`.
#[derive(Debug, Clone)]
enum Step {
    Add(String),
    Read { whose: usize, nth: usize },
    Toggle { whose: usize, nth: usize },
    Rename { whose: usize, nth: usize, task: String },
    Delete { whose: usize, nth: usize },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Todo {
    id: String,
    task: String,
    is_complete: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let task = "[a-z]{1,8}";
    let target = || (0..USERS, 0..6_usize);
    prop_oneof![
        3 => task.prop_map(Step::Add),
        1 => target().prop_map(|(whose, nth)| Step::Read { whose, nth }),
        2 => target().prop_map(|(whose, nth)| Step::Toggle { whose, nth }),
        2 => (target(), task).prop_map(|((whose, nth), task)| Step::Rename { whose, nth, task }),
        1 => target().prop_map(|(whose, nth)| Step::Delete { whose, nth }),
    ]
}

/// Each user's todos, oldest first.
#[derive(Default)]
struct Model([Vec<Todo>; USERS]);

impl Model {
    fn id(&self, whose: usize, nth: usize) -> String {
        self.0[whose].get(nth).map_or_else(|| NO_ID.to_owned(), |todo| todo.id.clone())
    }

    /// The todo, if it is of the one who asks.
    fn own(&mut self, who: usize, whose: usize, nth: usize) -> Option<&mut Todo> {
        if who == whose { self.0[whose].get_mut(nth) } else { None }
    }

    /// What `todos` shows: open ones first, then newest first.
    fn list(&self, who: usize) -> Vec<Todo> {
        let mut list: Vec<_> = self.0[who].iter().rev().cloned().collect();
        list.sort_by_key(|todo| todo.is_complete);
        list
    }
}

fn read(todo: &Value) -> Todo {
    let text = |name: &str| todo[name].as_str().expect("a text").to_owned();
    Todo { id: text("id"), task: text("task"), is_complete: todo["isComplete"] == true }
}

/// Does the step, and compares its answer with the model's.
async fn perform(
    user: &User<'_>,
    who: usize,
    step: &Step,
    model: &mut Model,
) -> Result<(), TestCaseError> {
    const FIELDS: &str = "{ todo { id task isComplete } }";
    let (field, query, variables, whose, nth) = match step {
        Step::Add(task) => {
            let query =
                format!("mutation($task: String!) {{ addTodo(input: {{task: $task}}) {FIELDS} }}");
            let added = user.data(&query, json!({"task": task})).await;
            let added = read(&added["addTodo"]["todo"]);
            prop_assert_eq!((&added.task, added.is_complete), (task, false));
            model.0[who].push(added);
            return Ok(());
        }
        Step::Read { whose, nth } => {
            let query = "query($id: ID!) { todo(id: $id) { id task isComplete } }";
            let found = user.data(query, json!({"id": model.id(*whose, *nth)})).await;
            let found = found["todo"].is_object().then(|| read(&found["todo"]));
            let expected = model.own(who, *whose, *nth).cloned();
            prop_assert_eq!(found, expected);
            return Ok(());
        }
        Step::Toggle { whose, nth } => {
            let query = format!("mutation($id: ID!) {{ toggleTodo(id: $id) {FIELDS} }}");
            ("toggleTodo", query, json!({"id": model.id(*whose, *nth)}), *whose, *nth)
        }
        Step::Rename { whose, nth, task } => {
            let query =
                "mutation($id: ID!, $task: String!) { updateTodo(input: {id: $id, task: $task})";
            let variables = json!({"id": model.id(*whose, *nth), "task": task});
            ("updateTodo", format!("{query} {FIELDS} }}"), variables, *whose, *nth)
        }
        Step::Delete { whose, nth } => {
            let query = "mutation($id: ID!) { deleteTodo(id: $id) { deletedId } }".to_owned();
            ("deleteTodo", query, json!({"id": model.id(*whose, *nth)}), *whose, *nth)
        }
    };
    let Some(todo) = model.own(who, whose, nth) else {
        prop_assert_eq!(user.error_code(&query, variables).await, "NOT_FOUND");
        return Ok(());
    };
    let answer = user.data(&query, variables).await[field].clone();
    match step {
        Step::Toggle { .. } => todo.is_complete = !todo.is_complete,
        Step::Rename { task, .. } => todo.task.clone_from(task),
        _ => {
            prop_assert_eq!(&answer["deletedId"], &json!(todo.id));
            model.0[who].remove(nth);
            return Ok(());
        }
    }
    prop_assert_eq!(&read(&answer["todo"]), &*todo);
    Ok(())
}

async fn replay(app: &TestApp, steps: Vec<(usize, Step)>) -> Result<(), TestCaseError> {
    let mut users = Vec::new();
    for _ in 0..USERS {
        users.push(app.guest(&Uuid::new_v4().to_string()).await);
    }
    let mut model = Model::default();
    for (who, step) in steps {
        perform(&users[who], who, &step, &mut model).await?;
        // The others' lists, too: a step must change nothing there.
        for (number, user) in users.iter().enumerate() {
            let data = user.data("{ todos { nodes { id task isComplete } } }", json!({})).await;
            let seen: Vec<_> =
                data["todos"]["nodes"].as_array().expect("nodes").iter().map(read).collect();
            prop_assert_eq!(seen, model.list(number));
        }
    }
    Ok(())
}

#[test]
fn each_user_sees_what_a_model_of_them_alone_says() {
    let runtime = Runtime::new().expect("a runtime");
    let app = runtime.block_on(TestApp::start_with(&[], Clock::system()));
    let steps = prop::collection::vec((0..USERS, step()), 1..25);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&steps, |steps| runtime.block_on(replay(&app, steps)));
    runtime.block_on(async move { drop(app) });
    outcome.expect("the model holds");
}
