//! What other sites can make a browser do, and what they may read: nothing.

use cookie::{Cookie, SameSite};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::{
    TRY_REFRESH_TOKEN, UNAUTHORISED, WHO, assert_refused,
    browser::{Browser, set_cookies},
    operation, payload, send,
};
use crate::support::app::{TestApp, credentials};

const ADD: &str = r#"mutation { addTodo(input: {task: "forged"}) { todo { id } } }"#;

/// Domains as a deployment has them.
const DOMAINS: [(&str, &str); 2] =
    [("API_DOMAIN", "https://api.example.com"), ("WEBSITE_DOMAIN", "https://example.com")];

async fn service() -> TestApp {
    TestApp::start_with(&DOMAINS, clock::Clock::system()).await
}

#[tokio::test]
async fn cookies_without_rid_change_nothing() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;

    let add = || browser.post("/graphql").json(&operation(ADD));
    assert_refused(&send(add()).await, 401, TRY_REFRESH_TOKEN);
    let disguised = add().header("x-http-method-override", "GET");
    assert_refused(&send(disguised).await, 401, TRY_REFRESH_TOKEN);
    let out = send(browser.post("/auth/signout")).await;
    assert_refused(&out, 401, TRY_REFRESH_TOKEN);
    let refresh = send(browser.post("/auth/session/refresh")).await;
    assert_refused(&refresh, 401, UNAUTHORISED);

    assert_eq!(browser.tasks().await, json!([]));
    assert_eq!(browser.refresh().await.status, 200, "the session lives");
}

#[tokio::test]
async fn any_rid_is_proof_enough() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    for rid in ["anti-csrf", "session", ""] {
        let request = browser.post("/graphql").header("rid", rid);
        assert_eq!(send(request.json(&operation(WHO))).await.status, 200);
    }
}

#[tokio::test]
async fn a_bearer_token_needs_no_rid() {
    let app = TestApp::start().await;
    let (user, browser) = (app.user("ada").await, Browser::sign_up(&app, "grace").await);
    let request = browser.post("/graphql").bearer_auth(&user.access_token);
    let answer = send(request.json(&operation(WHO))).await;
    assert_eq!(answer.body["data"]["session"]["userId"], user.id);
}

#[tokio::test]
async fn a_bearer_that_is_no_token_does_not_lift_the_proof_from_cookies() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    for bearer in ["garbage", "", "undefined", "a.b"] {
        let request = browser.post("/graphql").bearer_auth(bearer);
        let answer = send(request.json(&operation(ADD))).await;
        assert_refused(&answer, 401, TRY_REFRESH_TOKEN);
    }
    assert_eq!(browser.tasks().await, json!([]));
}

#[tokio::test]
async fn get_executes_nothing() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let request =
            browser.request(method, "/graphql").query(&[("query", ADD)]).header("rid", "session");
        for request in
            [request.try_clone().expect("a request"), request.header("accept", "text/html")]
        {
            assert_eq!(send(request).await.status, 405);
        }
    }
    assert_eq!(browser.tasks().await, json!([]));
}

#[tokio::test]
async fn what_a_form_can_send_is_refused() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let form = credentials("ada@example.com", "secret123");
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; x=application/json",
        "application/jsonp",
        "application/json-patch+json",
        "",
    ] {
        let typed = |request: RequestBuilder| request.header("content-type", content_type);
        for request in [
            browser.post("/graphql").body(operation(ADD).to_string()).header("rid", "session"),
            browser.post("/auth/signin").body(form.to_string()),
            browser.post("/auth/signup").body(form.to_string()),
        ] {
            let answer = send(typed(request)).await;
            assert_eq!(answer.status, 415, "{content_type}: {:?}", answer.body);
            assert!(!answer.message().is_empty());
            assert!(set_cookies(&answer).is_empty());
        }
    }
    let untyped = browser.post("/graphql").body(operation(ADD).to_string());
    assert_eq!(send(untyped.header("rid", "session")).await.status, 415);
    assert_eq!(browser.tasks().await, json!([]));
}

#[tokio::test]
async fn no_other_origin_may_read() {
    let app = service().await;
    for origin in [
        "https://evil.example",
        "null",
        "https://example.com.evil.example",
        "https://evil-example.com",
        "https://evilexample.com",
        "https://sub.example.com",
        "https://example.com:8443",
        "http://example.com",
        "https://EXAMPLE.COM",
        "*",
        "file://",
    ] {
        let preflight = app
            .request(Method::OPTIONS, "/graphql")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,rid");
        for request in [
            preflight,
            app.post("/graphql").json(&operation(WHO)),
            app.get("/auth/nope"),
            app.get("/livez"),
        ] {
            let answer = send(request.header("origin", origin)).await;
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, "https://example.com", "for {origin}");
            let mut vary = answer.headers.get_all("vary").iter();
            assert!(vary.any(|name| name == "Origin"), "for {origin}");
        }
    }
}

#[tokio::test]
async fn the_page_may_ask_with_credentials() {
    let app = service().await;
    let preflight = app
        .request(Method::OPTIONS, "/graphql")
        .header("origin", "https://example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,rid");
    let answer = send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let allowed = answer.header("access-control-allow-headers");
    for name in ["content-type", "rid", "anti-csrf", "authorization"] {
        assert!(allowed.split(',').any(|other| other == name), "{name}");
    }
}

