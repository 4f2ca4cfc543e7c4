//! What operators see of one request: a line, counts, and spans at a real receiver of OTLP.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value, trace::v1::Span,
};
use prost::Message as _;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};

use crate::support::{
    app::credentials,
    database::TestDatabase,
    program::{Program, free_port, header},
};

const PASSWORD: &str = "analytical-engine-1";
const TASK: &str = "a task that is nobody else's concern";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A collector.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    /// Where it listens.
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    /// The spans of the trace, as soon as the request's own has come: it ends last.
    async fn of_trace(&self, trace: &str) -> Vec<Span> {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let all = self.0.lock().expect("the spans").clone();
            let spans: Vec<_> =
                all.into_iter().filter(|span| hex::encode(&span.trace_id) == trace).collect();
            if spans.iter().any(|span| span.name == "request") {
                return spans;
            }
            assert!(Instant::now() < deadline, "no span came");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn take(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["authorization"], "Bearer collector");
    let sent = ExportTraceServiceRequest::decode(body).expect("OTLP");
    let scopes = sent.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    collector.0.lock().expect("the spans").extend(scopes.flat_map(|scope| scope.spans));
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text.clone()),
        any_value::Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

async fn list(program: &Program, access: &str) -> reqwest::Response {
    let operation =
        json!({"query": "query Mine { todos { nodes { task } } }", "operationName": "Mine"});
    let request = program.http.post(format!("{}/graphql", program.url)).json(&operation);
    let request = request.bearer_auth(access).header("x-request-id", "the-id-of-the-caller");
    let request = request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    request.send().await.expect("an answer")
}

async fn sign_up(program: &Program) -> String {
    let answer =
        program.post("/auth/signup", None, &credentials("ada@example.com", PASSWORD)).await;
    let access = header(&answer, "st-access-token");
    let add = json!({
        "query": "mutation Add($task: String!) { addTodo(input: {task: $task}) { todo { id } } }",
        "variables": {"task": TASK},
    });
    assert_eq!(program.post("/graphql", Some(&access), &add).await.status(), StatusCode::OK);
    access
}

#[tokio::test]
async fn a_request_is_one_line_with_its_id_user_operation_and_outcome() {
    let database = TestDatabase::migrated().await;
    let program = Program::start(&database, &[]).await;
    let access = sign_up(&program).await;
    let answer = list(&program, &access).await;
    assert_eq!(header(&answer, "x-request-id"), "the-id-of-the-caller");
    let timing = header(&answer, "server-timing");
    for part in ["session;dur=", "operation;dur=", "total;dur="] {
        assert!(timing.contains(part), "{timing}");
    }

    let written = program.written();
    let lines: Vec<_> =
        written.lines().filter(|line| line.contains("the-id-of-the-caller")).collect();
    assert_eq!(lines.len(), 1, "{written}");
    for part in [
        "POST /graphql",
        "status=200",
        "duration_ms=",
        "operation=\"Mine\"",
        "code=\"OK\"",
        "user=",
    ] {
        assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
    }
    assert!(!written.contains(TASK) && !written.contains("readyz"), "{written}");
}

