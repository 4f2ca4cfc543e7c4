//! Cookies for a domain and its subdomains, and what is left of those from before.

use api::clock::Clock;
use cookie::Cookie;
use serde_json::json;

use super::{
    UNAUTHORISED, WHO, assert_refused,
    browser::{Browser, set_cookies},
    operation, send,
};
use crate::support::app::TestApp;

async fn service() -> TestApp {
    let vars = [("API_DOMAIN", "https://api.example.com"), ("COOKIE_DOMAIN", "example.com")];
    TestApp::start_with(&vars, Clock::system()).await
}

#[tokio::test]
async fn cookies_are_set_and_cleared_for_the_chosen_domain() {
    let app = service().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    let refreshed = browser.refresh().await;
    browser.keep(&refreshed);
    let out = send(browser.post("/auth/signout").header("rid", "session")).await;
    assert_eq!(out.body, json!({"status": "OK"}));
    for answer in [&refreshed, &out] {
        let cookies = set_cookies(answer);
        assert_eq!(cookies.len(), 2);
        for cookie in cookies {
            assert_eq!(cookie.domain(), Some("example.com"), "{cookie}");
            assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), Some(true)));
        }
    }
}

#[tokio::test]
async fn doubled_cookies_are_refused_and_cleared_with_and_without_the_domain() {
    let app = service().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let (access, refresh) = (&browser.access, &browser.refresh);
    for (path, cookies) in [
        ("/graphql", format!("sAccessToken={access}; sAccessToken=old")),
        ("/auth/session/refresh", format!("sRefreshToken=old; sRefreshToken={refresh}")),
    ] {
        let request = app.post(path).header("rid", "session").header("cookie", cookies);
        let answer = send(request.json(&operation(WHO))).await;
        assert_refused(&answer, 401, UNAUTHORISED);
        let cookies = set_cookies(&answer);
        let cleared = |name, domain| {
            cookies.iter().any(|cookie: &Cookie<'_>| {
                (cookie.name(), cookie.domain(), cookie.value()) == (name, domain, "")
            })
        };
        for name in ["sAccessToken", "sRefreshToken"] {
            assert!(cleared(name, None) && cleared(name, Some("example.com")), "{cookies:?}");
        }
    }
}
