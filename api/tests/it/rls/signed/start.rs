//! Service and database must agree about claims before the first request.

use std::time::Duration;

use api::{
    concurrency::Budget,
    rls::{CheckError, ClaimsMode, PoolOptions, Rls, Signer},
};
use chrono::TimeDelta;
use clock::Clock;

use super::{TestDatabase, TestKey};
use crate::support::app::TestApp;

/// What the service says when it starts so.
async fn verdict(database: &TestDatabase, mode: ClaimsMode, key: Option<&TestKey>) -> String {
    verdict_at(Clock::system(), database, mode, key).await
}

async fn verdict_at(
    clock: Clock,
    database: &TestDatabase,
    mode: ClaimsMode,
    key: Option<&TestKey>,
) -> String {
    let key = key.map(|key| key.text.parse().expect("a key"));
    let rls = Rls::connect(&PoolOptions {
        url: database.login_url().into(),
        budget: Budget::new(1, 1, None),
        acquire_timeout: Duration::from_secs(5),
        prepares_statements: true,
        search_timeout: Duration::from_secs(2),
        signer: Signer { mode, key, clock },
    })
    .expect("a lazy pool");
    match rls.verify().await {
        Ok(()) => "agreed".to_owned(),
        Err(CheckError::Disagreement(disagreement)) => disagreement.to_string(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_service_that_sends_what_the_database_takes_starts() {
    let database = TestDatabase::migrated().await;
    assert_eq!(verdict(&database, ClaimsMode::Plain, None).await, "agreed");
    // The way there, without a pause: a key that nobody asks for yet, then a database that does.
    let key = database.add_claims_key().await;
    assert_eq!(verdict(&database, ClaimsMode::Plain, Some(&key)).await, "agreed");
    migration::claims::sign(&database.owner().await).await.expect("claims can be signed");
    assert_eq!(verdict(&database, ClaimsMode::Plain, Some(&key)).await, "agreed");
    assert_eq!(verdict(&database, ClaimsMode::Signed, Some(&key)).await, "agreed");
}

#[tokio::test]
async fn a_service_that_does_not_is_told_what_to_do() {
    let (plain, signed) = (TestDatabase::migrated().await, TestDatabase::migrated().await);
    let key = signed.sign_claims().await;
    let told = verdict(&signed, ClaimsMode::Plain, None).await;
    assert!(told.contains("set RLS_CLAIMS=signed and RLS_CLAIMS_KEY"), "{told}");
    let told = verdict(&plain, ClaimsMode::Signed, Some(&key)).await;
    assert!(told.contains("without a signature: run `migration claims signed`"), "{told}");

    let foreign = TestDatabase::migrated().await.sign_claims().await;
    let told = verdict(&signed, ClaimsMode::Signed, Some(&foreign)).await;
    assert!(told.contains("`migration claims status`"), "{told}");

    let late = Clock::from_fn(|| Clock::system().now() - TimeDelta::minutes(5));
    let told = verdict_at(late, &signed, ClaimsMode::Signed, Some(&key)).await;
    assert!(told.contains("is 300 seconds ahead") || told.contains("is 301 seconds"), "{told}");

    signed.grant_temporary().await;
    let told = verdict(&signed, ClaimsMode::Signed, Some(&key)).await;
    assert!(told.contains("REVOKE CREATE, TEMPORARY"), "{told}");
}

/// Whatever the function is called and whoever wrote it: what it does counts.
#[tokio::test]
async fn a_function_that_looks_away_is_found() {
    for (looks_at, instead, told) in [
        ("= sha256(decode(signature[3], 'hex'))", "is not null", "signed by anybody"),
        (
            "BETWEEN to_timestamp(signature[2]::float8 - 120) AND to_timestamp(signature[2]::float8)",
            "IS NOT NULL",
            "signed yesterday",
        ),
    ] {
        let database = TestDatabase::migrated().await;
        let key = database.sign_claims().await;
        let loosen = format!(
            "do $do$ begin
                execute replace(pg_get_functiondef('auth.session'::regproc), $${looks_at}$$, '{instead}');
             end $do$"
        );
        database.execute(&loosen).await;
        let found = verdict(&database, ClaimsMode::Signed, Some(&key)).await;
        assert!(found.contains(told), "{looks_at}: {found}");
    }
}

#[tokio::test]
async fn the_api_works_with_signed_claims() {
    let database = TestDatabase::migrated().await;
    let key = database.sign_claims().await;
    let vars = [("RLS_CLAIMS", "signed"), ("RLS_CLAIMS_KEY", key.text.as_str())];
    let app = TestApp::start_on(database, &vars, Clock::system()).await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    ada.add("hers").await;
    assert_eq!(ada.tasks().await, ["hers"]);
    assert_eq!(eve.tasks().await, [""; 0]);
}