#[tokio::test]
async fn two_cookies_of_one_name_are_refused() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let (access, refresh) = (&browser.access, &browser.refresh);
    let post = |path: &str, cookies: &str| {
        let request = app.post(path).header("rid", "session");
        request.header("cookie", cookies)
    };
    for cookies in [
        format!("sAccessToken={access}; sAccessToken=other"),
        format!("sAccessToken=; sAccessToken={access}"),
        format!("sAccessToken={access}; sAccessToken={access}"),
    ] {
        let who = post("/graphql", &cookies).json(&operation(WHO));
        assert_refused(&send(who).await, 401, TRY_REFRESH_TOKEN);
        let out = send(post("/auth/signout", &cookies)).await;
        assert_refused(&out, 401, TRY_REFRESH_TOKEN);
    }
    let twice = format!("sRefreshToken={refresh}; sRefreshToken=other");
    let answer = send(post("/auth/session/refresh", &twice)).await;
    assert_refused(&answer, 401, UNAUTHORISED);
    let split = post("/auth/session/refresh", &format!("sRefreshToken={refresh}"));
    let answer = send(split.header("cookie", "sRefreshToken=other")).await;
    assert_refused(&answer, 401, UNAUTHORISED);
    assert_eq!(browser.refresh().await.status, 200, "the session lives");
}

#[tokio::test]
async fn foreign_cookies_do_not_hide_the_session() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    for other in ["name=Ada Lovelace", "name=\"a;b\"", "näme=Zoë", "=", "%", "a=%FF"] {
        let cookies = format!("{other}; sAccessToken={}", browser.access);
        let request = app.post("/graphql").header("rid", "session");
        let request = request.header("cookie", cookies.as_bytes());
        let answer = send(request.json(&operation(WHO))).await;
        assert_eq!(answer.status, 200, "{other}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let (http, https) = (TestApp::start().await, service().await);
    for (app, secure) in [(&http, None), (&https, Some(true))] {
        app.user("ada").await;
        let form = credentials("ada@example.com", "secret123");
        let request = app.post("/auth/signin").header("st-auth-mode", "cookie");
        let cookies = set_cookies(&send(request.json(&form)).await);
        let names: Vec<_> = cookies.iter().map(Cookie::name).collect();
        assert_eq!(names, ["sAccessToken", "sRefreshToken"]);
        for cookie in &cookies {
            assert_eq!(cookie.http_only(), Some(true));
            assert_eq!(cookie.same_site(), Some(SameSite::Lax));
            assert_eq!(cookie.secure(), secure);
            assert_eq!(cookie.domain(), None, "of the API's host alone");
        }
        assert_eq!(cookies[0].path(), Some("/"));
        assert_eq!(cookies[1].path(), Some("/auth/session/refresh"));
    }
}

#[tokio::test]
async fn only_cookie_sessions_have_a_secret_against_csrf() {
    let vars = [("ANTI_CSRF", "via-token")];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    let user = app.user("ada").await;
    assert_eq!(payload(&user.access_token)["antiCsrfToken"], json!(null));
    let refresh = app.post("/auth/session/refresh").bearer_auth(&user.refresh_token);
    let answer = send(refresh).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("anti-csrf"));

    let browser = Browser::sign_up(&app, "grace").await;
    assert!(payload(&browser.access)["antiCsrfToken"].is_string());
    let answer = browser.run(WHO).await;
    assert_refused(&answer, 401, TRY_REFRESH_TOKEN);
}

/// What the page does in `via-token` (`web/src/auth/anti_csrf.rs`): both tabs have one secret, as they have one
/// jar of cookies.
#[tokio::test]
async fn page_proves_its_requests_with_the_secret_of_the_session() {
    let vars = [("ANTI_CSRF", "via-token")];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    let first = browser.anti_csrf.clone();
    let run = |browser: &Browser<'_>, secret: &str| {
        let request = browser.post("/graphql").header("rid", "session");
        send(request.header("anti-csrf", secret).json(&operation(ADD)))
    };
    assert_eq!(run(&browser, &first).await.status, 200);

    let refresh = browser.post("/auth/session/refresh").header("anti-csrf", "guessed");
    assert_refused(&send(refresh).await, 401, UNAUTHORISED);
    let refresh = browser.post("/auth/session/refresh").header("anti-csrf", &first);
    browser.keep(&send(refresh).await);
    assert_ne!(browser.anti_csrf, first);

    // A tab that read the old secret before the other one stored the new: refreshed and sent again, it passes.
    assert_refused(&run(&browser, &first).await, 401, TRY_REFRESH_TOKEN);
    let used = run(&browser, &browser.anti_csrf).await;
    assert_eq!(used.status, 200, "{:?}", used.body);
    browser.keep(&used);
    assert_eq!(
        run(&browser, &browser.anti_csrf).await.status,
        200,
        "the token after the first use"
    );

    let out = browser.post("/auth/signout").header("anti-csrf", &browser.anti_csrf);
    let out = send(out).await;
    assert_eq!((out.status.as_u16(), out.header("front-token")), (200, "remove"));
}
