//! What the running program writes: enough to know what happened, and no secret.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    app::credentials,
    database::TestDatabase,
    program::{Program, header},
};

const EMAIL: &str = "ada.lovelace@example.com";
const PASSWORD: &str = "analytical-engine-1";
const WRONG: &str = "difference-engine-2";

#[tokio::test]
async fn what_the_lint_warns_of_is_told_at_start() {
    let database = TestDatabase::migrated().await;
    database
        .execute("create index on todos (task); drop index todos_list, todos_age, todos_client_key")
        .await;
    let written = Program::start(&database, &[("RUST_LOG", "info")]).await.written();
    let told = written.lines().find(|line| line.contains("no index of todos leads on user_id"));
    let told = told.unwrap_or_else(|| panic!("{written}"));
    assert!(told.contains("WARN") && told.contains("policy-without-index"), "{told}");
    assert!(told.contains("CREATE INDEX ON todos (user_id)"), "{told}");
}

#[tokio::test]
async fn logs_hold_no_secret_however_much_they_tell() {
    let database = TestDatabase::migrated().await;
    let program = Program::start(&database, &[("RUST_LOG", "trace")]).await;
    let signed_up = program.post("/auth/signup", None, &credentials(EMAIL, PASSWORD)).await;
    let access = header(&signed_up, "st-access-token");
    let refresh = header(&signed_up, "st-refresh-token");
    program.post("/auth/signin", None, &credentials(EMAIL, WRONG)).await;
    let operation = json!({"query": "{ session { email } todos { nodes { id } } }"});
    program.post("/graphql", Some(&access), &operation).await;
    let forged = format!("{}x", &access[..access.len() - 1]);
    program.post("/graphql", Some(&forged), &operation).await;
    program.post("/auth/user/email/verify/token", Some(&access), &json!({})).await;
    let verification = program.mailed(1).await;
    let ask = json!({"formFields": [{"id": "email", "value": EMAIL}]});
    program.post("/auth/user/password/reset/token", None, &ask).await;
    let reset = program.mailed(2).await;
    // A refresh, and the theft that follows.
    let refreshed = program.post("/auth/session/refresh", Some(&refresh), &json!({})).await;
    let (child, child_refresh) =
        (header(&refreshed, "st-access-token"), header(&refreshed, "st-refresh-token"));
    program.post("/graphql", Some(&child), &operation).await;
    let theft = program.post("/auth/session/refresh", Some(&refresh), &json!({})).await;
    assert_eq!(theft.status(), StatusCode::UNAUTHORIZED);
    let exists = format!("{}/auth/emailpassword/email/exists?email={EMAIL}", program.url);
    program.http.get(exists).send().await.expect("an answer");

    let written = program.written();
    assert!(written.contains("a spent refresh token was used again"), "{written}");
    let signature = |token: &str| token.rsplit('.').next().unwrap_or_default().to_owned();
    for secret in [
        PASSWORD,
        WRONG,
        EMAIL,
        &refresh,
        &child_refresh,
        &signature(&access),
        &signature(&child),
        &verification,
        &reset,
    ] {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
