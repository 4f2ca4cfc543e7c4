//! Replays what a real Core was asked, and compares the answers.
//!
//! The recordings are of one Core, one file after the other. Its clock is replayed too, so times
//! are compared, not only ids. Two things the recordings do not hold: 53 users who joined between
//! the third file and the last (its count of users shows them), which the test adds; and the
//! millisecond of answers that tell only the second, so an expiry may be off by less than one.

use std::time::Duration;

use serde_json::Value;
use supertokens_dev_core::Options;

use crate::support::{
    core::TestCore,
    replay::{Replay, STARTED, add_unseen_users, text},
};

const FILES: [(&str, &str); 4] = [
    ("cdi-default", include_str!("../../contract/cdi-default.jsonl")),
    ("cdi-via_custom_header", include_str!("../../contract/cdi-via_custom_header.jsonl")),
    ("cdi-via_token", include_str!("../../contract/cdi-via_token.jsonl")),
    ("cdi-more", include_str!("../../contract/cdi-more.jsonl")),
];

/// How many users the recordings count and do not show.
const UNSEEN_USERS: i64 = 53;

/// A Core of its own was recorded there.
const SESSIONS: (&str, &str) =
    ("cdi-sessions-54", include_str!("../../contract/cdi-sessions-54.jsonl"));

/// The id of its dynamic key says so.
const SESSIONS_STARTED: i64 = 1_796_031_100_287;

/// The first step on a Core with other lifetimes of tokens.
const SHORT_LIVES: &str =
    "expiry: sign in with a two second access token and a six second refresh token";
/// No response to these steps tells the time.
const AFTER_THEIR_END: &str = "refresh with the expired refresh token";

fn has_short_lives(line: &Value) -> bool {
    line["response"]["body"].get("coreConfig").is_some()
}

fn with_short_lives(options: Options) -> Options {
    let (access_token_validity, refresh_token_validity) =
        (Duration::from_secs(2), Duration::from_secs(6));
    Options { access_token_validity, refresh_token_validity, ..options }
}

/// A response that differs from the recorded one on purpose.
struct Difference {
    step: &'static str,
    recorded: u16,
    /// A part of what the test says of our response.
    ours: &'static str,
    reason: &'static str,
}

const DIFFERENCES: [Difference; 1] = [Difference {
    step: "Core: regenerate a garbage token",
    recorded: 500,
    ours: r#"status: 200, content_type: "application/json;charset=UTF-8", body: Object {"message": String("io.supertokens.session.jwt.JWT$JWTException: Invalid JWT"), "status": String("UNAUTHORISED")}"#,
    reason: "a server error without a cause would hide real ones",
}];

fn is_intended(step: &str, line: &Value, difference: &str) -> bool {
    let known = DIFFERENCES.iter().find(|known| known.step == step);
    known.is_some_and(|known| {
        assert!(!known.reason.is_empty());
        line["response"]["status"] == known.recorded && difference.contains(known.ours)
    })
}

#[tokio::test]
async fn recorded_life_of_sessions_over_5_4_is_matched() {
    let mut core = TestCore::start_at(SESSIONS_STARTED).await;
    let mut replay = Replay::default();
    let (file, lines) = SESSIONS;
    let (mut same, mut differences) = (0, Vec::new());
    for (number, line) in lines.lines().enumerate() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let step = text(&line["step"]);
        if step == SHORT_LIVES && has_short_lives(&line) {
            core = core.restart_with(with_short_lives).await;
        }
        if step.ends_with(AFTER_THEIR_END) {
            core.clock.advance(10_000);
        }
        match replay.ask_core(&core, &line).await {
            Ok(()) => same += 1,
            Err(difference) if is_intended(step, &line, &difference) => same += 1,
            Err(difference) => {
                differences.push(format!("{file}:{} {step}: {difference}", number + 1));
            }
        }
    }
    println!("{file}: {same} of {}", lines.lines().count());
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

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
