//! Requests that pages of other origins make a browser send to the routes of sign-in.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::{
    browser::{Browser, set_cookies},
    dashboard, send,
};
use crate::support::{
    app::{TestApp, credentials},
    core::TestCore,
    recorder::Recorder,
};

const WEBSITE: &str = "https://example.com";
const API: &str = "https://api.example.com";

/// The routes that change something, or ask the Core for a user. Those of the dashboard are listed there.
const ROUTES: [(&str, &str); 13] = [
    ("POST", "/session/refresh"),
    ("POST", "/signout"),
    ("POST", "/signin"),
    ("POST", "/signup"),
    ("POST", "/signinup"),
    ("GET", "/authorisationurl?thirdPartyId=google"),
    ("GET", "/emailpassword/email/exists?email=ada%40example.com"),
    ("GET", "/signup/email/exists?email=ada%40example.com"),
    ("POST", "/user/password/reset/token"),
    ("POST", "/user/password/reset"),
    ("POST", "/user/email/verify/token"),
    ("GET", "/user/email/verify"),
    ("POST", "/user/email/verify"),
];

const DASHBOARD_SIGN_IN: [(&str, &str); 2] = [("POST", "/signin"), ("POST", "/key/validate")];

/// Headers with which browsers name the page that sends a request.
const FOREIGN: [&[(&str, &str)]; 7] = [
    &[("origin", "https://evil.example")],
    &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    &[("origin", "https://sub.example.com"), ("sec-fetch-site", "same-site")],
    &[("origin", "http://example.com")],
    &[("origin", "https://api.example.com.evil.example"), ("sec-fetch-site", "same-origin")],
    &[("origin", WEBSITE), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "cross-site")],
];

const OWN: [&[(&str, &str)]; 5] = [
    &[("origin", WEBSITE), ("sec-fetch-site", "same-site")],
    &[("origin", WEBSITE), ("sec-fetch-site", "cross-site")],
    &[("origin", API), ("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "same-origin")],
    // Not a browser.
    &[],
];

async fn service() -> (TestApp, Recorder, TestCore) {
    let core = TestCore::start().await;
    let recorder = Recorder::before(&core.url()).await;
    let vars = [
        ("API_DOMAIN", API),
        ("WEBSITE_DOMAIN", WEBSITE),
        ("SUPERTOKENS_URI", recorder.url.as_str()),
        ("DASHBOARD", "on"),
        ("RATE_LIMIT_ADDRESS", "off"),
    ];
    (TestApp::start_with(&vars, core.clock.clock()).await, recorder, core)
}

fn all_routes() -> Vec<(&'static str, String)> {
    let dashboard = DASHBOARD_SIGN_IN.into_iter().chain(dashboard::ROUTES);
    let dashboard = dashboard.map(|(method, path)| (method, format!("/dashboard/api{path}")));
    let fdi = ROUTES.map(|(method, path)| (method, path.to_owned()));
    let routes: Vec<_> = fdi.into_iter().chain(dashboard).collect();
    let with = |prefix: &str| -> Vec<_> {
        routes.iter().map(|(method, path)| (*method, format!("{prefix}{path}"))).collect()
    };
    [with("/auth"), with("/auth/public")].concat()
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// The paths that the Core was asked for, but for those of the service's own checks.
fn calls(recorder: &Recorder) -> Vec<String> {
    const CHECKS: [&str; 3] = ["/user/id", "/apiversion", "/.well-known/jwks.json"];
    let sent = recorder.take().into_iter().map(|sent| sent.path);
    sent.filter(|path| !CHECKS.contains(&path.as_str())).collect()
}

#[tokio::test]
async fn foreign_pages_reach_no_route_of_sign_in() {
    let (app, recorder, _core) = service().await;
    let browser = Browser::sign_up(&app, "ada").await;
    calls(&recorder);
    for (method, path) in all_routes() {
        let method: Method = method.parse().expect("a method");
        for page in FOREIGN {
            for request in [
                browser.request(method.clone(), &path).header("rid", "session"),
                app.request(method.clone(), &path).bearer_auth(&browser.access),
            ] {
                let body = credentials("ada@example.com", "secret123");
                let answer = send(with(request.json(&body), page)).await;
                assert_eq!(answer.status, 403, "{method} {path} {page:?}: {answer:?}");
                assert!(answer.message().contains("WEBSITE_DOMAIN"), "{answer:?}");
                assert!(set_cookies(&answer).is_empty(), "{method} {path}: {answer:?}");
                assert!(!answer.headers.contains_key("front-token"));
            }
        }
        assert_eq!(calls(&recorder), [""; 0], "{method} {path}");
    }
    let form = browser.post("/auth/session/refresh").header("origin", "https://evil.example");
    assert_eq!(send(form.form(&[("a", "b")])).await.status, 403);
    assert_eq!(browser.refresh().await.status, 200, "the session lives");
}

#[tokio::test]
async fn own_pages_and_other_clients_reach_every_route() {
    let (app, _recorder, _core) = service().await;
    for (method, path) in all_routes() {
        let method: Method = method.parse().expect("a method");
        for page in OWN {
            let request = app.request(method.clone(), &path).json(&json!({}));
            let answer = send(with(request, page)).await;
            assert!(![403, 404, 405].contains(&answer.status.as_u16()), "{path}: {answer:?}");
        }
    }
    for (number, page) in OWN.into_iter().enumerate() {
        let request = app.post("/auth/signup").header("st-auth-mode", "cookie");
        let email = format!("ada{number}@example.com");
        let answer = send(with(request.json(&credentials(&email, "secret123")), page)).await;
        assert_eq!(answer.body["status"], "OK", "{page:?}: {answer:?}");
    }
}

#[tokio::test]
async fn public_routes_are_open_to_any_page() {
    let (app, _recorder, _core) = service().await;
    for path in [
        "/auth/jwt/jwks.json",
        "/auth/.well-known/openid-configuration",
        "/auth/dashboard",
        "/auth/dashboard/assets/app.js",
    ] {
        let answer = send(with(app.get(path), FOREIGN[6])).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(set_cookies(&answer).is_empty());
    }
    // Apple's page posts a form.
    let form = app.post("/auth/callback/apple").header("origin", "https://appleid.apple.com");
    let answer = send(form.form(&[("code", "x")])).await;
    assert_eq!(answer.status, 400, "{answer:?}");
}
