//! What users do with their own account: sessions, password, deletion.

use clock::Clock;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::support::{
    app::{Answer, TestApp, User, credentials},
    core::TestClock,
};

const SESSIONS: &str = "{ sessions { id createdAt device isCurrent } }";
const REVOKE: &str = "mutation($id: ID!) { revokeSession(id: $id) { revokedId } }";
const EVERYWHERE: &str = "mutation { signOutEverywhere { userId } }";
const CHANGE: &str = "mutation($current: String!, $new: String!) {
    changePassword(input: {currentPassword: $current, newPassword: $new}) { outcome } }";
const DELETE: &str = "mutation($password: String) {
    deleteAccount(password: $password) { outcome } }";

async fn sign_in<'a>(app: &'a TestApp, name: &str) -> User<'a> {
    app.sign_in(&credentials(&format!("{name}@example.com"), "secret123")).await
}

async fn sessions(user: &User<'_>) -> Vec<Value> {
    user.data(SESSIONS, json!({})).await["sessions"].as_array().expect("a list").clone()
}

async fn handle(user: &User<'_>) -> String {
    let data = user.data("{ session { id } }", json!({})).await;
    data["session"]["id"].as_str().expect("a handle").to_owned()
}

/// The status of a refresh: 401 once the session is over.
async fn refresh(app: &TestApp, user: &User<'_>) -> StatusCode {
    let request = app.post("/auth/session/refresh").bearer_auth(&user.refresh_token);
    request.send().await.expect("an answer").status()
}

async fn change(user: &User<'_>, current: &str, new: &str) -> Value {
    let data = user.data(CHANGE, json!({"current": current, "new": new})).await;
    data["changePassword"]["outcome"].clone()
}

async fn delete(user: &User<'_>, password: Option<&str>) -> Value {
    user.data(DELETE, json!({"password": password})).await["deleteAccount"]["outcome"].clone()
}

async fn enters(app: &TestApp, password: &str) -> bool {
    let form = credentials("ada@example.com", password);
    let answer = app.post("/auth/signin").json(&form).send().await.expect("an answer");
    Answer::read(answer).await.body["status"] == "OK"
}

/// How many todos there are, whoever owns them.
async fn todos(app: &TestApp) -> i64 {
    let mut connection = app.database.connect().await;
    let count = sqlx::query_scalar("select count(*) from todos").fetch_one(&mut connection).await;
    connection.close().await.expect("closed");
    count.expect("a count")
}

/// Somebody who signs in with an account elsewhere.
async fn from_elsewhere(app: &TestApp) -> User<'_> {
    let core = app.state.supertokens.core();
    let entered = core.sign_in_up("github", "4711", "ada@elsewhere.example.com", true).await;
    let supertokens::recipes::thirdparty::SignInUp::Ok { user, .. } =
        entered.expect("the Core answers")
    else {
        panic!("not signed in")
    };
    app.guest(&user.id).await
}

#[tokio::test]
async fn sessions_are_listed_with_their_device_and_which_asks() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    app.user("eve").await;
    let form = credentials("ada@example.com", "secret123");
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
    let request = app.post("/auth/signin").header(header::USER_AGENT, firefox).json(&form);
    request.send().await.expect("an answer");

    let listed = sessions(&ada).await;
    let told: Vec<_> = listed.iter().map(|one| (&one["isCurrent"], &one["device"])).collect();
    assert_eq!(told, [(&json!(true), &Value::Null), (&json!(false), &json!("Firefox on Linux"))]);
    assert_eq!(listed[0]["id"], json!(handle(&ada).await));
    let created = listed[0]["createdAt"].as_str().expect("a time");
    let age = Clock::system().now()
        - chrono::DateTime::parse_from_rfc3339(created).expect("a time").to_utc();
    assert!(age.num_seconds() < 60, "{created}");
}

