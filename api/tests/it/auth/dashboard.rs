//! The dashboard: who may see and change users there, and what comes of it.

use api::supertokens::manage::SetDashboardLogin;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{assert_refused, send};
use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestCore,
    database::TestDatabase,
};

const API: &str = "/auth/dashboard/api";
const ADMIN: &str = "admin@example.com";
const PASSWORD: &str = "admin-secret-1";
const REFUSED: &str = "Unauthorised access";
const NOT_PERMITTED: &str = "You are not permitted to perform this operation";

/// Every route that needs a session, by method, path and a body that it would take.
const ROUTES: [(&str, &str); 24] = [
    ("POST", "/signout"),
    ("POST", "/analytics"),
    ("GET", "/users?limit=10"),
    ("GET", "/users/count"),
    ("GET", "/search/tags"),
    ("GET", "/user?userId=x"),
    ("PUT", "/user"),
    ("DELETE", "/user?userId=x"),
    ("PUT", "/user/password"),
    ("GET", "/user/metadata?userId=x"),
    ("PUT", "/user/metadata"),
    ("GET", "/user/email/verify?recipeUserId=x"),
    ("PUT", "/user/email/verify"),
    ("POST", "/user/email/verify/token"),
    ("GET", "/user/sessions?userId=x"),
    ("POST", "/user/sessions"),
    ("GET", "/userroles/roles"),
    ("PUT", "/userroles/role"),
    ("DELETE", "/userroles/role?role=x"),
    ("GET", "/userroles/role/permissions?role=x"),
    ("PUT", "/userroles/role/permissions/remove"),
    ("GET", "/userroles/user/roles?userId=x"),
    ("PUT", "/userroles/user/roles"),
    ("DELETE", "/userroles/user/roles?userId=x&role=x"),
];

/// An administrator who is signed in.
struct Admin<'a> {
    app: &'a TestApp,
    session_id: String,
}

impl<'a> Admin<'a> {
    async fn sign_in(app: &'a TestApp) -> Self {
        Self::sign_in_as(app, ADMIN).await
    }

