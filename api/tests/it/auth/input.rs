//! What bad input gets: a 4xx and a JSON message, never a 500.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{operation, send};
use crate::support::app::{Answer, TestApp, credentials};

const FORMS: [&str; 2] = ["/auth/signup", "/auth/signin"];
const MAX_BODY: usize = 64 * 1024;
/// All of them together.
const MAX_HEADERS: usize = 64 * 1024;

async fn post(app: &TestApp, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = app.post(path).header("content-type", "application/json");
    send(request.body(body)).await
}

#[track_caller]
fn assert_message(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{:?}", answer.body);
    assert!(!answer.message().is_empty());
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_400() {
    let app = TestApp::start().await;
    for body in [
        "",
        "{",
        "{\"formFields\":",
        "null",
        "true",
        "1",
        "\"text\"",
        "[]",
        "{}}",
        "{'formFields': []}",
        "\u{feff}{}",
        "{\"formFields\": [\"\\ud800\"]}",
    ] {
        for path in FORMS {
            assert_message(&post(&app, path, body).await, 400);
        }
    }
    for path in FORMS {
        let latin_1 = b"{\"formFields\": \"\xe9\"}".to_vec();
        assert_message(&post(&app, path, latin_1).await, 400);
    }
}

#[tokio::test]
async fn odd_form_fields_are_400() {
    let app = TestApp::start().await;
    let field = |id: Value, value: Value| json!({"id": id, "value": value});
    let many: Vec<_> =
        (0..1000).map(|number| field(format!("field-{number}").into(), "x".into())).collect();
    let emails = vec![field("email".into(), "ada@example.com".into()); 1000];
    for fields in [
        Value::Null,
        json!("x"),
        json!({}),
        json!(["x"]),
        json!([null]),
        json!([{}]),
        json!([field(1.into(), "x".into())]),
        json!([field("email".into(), Value::Null)]),
        json!([field("email".into(), json!({"$ne": null}))]),
        json!([field("password".into(), json!(["secret123"]))]),
        many.into(),
        emails.into(),
    ] {
        for path in FORMS {
            let body = json!({"formFields": fields}).to_string();
            assert_message(&post(&app, path, body).await, 400);
        }
    }
}

#[tokio::test]
async fn deep_nesting_is_400() {
    let app = TestApp::start().await;
    let user = app.user("ada").await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for path in FORMS {
        let body = format!("{{\"formFields\": {deep}}}");
        assert_message(&post(&app, path, body).await, 400);
    }
    let body = format!("{{\"query\": \"{{ __typename }}\", \"variables\": {{\"x\": {deep}}}}}");
    let request = app.post("/graphql").bearer_auth(&user.access_token);
    let request = request.header("content-type", "application/json");
    assert_message(&send(request.body(body)).await, 400);
}

#[tokio::test]
async fn a_body_above_64_kib_is_413() {
    let app = TestApp::start().await;
    let user = app.user("ada").await;
    for path in [FORMS[0], FORMS[1], "/graphql"] {
        let send_bytes = |size: usize| {
            let request = app
                .post(path)
                .header("content-type", "application/json")
                .bearer_auth(&user.access_token);
            send(request.body(vec![b' '; size]))
        };
        assert_message(&send_bytes(MAX_BODY).await, 400);
        assert_message(&send_bytes(MAX_BODY + 1).await, 413);
        assert_eq!(unsized_body(&app, path, &user.access_token).await, 413);
    }
}

/// Sends a body that is too large without telling its size, and answers the status.
async fn unsized_body(app: &TestApp, path: &str, token: &str) -> u16 {
    let address = app.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let size = MAX_BODY + 1;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n"
    );
    let body = " ".repeat(size);
    let request = format!("{head}{body}\r\n0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sends");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    let status = std::str::from_utf8(&answer[9..]).expect("text");
    status.parse().expect("a status")
}