#[tokio::test]
async fn a_session_that_is_revoked_is_over_at_once() {
    let app = TestApp::start().await;
    let here = app.user("ada").await;
    let there = sign_in(&app, "ada").await;
    let handle = handle(&there).await;
    let revoked = here.data(REVOKE, json!({"id": handle})).await;
    assert_eq!(revoked["revokeSession"]["revokedId"], json!(handle));
    assert_eq!(sessions(&here).await.len(), 1);
    assert_eq!(refresh(&app, &there).await, StatusCode::UNAUTHORIZED);
    // So is its access token, which has not expired.
    for operation in ["{ todos { nodes { id } } }", SESSIONS] {
        let answer = there.send(operation, json!({})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{:?}", answer.body);
        assert_eq!(answer.message(), "unauthorised");
    }
    assert_eq!(refresh(&app, &here).await, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_outlives_its_session_opens_no_account() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let handle = handle(&ada).await;
    // Signing out leaves the access token good.
    let out = app.post("/auth/signout").bearer_auth(&ada.access_token).send().await;
    assert_eq!(out.expect("an answer").status(), StatusCode::OK);
    let both = json!({"current": "secret123", "new": "newsecret1"});
    for (operation, variables) in [
        (SESSIONS, json!({})),
        (REVOKE, json!({"id": handle})),
        (EVERYWHERE, json!({})),
        (CHANGE, both),
        (DELETE, json!({"password": "secret123"})),
    ] {
        let code = ada.error_code(operation, variables).await;
        assert_eq!(code, "UNAUTHENTICATED", "{operation}");
    }
}

#[tokio::test]
async fn another_users_session_is_as_if_it_did_not_exist() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let mut answers = Vec::new();
    for foreign in [handle(&ada).await.as_str(), "never-was", ""] {
        let answer = eve.send(REVOKE, json!({"id": foreign})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "NOT_FOUND", "{foreign}");
        answers.push(answer.without_request_id());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(refresh(&app, &ada).await, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_everywhere_leaves_no_session_and_no_token() {
    let app = TestApp::start().await;
    let (here, there) = (app.user("ada").await, sign_in(&app, "ada").await);
    let eve = app.user("eve").await;
    let answer = here.send(EVERYWHERE, json!({})).await;
    assert_eq!(answer.body["data"]["signOutEverywhere"]["userId"], json!(here.id));
    assert_eq!(answer.header("st-access-token"), "");
    let cleared = answer.headers.get_all(header::SET_COOKIE).iter();
    assert!(cleared.filter(|cookie| cookie.as_bytes().starts_with(b"sAccessToken=;")).count() == 1);
    for ended in [&here, &there] {
        assert_eq!(refresh(&app, ended).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(refresh(&app, &eve).await, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_has_just_been_refreshed_is_forgotten_too() {
    let app = TestApp::start().await;
    let form = credentials("ada@example.com", "secret123");
    app.user("ada").await;
    // By cookie: the first use of a refreshed token sets another one in the same answer.
    let cookies = |answer: &Answer| {
        let set = answer.headers.get_all(header::SET_COOKIE).iter();
        let pairs = set.map(|cookie| cookie.to_str().expect("text").split(';').next());
        pairs.map(|pair| pair.expect("a pair").to_owned()).collect::<Vec<_>>().join("; ")
    };
    let post =
        |path: &str, cookie: &str| app.post(path).header("cookie", cookie).header("rid", "x");
    let request = app.post("/auth/signin").header("st-auth-mode", "cookie").json(&form);
    let entered = request.send().await.expect("an answer");
    let entered = cookies(&Answer::read(entered).await);
    let refreshed = post("/auth/session/refresh", &entered).send().await.expect("an answer");
    let refreshed = cookies(&Answer::read(refreshed).await);
    let request = post("/graphql", &refreshed).json(&json!({"query": EVERYWHERE}));
    let answer = Answer::read(request.send().await.expect("an answer")).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    assert_eq!(answer.body.get("errors"), None, "{:?}", answer.body);
    let set = cookies(&answer);
    let access: Vec<_> = set.split("; ").filter(|pair| pair.starts_with("sAccessToken")).collect();
    assert_eq!(access, ["sAccessToken="]);
}

#[tokio::test]
async fn a_new_password_asks_for_the_current_one_and_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let (here, there) = (app.user("ada").await, sign_in(&app, "ada").await);
    assert_eq!(change(&here, "wrong1234", "newsecret1").await, "WRONG_PASSWORD");
    for weak in ["short1", "onlyletters", "12345678"] {
        let both = json!({"current": "secret123", "new": weak});
        assert_eq!(here.error_code(CHANGE, both).await, "BAD_USER_INPUT", "{weak}");
    }
    assert!(enters(&app, "secret123").await, "nothing was changed");
    assert_eq!(refresh(&app, &there).await, StatusCode::OK);

    assert_eq!(change(&here, "secret123", "newsecret1").await, "CHANGED");
    assert!(!enters(&app, "secret123").await);
    assert!(enters(&app, "newsecret1").await);
    assert_eq!(refresh(&app, &there).await, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&app, &here).await, StatusCode::OK);
}

#[tokio::test]
async fn guesses_at_the_current_password_count_as_those_at_signing_in() {
    let vars = [("RATE_LIMIT_ACCOUNT", "3/5m")];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    assert_eq!(change(&ada, "wrong1234", "newsecret1").await, "WRONG_PASSWORD");
    assert_eq!(delete(&ada, Some("wrong1234")).await, "WRONG_PASSWORD");
    assert!(!enters(&app, "wrong1234").await);
    // Also with the right one: a refusal tells nothing.
    let both = json!({"current": "secret123", "new": "newsecret1"});
    for (operation, variables) in [(CHANGE, both), (DELETE, json!({"password": "secret123"}))] {
        let answer = ada.send(operation, variables).await;
        let error = &answer.body["errors"][0];
        assert_eq!(error["extensions"]["code"], "TOO_MANY_ATTEMPTS", "{error}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.starts_with("Too many attempts. Try again in "), "{message}");
    }
    let form = credentials("ada@example.com", "secret123");
    let answer = app.post("/auth/signin").json(&form).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_request_tries_one_password() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let twice = "mutation { a: deleteAccount(password: \"a\") { outcome }
        b: deleteAccount(password: \"b\") { outcome } }";
    assert_eq!(ada.error_code(twice, json!({})).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_todos_and_nobody_elses() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let there = sign_in(&app, "ada").await;
    for task in ["one", "two"] {
        ada.add(task).await;
    }
    eve.add("hers").await;
    for wrong in [None, Some("wrong1234")] {
        assert_eq!(delete(&ada, wrong).await, "WRONG_PASSWORD");
    }
    assert_eq!(todos(&app).await, 3);

    let answer = ada.send(DELETE, json!({"password": "secret123"})).await;
    assert_eq!(answer.body["data"]["deleteAccount"]["outcome"], "DELETED");
    assert_eq!(answer.header("st-access-token"), "");
    assert_eq!(todos(&app).await, 1);
    assert_eq!(eve.tasks().await, ["hers"]);
    assert!(!enters(&app, "secret123").await);
    for ended in [&ada, &there] {
        assert_eq!(refresh(&app, ended).await, StatusCode::UNAUTHORIZED);
        let again = json!({"password": "secret123"});
        assert_eq!(ended.send(DELETE, again).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_ne!(app.user("ada").await.id, ada.id, "the email is free again");
}

#[tokio::test]
async fn a_deletion_that_failed_half_way_can_be_repeated() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    ada.add("one").await;
    app.database
        .execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
             CREATE TRIGGER refuse BEFORE DELETE ON supertokens_core.users
                 FOR EACH ROW EXECUTE FUNCTION refuse();",
        )
        .await;
    let failed = ada.send(DELETE, json!({"password": "secret123"})).await;
    assert_eq!(failed.body["data"], json!({"deleteAccount": null}), "{:?}", failed.body);
    assert_eq!(failed.headers.get("st-access-token"), None, "the session goes on");
    assert!(enters(&app, "secret123").await);

    app.database.execute("DROP TRIGGER refuse ON supertokens_core.users").await;
    assert_eq!(delete(&ada, Some("secret123")).await, "DELETED");
    assert_eq!(todos(&app).await, 0);
    assert!(!enters(&app, "secret123").await);
}

#[tokio::test]
async fn deletion_of_many_todos_continues_where_it_was_interrupted() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    eve.add("hers").await;
    let fill = format!(
        "insert into todos (user_id, task) select '{}', 'x' from generate_series(1, 12000)",
        ada.id
    );
    app.database.execute(&fill).await;
    app.database
        .execute(
            "create function refuse() returns trigger language plpgsql security definer as $$ begin
                 if (select count(*) from todos) < 10000 then raise 'not now'; end if;
                 return null; end $$;
             create trigger refuse before delete on todos for each statement execute function refuse()",
        )
        .await;
    let failed = ada.send(DELETE, json!({"password": "secret123"})).await;
    assert_eq!(failed.body["data"], json!({"deleteAccount": null}), "{:?}", failed.body);
    assert_eq!(todos(&app).await, 7_001, "one chunk is gone");
    app.database.execute("drop trigger refuse on todos").await;
    assert_eq!(delete(&ada, Some("secret123")).await, "DELETED");
    assert_eq!(todos(&app).await, 1);
    assert_eq!(eve.tasks().await, ["hers"]);
}

#[tokio::test]
async fn who_has_no_password_deletes_soon_after_signing_in() {
    let clock = TestClock::at(Clock::system().now().timestamp_millis());
    let app = TestApp::start_with(&[], clock.clock()).await;
    let ada = from_elsewhere(&app).await;
    let has_password = ada.data("{ session { hasPassword } }", json!({})).await;
    assert_eq!(has_password["session"]["hasPassword"], false);
    let both = json!({"current": "", "new": "newsecret1"});
    assert_eq!(ada.error_code(CHANGE, both).await, "BAD_USER_INPUT");

    clock.advance(10 * 60 * 1000 + 1);
    assert_eq!(delete(&ada, None).await, "SIGN_IN_AGAIN");
    let again = app.guest(&ada.id).await;
    assert_eq!(delete(&again, None).await, "DELETED");
    assert_eq!(again.send(DELETE, json!({})).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_table_of_users_is_one_that_a_deletion_empties() {
    let app = TestApp::start().await;
    let mut connection = app.database.connect().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND column_name = 'user_id' ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the catalogue");
    connection.close().await.expect("closed");
    // Another one needs its line in `delete_account.rs`, and its name here.
    assert_eq!(tables, ["todos"]);
}
