//! The mails that the service keeps while it has no mail server.

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use url::Url;

use super::app::TestApp;

const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Deserialize)]
pub struct Kept {
    pub recipient: String,
    pub subject: String,
    pub plain: String,
    pub html: String,
}

impl Kept {
    /// The one link of the mail.
    pub fn link(&self) -> Url {
        let line = self.plain.lines().find(|line| line.starts_with("http")).expect("a link");
        line.parse().expect("a URL")
    }

    pub fn token(&self) -> String {
        let link = self.link();
        let token = link.query_pairs().find(|(name, _)| name == "token").expect("a token");
        token.1.into_owned()
    }
}

/// All mails, newest first.
pub async fn all(app: &TestApp) -> Vec<Kept> {
    let request = app.get("/dev/mail").header(header::ACCEPT, "application/json");
    let answer = request.send().await.expect("the service answers");
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.expect("a list")
}

/// Waits for one mail more than `read`, and counts it.
pub async fn next(app: &TestApp, read: &mut usize) -> Kept {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut mails = all(app).await;
        if mails.len() > *read {
            *read += 1;
            assert_eq!(mails.len(), *read, "one mail at a time");
            return mails.swap_remove(0);
        }
        assert!(Instant::now() < deadline, "no mail came");
        sleep(Duration::from_millis(20)).await;
    }
}
