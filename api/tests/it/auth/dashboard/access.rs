//! Who may see users there, and who may change them.

use reqwest::StatusCode;
use serde_json::json;
use supertokens::recipes::dashboard::SetDashboardLogin;

use super::{
    super::{assert_refused, send},
    ADMIN, API, Admin, NOT_PERMITTED, PASSWORD, REFUSED, ROUTES, ask, change, sign_in,
};
use crate::support::{
    app::TestApp, core::TestCore, core_key::other_tokens, database::TestDatabase,
};

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

/// Signed by the Core's keys for other services, with the claims of a session that lives.
#[tokio::test]
async fn token_of_another_kind_opens_no_dashboard() {
    let app = TestApp::start().await;
    Admin::sign_in(&app).await;
    let ada = app.user("ada").await;
    let claims = serde_json::from_str(app.claims(&ada).await.payload().get()).expect("claims");
    for (token, _) in other_tokens(&app.database, &claims).await {
        for (method, path) in ROUTES.into_iter().chain([("POST", "/key/validate")]) {
            let answer = ask(&app, method, path, Some(&token), Some(json!({}))).await;
            assert_refused(&answer, 401, REFUSED);
        }
    }
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
async fn who_is_not_among_the_admins_looks_and_changes_nothing() {
    let vars = [("DASHBOARD_ADMINS", "boss@example.com, Admin@Example.com")];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
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
