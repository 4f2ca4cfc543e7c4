//! The function that checks signed claims runs with its owner's rights, and has to.

use super::{Login, TestDatabase, lint, places};

#[tokio::test]
async fn the_function_that_checks_claims_is_no_finding_while_nobody_reads_the_keys() {
    let database = TestDatabase::migrated().await;
    database.sign_claims().await;
    let found = lint(&database.login_url(), &Login::Own).await.findings;
    assert_eq!(places(&found), []);

    database
        .execute(
            "grant usage on schema auth_private to authenticated;
             grant select on auth_private.claims_keys to authenticated",
        )
        .await;
    let found = lint(&database.login_url(), &Login::Own).await.findings;
    let keys = ("table-without-force", "table auth_private.claims_keys");
    assert!(places(&found).contains(&keys), "{found:?}");
    assert!(places(&found).contains(&("function-definer", "function auth.session()")), "{found:?}");
}
