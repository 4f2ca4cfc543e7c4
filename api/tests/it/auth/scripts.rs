//! Names, passwords and permissions of several scripts, from the client to the Core and back.
//!
//! The development Core reads a body as a real one does, so a body without its charset fails here.

use clock::Clock;
use serde_json::{Map, Value, json};
use supertokens::{recipes::dashboard::SetDashboardLogin, users::UserQuery};

use super::{operation, payload, send};
use crate::support::{
    app::{TestApp, credentials},
    mail,
};

/// A word of each script, in lower case.
pub const WORDS: [(&str, &str); 7] = [
    ("Latin", "jürgen-groß-æøå"),
    ("Cyrillic", "юрий-їжак"),
    ("Greek", "γιώργος"),
    ("CJK", "太郎-한국어"),
    ("Arabic", "محمد"),
    ("emoji", "🦔👩\u{200d}👩\u{200d}👧"),
    ("combining marks", "a\u{308}e\u{301}-ก\u{e33}"),
];

fn email(word: &str) -> String {
    format!("{word}@example.com")
}

fn password(word: &str) -> String {
    format!("{word}-Secret-1")
}

/// What the Core stored.
async fn stored(app: &TestApp, sql: &'static str) -> Vec<String> {
    let connection = &mut app.database.connect().await;
    sqlx::query_scalar(sql).fetch_all(connection).await.expect("rows")
}

#[tokio::test]
async fn emails_and_passwords_of_every_script_sign_in() {
    // 63 attempts, more than an address has in the minute that this may take.
    let app = TestApp::start_with(&[("RATE_LIMIT_ADDRESS", "off")], Clock::system()).await;
    let mut mails = 0;
    for (script, word) in WORDS {
        let (email, password) = (email(word), password(word));
        let form = credentials(&email, &password);
        let answer = send(app.post("/auth/signup").json(&form)).await;
        assert_eq!(answer.body["status"], "OK", "{script}: {answer:?}");
        assert_eq!(answer.body["user"]["emails"], json!([email]), "{script}");

        let exists = app.get("/auth/emailpassword/email/exists").query(&[("email", &email)]);
        let exists = send(exists).await.body;
        assert_eq!(exists, json!({"status": "OK", "exists": true}), "{script}");
        let again = send(app.post("/auth/signup").json(&form)).await;
        assert_eq!(again.body["status"], "FIELD_ERROR", "{script}: {again:?}");

        assert_eq!(sign_in_status(&app, &email, &password).await, "OK", "{script}");
        // Only the garbled letters differ.
        let garbled: String = password.bytes().map(char::from).collect();
        let refused = sign_in_status(&app, &email, &garbled).await;
        assert_eq!(refused, "WRONG_CREDENTIALS_ERROR", "{script}");

        let new = format!("{word}-Secret-2");
        reset(&app, &email, &new, &mut mails).await;
        assert_eq!(sign_in_status(&app, &email, &new).await, "OK", "{script}");
        assert_eq!(
            sign_in_status(&app, &email, &password).await,
            "WRONG_CREDENTIALS_ERROR",
            "{script}"
        );
    }
    let stored =
        stored(&app, "select email from supertokens_core.users order by time_joined").await;
    assert_eq!(stored, WORDS.map(|(_, word)| email(word)));
}

async fn sign_in_status(app: &TestApp, email: &str, password: &str) -> String {
    let answer = send(app.post("/auth/signin").json(&credentials(email, password))).await;
    answer.body["status"].as_str().expect("a status").to_owned()
}

/// Chooses a new password by the link of a mail.
async fn reset(app: &TestApp, email: &str, password: &str, mails: &mut usize) {
    let form = json!({"formFields": [{"id": "email", "value": email}]});
    send(app.post("/auth/user/password/reset/token").json(&form)).await;
    let mail = mail::next(app, mails).await;
    assert_eq!(mail.recipient, email);
    let fields = json!([{"id": "password", "value": password}]);
    let body = json!({"method": "token", "token": mail.token(), "formFields": fields});
    let answer = send(app.post("/auth/user/password/reset").json(&body)).await;
    assert_eq!(answer.body["status"], "OK", "{email}: {answer:?}");
}

#[tokio::test]
async fn roles_and_permissions_of_every_script_reach_the_token() {
    let app = TestApp::start().await;
    let roles = app.state.supertokens.roles();
    let ada = app.user("ada").await;
    for (script, word) in WORDS {
        let permission = format!("{word}:read");
        assert!(roles.create(word, &[&permission]).await.expect("the Core answers"), "{script}");
        assert!(!roles.create(word, &[]).await.expect("the Core answers"), "{script}");
        let permissions = roles.permissions(word).await.expect("the Core answers");
        assert_eq!(permissions, Some(vec![permission.clone()]), "{script}");
        let permitting = roles.with_permission(&permission).await.expect("the Core answers");
        assert_eq!(permitting, [word], "{script}");
        assert_eq!(roles.give(&ada.id, word).await.expect("the Core answers"), Some(true));
        let holders = roles.users(word).await.expect("the Core answers");
        assert_eq!(holders, Some(vec![ada.id.clone()]), "{script}");
        assert!(roles.permit(&ada.id, &permission).await.expect("the Core answers"), "{script}");
    }
    let words = WORDS.map(|(_, word)| word.to_owned());
    let ada = app.sign_in(&credentials("ada@example.com", "secret123")).await;
    let claims = payload(&ada.access_token);
    let sorted = |list: &Value| {
        let mut list: Vec<_> = list.as_array().expect("a list").clone();
        list.sort_by_key(Value::to_string);
        list
    };
    let expected = sorted(&json!(words));
    assert_eq!(sorted(&claims["st-role"]["v"]), expected);
    assert_eq!(sorted(&claims["st-perm"]["v"]), sorted(&json!(words.map(|word| word + ":read"))));
    // The same by the service's own reading of the token.
    let answer = send(
        app.post("/graphql")
            .bearer_auth(&ada.access_token)
            .json(&operation("{ session { accessTokenPayload } }")),
    );
    let shown = answer.await.body["data"]["session"]["accessTokenPayload"]["st-role"]["v"].clone();
    assert_eq!(sorted(&shown), expected);
    let stored = stored(&app, "select role from supertokens_core.roles").await;
    assert_eq!(sorted(&json!(stored)), expected);
    for (_, word) in WORDS {
        assert_eq!(roles.revoke(&ada.id, word).await.expect("the Core answers"), Some(true));
        assert!(roles.delete(word).await.expect("the Core answers"));
    }
    assert!(roles.all().await.expect("the Core answers").is_empty());
}