    /// Adds a dashboard user, and signs them in.
    async fn sign_in_as(app: &'a TestApp, email: &str) -> Self {
        let users = app.state.supertokens.dashboard_users();
        let added = users.add(email, &PASSWORD.into()).await.expect("the Core answers");
        assert!(matches!(added, SetDashboardLogin::Done(_)), "{added:?}");
        let answer = sign_in(app, email, PASSWORD).await;
        let session_id = answer.body["sessionId"].as_str().expect("a session").to_owned();
        Self { app, session_id }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        ask(self.app, method, path, Some(&self.session_id), body).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        answer.body
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    /// The emails of a page of users.
    async fn emails(&self, query: &str) -> Vec<String> {
        emails(&self.get(&format!("/users?{query}")).await)
    }

    async fn sessions(&self, user_id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/user/sessions?userId={user_id}")).await;
        answer["sessions"].as_array().expect("sessions").clone()
    }
}

async fn ask(
    app: &TestApp,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
) -> Answer {
    let method: Method = method.parse().expect("a method");
    let mut request = app.request(method, &format!("{API}{path}"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    send(app.post(&format!("{API}/signin")).json(&body)).await
}

fn emails(page: &Value) -> Vec<String> {
    let users = page["users"].as_array().expect("users");
    users.iter().map(|user| user["emails"][0].as_str().expect("an email").to_owned()).collect()
}

/// What `PUT /user` takes.
fn change(user_id: &str, email: &str) -> Value {
    json!({
        "recipeUserId": user_id,
        "recipeId": "emailpassword",
        "firstName": "",
        "lastName": "",
        "phone": "",
        "email": email,
    })
}

#[tokio::test]
async fn nothing_is_told_or_done_without_an_admins_session() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    let handle = &app.state.supertokens.sessions().of_user(&ada.id).await.expect("sessions")[0];
    // A user's own tokens and ids are no admin's session, nor is what looks like one.
    let tokens = [&ada.access_token, &ada.refresh_token, &handle.session_handle, &ada.id];
    let tokens = tokens.map(|token| Some(token.as_str()));
    for (method, path) in ROUTES {
        for token in [&[None, Some("nonsense")], &tokens[..]].concat() {
            let answer = ask(&app, method, path, token, Some(json!({}))).await;
            assert_refused(&answer, 401, REFUSED);
        }
        // With one, each is there.
        let answer = if path == "/signout" {
            continue;
        } else {
            admin.send(method, path, Some(json!({}))).await
        };
        assert!([200, 400].contains(&answer.status.as_u16()), "{method} {path}: {answer:?}");
    }
    let answer = ask(&app, "GET", "/tenants", None, None).await;
    assert_refused(&answer, 401, REFUSED);
    let answer = ask(&app, "POST", "/key/validate", Some(&ada.access_token), None).await;
    assert_refused(&answer, 401, REFUSED);
    // A cookie is none either: no other site can act for who is signed in.
    let cookie = format!("sAccessToken={0}; sessionId={0}", admin.session_id);
    let request = app.get(&format!("{API}/users?limit=1")).header("cookie", cookie);
    assert_refused(&send(request).await, 401, REFUSED);
}

#[tokio::test]
async fn an_admins_session_holds_until_they_sign_out_or_are_removed() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let validate = async |admin: &Admin<'_>| admin.send("POST", "/key/validate", None).await;
    let answer = validate(&admin).await;
    assert_eq!(answer.body, json!({"status": "OK", "email": ADMIN, "mayEdit": true}));
    assert_eq!(admin.send("POST", "/signout", None).await.body, json!({"status": "OK"}));
    assert_refused(&validate(&admin).await, 401, REFUSED);
    assert_refused(&admin.send("GET", "/users?limit=1", None).await, 401, REFUSED);

    let other = Admin::sign_in_as(&app, "other@example.com").await;
    let users = app.state.supertokens.dashboard_users();
    assert!(users.remove("Other@example.com").await.expect("the Core answers"));
    assert_refused(&validate(&other).await, 401, REFUSED);
    let answer = sign_in(&app, "other@example.com", PASSWORD).await;
    assert_eq!(answer.body, json!({"status": "INVALID_CREDENTIALS_ERROR"}));
}

#[tokio::test]
async fn who_signs_in_wrongly_learns_nothing() {
    let app = TestApp::start().await;
    Admin::sign_in(&app).await;
    app.user("ada").await;
    for (email, password) in [
        (ADMIN, "wrong-secret-1"),
        ("nobody@example.com", PASSWORD),
        // A user of the application.
        ("ada@example.com", "secret123"),
        ("", ""),
        (" ", PASSWORD),
    ] {
        let answer = sign_in(&app, email, password).await;
        let wrong = (StatusCode::OK, json!({"status": "INVALID_CREDENTIALS_ERROR"}));
        assert_eq!((answer.status, answer.body), wrong, "{email}");
    }
    for (body, message) in [
        (json!({"password": PASSWORD}), "Missing required parameter 'email'"),
        (json!({"email": ADMIN}), "Missing required parameter 'password'"),
        (
            json!({"email": [], "password": ""}),
            "Required parameter 'email' is missing or has an invalid type",
        ),
        (json!({"email": "a\0@example.com", "password": ""}), "Parameter 'email' has a NUL in it"),
    ] {
        let answer = send(app.post(&format!("{API}/signin")).json(&body)).await;
        assert_refused(&answer, 400, message);
    }
}

#[tokio::test]
async fn users_are_listed_page_by_page_and_counted() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    for name in ["ada", "grace", "hedy"] {
        app.user(name).await;
    }
    let first = admin.get("/users?limit=2").await;
    assert_eq!(emails(&first), ["hedy@example.com", "grace@example.com"]);
    let next = first["nextPaginationToken"].as_str().expect("a next page");
    let query = url::form_urlencoded::Serializer::new(String::from("limit=2&"))
        .append_pair("paginationToken", next)
        .finish();
    let second = admin.get(&format!("/users?{query}")).await;
    assert_eq!(emails(&second), ["ada@example.com"]);
    assert_eq!(second.get("nextPaginationToken"), None);
    assert_eq!(admin.emails("limit=1&timeJoinedOrder=ASC").await, ["ada@example.com"]);
    assert_eq!(admin.get("/users/count").await, json!({"status": "OK", "count": 3}));

    assert_eq!(admin.emails("limit=9&email=GRACE").await, ["grace@example.com"]);
    assert_eq!(
        admin.emails("limit=9&email=ada%3Bhedy").await,
        ["hedy@example.com", "ada@example.com"]
    );
    assert_eq!(admin.emails("limit=9&phone=%2B49").await, [""; 0]);
    assert_eq!(admin.emails("limit=9&provider=github").await, [""; 0]);
    let tags = admin.get("/search/tags").await;
    assert_eq!(tags["tags"], json!(["email", "phone", "provider"]));

