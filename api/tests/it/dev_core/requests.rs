//! Requests that are refused before they reach a recipe, and addresses.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use supertokens_dev_core::{Options, StartError};
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
    let get = async |path: &str| parts(core.send("GET", path, &[], String::new()).await);
    let unknown = |app: &str, tenant: &str| {
        let text = "AppId or tenantId not found => Tenant with the following connectionURIDomain, \
             appId and tenantId combination not found";
        refused(400, &format!("{text}: (, {app}, {tenant})"))
    };
    for prefix in ["/other", "/appid-public/other"] {
        assert_eq!(get(&format!("{prefix}/users?limit=1")).await, unknown("public", "other"));
        // These are the app's, whatever the tenant.
        let of_app = refused(403, "Only public tenantId can call this app specific API");
        for path in ["apiversion", "user/id?userId=x", "recipe/session/user?userId=x"] {
            assert_eq!(get(&format!("{prefix}/{path}")).await, of_app, "{prefix}/{path}");
        }
        let tenant = core.get(&format!("{prefix}/recipe/multitenancy/tenant/v2")).await;
        assert_eq!(tenant, json!({ "status": "TENANT_NOT_FOUND_ERROR" }));
        assert_eq!(core.get(&format!("{prefix}/hello")).await, "Hello\n");
    }
    for path in ["hello", "apiversion", "user/id?userId=x", "recipe/roles"] {
        assert_eq!(get(&format!("/appid-other/{path}")).await, unknown("other", "public"));
        assert_eq!(get(&format!("/appid-other/t1/{path}")).await, unknown("other", "t1"));
    }
    for path in ["/recipe/other", "/public/recipe/other", "/a/b/users", "/other"] {
        assert_eq!(get(path).await, refused(404, "Not found"), "{path}");
    }
}

/// A servlet decodes a body by the charset of its media type, or as ISO-8859-1 without a charset.
#[tokio::test]
async fn a_body_is_decoded_by_its_charset() {
    let core = TestCore::start().await;
    let body = json!({ "email": "jürgen@example.com", "password": "pässwörd1" }).to_string();
    let sign_up = async |content_type: Option<&str>| {
        let headers: Vec<_> = content_type.map(|text| ("content-type", text)).into_iter().collect();
        core.send("POST", "/recipe/signup", &headers, body.clone()).await
    };
    let taken = json!({ "status": "EMAIL_ALREADY_EXISTS_ERROR" });
    let first = sign_up(Some("application/json; charset=utf-8")).await;
    assert_eq!(first.body["user"]["emails"], json!(["jürgen@example.com"]));
    for same in [
        "application/json;charset=UTF-8",
        "text/plain; a=b; Charset=\"utf-8\"",
        "; charset= utf-8 ",
    ] {
        assert_eq!(sign_up(Some(same)).await.body, taken, "{same}");
    }
    // As a real Core stores it: decoded, then in lower case.
    let first = sign_up(Some("application/json")).await;
    assert_eq!(first.body["user"]["emails"], json!(["jã¼rgen@example.com"]));
    for same in [None, Some(""), Some("application/json;"), Some("application/json; boundary=x")] {
        assert_eq!(sign_up(same).await.body, taken, "{same:?}");
    }
    for charset in ["utf-16", "windows-1252", "", "\"\"", "utf8 utf-8"] {
        let answer = sign_up(Some(&format!("application/json; charset={charset}"))).await;
        assert_eq!(answer.status, 415, "{answer:?}");
        assert!(answer.body.to_string().contains("charset=utf-8"), "{answer:?}");
    }
    // Invalid UTF-8 becomes the replacement character, as in Java.
    let url = format!("{}recipe/role", core.url());
    let request = reqwest::Client::new()
        .put(url)
        .header("content-type", "application/json; charset=utf-8")
        .body(b"{\"role\": \"a\xffb\"}".to_vec());
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(core.get("/recipe/roles").await["roles"], json!(["a\u{fffd}b"]));
}

#[tokio::test]
async fn metadata_of_every_script_comes_back() {
    let core = TestCore::start().await;
    let words = ["jürgen", "юрий", "γιώργος", "太郎", "محمد", "🦔", "a\u{308}"];
    let metadata: serde_json::Map<_, _> =
        words.iter().map(|word| ((*word).to_owned(), json!({ *word: [word] }))).collect();
    let body = json!({ "userId": "юрий", "metadataUpdate": metadata });
    assert_eq!(core.put("/recipe/user/metadata", body).await["metadata"], json!(metadata));
    let query = url::form_urlencoded::byte_serialize("юрий".as_bytes()).collect::<String>();
    let found = core.get(&format!("/recipe/user/metadata?userId={query}")).await;
    assert_eq!(found["metadata"], json!(metadata));
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
    // Older ones have other shapes.
    for version in ["99.0", "5.5", "5.1", "2.7"] {
        let headers = [("cdi-version", version)];
        let answer = core.send("GET", "/recipe/roles", &headers, String::new()).await;
        assert_eq!(parts(answer), refused(400, &format!("cdi-version {version} not supported")));
    }
    let spoken = core.get("/apiversion").await;
    assert_eq!(spoken, json!({"versions": ["5.2", "5.3", "5.4"]}));
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
    // Also where nothing is, but not in an app that does not exist: its keys are unknown.
    let closed = ["/apiversion", "/users?limit=1", "/other/users?limit=1", "/other/apiversion"];
    for path in closed {
        assert_eq!(parts(get(path, &wrong).await), refused(401, "Invalid API key"), "{path}");
    }
    let answer = core.send("DELETE", "/recipe/roles", &wrong, String::new()).await;
    assert_eq!(parts(answer), refused(401, "Invalid API key"));
    assert_eq!(get("/appid-other/users?limit=1", &wrong).await.status, 400);
    for public in ["/hello", "/.well-known/jwks.json", "/other/hello"] {
        assert_eq!(get(public, &[]).await.status, 200, "{public}");
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
    let options = Options { listen, ..Options::new(database.connect_options()) };
    assert!(matches!(supertokens_dev_core::start(options).await, Err(StartError::NotLoopback(_))));
}

#[tokio::test]
async fn the_schema_can_be_made_again_and_again() {
    let core = TestCore::start().await;
    let user = core.sign_up("ada@example.com").await;
    let pool = sqlx::PgPool::connect(core.database.url().expose_secret()).await.expect("a pool");
    supertokens_dev_core::migrate(&pool).await.expect("nothing to do");
    // As a later version would find it.
    sqlx::query("comment on schema supertokens_core is 'older'").execute(&pool).await.expect("ok");
    supertokens_dev_core::migrate(&pool).await.expect("brought up to date");
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
    let core = supertokens_dev_core::start(Options::new(database.connect_options()))
        .await
        .expect("starts");
    let hello = core.url().join("hello").expect("a URL");
    let answer = reqwest::get(hello.clone()).await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "Hello\n");
    core.stop().await;
    assert!(reqwest::get(hello).await.is_err());
}
