//! Replays what a real Core was asked, and compares the answers.
//!
//! The recordings are of one Core, one file after the other. Its clock is replayed too, so times
//! are compared, not only ids. Two things the recordings do not hold: 53 users who joined between
//! the third file and the last (its count of users shows them), which the test adds; and the
//! millisecond of answers that tell only the second, so an expiry may be off by less than one.

use serde_json::{Value, json};

use crate::support::{
    core::TestCore,
    replay::{Replay, STARTED, text},
};

const FILES: [(&str, &str); 4] = [
    ("cdi-default", include_str!("../../contract/cdi-default.jsonl")),
    ("cdi-via_custom_header", include_str!("../../contract/cdi-via_custom_header.jsonl")),
    ("cdi-via_token", include_str!("../../contract/cdi-via_token.jsonl")),
    ("cdi-more", include_str!("../../contract/cdi-more.jsonl")),
];

/// The last of the users that the recordings count and do not show, where a page of users ends.
const UNSEEN_USERS: i64 = 53;
const LAST_UNSEEN_USER: (&str, i64) = ("38ef426a-e265-4b88-b74e-2e43522469ca", 1_795_461_199_945);

#[tokio::test]
async fn every_recorded_request_gets_the_recorded_answer() {
    let core = TestCore::start_at(STARTED).await;
    let mut replay = Replay::default();
    let mut differences = Vec::new();
    for (file, lines) in FILES {
        replay.next_file();
        if file == "cdi-more" {
            add_unseen_users(&core, &mut replay).await;
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

async fn add_unseen_users(core: &TestCore, replay: &mut Replay) {
    let (recorded, joined) = LAST_UNSEEN_USER;
    for number in 1..=UNSEEN_USERS {
        core.clock.set(joined - UNSEEN_USERS + number);
        let body = json!({
            "thirdPartyId": "unseen",
            "thirdPartyUserId": number.to_string(),
            "email": { "id": format!("{number}@unseen.example.com"), "isVerified": false },
        });
        let user = core.post("/recipe/signinup", body).await;
        if number == UNSEEN_USERS {
            replay.same_name(recorded, text(&user["recipeUserId"])).expect("a new id");
        }
    }
}
