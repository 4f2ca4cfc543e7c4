//! What an administrator sees and does.

use serde_json::{Value, json};

use super::{
    super::{UNAUTHORISED, WHO, assert_refused, operation, send},
    Admin, change, emails,
};
use crate::support::{
    app::{TestApp, credentials},
    mail,
};

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
        (
            "limit=1&paginationToken=garbage",
            "invalid pagination token: use `nextPaginationToken` of the page before",
        ),
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
    let who = || send(app.post("/graphql").bearer_auth(&ada.access_token).json(&operation(WHO)));
    assert_eq!(who().await.status, 200);
    assert_eq!(set("secret456").await, json!({"status": "OK"}));
    assert_eq!(admin.sessions(&ada.id).await.len(), 0);
    assert_refused(&who().await, 401, UNAUTHORISED);
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
    let mail = mail::next(&app, &mut 0).await;
    assert!(mail.link().as_str().ends_with(&format!("&userId={}", ada.id)), "{}", mail.link());
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
async fn tokens_of_deleted_users_are_refused_at_once() {
    let app = TestApp::start().await;
    let admin = Admin::sign_in(&app).await;
    for (name, query) in [
        ("ada", ""),
        ("grace", "&removeAllLinkedAccounts=true"),
        ("hedy", "&removeAllLinkedAccounts=false"),
    ] {
        let user = app.user(name).await;
        let who =
            || send(app.post("/graphql").bearer_auth(&user.access_token).json(&operation(WHO)));
        assert_eq!(who().await.status, 200, "{name}");
        let deleted = admin.send("DELETE", &format!("/user?userId={}{query}", user.id), None).await;
        assert_eq!(deleted.body, json!({"status": "OK"}), "{name}");
        assert_refused(&who().await, 401, UNAUTHORISED);
    }
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
    // No token of theirs goes on saying that they have it.
    let refresh = app.post("/auth/session/refresh").bearer_auth(&ada.refresh_token);
    assert_eq!(send(refresh).await.status, 401);
    let deleted = admin.send("DELETE", "/userroles/role?role=editor", None).await;
    assert_eq!(deleted.body, json!({"status": "OK", "didRoleExist": true}));
    assert_eq!(admin.get("/userroles/role/permissions?role=editor").await, unknown);
    let tenants = admin.get("/tenants").await;
    assert_eq!(
        tenants["tenants"],
        json!([{"tenantId": "public", "firstFactors": ["emailpassword"]}])
    );
}
