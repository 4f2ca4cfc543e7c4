//! The key is out of reach, and nothing tells of it.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
};

use futures_util::FutureExt as _;
use tokio_postgres::{AsyncMessage, NoTls};

use super::{TestDatabase, TestKey, outcome, two_users};

/// Statements, and what they come to: an error, or something that is not the key.
const ATTEMPTS: [(&str, &str); 26] = [
    ("select encode(secret, 'hex') from auth_private.claims_keys", "permission denied"),
    ("copy auth_private.claims_keys to stdout", "permission denied"),
    (
        "select query_to_xml('table auth_private.claims_keys', true, true, '')::text",
        "permission denied",
    ),
    ("select table_to_xml('auth_private.claims_keys', true, true, '')::text", "permission denied"),
    ("lock auth_private.claims_keys", "permission denied"),
    ("delete from auth_private.claims_keys", "permission denied"),
    ("insert into auth_private.claims_keys (secret) values ('')", "permission denied"),
    ("reset role; set role none; table auth_private.claims_keys", "permission denied"),
    ("set role it_owner", "permission denied"),
    ("set session authorization it_owner", "permission denied"),
    ("grant select on auth_private.claims_keys to authenticated", "permission denied"),
    // By the function: its source, and others in its place.
    ("select string_agg(prosrc, '') from pg_proc where proname = 'session'", "claims_keys"),
    ("select pg_get_functiondef('auth.session'::regproc)", "claims_keys"),
    (
        "create or replace function auth.session() returns jsonb language sql as 'select null'",
        "permission denied",
    ),
    ("alter function auth.session() security invoker", "must be owner"),
    (
        "create function public.hmac(bytea, bytea, text) returns bytea language sql as 'select $1'",
        "permission denied",
    ),
    (
        "create function auth.hmac(bytea, bytea, text) returns bytea language sql as 'select $1'",
        "permission denied",
    ),
    ("create schema mine", "permission denied"),
    ("create temporary table claims_keys (id int, secret bytea)", "permission denied"),
    ("create type pg_temp.jsonb as enum ('null')", "permission denied"),
    // By what computes with it.
    (
        "select encode(auth_private.hmac('x'::bytea, 'y'::bytea, 'sha256'), 'hex')",
        "permission denied",
    ),
    // By what the server keeps and shows.
    ("select string_agg(s::text, ',') from pg_settings s", "search_path"),
    ("select string_agg(a::text, ',') from pg_stat_activity a", "insufficient privilege"),
    (
        "reset role; set role none; select string_agg(query, ',') from pg_stat_activity",
        "string_agg",
    ),
    (
        "select coalesce(string_agg(s::text, ','), 'nothing') from pg_stats s where schemaname = 'auth_private'",
        "nothing",
    ),
    ("explain (analyze, verbose) select auth.session()", "Result"),
];

/// Claims and signatures by which the function fails in each of the ways it can.
const FAILURES: [(&str, &str); 7] = [
    (r#"{"sub":"eve"}"#, ""),
    (r#"{"sub":"eve"}"#, "1"),
    (r#"{"sub":"eve"}"#, "x.y.z"),
    (r#"{"sub":"eve"}"#, "1.99999999999999999999.00"),
    (r#"{"sub":"eve"}"#, "99.NOW.00"),
    (r#"{"sub":"eve"}"#, "1.NOW.zz"),
    (r#"{"sub":"eve"}"#, "1.NOW.00"),
];

fn assert_secret(key: &TestKey, what: &str, told: &str) {
    // Trees of nodes show bytes as numbers with a sign.
    let bytes = hex::decode(key.secret()).expect("hexadecimal digits");
    let numbers: Vec<_> = bytes[..6].iter().map(|byte| byte.cast_signed().to_string()).collect();
    assert!(!told.contains(&key.secret()[..12]), "{what} tells the key: {told}");
    assert!(!told.contains(&numbers.join(" ")), "{what} tells the key as numbers");
}

#[tokio::test]
async fn no_statement_reads_it() {
    let database = two_users().await;
    let key = database.sign_claims().await;
    for (statement, expected) in ATTEMPTS {
        let told = outcome(&database, Some(&key), statement).await;
        assert!(told.contains(expected), "{statement}: {told}");
        assert_secret(&key, statement, &told);
    }
}

#[tokio::test]
async fn a_grant_by_mistake_shows_no_row_of_it() {
    let database = two_users().await;
    let key = database.sign_claims().await;
    let grant = "grant usage on schema auth_private to authenticated;
                 grant select on auth_private.claims_keys to authenticated";
    database.execute(grant).await;
    let count = "select count(*)::text from auth_private.claims_keys";
    assert_eq!(outcome(&database, Some(&key), count).await, "0");
}

/// Everybody may ask for the plans of what runs, and the planner computes ahead what it takes for constant:
/// were the secret a variable, the plan would have it, and the signature that somebody lacks.
#[tokio::test]
async fn neither_errors_nor_plans_tell_it() {
    let database = two_users().await;
    let key = database.sign_claims().await;
    for (claims, signature) in FAILURES {
        let signed = key.sign(claims, 30);
        let parts: Vec<_> = signed.split('.').collect();
        let signature = signature.replace("NOW", parts[1]);
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let told = everything_told(&database, claims, &signature, mode).await;
            assert!(told.contains("PLANNEDSTMT") && told.contains("auth.session()"), "{told}");
            assert_secret(&key, &signature, &told);
            let missing = hex::decode(parts[2]).expect("hexadecimal digits");
            let numbers: Vec<_> =
                missing[..6].iter().map(|b| b.cast_signed().to_string()).collect();
            assert!(!told.contains(&numbers.join(" ")), "{signature}: the plan has the signature");
            assert!(!told.contains(&parts[2][..12]), "{signature}: the signature is told: {told}");
        }
    }
}

/// All notices and the error, with the settings that make the server talk.
async fn everything_told(
    database: &TestDatabase,
    claims: &str,
    signature: &str,
    plan_cache_mode: &str,
) -> String {
    let url = database.login_url();
    let (client, mut connection) = tokio_postgres::connect(&url, NoTls).await.expect("a login");
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    let listening = tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message {
                hears.lock().expect("no panic").push(format!("{notice:?}"));
            }
        }
    });
    let ask = format!(
        "set request.jwt.claims = '{claims}'; set request.jwt.signature = '{signature}';
         set plan_cache_mode = {plan_cache_mode}; set client_min_messages = debug5;
         set debug_print_parse = on; set debug_print_rewritten = on; set debug_print_plan = on;
         select auth.session()"
    );
    let error = client.batch_execute(&ask).map(|done| done.expect_err("it is refused")).await;
    drop(client);
    listening.await.expect("no panic");
    let told = told.lock().expect("no panic").join("\n");
    // What the error has beside its text: details, hints, context.
    format!("{told}{:?}", error.as_db_error().expect("the server's word"))
}