#[tokio::test]
async fn unknown_addresses_are_a_404_for_programs_and_the_page_for_browsers() {
    let app = TestApp::start().await;
    for path in ["/auth/nope", "/auth", "/auth/", "/auth/signin/x", "/auth//signin"] {
        for accept in ["*/*", "application/json", ""] {
            let answer = send(app.get(path).header("accept", accept)).await;
            assert_message(&answer, 404);
        }
        let browser = send(app.get(path).header("accept", "text/html,*/*;q=0.8")).await;
        assert!(browser.header("content-type").starts_with("text/html"));
        let posted = send(app.post(path).header("accept", "text/html")).await;
        assert_message(&posted, 404);
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_405() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::GET, "/auth/signin"),
        (Method::GET, "/auth/signup"),
        (Method::DELETE, "/auth/signin"),
        (Method::GET, "/auth/session/refresh"),
        (Method::GET, "/auth/signout"),
        (Method::POST, "/auth/emailpassword/email/exists"),
        (Method::POST, "/auth/jwt/jwks.json"),
        (Method::PATCH, "/graphql"),
    ] {
        assert_message(&send(app.request(method, path)).await, 405);
    }
}

#[tokio::test]
async fn huge_headers_are_refused() {
    let app = TestApp::start().await;
    let huge = "x".repeat(60 * 1024);
    let token = format!("{huge}.{huge}.{huge}");
    for (name, value) in [
        ("authorization", format!("Bearer {huge}")),
        ("authorization", format!("Bearer {token}")),
        ("cookie", format!("sAccessToken={token}")),
        ("cookie", format!("sRefreshToken={huge}; rid=x")),
        ("cookie", "a=b; ".repeat(10_000)),
        ("anti-csrf", huge.clone()),
        ("rid", huge.clone()),
        ("st-auth-mode", huge.clone()),
    ] {
        for request in [
            app.post("/graphql").json(&operation("{ __typename }")),
            app.post("/auth/signout"),
            app.post("/auth/session/refresh"),
        ] {
            let answer = send(request.header(name, &value)).await;
            if value.len() > MAX_HEADERS {
                assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "{name}");
            } else {
                assert_message(&answer, 401);
            }
        }
    }
}

#[tokio::test]
async fn odd_credentials_are_field_errors_or_wrong() {
    let app = TestApp::start().await;
    for email in [
        "ada\0@example.com",
        "ada@exam\0ple.com",
        "ada\n@example.com",
        "ada@exämple.com",
        "' or 1=1 --@example.com",
        &format!("{}@example.com", "a".repeat(60_000)),
    ] {
        for path in FORMS {
            let form = credentials(email, "secret123");
            let answer = send(app.post(path).json(&form)).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            assert_eq!(answer.body["formFields"][0]["error"], "Email is invalid");
        }
    }
    let wrong = |password: &str| {
        let form = credentials("ada@example.com", password);
        send(app.post("/auth/signin").json(&form))
    };
    app.user("ada").await;
    for password in ["\0", "secret123\0", "\u{202e}", " ", &"x".repeat(60_000)] {
        let answer = wrong(password).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(answer.body, json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    }
}

#[tokio::test]
async fn odd_emails_do_not_exist() {
    let app = TestApp::start().await;
    for path in ["/auth/emailpassword/email/exists", "/auth/signup/email/exists"] {
        for email in ["", "\0", "a\0@example.com", "%", "'", "ü@example.com", &"a".repeat(8000)] {
            let answer = send(app.get(path).query(&[("email", email)])).await;
            assert_eq!(answer.status, 200, "{email:?}: {:?}", answer.body);
            assert_eq!(answer.body, json!({"status": "OK", "exists": false}));
        }
        assert_message(&send(app.get(path)).await, 400);
        for query in ["email=%ff", "email=a&email=b", "email=%"] {
            let answer = send(app.get(&format!("{path}?{query}"))).await;
            assert!(answer.status.as_u16() < 500, "{query}: {:?}", answer.body);
        }
    }
}