#[tokio::test]
async fn operators_ask_on_a_port_of_their_own() {
    let database = TestDatabase::migrated().await;
    let admin = format!("127.0.0.1:{}", free_port());
    let program = Program::start(&database, &[("ADMIN_ADDRESS", &admin)]).await;
    let access = sign_up(&program).await;
    list(&program, &access).await;
    program.post("/graphql", Some(&access), &json!({"query": "{ nothing }"})).await;
    program
        .http
        .get(format!("{}/made-up/by-a-client", program.url))
        .send()
        .await
        .expect("an answer");

    let get = async |path: &str| {
        let answer = program.http.get(format!("http://{admin}{path}")).send().await;
        answer.expect("an answer")
    };
    let metrics = get("/metrics").await.text().await.expect("a text");
    for line in [
        r#"http_requests_total{method="POST",route="/graphql",status="200"} 3"#,
        r#"http_requests_total{method="POST",route="/auth/signup",status="200"} 1"#,
        r#"graphql_operations_total{operation="other",code="OK"} 2"#,
        r#"graphql_operations_total{operation="other",code="BAD_USER_INPUT"} 1"#,
        r#"http_request_duration_seconds_count{route="/graphql"} 3"#,
        r#"core_calls_total{outcome="ok"}"#,
        "database_pool_max_connections 16",
        r#"database_pool_connections{state="used"} 0"#,
        "database_pool_wait_seconds_count",
        r#"database_statement_duration_seconds_count{access="read",outcome="ok"}"#,
        "jwks_age_seconds ",
        "websockets_open 0",
        "live_listening 1",
        "process_resident_memory_bytes",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    // A client chooses neither the number of series nor what is in them.
    assert!(!metrics.contains("made-up") && !metrics.contains("Mine"), "{metrics}");

    let ready: Value = get("/readyz").await.json().await.expect("JSON");
    assert_eq!(ready["database"], "ok");
    assert_eq!(get("/livez").await.status(), StatusCode::OK);
    // Nothing of that is where users are.
    let public = program.http.get(format!("{}/metrics", program.url)).send().await;
    let public = public.expect("an answer").text().await.expect("a text");
    assert!(!public.contains("http_requests_total"), "{public}");
}

#[tokio::test]
async fn readiness_has_a_reason_for_each_that_is_missing() {
    let database = TestDatabase::migrated().await;
    let admin = format!("127.0.0.1:{}", free_port());
    let program = Program::start(&database, &[("ADMIN_ADDRESS", &admin)]).await;
    database.stop().await;
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let ready = program.http.get(format!("http://{admin}/readyz")).send().await;
        let ready = ready.expect("an answer");
        let status = ready.status();
        let told: Value = ready.json().await.expect("JSON");
        if status == StatusCode::SERVICE_UNAVAILABLE && told["database"] != "ok" {
            // More than a word.
            assert!(told["database"].as_str().expect("a text").contains(' '), "{told}");
            break;
        }
        assert!(Instant::now() < deadline, "{told}");
        sleep(Duration::from_millis(100)).await;
    }
    let public = program.http.get(format!("{}/readyz", program.url)).send().await;
    let public: Value = public.expect("an answer").json().await.expect("JSON");
    assert_eq!(public["database"], "unavailable");
}

#[tokio::test]
async fn a_trace_goes_from_the_request_down_to_the_statement() {
    let collector = Collector::default();
    let endpoint = collector.start().await;
    let database = TestDatabase::migrated().await;
    let vars = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer collector"),
    ];
    let program = Program::start(&database, &vars).await;
    let access = sign_up(&program).await;
    list(&program, &access).await;

    let spans = collector.of_trace(TRACE).await;
    let by_id: HashMap<_, _> = spans.iter().map(|span| (&span.span_id, span)).collect();
    let sql = spans.iter().find(|span| span.name == "sql").expect("a statement");
    let text = attribute(sql, "db.query.text").expect("its text");
    assert!(text.contains("FROM \"todos\"") || text.contains("FROM todos"), "{text}");
    let mut path = vec![sql];
    while let Some(parent) = by_id.get(&path[path.len() - 1].parent_span_id) {
        path.push(parent);
    }
    let names: Vec<_> = path.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["sql", "transaction", "resolver", "operation", "request"]);
    assert_eq!(attribute(path[2], "graphql.field").as_deref(), Some("todos"));
    assert_eq!(attribute(path[4], "http.response.status_code").as_deref(), Some("200"));
    // The caller's trace goes on.
    assert_eq!(hex::encode(&path[4].parent_span_id), "00f067aa0ba902b7");

    let all = collector.0.lock().expect("the spans").clone();
    assert!(all.iter().any(|span| span.name == "core"), "no call of the Core");
    let told = format!("{all:?}");
    for secret in [PASSWORD, TASK, &access, "ada@example.com"] {
        assert!(!told.contains(secret), "{secret}");
    }
}