    for (query, message) in [
        ("", "Missing required parameter 'limit'"),
        ("limit=all", "Parameter 'limit' must be a number from 1 to 500"),
        ("limit=0", "Parameter 'limit' must be a number from 1 to 500"),
        ("limit=501", "Parameter 'limit' must be a number from 1 to 500"),
        ("limit=1&timeJoinedOrder=desc", "Invalid value recieved for 'timeJoinedOrder'"),
        ("limit=1&email=%00", "Parameter 'email' has a NUL in it"),
    ] {
        let answer = admin.send("GET", &format!("/users?{query}"), None).await;
        assert_refused(&answer, 400, message);
    }
}

#[tokio::test]
async fn a_user_is_shown_and_gets_another_email() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    app.user("grace").await;
    let shown = admin.get(&format!("/user?userId={}", ada.id)).await;
    assert_eq!(shown["user"]["emails"], json!(["ada@example.com"]));
    assert_eq!(shown["user"]["loginMethods"][0]["recipeId"], "emailpassword");
    assert_eq!(shown["user"]["firstName"], "FEATURE_NOT_ENABLED");
    let nobody = admin.get("/user?userId=nobody").await;
    assert_eq!(nobody, json!({"status": "NO_USER_FOUND_ERROR"}));

    let taken = admin.put("/user", change(&ada.id, "grace@example.com")).await;
    assert_eq!(taken.body, json!({"status": "EMAIL_ALREADY_EXISTS_ERROR"}));
    let invalid = admin.put("/user", change(&ada.id, "lovelace")).await;
    assert_eq!(invalid.body, json!({"status": "INVALID_EMAIL_ERROR", "error": "Email is invalid"}));
    let unknown = admin.put("/user", change("nobody", "lovelace@example.com")).await;
    assert_refused(&unknown, 400, "Unknown 'recipeUserId'");
    let mut phone = change(&ada.id, "");
    phone["phone"] = "+49".into();
    assert_refused(&admin.put("/user", phone).await, 400, "Users have no phone number here");

    let changed = admin.put("/user", change(&ada.id, " Lovelace@example.com")).await;
    assert_eq!(changed.body, json!({"status": "OK"}));
    let form = credentials("lovelace@example.com", "secret123");
    assert_eq!(send(app.post("/auth/signin").json(&form)).await.body["status"], "OK");
}

#[tokio::test]
async fn a_new_password_counts_at_once_and_ends_the_sessions() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    let set = async |password: &str| {
        let body = json!({"recipeUserId": ada.id, "newPassword": password});
        admin.put("/user/password", body).await.body
    };
    let weak = set("short").await;
    assert_eq!(weak["status"], "INVALID_PASSWORD_ERROR");
    assert_eq!(weak["error"], "Password must contain at least 8 characters, including a number");
    assert_eq!(admin.sessions(&ada.id).await.len(), 1);
    assert_eq!(set("secret456").await, json!({"status": "OK"}));
    assert_eq!(admin.sessions(&ada.id).await.len(), 0);
    for (password, status) in [("secret123", "WRONG_CREDENTIALS_ERROR"), ("secret456", "OK")] {
        let form = credentials("ada@example.com", password);
        assert_eq!(send(app.post("/auth/signin").json(&form)).await.body["status"], status);
    }
}

#[tokio::test]
async fn an_email_is_verified_unverified_or_its_reader_asked() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    let path = format!("/user/email/verify?recipeUserId={}", ada.id);
    for verified in [true, true, false, false] {
        let body = json!({"recipeUserId": ada.id, "verified": verified});
        assert_eq!(admin.put("/user/email/verify", body).await.body, json!({"status": "OK"}));
        assert_eq!(admin.get(&path).await, json!({"status": "OK", "isVerified": verified}));
    }
    let ask_reader = async || {
        let body = json!({"recipeUserId": ada.id});
        admin.send("POST", "/user/email/verify/token", Some(body)).await.body
    };
    assert_eq!(ask_reader().await, json!({"status": "OK"}));
    let mail = crate::support::mail::next(&app, &mut 0).await;
    let body = json!({"method": "token", "token": mail.token()});
    let answer = send(app.post("/auth/user/email/verify").json(&body)).await;
    assert_eq!(answer.body, json!({"status": "OK"}));
    assert_eq!(ask_reader().await, json!({"status": "EMAIL_ALREADY_VERIFIED_ERROR"}));
    let answer = admin.send("GET", "/user/email/verify?recipeUserId=nobody", None).await;
    assert_refused(&answer, 400, "Unknown 'recipeUserId'");
}

