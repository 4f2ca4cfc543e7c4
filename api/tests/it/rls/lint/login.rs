use pg_scope::Options;
use rls_lint::{Finding, Login, pool, role_exists};

use super::{lint, places};
use crate::{
    rls::guard::Role,
    support::database::{LOGIN, TestDatabase},
};

/// The service's login by name: owners and superusers look at it so.
fn named(name: &str) -> Login {
    Login::Named(name.to_owned())
}

#[tokio::test]
async fn the_products_own_schema_is_clean_whoever_looks() {
    let database = TestDatabase::migrated().await;
    let none: [Finding; 0] = [];
    let own = lint(&database.login_url(), &Login::Own).await;
    assert_eq!((own.login.as_deref(), own.findings), (Some(LOGIN), none.to_vec()));
    for url in [database.owner_url(), database.url_as("", "")] {
        assert_eq!(lint(&url, &named(LOGIN)).await.findings, none);
        let report = lint(&url, &Login::OwnUnlessAdministrator).await;
        assert_eq!((report.login, report.findings), (None, none.to_vec()));
    }
    let own = lint(&database.login_url(), &Login::OwnUnlessAdministrator).await;
    assert_eq!(own.login.as_deref(), Some(LOGIN));
}

#[tokio::test]
async fn a_login_that_row_level_security_does_not_bind() {
    let database = TestDatabase::migrated().await;
    for (attributes, expected) in [
        ("superuser", &["login-superuser"][..]),
        ("bypassrls in role authenticated", &["login-bypasses-rls", "login-starts-as-another"]),
        (
            "in role authenticated, it_owner",
            &[
                "login-creates-roles",
                "login-owns-table",
                "login-owns-object",
                "login-starts-as-another",
            ],
        ),
        ("createrole in role authenticated", &["login-creates-roles", "login-starts-as-another"]),
        ("replication in role authenticated", &["login-replicates", "login-starts-as-another"]),
        (
            "in role authenticated, pg_monitor",
            &["login-predefined-role", "login-starts-as-another"],
        ),
        ("", &["login-not-member", "login-starts-as-another"]),
        ("in role authenticated", &["login-starts-as-another"]),
    ] {
        let role = Role::create(&database, &format!("login {attributes}")).await;
        let object = format!("login {}", role.name);
        // Signed in, and named by another: both see the same.
        let own = lint(&role.url(), &Login::Own).await.findings;
        let told = lint(&database.url_as("", ""), &named(&role.name)).await.findings;
        role.drop().await;
        let mut found = places(&own);
        // An owner reaches tables of theirs, and those are told, too.
        found.retain(|(rule, _)| rule.starts_with("login-"));
        // Since PostgreSQL 16, of the roles that `it_owner` made.
        found.retain(|(rule, _)| *rule != "login-admin-option");
        found.dedup();
        let expected: Vec<_> = expected.iter().map(|rule| (*rule, object.as_str())).collect();
        assert_eq!(found, expected, "{attributes}");
        assert_eq!(own, told, "{attributes}");
    }
}

#[tokio::test]
async fn a_login_may_start_as_the_users_role_in_one_database_or_in_all() {
    let database = TestDatabase::migrated().await;
    let role = Role::create(&database, "login in role authenticated").await;
    let here = "do $$ begin execute format('alter role NAME in database %I set role = VALUE', \
                current_database()); end $$";
    let mut found = Vec::new();
    for sql in ["alter role NAME set role = authenticated", &here.replace("VALUE", "NAME")] {
        database.execute(&sql.replace("NAME", &role.name)).await;
        let told = lint(&database.url_as("", ""), &named(&role.name)).await.findings;
        assert_eq!(lint(&role.url(), &Login::Own).await.findings, told);
        found.push(told.len());
    }
    role.drop().await;
    assert_eq!(found, [0, 1]);
}

/// What the lint finds of a login that is right but for `sql`, in which NAME and DATABASE are its own.
async fn found_after(database: &TestDatabase, sql: &str) -> Vec<Finding> {
    let role = Role::create(database, "login noinherit in role authenticated").await;
    let other = Role::create(database, "nologin").await;
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&mut database.connect().await)
        .await
        .expect("a name");
    let sql = format!("alter role NAME set role = authenticated; {sql}")
        .replace("NAME", &role.name)
        .replace("OTHER", &other.name)
        .replace("DATABASE", &name);
    database.execute(&sql).await;
    // Named by another: a login may not even come in with such settings.
    let found = lint(&database.url_as("", ""), &named(&role.name)).await.findings;
    let undo = format!(
        "set role none; alter database {name} reset all; alter role {} reset all",
        role.name
    );
    database.execute(&undo).await;
    for role in [&role.name, &other.name] {
        database.execute(&format!("reassign owned by {role} to it_owner")).await;
    }
    role.drop().await;
    other.drop().await;
    found
}

