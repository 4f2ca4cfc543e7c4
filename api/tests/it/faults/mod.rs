//! What users see when a part of the service is away, slow or broken, and that it is well again by itself.
//! `cargo xtask faults` makes the table of `docs/reliability.md` of what these tests report.

mod bystanders;
mod clients;
mod core;
mod database;
mod fairness;
mod many_rows;
mod overload;
mod report;
mod restarts;
mod work;

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::app::{Answer, TestApp, User};

/// For what must happen, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(1);

const LIST: &str = "{ todos { nodes { task } } }";

/// How long until `user` can read again.
async fn well_again(user: &User<'_>) -> Duration {
    let began = Instant::now();
    while user.send(LIST, json!({})).await.status != StatusCode::OK {
        assert!(began.elapsed() < PATIENCE, "the service does not recover");
        sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

async fn ready(app: &TestApp) -> (StatusCode, Value) {
    let ready = app.get("/readyz").send().await.expect("an answer");
    let answer = Answer::read(ready).await;
    (answer.status, answer.body)
}
