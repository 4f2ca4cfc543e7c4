//! Requests that are refused before they reach a recipe, and addresses.

use std::time::Duration;

use api::embedded_core::{self, Options, StartError};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::{sleep, timeout};

use crate::support::{
    core::{Answer, TestClock, TestCore},
    database::TestDatabase,
};

fn refused(status: u16, message: &str) -> (u16, String, Value) {
    (status, "text/html;charset=UTF-8".to_owned(), format!("{message}\n").into())
}

fn parts(answer: Answer) -> (u16, String, Value) {
    (answer.status, answer.content_type, answer.body)
}

#[tokio::test]
async fn malformed_requests_are_named() {
    let core = TestCore::start().await;
    let post =
        async |body: &str| parts(core.send("POST", "/recipe/signup", &[], body.to_owned()).await);
    assert_eq!(post("{").await, refused(400, "Invalid Json Input"));
    assert_eq!(post("[]").await, refused(400, "Invalid Json Input"));
    let missing = refused(400, "Field name 'email' is invalid in JSON input");
    assert_eq!(post("{}").await, missing);
    assert_eq!(post(r#"{"email": 1, "password": ""}"#).await, missing);
    let nul = post(r#"{"email": "\u0000", "password": ""}"#).await;
    assert_eq!(nul, refused(400, "Invalid value in input"));
    assert_eq!(post(&"x".repeat(2 * 1024 * 1024)).await.0, 413);

    let get = async |path: &str| parts(core.send("GET", path, &[], String::new()).await);
    assert_eq!(
        get("/user/id").await,
        refused(400, "Field name 'userId' is missing in GET request")
    );
    assert_eq!(get("/users?limit=501").await, refused(400, "max limit allowed is 500"));
    assert_eq!(get("/recipe/signup").await, refused(405, "Method not supported"));
}

#[tokio::test]
async fn every_address_of_the_public_tenant_works_and_no_other() {
    let core = TestCore::start().await;
    for prefix in ["", "/public", "/appid-public", "/appid-public/public"] {
        let answer = core.get(&format!("{prefix}/recipe/roles")).await;
        assert_eq!(answer, json!({ "status": "OK", "roles": [] }));
    }
    let answer = core.send("GET", "/other/recipe/roles", &[], String::new()).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.to_string().contains("tenantId combination not found: (, public, other)"));
    let tenant = core.get("/other/recipe/multitenancy/tenant/v2").await;
    assert_eq!(tenant, json!({ "status": "TENANT_NOT_FOUND_ERROR" }));
}

#[tokio::test]
async fn what_needs_a_licence_is_refused_by_name() {
    let core = TestCore::start().await;
    for (method, path, feature) in [
        ("PUT", "/recipe/multitenancy/tenant/v2", "multi_tenancy"),
        ("POST", "/recipe/accountlinking/user/primary", "Account linking"),
        ("POST", "/recipe/accountlinking/user/link", "Account linking"),
    ] {
        let answer = core.send(method, path, &[], "{}".into()).await;
        assert_eq!(answer.status, 402, "{answer:?}");
        assert!(answer.body.to_string().contains(feature), "{answer:?}");
    }
}

#[tokio::test]
async fn unknown_versions_are_refused() {
    let core = TestCore::start().await;
    let headers = [("cdi-version", "99.0")];
    let answer = core.send("GET", "/recipe/roles", &headers, String::new()).await;
    assert_eq!(parts(answer), refused(400, "cdi-version 99.0 not supported"));
}

#[tokio::test]
async fn api_key_is_demanded_if_there_is_one() {
    let clock = TestClock::at(1_800_000_000_000);
    let core = TestCore::start_with(TestDatabase::new().await, clock, |options| Options {
        api_key: Some("a key of the test".into()),
        ..options
    })
    .await;
    let get = async |path: &str, headers: &[(&str, &str)]| {
        core.send("GET", path, headers, String::new()).await
    };
    let wrong = [("api-key", "another")];
    for headers in [&[][..], &wrong[..]] {
        let answer = get("/recipe/roles", headers).await;
        assert_eq!(parts(answer), refused(401, "Invalid API key"));
    }
    let right = [("api-key", "a key of the test")];
    assert_eq!(get("/recipe/roles", &right).await.status, 200);
    for public in ["/hello", "/apiversion", "/.well-known/jwks.json"] {
        assert_eq!(get(public, &[]).await.status, 200);
    }
}

#[tokio::test]
async fn without_its_database_it_answers_500_and_no_cause() {
    let core = TestCore::start().await;
    core.database.take_away().await;
    let answer = core.send("GET", "/recipe/roles", &[], String::new()).await;
    assert_eq!(parts(answer), refused(500, "Internal Error"));
    assert_eq!(core.get("/hello").await, "Hello\n");
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let database = TestDatabase::new().await;
    let listen = "0.0.0.0:0".parse().expect("an address");
    let options = Options { listen, ..Options::new(database.url()) };
    assert!(matches!(embedded_core::start(options).await, Err(StartError::NotLoopback(_))));
}

#[tokio::test]
async fn the_schema_can_be_made_again_and_again() {
    let core = TestCore::start().await;
    let user = core.sign_up("ada@example.com").await;
    let pool = sqlx::PgPool::connect(core.database.url().expose_secret()).await.expect("a pool");
    embedded_core::migrate(&pool).await.expect("nothing to do");
    // As a later version would find it.
    sqlx::query("comment on schema supertokens_core is 'older'").execute(&pool).await.expect("ok");
    embedded_core::migrate(&pool).await.expect("brought up to date");
    assert_eq!(core.get(&format!("/user/id?userId={user}")).await["status"], "OK");
    pool.close().await;
}

/// A change that is cut off half-way could leave a transaction behind on a pooled connection.
#[tokio::test]
async fn a_request_is_finished_though_its_caller_left() {
    let core = TestCore::start().await;
    let url = core.database.url();
    let connect = async || {
        let connection = PgConnection::connect(url.expose_secret()).await;
        connection.expect("a connection")
    };
    let (mut blocker, mut observer) = (connect().await, connect().await);
    let lock = "begin; lock table supertokens_core.roles";
    blocker.execute(lock).await.expect("the lock");
    let waiting = async {
        let waits = "select exists (select from pg_stat_activity \
             where datname = current_database() and wait_event_type = 'Lock')";
        while !sqlx::query_scalar::<_, bool>(waits)
            .fetch_one(&mut observer)
            .await
            .expect("an answer")
        {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let body = json!({ "role": "admin", "permissions": ["read"] });
    tokio::select! {
        _ = core.put("/recipe/role", body) => panic!("the table is locked"),
        () = waiting => {}
    }
    // Time for the Core to notice that the caller is gone.
    sleep(Duration::from_millis(100)).await;
    blocker.execute("rollback").await.expect("the lock is released");

    let done = async {
        while core.get("/recipe/roles").await["roles"] != json!(["admin"]) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_mins(1), done).await.expect("the role is there");
}

#[tokio::test]
async fn after_a_stop_nobody_answers() {
    let database = TestDatabase::new().await;
    let core = embedded_core::start(Options::new(database.url())).await.expect("starts");
    let hello = core.url().join("hello").expect("a URL");
    let answer = reqwest::get(hello.clone()).await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "Hello\n");
    core.stop().await;
    assert!(reqwest::get(hello).await.is_err());
}
