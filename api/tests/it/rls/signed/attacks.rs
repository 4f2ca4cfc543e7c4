//! Each attack succeeds where claims are plain, and fails where they are signed.

use sqlx::AssertSqlSafe;

use super::{
    super::claims_functions::downgrade, SECRET, TestDatabase, TestKey, enter, login, outcome,
    two_users,
};

const TASKS: &str = "select string_agg(task, ',') from todos";

/// Makes `jsonb`, in functions that look temporary types up first, a type whose values are Eve's claims.
const TEMPORARY_TYPE: &str = r#"
    create type pg_temp.jsonb as enum ('null', '{"sub":"ada"}', '"eve"');
    create function pg_temp.eve(pg_temp.jsonb) returns pg_catalog.jsonb language sql as $$
        select (case $1::text when '"eve"' then '"eve"' else '{"sub":"eve"}' end)::pg_catalog.jsonb $$;
    create cast (pg_temp.jsonb as pg_catalog.jsonb) with function pg_temp.eve(pg_temp.jsonb) as implicit;
    create cast (pg_catalog.jsonb as pg_temp.jsonb) with inout as implicit;"#;

fn attacks() -> Vec<(&'static str, String)> {
    let eve = r#"{"sub":"eve"}"#;
    let staff = r#"{"sub":"ada","st-perm":{"v":["todos:read-any"],"t":0}}"#;
    let claim = format!("select set_config('request.jwt.claims', '{eve}', true)");
    vec![
        ("the claims of another", format!("{claim}; {TASKS}")),
        (
            "the same without the signature",
            format!("{claim}; set local request.jwt.signature = ''; {TASKS}"),
        ),
        ("SET", format!("set local request.jwt.claims = '{eve}'; {TASKS}")),
        (
            "for the session, in a transaction of one's own",
            format!("commit; set request.jwt.claims = '{eve}'; begin; {TASKS}"),
        ),
        (
            "roles back and forth",
            format!("reset role; set role none; set role authenticated; {claim}; {TASKS}"),
        ),
        (
            "a permission of one's own making",
            format!("set local role todos_support; set local request.jwt.claims = '{staff}'; {TASKS}"),
        ),
        (
            "a signature that lasts longer",
            format!(
                "{claim}; select set_config('request.jwt.signature', regexp_replace(
                    current_setting('request.jwt.signature'), '\\d(\\.[0-9a-f]*)$', '9\\1'), true); {TASKS}"
            ),
        ),
        ("a temporary type", format!("{TEMPORARY_TYPE} {TASKS}")),
    ]
}

#[tokio::test]
async fn no_statement_makes_one_user_another() {
    let (plain, signed) = (two_users().await, two_users().await);
    // A temporary type misleads the functions of before alone.
    downgrade(&plain).await;
    let key = signed.sign_claims().await;
    // As if the owner had left them what `migration claims signed` takes.
    let open = two_users().await;
    let open_key = open.sign_claims().await;
    open.grant_temporary().await;
    for (attack, statements) in attacks() {
        let seen = outcome(&plain, None, &statements).await;
        assert!(seen.contains(SECRET), "{attack} is no attack: {seen}");
        for (database, key) in [(&signed, &key), (&open, &open_key)] {
            let seen = outcome(database, Some(key), &statements).await;
            assert!(!seen.contains(SECRET), "{attack}: {seen}");
        }
    }
    // And what is signed counts.
    assert_eq!(outcome(&signed, Some(&key), TASKS).await, "hers");
}

/// What one was, one is no more: Ada was of the support staff yesterday, and has kept what she sent then.
#[tokio::test]
async fn claims_of_yesterday_count_no_more() {
    let staff = r#"{"sub":"ada","st-perm":{"v":["todos:read-any"],"t":0}}"#;
    let replay = |signature: String| {
        format!(
            "set local role todos_support;
             select set_config('request.jwt.claims', '{staff}', true),
                    set_config('request.jwt.signature', '{signature}', true);
             {TASKS}"
        )
    };
    let plain = two_users().await;
    assert!(outcome(&plain, None, &replay(String::new())).await.contains(SECRET));

    let database = two_users().await;
    let key = database.sign_claims().await;
    let sign = |seconds| replay(key.sign(staff, seconds));
    assert!(outcome(&database, Some(&key), &sign(60)).await.contains(SECRET));
    // Nor what a service whose clock is a day ahead has signed, which would last as long.
    for seconds in [-86_400, -1, 86_400] {
        let seen = outcome(&database, Some(&key), &sign(seconds)).await;
        assert!(!seen.contains(SECRET), "{seconds}: {seen}");
    }
}

#[tokio::test]
async fn a_transaction_keeps_its_claims_however_long_it_takes() {
    let database = two_users().await;
    let key = database.sign_claims().await;
    let mut connection = login(&database).await;
    let claims = super::super::claims("ada");
    sqlx::raw_sql("begin").execute(&mut connection).await.expect("a transaction");
    let sql = "select set_config('request.jwt.claims', $1, true), set_config('request.jwt.signature', $2, true)";
    let claim = sqlx::query(sql).bind(&claims).bind(key.sign(&claims, 1));
    claim.execute(&mut connection).await.expect("the claims are set");
    let expired = "select pg_sleep(extract(epoch from now() + interval '2 s' - clock_timestamp()))";
    sqlx::raw_sql(expired).execute(&mut connection).await.expect("time passes");
    let seen: String = sqlx::query_scalar(TASKS).fetch_one(&mut connection).await.expect("a list");
    assert_eq!(seen, "hers");
}

/// A table of one's own in place of the real one catches what the next user of the connection writes.
#[tokio::test]
async fn no_trap_is_left_on_a_connection() {
    const TRAP: &str = "create temporary table todos (task text); commit";
    let caught = async |database: &TestDatabase, key: Option<&TestKey>| {
        let mut connection = login(database).await;
        enter(&mut connection, key).await;
        let set = sqlx::raw_sql(TRAP).execute(&mut connection).await;
        sqlx::raw_sql("rollback").execute(&mut connection).await.expect("it is over");
        enter(&mut connection, key).await;
        let write = format!("insert into todos (task) values ('{SECRET}'); commit");
        sqlx::raw_sql(AssertSqlSafe(write)).execute(&mut connection).await.expect("a row");
        let real =
            sqlx::query("select from public.todos where user_id = 'ada' and task = 'not hers'");
        let seen = real.fetch_all(&mut database.connect().await).await.expect("the table answers");
        (set.is_ok(), seen.is_empty())
    };
    let (plain, signed) = (two_users().await, two_users().await);
    assert_eq!(caught(&plain, None).await, (true, true));
    let key = signed.sign_claims().await;
    assert_eq!(caught(&signed, Some(&key)).await, (false, false));
}
