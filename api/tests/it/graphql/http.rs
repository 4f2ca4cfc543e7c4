use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::app::{Answer, TestApp};

#[tokio::test]
async fn a_request_without_a_session_is_unauthorised() {
    let app = TestApp::start().await;
    let request = app.post("/graphql").json(&json!({"query": "{ __typename }"}));
    let answer = Answer::read(request.send().await.expect("an answer")).await;
    assert_eq!((answer.status, answer.message()), (StatusCode::UNAUTHORIZED, "unauthorised"));
}

#[tokio::test]
async fn only_a_post_of_json_is_executed() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mutation = r#"{"query": "mutation { addTodo(input: {task: \"x\"}) { todo { id } } }"}"#;
    for (content_type, status) in [
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data; boundary=x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/graphql", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json; charset=utf-8", StatusCode::OK),
    ] {
        let request = app
            .post("/graphql")
            .bearer_auth(&ada.access_token)
            .header("content-type", content_type)
            .body(mutation);
        assert_eq!(request.send().await.expect("an answer").status(), status, "{content_type}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let path =
            "/graphql?query=mutation%7BaddTodo(input%3A%7Btask%3A%22x%22%7D)%7Btodo%7Bid%7D%7D%7D";
        let request = app.request(method, path).bearer_auth(&ada.access_token);
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.graphql_error()["extensions"]["code"], "BAD_USER_INPUT");
    }
    assert_eq!(ada.tasks().await, ["x"]);
}

#[tokio::test]
async fn a_body_that_is_no_operation_is_told_so() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let batch = r#"[{"query": "{ __typename }"}, {"query": "{ __typename }"}]"#;
    let large = format!(r#"{{"query": "{{ __typename }}", "x": "{}"}}"#, "x".repeat(64 * 1024));
    for (body, status) in [
        ("{", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        ("null", StatusCode::BAD_REQUEST),
        (batch, StatusCode::BAD_REQUEST),
        (&large, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let request = app
            .post("/graphql")
            .bearer_auth(&ada.access_token)
            .header("content-type", "application/json")
            .body(body.to_owned());
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, status, "{:?}", answer.body);
        let error = answer.graphql_error();
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
        assert_eq!(error["extensions"]["requestId"], answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn a_faulty_operation_is_bad_input() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for query in ["", "{", "{ nope }", "{ todo }", "query($id: Int!) { todo(id: $id) { id } }"] {
        let answer = ada.send(query, json!({})).await;
        let errors = answer.body["errors"].as_array().expect("errors");
        assert!(!errors.is_empty());
        for error in errors {
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {error}");
        }
    }
}

#[tokio::test]
async fn production_shows_neither_schema_nor_suggestions_nor_playground() {
    let core = crate::support::core::TestCore::start().await;
    let core_url = core.url();
    let vars = [
        ("APP_ENV", "production"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("SUPERTOKENS_URI", core_url.as_str()),
        ("SMTP_URL", "smtp://127.0.0.1:9"),
        ("MAIL_FROM", "no-reply@example.com"),
        ("API_DOMAIN", "https://example.com"),
        ("GRAPHQL_TRUSTED_ONLY", "false"),
    ];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    let ada = app.user("ada").await;
    let answer = ada.send("{ __schema { types { name } } }", json!({})).await;
    assert!(!answer.body.to_string().contains("TodoConnection"), "{:?}", answer.body);
    let answer = ada.send("{ todoss { nodes { id } } }", json!({})).await;
    assert!(!answer.body.to_string().contains("Did you mean"), "{:?}", answer.body);
    let playground = app.get("/graphiql").header("accept", "application/json");
    assert_eq!(playground.send().await.expect("an answer").status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_browsers_need() {
    let app = TestApp::start().await;
    for path in ["/livez", "/graphql", "/auth", "/nope"] {
        let request = app.get(path).header("accept", "text/html");
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.headers.get("strict-transport-security").is_none());
        assert!(!answer.header("x-request-id").is_empty());
    }
    let secure =
        TestApp::start_with(&[("API_DOMAIN", "https://example.com")], clock::Clock::system()).await;
    let answer = Answer::read(secure.get("/livez").send().await.expect("an answer")).await;
    assert!(answer.header("strict-transport-security").contains("max-age"));
}
