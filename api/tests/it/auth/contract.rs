//! Replays what browsers asked the reference backend, and compares our answers.
//!
//! The service runs on a development Core whose clock and ours follow the recording. What the
//! reference told its Core between steps, we tell ours, so that the steps after them find the same
//! users, roles and sessions.

mod answers;
mod backend;
mod differences;
mod server_side;

use serde_json::{Value, json};

use self::backend::Backend;
use crate::support::replay::add_unseen_users;

/// How many users there are that the last recording counts and does not show.
const UNSEEN_USERS: i64 = 57;

/// What the reference sent to its Core, over CDI 5.2.
pub const CDI_FILES: [&str; 4] = [
    include_str!("../../contract/cdi-default.jsonl"),
    include_str!("../../contract/cdi-more.jsonl"),
    include_str!("../../contract/cdi-via_custom_header.jsonl"),
    include_str!("../../contract/cdi-via_token.jsonl"),
];

#[tokio::test]
async fn recorded_answers_without_anti_csrf() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-default.jsonl"),
        include_str!("../../contract/cdi-default.jsonl"),
    );
    let backend = Backend::start("none", fdi, cdi, "").await;
    replay("fdi-default", backend, fdi).await;
}

#[tokio::test]
async fn recorded_answers_to_edge_cases_and_to_the_server_itself() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-more.jsonl"),
        include_str!("../../contract/cdi-more.jsonl"),
    );
    let sdk = include_str!("../../contract/sdk-more.jsonl");
    let mut backend = Backend::start("none", fdi, cdi, sdk).await;
    add_unseen_users(&backend.core, &mut backend.names, UNSEEN_USERS).await;
    // Left from the recording before.
    let admin = json!({"role": "admin", "permissions": ["todos:read", "todos:write"]});
    backend.core.put("/recipe/role", admin).await;
    replay("fdi-more", backend, fdi).await;
}

#[tokio::test]
async fn recorded_answers_with_anti_csrf_by_header() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-via_custom_header.jsonl"),
        include_str!("../../contract/cdi-via_custom_header.jsonl"),
    );
    let backend = Backend::start("via-custom-header", fdi, cdi, "").await;
    replay("fdi-via_custom_header", backend, fdi).await;
}

#[tokio::test]
async fn recorded_answers_with_anti_csrf_by_token() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-via_token.jsonl"),
        include_str!("../../contract/cdi-via_token.jsonl"),
    );
    let backend = Backend::start("via-token", fdi, cdi, "").await;
    replay("fdi-via_token", backend, fdi).await;
}

async fn replay(file: &str, mut backend: Backend, fdi: &str) {
    let mut compared = 0;
    let mut differences = Vec::new();
    for line in lines(fdi) {
        match backend.step(&line).await {
            Ok(()) => compared += 1,
            Err(difference) => differences.push(format!("{}: {difference}", line["step"])),
        }
    }
    let total = lines(fdi).count();
    println!("{file}: {compared} of {total} compared");
    println!("{file}: {} calls of the server itself compared", backend.server_side_compared);
    println!("{file}: the headers of {} requests to the Core compared", backend.headers_compared);
    assert_ne!(backend.headers_compared, 0, "the Core is asked through the recorder");
    assert_eq!(backend.server_side.next(), None, "calls that were not made");
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

fn lines(file: &str) -> impl Iterator<Item = Value> {
    file.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"))
}