#[tokio::test]
async fn sessions_are_seen_and_ended_one_by_one() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    let form = credentials("ada@example.com", "secret123");
    let second = send(app.post("/auth/signin").header("st-auth-mode", "header").json(&form)).await;
    let sessions = admin.sessions(&ada.id).await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(
        (&sessions[0]["userId"], &sessions[0]["tenantId"]),
        (&json!(ada.id), &json!("public"))
    );
    assert!(sessions[0]["accessTokenPayload"]["st-ev"].is_object(), "{sessions:?}");

    let revoke = async |handles: Value| {
        admin.send("POST", "/user/sessions", Some(json!({"sessionHandles": handles}))).await
    };
    let ended = revoke(json!([sessions[0]["sessionHandle"], "nonsense"])).await;
    assert_eq!(ended.body, json!({"status": "OK"}));
    assert_eq!(admin.sessions(&ada.id).await[0]["sessionHandle"], sessions[1]["sessionHandle"]);
    let refresh = |token: &str| send(app.post("/auth/session/refresh").bearer_auth(token));
    assert_eq!(refresh(&ada.refresh_token).await.status, 401);
    assert_eq!(refresh(second.header("st-refresh-token")).await.status, 200);
    let text = "Required parameter 'sessionHandles' is missing or has an invalid type";
    assert_refused(&revoke("all".into()).await, 400, text);
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_their_sessions() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    let path = format!("/user?userId={}", ada.id);
    for _ in 0..2 {
        assert_eq!(admin.send("DELETE", &path, None).await.body, json!({"status": "OK"}));
    }
    assert_eq!(admin.get(&path).await, json!({"status": "NO_USER_FOUND_ERROR"}));
    let refresh = |token: &str| send(app.post("/auth/session/refresh").bearer_auth(token));
    assert_eq!(refresh(&ada.refresh_token).await.status, 401);
    assert_eq!(refresh(&grace.refresh_token).await.status, 200);
    assert_eq!(admin.emails("limit=9").await, ["grace@example.com"]);
    let answer = admin.send("DELETE", "/user?userId=", None).await;
    assert_refused(&answer, 400, "Missing required parameter 'userId'");
}

#[tokio::test]
async fn roles_are_made_given_taken_and_deleted() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    let give = async || {
        let body = json!({"userId": ada.id, "role": "editor"});
        admin.put("/userroles/user/roles", body).await.body
    };
    let unknown = json!({"status": "UNKNOWN_ROLE_ERROR"});
    assert_eq!(give().await, unknown);
    let role = json!({"role": "editor", "permissions": ["read", "write"]});
    let made = admin.put("/userroles/role", role.clone()).await;
    assert_eq!(made.body, json!({"status": "OK", "createdNewRole": true}));
    let removed = json!({"role": "editor", "permissions": ["write"]});
    let removed = admin.put("/userroles/role/permissions/remove", removed).await;
    assert_eq!(removed.body, json!({"status": "OK"}));
    let permissions = admin.get("/userroles/role/permissions?role=editor").await;
    assert_eq!(permissions, json!({"status": "OK", "permissions": ["read"]}));
    assert_eq!(admin.get("/userroles/roles").await, json!({"status": "OK", "roles": ["editor"]}));

    assert_eq!(give().await, json!({"status": "OK", "didUserAlreadyHaveRole": false}));
    assert_eq!(give().await, json!({"status": "OK", "didUserAlreadyHaveRole": true}));
    let path = format!("/userroles/user/roles?userId={}", ada.id);
    assert_eq!(admin.get(&path).await, json!({"status": "OK", "roles": ["editor"]}));
    let taken = admin.send("DELETE", &format!("{path}&role=editor"), None).await;
    assert_eq!(taken.body, json!({"status": "OK", "didUserHaveRole": true}));
    let deleted = admin.send("DELETE", "/userroles/role?role=editor", None).await;
    assert_eq!(deleted.body, json!({"status": "OK", "didRoleExist": true}));
    assert_eq!(admin.get("/userroles/role/permissions?role=editor").await, unknown);
    let tenants = admin.get("/tenants").await;
    assert_eq!(
        tenants["tenants"],
        json!([{"tenantId": "public", "firstFactors": ["emailpassword"]}])
    );
}

