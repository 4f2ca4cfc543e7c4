//! The function that checks signed claims runs with its owner's rights, and has to.

use super::{Finding, Login, TestDatabase, cases::NOTES, lint, places};

#[tokio::test]
async fn policy_without_signature_check_is_an_error() {
    const CLAIMS: &str = "current_setting('request.jwt.claims', true)::jsonb ->> 'sub'";
    let database = TestDatabase::migrated().await;
    database.execute(NOTES).await;
    let policies = format!(
        "create policy own on notes for select to authenticated using ((select {CLAIMS}) = user_id);
         create policy titled on notes as restrictive for delete to authenticated
             using (title = current_setting('Request.JWT.claims'))"
    );
    database.execute(&policies).await;
    let found = lint(&database.login_url(), &Login::Own).await.findings;
    let unsigned = |findings: &[Finding]| -> Vec<String> {
        let of_rule = findings.iter().filter(|finding| finding.rule == "policy-unsigned-claims");
        of_rule.map(|finding| finding.object.clone()).collect()
    };
    assert_eq!(unsigned(&found), [""; 0]);

    database.sign_claims().await;
    let found = lint(&database.login_url(), &Login::Own).await.findings;
    assert_eq!(unsigned(&found), ["policy own on notes", "policy titled on notes"]);
}

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
