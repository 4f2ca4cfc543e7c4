//! The dashboard: who may see and change users there, and what comes of it.

mod access;
mod users;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use supertokens::recipes::dashboard::SetDashboardLogin;

use super::send;
use crate::support::app::{Answer, TestApp};

const API: &str = "/auth/dashboard/api";
const ADMIN: &str = "admin@example.com";
const PASSWORD: &str = "admin-secret-1";
const REFUSED: &str = "Unauthorised access";
const NOT_PERMITTED: &str = "You are not permitted to perform this operation";

/// The routes that need a session.
pub const ROUTES: [(&str, &str); 24] = [
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
async fn a_service_without_a_dashboard_has_none_of_its_routes() {
    let app = TestApp::start_with(&[("DASHBOARD", "off")], clock::Clock::system()).await;
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
