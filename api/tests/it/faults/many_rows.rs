//! One user with very many todos: they take no memory of the service, and other users are served.

use std::env;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    bystanders::{Bystanders, Impact},
    report::{Row, spoken},
};
use crate::support::{
    database::TestDatabase,
    program::{Program, memory},
};

const COMPLETE_ALL: &str = "mutation { did: completeAll { count hasMore } }";
const CLEAR_COMPLETED: &str = "mutation { did: clearCompleted { count hasMore } }";
const DELETE_ACCOUNT: &str =
    r#"mutation { did: deleteAccount(password: "secret123") { outcome } }"#;
/// kB of the service's resident memory
const MOST_GROWTH: u64 = 20 * 1024;

/// `cargo xtask faults` runs it with `FAULTS_TODOS=1000000`.
#[tokio::test]
async fn changes_of_all_todos_take_no_memory_for_each() {
    let number = env::var("FAULTS_TODOS").map_or(Ok(100_000), |number| number.parse::<u32>());
    let number = number.expect("FAULTS_TODOS is a number");
    let database = TestDatabase::migrated().await;
    let owner = sea_orm::Database::connect(database.owner_url()).await.expect("the owner");
    migration::quota::set(&owner, number).await.expect("the limit is set");
    owner.close().await.expect("closed");
    let program = Program::start(&database, &[("REQUEST_TIMEOUT", "600")]).await;
    let access = program.sign_up("ada@example.com").await;
    let send = async |query: &str| {
        let answer = program.post("/graphql", Some(&access), &json!({"query": query})).await;
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].clone()
    };
    let user = send("{ session { userId } }").await["session"]["userId"].clone();
    let fill = format!(
        "insert into todos (user_id, task) select '{}', 'x' from generate_series(1, {number})",
        user.as_str().expect("an id")
    );
    let all = async |query: &str| {
        let mut count = 0;
        loop {
            let data = send(query).await;
            count += data["did"]["count"].as_u64().expect("a count");
            if data["did"]["hasMore"] == false {
                return count;
            }
        }
    };
    let bystanders = Bystanders::of_program(&program).await;
    assert_eq!((all(COMPLETE_ALL).await, all(CLEAR_COMPLETED).await), (0, 0));
    let before = memory(program.id());

    database.execute(&fill).await;
    let (times, impact) = bystanders
        .during(async {
            let began = Instant::now();
            assert_eq!(all(COMPLETE_ALL).await, u64::from(number));
            let completed = began.elapsed();
            let began = Instant::now();
            assert_eq!(all(CLEAR_COMPLETED).await, u64::from(number));
            (completed, began.elapsed())
        })
        .await;
    row(
        &format!("one user completes and clears {number} todos"),
        &format!("they: done after {} and {}", spoken(times.0), spoken(times.1)),
        &impact,
        &grown(&program, before),
    );

    database.execute(&fill).await;
    let (took, impact) = bystanders
        .during(async {
            let began = Instant::now();
            assert_eq!(send(DELETE_ACCOUNT).await["did"]["outcome"], "DELETED");
            began.elapsed()
        })
        .await;
    row(
        &format!("the account of a user with {number} todos is deleted"),
        &format!("they: done after {}", spoken(took)),
        &impact,
        &grown(&program, before),
    );
    let left = "select count(*) from todos where task = 'x'";
    let left: i64 =
        sqlx::query_scalar(left).fetch_one(&mut database.connect().await).await.expect("a count");
    assert_eq!(left, 0);
}

/// How much the service's memory has grown.
fn grown(program: &Program, before: u64) -> String {
    let grown = memory(program.id()).saturating_sub(before);
    assert!(grown < MOST_GROWTH, "{grown} kB");
    format!("all of others; the service's memory grew by {grown} kB")
}

fn row(fault: &str, sees: &str, impact: &Impact, kept: &str) {
    Row { about: "load", fault, sees, bystanders: Some(impact), well_after: None, kept }.report();
}
