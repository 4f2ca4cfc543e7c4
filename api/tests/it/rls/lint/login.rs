use api::rls::lint::{Finding, Login, pool, role_exists};
use pg_scope::Options;

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
        ("in role authenticated, it_owner", &["login-owns-table", "login-starts-as-another"]),
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