#[tokio::test]
async fn who_is_not_among_the_admins_looks_and_changes_nothing() {
    let vars = [("DASHBOARD_ADMINS", "boss@example.com, Admin@Example.com")];
    let app = TestApp::start_with(&vars, api::clock::Clock::system()).await;
    let (admin, reader) =
        (Admin::sign_in(&app).await, Admin::sign_in_as(&app, "reader@example.com").await);
    let ada = app.user("ada").await;
    for (method, path) in ROUTES {
        if method == "GET" || ["/signout", "/analytics"].contains(&path) {
            continue;
        }
        assert_refused(&reader.send(method, path, Some(json!({}))).await, 403, NOT_PERMITTED);
    }
    let path = format!("/user?userId={}", ada.id);
    assert_eq!(reader.send("DELETE", &path, None).await.status, 403);
    assert_eq!(reader.emails("limit=9").await, ["ada@example.com"]);
    assert_eq!(reader.sessions(&ada.id).await.len(), 1);
    let who = reader.send("POST", "/key/validate", None).await;
    assert_eq!(who.body["mayEdit"], false);
    assert_eq!(reader.send("POST", "/analytics", None).await.status, 200);
    assert_eq!(reader.send("POST", "/signout", None).await.status, 200);
    assert_eq!(admin.put("/user", change(&ada.id, "lovelace@example.com")).await.status, 200);
}

#[tokio::test]
async fn a_service_without_a_dashboard_has_none_of_its_routes() {
    let app = TestApp::start_with(&[("DASHBOARD", "off")], api::clock::Clock::system()).await;
    for (method, path) in ROUTES.iter().chain(&[("POST", "/signin"), ("POST", "/key/validate")]) {
        let answer = ask(&app, method, path, None, Some(json!({}))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    for path in ["/auth/dashboard", "/auth/dashboard/assets/app.js"] {
        assert_eq!(send(app.get(path)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_page_is_all_its_own() {
    let app = TestApp::start().await;
    for path in ["/auth/dashboard", "/auth/dashboard/", "/auth/public/dashboard"] {
        let page = send(app.get(path)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let html = page.body.as_str().expect("text");
        assert!(!html.contains("//") && !html.contains("style="), "{html}");
        let links = html.split(['"']).filter(|text| text.starts_with("/auth/"));
        let mut count = 0;
        for link in links {
            let file = send(app.get(link)).await;
            assert_eq!(file.status, StatusCode::OK, "{link}");
            assert_eq!(file.header("x-content-type-options"), "nosniff");
            count += 1;
        }
        assert!(count >= 3, "{html}");
    }
    let script = send(app.get("/auth/dashboard/assets/app.js")).await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn what_is_known_of_users_is_not_stored_by_browsers() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    let answer = admin.send("GET", "/users?limit=1", None).await;
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn dashboard_users_are_managed_by_the_server() {
    let core = TestCore::start().await;
    let vars = [("SUPERTOKENS_URI", core.url())];
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::start_on(TestDatabase::migrated().await, &vars, core.clock.clock()).await;
    let users = app.state.supertokens.dashboard_users();
    let add = async |email: &str, password: &str| {
        users.add(email, &password.into()).await.expect("the Core answers")
    };
    let SetDashboardLogin::Done(added) = add(" Ada@example.com", PASSWORD).await else {
        panic!("not added")
    };
    assert_eq!((added.email.as_str(), added.time_joined), ("ada@example.com", 1_800_000_000_000));
    assert_eq!(add("ada@example.com", PASSWORD).await, SetDashboardLogin::Taken);
    let SetDashboardLogin::Refused(reason) = add("grace@example.com", "secret").await else {
        panic!("not refused")
    };
    assert!(reason.contains("at least 8 characters"), "{reason}");
    let refused = SetDashboardLogin::Refused("Email is invalid".into());
    assert_eq!(add("grace", PASSWORD).await, refused);
    assert_eq!(users.list().await.expect("the Core answers"), std::slice::from_ref(&added));

    let change = async |email: &str| {
        users.change_password(email, &"other-secret-1".into()).await.expect("the Core answers")
    };
    assert_eq!(change("ADA@example.com").await, SetDashboardLogin::Done(added));
    assert_eq!(change("eve@example.com").await, SetDashboardLogin::UnknownUser);
    let answer = sign_in(&app, "ada@example.com", "other-secret-1").await;
    assert_eq!(answer.body["status"], "OK");
    assert!(users.remove("ada@example.com").await.expect("the Core answers"));
    assert!(!users.remove("ada@example.com").await.expect("the Core answers"));
}
