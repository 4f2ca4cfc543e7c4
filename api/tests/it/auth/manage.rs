//! Users, sessions and roles from the server's side, beyond the recorded calls.

use serde_json::json;
use supertokens::users::{ChangeEmail, ChangePassword, UserQuery};

use super::{UNAUTHORISED, WHO, operation, payload, send};
use crate::support::app::{TestApp, credentials};

#[tokio::test]
async fn users_are_found_by_email_in_any_case() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let users = app.state.supertokens.users();
    let found = users.by_email(" ADA@Example.com ").await.expect("the Core answers");
    assert_eq!(found.iter().map(|user| &user.id).collect::<Vec<_>>(), [&ada.id]);
    assert!(users.by_email("nobody@example.com").await.expect("the Core answers").is_empty());
    let password = "secret123".into();
    let user = users.verify_credentials("ADA@example.com", &password).await;
    assert_eq!(user.expect("the Core answers").map(|user| user.id), Some(ada.id));
}

#[tokio::test]
async fn a_page_of_users_leads_to_the_next_until_all_were_seen() {
    let app = TestApp::start().await;
    for name in ["ada", "grace", "lin"] {
        app.user(name).await;
    }
    let users = app.state.supertokens.users();
    let (mut from, mut seen) = (None, Vec::new());
    loop {
        let wanted = UserQuery { limit: 2, from: from.as_deref(), ..UserQuery::default() };
        let page = users.list(wanted).await.expect("the Core answers");
        seen.extend(page.users.into_iter().flat_map(|user| user.emails));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["lin@example.com", "grace@example.com", "ada@example.com"]);
}

#[tokio::test]
async fn emails_and_passwords_that_cannot_be_are_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    app.user("grace").await;
    let users = app.state.supertokens.users();
    for (id, email, expected) in [
        (&*ada.id, "GRACE@example.com", ChangeEmail::Taken),
        (&*ada.id, "nope", ChangeEmail::Refused("Email is invalid")),
        ("nobody", "lin@example.com", ChangeEmail::UnknownUser),
        (&*ada.id, "lovelace@example.com", ChangeEmail::Changed),
    ] {
        let changed = users.change_email(id, email).await.expect("the Core answers");
        assert_eq!(changed, expected, "{email}");
    }
    let unknown = users.change_password("nobody", &"newsecret1".into()).await;
    assert_eq!(unknown.expect("the Core answers"), ChangePassword::UnknownUser);
    assert!(!users.unverify_email("nobody").await.expect("the Core answers"));
}

#[tokio::test]
async fn a_role_that_is_given_is_in_the_next_session() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let roles = app.state.supertokens.roles();
    assert_eq!(roles.give(&ada.id, "editor").await.expect("the Core answers"), None);
    assert!(roles.create("editor", &["todos:read"]).await.expect("the Core answers"));
    assert!(!roles.create("editor", &["todos:write"]).await.expect("the Core answers"));
    assert_eq!(roles.give(&ada.id, "editor").await.expect("the Core answers"), Some(true));
    assert_eq!(roles.give(&ada.id, "editor").await.expect("the Core answers"), Some(false));
    assert_eq!(roles.of_user(&ada.id).await.expect("the Core answers"), ["editor"]);

    let form = credentials("ada@example.com", "secret123");
    let signed_in = send(app.post("/auth/signin").json(&form)).await;
    let claims = payload(signed_in.header("st-access-token"));
    assert_eq!(claims["st-role"]["v"], json!(["editor"]));
    assert_eq!(claims["st-perm"]["v"], json!(["todos:read", "todos:write"]));
    // A refresh keeps what the session began with, as the recordings do.
    let refreshed = send(app.post("/auth/session/refresh").bearer_auth(&ada.refresh_token)).await;
    assert_eq!(payload(refreshed.header("st-access-token"))["st-role"]["v"], json!([]));
}

#[tokio::test]
async fn a_deleted_user_takes_their_sessions_along() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let supertokens = &app.state.supertokens;
    let sessions = supertokens.sessions().of_user(&ada.id).await.expect("the Core answers");
    assert_eq!(sessions.len(), 1);
    supertokens.users().delete(&ada.id).await.expect("the Core answers");
    let handle = &sessions[0].session_handle;
    let ended = supertokens.sessions().information(handle).await.expect("the Core answers");
    assert!(ended.is_none(), "{ended:?}");
    let refresh = app.post("/auth/session/refresh").bearer_auth(&ada.refresh_token);
    assert_eq!(send(refresh).await.status, 401);
}

#[tokio::test]
async fn every_way_to_end_sessions_denies_their_tokens() {
    let app = TestApp::start().await;
    let supertokens = &app.state.supertokens;
    supertokens.roles().create("editor", &["edit"]).await.expect("the Core answers");
    for way in [
        "one session",
        "all sessions",
        "new password",
        "role revoked",
        "role deleted",
        "permissions removed",
        "login method deleted",
        "user deleted",
    ] {
        let user = app.user(&way.replace(' ', "-")).await;
        let handle = app.claims(&user).await.session_handle().to_owned();
        let (sessions, roles, users) =
            (supertokens.sessions(), supertokens.roles(), supertokens.users());
        roles.give(&user.id, "editor").await.expect("the Core answers");
        let ended = match way {
            "one session" => sessions.revoke(&handle).await.map(drop),
            "all sessions" => sessions.revoke_all(&user.id).await.map(drop),
            "new password" => users.change_password(&user.id, &"newsecret1".into()).await.map(drop),
            "role revoked" => roles.revoke(&user.id, "editor").await.map(drop),
            "role deleted" => {
                roles.create("reader", &[]).await.expect("the Core answers");
                roles.give(&user.id, "reader").await.expect("the Core answers");
                roles.abolish("reader").await.map(drop)
            }
            "permissions removed" => roles.restrict("editor", &["edit"]).await.map(drop),
            "login method deleted" => users.delete_login_method(&user.id).await,
            _ => users.delete(&user.id).await,
        };
        ended.expect("the Core answers");
        let who = app.post("/graphql").bearer_auth(&user.access_token).json(&operation(WHO));
        let answer = send(who).await;
        assert_eq!((answer.status.as_u16(), answer.message()), (401, UNAUTHORISED), "{way}");
    }
}
