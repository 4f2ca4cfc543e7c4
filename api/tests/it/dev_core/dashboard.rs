//! Dashboard users and their sessions, as the CDI has them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::core::TestCore;

const DAY: i64 = 24 * 3_600_000;
const PASSWORD: &str = "secret123";

async fn add(core: &TestCore, email: &str) -> Value {
    core.post("/recipe/dashboard/user", json!({"email": email, "password": PASSWORD})).await
}

async fn sign_in(core: &TestCore, email: &str, password: &str) -> Value {
    core.post("/recipe/dashboard/signin", json!({"email": email, "password": password})).await
}

async fn session(core: &TestCore, email: &str) -> String {
    let answer = sign_in(core, email, PASSWORD).await;
    answer["sessionId"].as_str().expect("a session").to_owned()
}

async fn verify(core: &TestCore, session_id: &str) -> Value {
    core.post("/recipe/dashboard/session/verify", json!({"sessionId": session_id})).await
}

async fn delete(core: &TestCore, path: &str) -> Value {
    core.send("DELETE", path, &[], String::new()).await.body
}

#[tokio::test]
async fn a_session_tells_whose_it_is_until_it_ends() {
    let core = TestCore::start().await;
    let added = add(&core, " Ada@Example.com").await;
    assert_eq!(
        (&added["status"], &added["user"]["email"]),
        (&"OK".into(), &"ada@example.com".into())
    );
    assert_eq!(added["user"]["timeJoined"], 1_800_000_000_000_i64);

    let (first, second) =
        (session(&core, "ada@example.com").await, session(&core, "ADA@example.com").await);
    assert_eq!(verify(&core, &first).await, json!({"status": "OK", "email": "ada@example.com"}));
    let gone = json!({"status": "INVALID_SESSION_ERROR"});
    assert_eq!(verify(&core, "nonsense").await, gone);

    let path = format!("/recipe/dashboard/session?sessionId={first}");
    assert_eq!(delete(&core, &path).await, json!({"status": "OK"}));
    assert_eq!(delete(&core, &path).await, json!({"status": "OK"}));
    assert_eq!(verify(&core, &first).await, gone);

    core.clock.advance(30 * DAY - 1);
    assert_eq!(verify(&core, &second).await["status"], "OK");
    core.clock.advance(1);
    assert_eq!(verify(&core, &second).await, gone);
}

#[tokio::test]
async fn a_removed_user_has_no_session_and_cannot_sign_in() {
    let core = TestCore::start().await;
    let id = add(&core, "ada@example.com").await["user"]["userId"].clone();
    add(&core, "grace@example.com").await;
    let (ada, grace) =
        (session(&core, "ada@example.com").await, session(&core, "grace@example.com").await);
    let path = format!("/recipe/dashboard/user?userId={}", id.as_str().expect("an id"));
    assert_eq!(delete(&core, &path).await, json!({"status": "OK", "didUserExist": true}));
    assert_eq!(delete(&core, &path).await["didUserExist"], false);
    assert_eq!(verify(&core, &ada).await["status"], "INVALID_SESSION_ERROR");
    assert_eq!(verify(&core, &grace).await["status"], "OK");
    let answer = sign_in(&core, "ada@example.com", PASSWORD).await;
    assert_eq!(answer, json!({"status": "INVALID_CREDENTIALS_ERROR"}));

    let answer = delete(&core, "/recipe/dashboard/user?email=GRACE@example.com").await;
    assert_eq!(answer["didUserExist"], true);
    assert_eq!(core.get("/recipe/dashboard/users").await, json!({"status": "OK", "users": []}));
    let neither = delete(&core, "/recipe/dashboard/user").await;
    assert_eq!(neither, "Either field 'email' or 'userId' must be present\n");
}

#[tokio::test]
async fn a_change_of_password_or_email_ends_the_sessions() {
    let core = TestCore::start().await;
    add(&core, "ada@example.com").await;
    add(&core, "grace@example.com").await;
    let change = async |body: Value| core.put("/recipe/dashboard/user", body).await;

    let before = session(&core, "ada@example.com").await;
    let answer = change(json!({"email": "ada@example.com", "newPassword": "secret456"})).await;
    assert_eq!(answer["user"]["email"], "ada@example.com");
    assert_eq!(verify(&core, &before).await["status"], "INVALID_SESSION_ERROR");
    let old = sign_in(&core, "ada@example.com", PASSWORD).await;
    assert_eq!(old["status"], "INVALID_CREDENTIALS_ERROR");
    assert_eq!(sign_in(&core, "ada@example.com", "secret456").await["status"], "OK");

    for (body, status) in [
        (
            json!({"email": "ada@example.com", "newEmail": "grace@example.com"}),
            "EMAIL_ALREADY_EXISTS_ERROR",
        ),
        (json!({"email": "ada@example.com", "newEmail": "ada"}), "INVALID_EMAIL_ERROR"),
        (json!({"email": "ada@example.com", "newPassword": "short"}), "PASSWORD_WEAK_ERROR"),
        (json!({"email": "eve@example.com", "newPassword": "secret456"}), "UNKNOWN_USER_ERROR"),
        (json!({"email": "ada@example.com", "newEmail": "lovelace@example.com"}), "OK"),
    ] {
        assert_eq!(change(body.clone()).await["status"], status, "{body}");
    }
    let users = core.get("/recipe/dashboard/users").await["users"].clone();
    // Both may have been added in one millisecond.
    let emails: BTreeSet<_> =
        users.as_array().expect("users").iter().map(|user| user["email"].as_str()).collect();
    assert_eq!(emails, [Some("grace@example.com"), Some("lovelace@example.com")].into());
}

