//! Cookies for a domain and its subdomains, and those that a former configuration or a sibling subdomain left.

use clock::Clock;
use cookie::Cookie;
use serde_json::json;

use super::{
    TRY_REFRESH_TOKEN, UNAUTHORISED, WHO, assert_refused,
    browser::{Browser, set_cookies},
    jar::Jar,
    operation, send,
};
use crate::support::{app::TestApp, core::TestCore};

const API: (&str, &str) = ("API_DOMAIN", "https://api.example.com");
const DOMAIN: (&str, &str) = ("COOKIE_DOMAIN", "example.com");

async fn service() -> TestApp {
    TestApp::start_with(&[API, DOMAIN], Clock::system()).await
}

/// A service on a Core that others use, too.
async fn on(core: &TestCore, vars: &[(&str, &str)]) -> TestApp {
    let uri = core.url();
    let vars = [vars, &[API, ("SUPERTOKENS_URI", uri.as_str())]].concat();
    TestApp::start_with(&vars, core.clock.clock()).await
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
async fn doubled_cookies_are_cleared_by_a_refresh_at_every_domain() {
    let app = service().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let (access, refresh) = (&browser.access, &browser.refresh);
    let request = app.post("/graphql").header("rid", "session");
    let request = request.header("cookie", format!("sAccessToken={access}; sAccessToken=old"));
    let guarded = send(request.json(&operation(WHO))).await;
    assert_refused(&guarded, 401, TRY_REFRESH_TOKEN);
    for cookies in [
        format!("sRefreshToken=old; sRefreshToken={refresh}"),
        format!("sRefreshToken={refresh}; sAccessToken={access}; sAccessToken=old"),
    ] {
        let request = app.post("/auth/session/refresh").header("rid", "session");
        let answer = send(request.header("cookie", cookies)).await;
        assert_refused(&answer, 401, UNAUTHORISED);
        assert_eq!(answer.header("front-token"), "remove");
        let cookies = set_cookies(&answer);
        let cleared = |name, domain| {
            cookies.iter().any(|cookie: &Cookie<'_>| {
                (cookie.name(), cookie.domain(), cookie.value()) == (name, domain, "")
            })
        };
        for name in ["sAccessToken", "sRefreshToken"] {
            for domain in [None, Some("api.example.com"), Some("example.com")] {
                assert!(cleared(name, domain), "{name} {domain:?}: {cookies:?}");
            }
        }
    }
    assert_eq!(browser.refresh().await.status, 200, "the Core was not called");
}

/// As recorded: 200 without new tokens, and the next refresh brings them.
#[tokio::test]
async fn refresh_clears_the_older_domain_and_keeps_the_session() {
    let older = ("OLDER_COOKIE_DOMAIN", "host");
    let app = TestApp::start_with(&[API, DOMAIN, older], Clock::system()).await;
    let browser = Browser::sign_up(&app, "ada").await;
    let (access, refresh) = (&browser.access, &browser.refresh);
    for (cookies, doubled) in [
        (
            format!("sAccessToken={access}; sAccessToken=old; sRefreshToken={refresh}"),
            "sAccessToken",
        ),
        (
            format!("sAccessToken={access}; sRefreshToken=old; sRefreshToken={refresh}"),
            "sRefreshToken",
        ),
    ] {
        let request = app.post("/auth/session/refresh").header("rid", "session");
        let request = request.header("cookie", cookies).bearer_auth("garbage");
        let answer = send(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.message().starts_with("The request contains multiple session cookies."));
        let cookies = set_cookies(&answer);
        assert_eq!((cookies[0].name(), cookies[0].domain()), (doubled, None));
        assert!(cookies.iter().all(|cookie| cookie.name() == doubled && cookie.value().is_empty()));
        let is_ours = |cookie: &Cookie<'_>| {
            let path = if doubled == "sAccessToken" { "/" } else { "/auth/session/refresh" };
            (cookie.domain(), cookie.path()) == (Some("example.com"), Some(path))
        };
        assert!(!cookies.iter().any(is_ours), "{cookies:?}");
        assert!(!answer.headers.contains_key("front-token"));
    }
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn changed_cookie_domains_lock_nobody_out() {
    let core = TestCore::start().await;
    let host: &[(&str, &str)] = &[];
    let own: &[_] = &[("COOKIE_DOMAIN", "api.example.com")];
    let wide: &[_] = &[DOMAIN];
    for (number, (before, after, older)) in [
        (host, wide, "host"),
        (wide, host, "example.com"),
        (wide, own, "example.com"),
        (own, wide, "api.example.com"),
    ]
    .into_iter()
    .enumerate()
    {
        let older = [after, &[("OLDER_COOKIE_DOMAIN", older)]].concat();
        let before = on(&core, before).await;
        for (after, sign_ins) in [(on(&core, after).await, 1), (on(&core, &older).await, 0)] {
            let mut jar = Jar::new("api.example.com");
            jar.sign_up(&before, &format!("ada{number}{sign_ins}@example.com")).await;
            // The old cookies alone go on; once the new ones are there, too, both are doubled.
            assert_eq!(jar.run(&after).await.status, 200);
            assert_eq!(jar.refresh(&after).await.status, 200);
            let needed = jar.get_in(&after).await;
            assert!(needed <= sign_ins, "{number}: {needed} sign-ins");
            assert_eq!(jar.run(&after).await.status, 200);
        }
        // Signing in again helps at once.
        let after = on(&core, after).await;
        let mut jar = Jar::new("api.example.com");
        jar.sign_up(&before, &format!("grace{number}@example.com")).await;
        jar.sign_in(&after).await;
        assert_eq!(jar.run(&after).await.status, 200);
    }
}

/// A sibling subdomain can set cookies for the common parent, with any path.
#[tokio::test]
async fn planted_cookies_lock_nobody_out() {
    let core = TestCore::start().await;
    let own: &[_] = &[("COOKIE_DOMAIN", "api.example.com")];
    let older: &[_] = &[("OLDER_COOKIE_DOMAIN", "example.com")];
    let also_older: &[_] = &[DOMAIN, ("OLDER_COOKIE_DOMAIN", "host")];
    for (number, vars) in [&[][..], own, &[DOMAIN], older, also_older].into_iter().enumerate() {
        let app = on(&core, vars).await;
        let mut jar = Jar::new("api.example.com");
        jar.sign_up(&app, &format!("ada{number}@example.com")).await;
        for name in ["sAccessToken", "sRefreshToken"] {
            for path in
                ["/", "/graphql", "/auth", "/auth/", "/auth/session", "/auth/session/refresh"]
            {
                jar.plant(name, "example.com", path);
                jar.get_in(&app).await;
                let refreshed = jar.refresh(&app).await;
                if refreshed.status != 200 {
                    jar.get_in(&app).await;
                }
                assert_eq!(jar.run(&app).await.status, 200, "{vars:?} {name} {path}: {jar:?}");
            }
        }
    }
}
