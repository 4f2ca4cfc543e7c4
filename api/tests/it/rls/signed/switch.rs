//! `migration claims …`: what the owner of a database can say.

use migration::claims::{self, ClaimsError, Status};

use super::{SECRET, TestDatabase, outcome, two_users};
use crate::support::claims::TestKey;

const BECOME_EVE: &str = r#"set local request.jwt.claims = '{"sub":"eve"}';
                            select string_agg(task, ',') from todos"#;

async fn status(database: &TestDatabase) -> Status {
    claims::status(&database.owner().await).await.expect("a status")
}

fn ids(status: &Status) -> Vec<i32> {
    status.keys.iter().map(|(id, _)| *id).collect()
}

#[tokio::test]
async fn a_database_is_switched_there_and_back() {
    let database = two_users().await;
    let owner = database.owner().await;
    assert_eq!(status(&database).await, Status { is_signed: false, keys: vec![] });
    let key = database.sign_claims().await;
    assert!(status(&database).await.is_signed);
    assert_eq!(ids(&status(&database).await), [key.id()]);
    assert!(claims::sign(&owner).await.expect("twice changes nothing").is_none());
    assert!(!outcome(&database, Some(&key), BECOME_EVE).await.contains(SECRET));

    claims::take_plain(&owner).await.expect("plain again");
    assert_eq!(status(&database).await, Status { is_signed: false, keys: vec![] });
    assert!(outcome(&database, None, BECOME_EVE).await.contains(SECRET));
}

#[tokio::test]
async fn a_key_is_retired_but_not_the_last_one() {
    let database = two_users().await;
    let owner = database.owner().await;
    let tasks = "select string_agg(task, ',') from todos";
    let old = database.sign_claims().await;
    let refused = claims::retire(&owner, old.id()).await.expect_err("the last");
    assert!(matches!(refused, ClaimsError::LastKey(_)), "{refused}");
    assert!(refused.to_string().contains("migration claims rotate"), "{refused}");
    let new = database.add_claims_key().await;
    for key in [&old, &new] {
        assert_eq!(outcome(&database, Some(key), tasks).await, "hers");
    }
    claims::retire(&owner, old.id()).await.expect("there is another");
    assert_eq!(outcome(&database, Some(&new), tasks).await, "hers");
    assert!(outcome(&database, Some(&old), tasks).await.contains("28000"));
    let refused = claims::retire(&owner, old.id()).await.expect_err("it is gone");
    assert!(matches!(refused, ClaimsError::UnknownKey(_)), "{refused}");
    // An id is given once: a service with a retired key is never taken for one with another.
    let third: TestKey = database.add_claims_key().await;
    assert!(third.id() > new.id());
}

#[tokio::test]
async fn what_cannot_be_signed_is_refused_with_what_to_do() {
    let database = TestDatabase::new().await;
    let refused = claims::sign(&database.owner().await).await.err().expect("no functions");
    assert!(refused.to_string().contains("migration up"), "{refused}");

    // As where pg_session_jwt is installed.
    let database = TestDatabase::migrated().await;
    database
        .execute("create extension pgcrypto; alter extension pgcrypto add function auth.session()")
        .await;
    let refused = claims::sign(&database.owner().await).await.err().expect("not ours");
    assert!(refused.to_string().contains("pg_session_jwt"), "{refused}");
    database.execute("alter extension pgcrypto drop function auth.session()").await;
    database.sign_claims().await;

    // A schema in which everybody may make functions, and which is not the owner's to close.
    let database = TestDatabase::migrated().await;
    database.execute("create schema commons; grant create on schema commons to public").await;
    let refused = claims::sign(&database.owner().await).await.err().expect("a way round");
    assert!(refused.to_string().contains("REVOKE CREATE ON SCHEMA commons"), "{refused}");
    assert!(!status(&database).await.is_signed, "half of it is not done");
}
