//! CORS, HSTS, and responses that nobody stores.

use clock::Clock;
use reqwest::{Method, header};
use serde_json::json;

use crate::support::app::{Answer, TestApp, credentials};

fn words(list: &str) -> Vec<String> {
    list.split(',').map(|word| word.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn responses_with_tokens_are_not_stored() {
    let app = TestApp::start().await;
    for mode in ["cookie", "header"] {
        let email = format!("{mode}@example.com");
        let send = async |path: &str, body| {
            let request = app.post(path).header("st-auth-mode", mode).json(&body);
            Answer::read(request.send().await.expect("a response")).await
        };
        for path in ["/auth/signup", "/auth/signin"] {
            let answer = send(path, credentials(&email, "correct horse 1")).await;
            assert!(answer.headers.contains_key("front-token"), "{path}: {answer:?}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path} {mode}");
            if mode == "header" && path == "/auth/signin" {
                let token = answer.header("st-refresh-token").to_owned();
                let request = app.post("/auth/session/refresh").bearer_auth(token);
                let request = request.header("st-auth-mode", mode);
                let refreshed = Answer::read(request.send().await.expect("a response")).await;
                assert!(refreshed.headers.contains_key("st-access-token"), "{refreshed:?}");
                assert_eq!(refreshed.header("cache-control"), "no-store");
            }
        }
    }
    // A refresh that clears cookies, too.
    let request = app.post("/auth/session/refresh").json(&json!({}));
    let request = request.header("cookie", "sRefreshToken=x; sRefreshToken=y").header("rid", "x");
    let cleared = Answer::read(request.send().await.expect("a response")).await;
    assert!(cleared.headers.contains_key("set-cookie"), "{cleared:?}");
    assert_eq!(cleared.header("cache-control"), "no-store");
}

#[tokio::test]
async fn preflight_allows_configured_headers_and_is_kept() {
    let vars = [("CORS_ALLOWED_HEADERS", "X-Tenant, x-feature")];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let preflight = app
        .request(Method::OPTIONS, "/graphql")
        .header("origin", &app.url)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-tenant,traceparent");
    let answer = Answer::read(preflight.send().await.expect("a response")).await;
    let allowed = words(answer.header("access-control-allow-headers"));
    for name in
        ["content-type", "rid", "traceparent", "tracestate", "baggage", "x-tenant", "x-feature"]
    {
        assert!(allowed.iter().any(|allowed| allowed == name), "{name}: {allowed:?}");
    }
    let age: u64 = answer.header("access-control-max-age").parse().expect("seconds");
    assert!((600..=7200).contains(&age), "{age}");
}

#[tokio::test]
async fn pages_may_read_when_to_retry_and_the_request_id() {
    let app = TestApp::start().await;
    let origin = app.url.replace("127.0.0.1", "localhost");
    for request in [
        app.get("/livez"),
        app.post("/graphql").json(&json!({"query": "{ __typename }"})),
        app.post("/auth/signin").json(&credentials("ada@example.com", "wrong")),
    ] {
        let answer = request.header("origin", &origin).send().await.expect("a response");
        let values = answer.headers().get_all(header::ACCESS_CONTROL_EXPOSE_HEADERS).iter();
        let values: Vec<_> = values.map(|value| value.to_str().expect("text")).collect();
        assert_eq!(values.len(), 1, "{values:?}");
        let exposed = words(values[0]);
        for name in ["retry-after", "x-request-id"] {
            assert!(exposed.iter().any(|exposed| exposed == name), "{name}: {exposed:?}");
        }
    }
    // What a session exposes stays.
    let request = app.post("/auth/signup").json(&credentials("ada@example.com", "correct horse 1"));
    let answer = request.header("origin", &origin).header("st-auth-mode", "header").send().await;
    let answer = Answer::read(answer.expect("a response")).await;
    let exposed = words(answer.header("access-control-expose-headers"));
    for name in ["front-token", "st-access-token", "st-refresh-token", "x-request-id"] {
        assert!(exposed.iter().any(|exposed| exposed == name), "{name}: {exposed:?}");
    }
}

#[tokio::test]
async fn subdomains_are_https_only_if_configured() {
    for (switch, includes) in [("on", true), ("off", false)] {
        let vars = [("API_DOMAIN", "https://example.com"), ("HSTS_SUBDOMAINS", switch)];
        let app = TestApp::start_with(&vars, Clock::system()).await;
        let answer = Answer::read(app.get("/livez").send().await.expect("a response")).await;
        let value = answer.header("strict-transport-security");
        assert!(value.starts_with("max-age=31536000"), "{value}");
        assert_eq!(value.contains("includeSubDomains"), includes, "{value}");
    }
}
