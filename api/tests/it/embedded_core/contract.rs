//! Replays what a real Core was asked, and compares the answers.
//!
//! The recordings are of one Core, one file after the other. Its clock is replayed too, so times
//! are compared, not only ids. Two things the recordings do not hold: 53 users who joined between
//! the third file and the last (its count of users shows them), which the test adds; and the
//! millisecond of answers that tell only the second, so an expiry may be off by less than one.

use serde_json::Value;

use crate::support::{
    core::TestCore,
    replay::{Replay, STARTED, add_unseen_users},
};

const FILES: [(&str, &str); 4] = [
    ("cdi-default", include_str!("../../contract/cdi-default.jsonl")),
    ("cdi-via_custom_header", include_str!("../../contract/cdi-via_custom_header.jsonl")),
    ("cdi-via_token", include_str!("../../contract/cdi-via_token.jsonl")),
    ("cdi-more", include_str!("../../contract/cdi-more.jsonl")),
];

/// How many users the recordings count and do not show.
const UNSEEN_USERS: i64 = 53;

#[tokio::test]
async fn every_recorded_request_gets_the_recorded_answer() {
    let core = TestCore::start_at(STARTED).await;
    let mut replay = Replay::default();
    let mut differences = Vec::new();
    for (file, lines) in FILES {
        replay.next_file();
        if file == "cdi-more" {
            add_unseen_users(&core, &mut replay, UNSEEN_USERS).await;
        }
        let (mut total, mut same) = (0, 0);
        for (number, line) in lines.lines().enumerate() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            total += 1;
            match replay.ask_core(&core, &line).await {
                Ok(()) => same += 1,
                Err(difference) => differences.push(format!(
                    "{file}:{} {}: {difference}",
                    number + 1,
                    line["step"]
                )),
            }
        }
        println!("{file}: {same} of {total}");
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