/// Changes of a login, and the rule that finds each.
const LOGINS: &[(&str, &str)] = &[
    ("grant pg_execute_server_program to NAME", "login-predefined-role"),
    ("grant pg_read_server_files to OTHER; grant OTHER to NAME", "login-predefined-role"),
    ("grant pg_write_server_files to OTHER; grant OTHER to NAME", "login-predefined-role"),
    ("grant pg_signal_backend to NAME with admin option", "login-predefined-role"),
    ("grant pg_read_all_data to NAME", "login-predefined-role"),
    ("grant pg_checkpoint to NAME", "login-predefined-role"),
    ("alter role OTHER createrole; grant OTHER to NAME", "login-creates-roles"),
    ("alter role OTHER replication; grant OTHER to NAME", "login-replicates"),
    ("alter role OTHER superuser; grant OTHER to NAME", "login-superuser"),
    ("alter role OTHER bypassrls; grant OTHER to NAME with admin option", "login-bypasses-rls"),
    ("grant OTHER to NAME with admin option", "login-admin-option"),
    ("alter database DATABASE owner to NAME", "login-owns-object"),
    ("create schema authorization NAME", "login-owns-object"),
    ("alter function auth.user_id() owner to OTHER; grant OTHER to NAME", "login-owns-object"),
    ("create type mood as enum ('a'); alter type mood owner to NAME", "login-owns-object"),
    ("alter role NAME set session_authorization = OTHER", "login-setting-role"),
    ("alter role NAME in database DATABASE set role = OTHER", "login-setting-role"),
    ("alter database DATABASE set role = OTHER", "login-setting-role"),
    ("alter role NAME set row_security = off", "login-setting-claims"),
    ("alter role NAME set \"Request.jwt.claims\" = '{}'", "login-setting-claims"),
    (
        "alter role NAME in database DATABASE set request.jwt.signature = 'x'",
        "login-setting-claims",
    ),
    ("alter database DATABASE set request.jwt.claims = '{}'", "login-setting-claims"),
    ("alter role NAME set search_path = auth", "login-setting-search-path"),
    ("alter database DATABASE set search_path = auth", "login-setting-search-path"),
    ("alter role NAME set session_preload_libraries = 'x'", "login-setting-search-path"),
];

/// As [`LOGINS`], since PostgreSQL 15.
const PARAMETERS: &[(&str, &str)] = &[
    ("grant set on parameter session_preload_libraries to NAME", "login-sets-dangerous-parameter"),
    (
        "grant set on parameter session_replication_role to OTHER; grant OTHER to NAME",
        "login-sets-dangerous-parameter",
    ),
    (
        "grant set on parameter dynamic_library_path to OTHER; grant OTHER to NAME",
        "login-sets-dangerous-parameter",
    ),
    ("grant set on parameter plperl.on_init to NAME", "login-sets-dangerous-parameter"),
    ("grant alter system on parameter work_mem to NAME", "login-sets-dangerous-parameter"),
    ("grant set on parameter log_statement to NAME", "login-sets-parameter"),
];

/// As [`LOGINS`], since PostgreSQL 16: the login may give itself the rest.
const ADMINS: &[(&str, &str)] = &[(
    "grant pg_read_server_files to NAME with admin true, inherit false, set false",
    "login-predefined-role",
)];

#[tokio::test]
async fn login_as_good_as_a_superuser_is_found() {
    let database = TestDatabase::migrated().await;
    let number: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(&mut database.connect().await)
        .await
        .expect("a version");
    let parameters = if number < 150_000 { &[] } else { PARAMETERS };
    let admins = if number < 160_000 { &[] } else { ADMINS };
    for (sql, rule) in LOGINS.iter().chain(parameters).chain(admins) {
        if number < 150_000 && sql.contains("pg_checkpoint") {
            continue;
        }
        let found = found_after(&database, sql).await;
        assert!(places(&found).iter().any(|(found, _)| found == rule), "{sql}: {found:?}");
    }
}

#[tokio::test]
async fn settings_that_change_no_rights_are_ignored() {
    let database = TestDatabase::migrated().await;
    for sql in [
        "alter role NAME set statement_timeout = '5s'",
        "alter database DATABASE set work_mem = '8MB'",
        "alter role NAME set app.requests = '1'",
        "alter role NAME in database DATABASE set role = authenticated",
        "alter role NAME set role = none; alter role NAME set role = authenticated",
        "alter role OTHER set row_security = off",
    ] {
        assert_eq!(places(&found_after(&database, sql).await), [], "{sql}");
    }
}

#[tokio::test]
async fn what_an_extension_brings_is_its_own_concern() {
    let database = TestDatabase::migrated().await;
    database.execute("create extension pg_stat_statements; create extension pgcrypto").await;
    assert_eq!(places(&lint(&database.login_url(), &Login::Own).await.findings), []);
}

#[tokio::test]
async fn nothing_of_the_schema_runs_as_whoever_looks() {
    let database = TestDatabase::migrated().await;
    // Nearer to what the lint calls than the server's own, wherever the search path is followed.
    let trap = |head: &str| {
        format!(
            "create function public.{head} language plpgsql set search_path = '' \
             as $$ begin raise 'trapped'; end $$; \
             revoke execute on function public.{} from public;",
            head.split(" returns").next().unwrap_or_default()
        )
    };
    let traps = [
        trap("quote_ident(name) returns text"),
        trap("format(text, name) returns text"),
        trap("same_name(name, text) returns boolean"),
        "create operator public.= (function = public.same_name, leftarg = name, \
         rightarg = text);"
            .into(),
    ];
    database.execute(&traps.concat()).await;
    let superuser = database.url_as("", "");
    assert_eq!(places(&lint(&superuser, &named(LOGIN)).await.findings), []);
    let pool = pool(Options::from_url(&superuser).expect("a URL"));
    assert!(role_exists(&pool, LOGIN).await.expect("an answer"));
}