#[tokio::test]
async fn emails_are_unique_and_passwords_strong() {
    let core = TestCore::start().await;
    add(&core, "ada@example.com").await;
    for (email, password, status) in [
        ("ADA@example.com", PASSWORD, "EMAIL_ALREADY_EXISTS_ERROR"),
        ("ada", PASSWORD, "INVALID_EMAIL_ERROR"),
        ("ada@example", PASSWORD, "INVALID_EMAIL_ERROR"),
        ("@example.com", PASSWORD, "INVALID_EMAIL_ERROR"),
        ("grace@example.com", "secret", "PASSWORD_WEAK_ERROR"),
        ("grace@example.com", "secretsecret", "PASSWORD_WEAK_ERROR"),
        ("grace@example.com", "12345678", "PASSWORD_WEAK_ERROR"),
    ] {
        let body = json!({"email": email, "password": password});
        assert_eq!(core.post("/recipe/dashboard/user", body).await["status"], status, "{email}");
    }
    let empty = core.post("/recipe/dashboard/user", json!({"email": " ", "password": "x"})).await;
    assert_eq!(empty, "Field name 'email' cannot be an empty String\n");
}

#[tokio::test]
async fn users_and_dashboard_users_are_apart() {
    let core = TestCore::start().await;
    core.sign_up("user@example.com").await;
    add(&core, "admin@example.com").await;
    let answer = sign_in(&core, "user@example.com", PASSWORD).await;
    assert_eq!(answer["status"], "INVALID_CREDENTIALS_ERROR");
    let body = json!({"email": "admin@example.com", "password": PASSWORD});
    assert_eq!(core.post("/recipe/signin", body).await["status"], "WRONG_CREDENTIALS_ERROR");
    assert_eq!(core.get("/users/count").await["count"], 1);
}

#[tokio::test]
async fn nothing_that_is_kept_signs_anybody_in() {
    let core = TestCore::start().await;
    add(&core, "ada@example.com").await;
    let token = session(&core, "ada@example.com").await;
    let mut connection = core.database.connect().await;
    let kept: String = sqlx::query_scalar(
        "select concat_ws(' ', u, s) from supertokens_core.dashboard_users u \
         join supertokens_core.dashboard_sessions s on s.user_id = u.id",
    )
    .fetch_one(&mut connection)
    .await
    .expect("a row");
    assert!(kept.contains("$argon2id$"), "{kept}");
    assert!(!kept.contains(PASSWORD) && !kept.contains(&token), "{kept}");
}

#[tokio::test]
async fn an_unknown_admin_takes_as_long_as_a_wrong_password() {
    let core = TestCore::start().await;
    add(&core, "ada@example.com").await;
    for email in ["ada@example.com", "eve@example.com"] {
        let before = core.password_hashes();
        let answer = sign_in(&core, email, "wrong1234").await;
        assert_eq!(answer, json!({"status": "INVALID_CREDENTIALS_ERROR"}));
        // Nothing else takes long.
        assert_eq!(core.password_hashes() - before, 1, "{email}: hashes of a password");
    }
}

#[tokio::test]
async fn users_are_found_by_provider_and_none_by_phone() {
    let core = TestCore::start().await;
    core.sign_up("ada@example.com").await;
    let body = json!({
        "thirdPartyId": "github",
        "thirdPartyUserId": "1",
        "email": {"id": "grace@example.com", "isVerified": true},
    });
    core.post("/recipe/signinup", body).await;
    let tags = core.get("/user/search/tags").await;
    assert_eq!(tags, json!({"status": "OK", "tags": ["email", "phone", "provider"]}));
    let found = async |query: &str| {
        let users = core.get(&format!("/users?{query}")).await["users"].clone();
        users
            .as_array()
            .expect("users")
            .iter()
            .filter_map(|user| user["emails"][0].as_str().map(String::from))
            // Both may have joined in one millisecond.
            .collect::<BTreeSet<_>>()
    };
    let grace = String::from("grace@example.com");
    assert_eq!(found("provider=git").await, [grace.clone()].into());
    assert_eq!(found("email=example.com").await, ["ada@example.com".into(), grace].into());
    assert_eq!(found("phone=%2B49").await, BTreeSet::new());
}