#[tokio::test]
async fn session_metadata_of_every_script_comes_back() {
    let app = TestApp::start().await;
    let sessions = app.state.supertokens.sessions();
    let ada = app.user("ada").await;
    let handle = sessions.of_user(&ada.id).await.expect("sessions")[0].session_handle.clone();
    let data: Map<String, Value> =
        WORDS.into_iter().map(|(_, word)| (word.to_owned(), json!({word: [word]}))).collect();
    assert!(sessions.set_data(&handle, &data).await.expect("the Core answers"));
    assert!(sessions.merge_into_payload(&handle, data.clone()).await.expect("the Core answers"));
    let found = sessions.information(&handle).await.expect("the Core answers").expect("a session");
    assert_eq!(found.session_data, data);
    let claims = payload(&app.refreshed(&ada).await.access_token);
    for (name, value) in &data {
        assert_eq!(found.access_token_payload.get(name), Some(value));
        assert_eq!(claims.get(name), Some(value));
    }
}

#[tokio::test]
async fn users_of_every_script_are_found() {
    let app = TestApp::start().await;
    for (script, word) in WORDS {
        let answer = send(app.post("/auth/signup").json(&credentials(&email(word), "secret123")));
        assert_eq!(answer.await.body["status"], "OK", "{script}");
    }
    let users = app.state.supertokens.users();
    for (script, word) in WORDS {
        let first: String = word.chars().take(3).collect();
        for part in [word, &first, &email(word)] {
            let wanted = UserQuery { limit: 10, email: Some(part), ..UserQuery::default() };
            let found = users.list(wanted).await.expect("the Core answers").users;
            let found: Vec<_> = found.iter().flat_map(|user| &user.emails).collect();
            assert_eq!(found, [&email(word)], "{script}: {part}");
        }
        let found = users.by_email(&email(word)).await.expect("the Core answers");
        assert_eq!(found.len(), 1, "{script}");
    }
}

#[tokio::test]
async fn dashboard_works_with_every_script() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let ask = async |method: &str, path: &str, session: &str, body: Value| {
        let request = app
            .request(method.parse().expect("a method"), &format!("/auth/dashboard/api{path}"))
            .bearer_auth(session);
        let request = if method == "GET" { request } else { request.json(&body) };
        let answer = send(request).await;
        assert_eq!(answer.body["status"], "OK", "{method} {path}: {answer:?}");
        answer.body
    };
    let admins = app.state.supertokens.dashboard_users();
    for (script, word) in WORDS {
        let admin = format!("admin-{word}@example.com");
        let added = admins.add(&admin, &password(word).into()).await.expect("the Core answers");
        assert!(matches!(added, SetDashboardLogin::Done(_)), "{script}: {added:?}");
        let sign_in = json!({"email": admin, "password": password(word)});
        let answer = send(app.post("/auth/dashboard/api/signin").json(&sign_in)).await;
        let session = answer.body["sessionId"].as_str();
        let session = session.unwrap_or_else(|| panic!("{script}: {answer:?}"));
        let known = ask("POST", "/key/validate", session, json!({})).await;
        assert_eq!(known["email"], json!(admin), "{script}");

        let change = json!({"recipeUserId": ada.id, "recipeId": "emailpassword", "firstName": "",
            "lastName": "", "phone": "", "email": email(word)});
        ask("PUT", "/user", session, change).await;
        let change = json!({"recipeUserId": ada.id, "newPassword": password(word)});
        ask("PUT", "/user/password", session, change).await;
        let user = ask("GET", &format!("/user?userId={}", ada.id), session, json!({})).await;
        assert_eq!(user["user"]["emails"], json!([email(word)]), "{script}");
        let search: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
        let found =
            ask("GET", &format!("/users?limit=10&email={search}"), session, json!({})).await;
        assert_eq!(found["users"][0]["emails"], json!([email(word)]), "{script}");

        ask("PUT", "/userroles/role", session, json!({"role": word, "permissions": [word]})).await;
        ask("PUT", "/userroles/user/roles", session, json!({"userId": ada.id, "role": word})).await;
        let path = format!("/userroles/role/permissions?role={search}");
        let permissions = ask("GET", &path, session, json!({})).await;
        assert_eq!(permissions["permissions"], json!([word]), "{script}");
        assert_eq!(sign_in_status(&app, &email(word), &password(word)).await, "OK", "{script}");
        assert!(admins.remove(&admin).await.expect("the Core answers"), "{script}");
    }
}
