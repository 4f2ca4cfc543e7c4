//! The sign-in side: the recorded FDI, tokens, keys, cookies, sessions, and what bad input gets.

mod backends;
mod browser;
mod checks;
mod contract;
mod cookie_domain;
mod core_access;
mod core_client;
mod core_headers;
mod csrf;
mod dashboard;
mod demo;
mod emailverification;
mod foreign_pages;
mod garbled;
mod input;
mod jar;
mod jwks;
mod limits;
mod manage;
mod password_reset;
mod provider;
mod provider_variants;
mod real_core;
mod scripts;
mod session;
mod sign_in;
pub mod stand_in;
mod third_party;
mod token_size;
mod tokens;
mod transports;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::app::Answer;

/// An operation that needs a session, and neither the database nor the Core.
const WHO: &str = "{ session { userId } }";

/// The recorded refusals.
const UNAUTHORISED: &str = "unauthorised";
const TRY_REFRESH_TOKEN: &str = "try refresh token";

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("the service answers")).await
}

fn operation(query: &str) -> Value {
    json!({"query": query})
}

pub fn base64url(content: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(content)
}

/// The payload of a token, unchecked.
fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, message: &str) {
    assert_eq!((answer.status.as_u16(), &answer.body), (status, &json!({"message": message})));
}
