//! What is for everybody: tables without an owner comparison, and the schema `public`.

use api::rls::lint_options;
use pg_scope::Options;
use rls_lint::{CREATE_IN_PUBLIC, Login, pool, run};

use super::{cases::Case, findings, places};
use crate::{rls::guard::faults, support::database::TestDatabase};

/// Tables without a policy that names an owner: statements, and what is an error or a warning then.
const SHARED: &[Case] = &[
    (
        "create policy p on news for select to authenticated using (at <= now())",
        &[("policy-always-true", "policy p on news")],
    ),
    (
        "create policy p on news for select to authenticated using (at <= current_timestamp)",
        &[("policy-always-true", "policy p on news")],
    ),
    (
        "create policy p on news for select to authenticated using (lower(title) <> 'x')",
        &[("policy-always-true", "policy p on news")],
    ),
    (
        "create extension citext; alter table news add tag citext;
         create policy p on news for select to authenticated using (tag = 'a')",
        &[("policy-always-true", "policy p on news")],
    ),
    (
        "create policy p on news for select to authenticated using (current_user = title)",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "create policy p on news for select to authenticated using ((select auth.user_id()) <> 'x')",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "create policy p on news for select to authenticated
         using (set_config('request.jwt.claims', title, true) <> '')",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "create function me_or(a text, b text) returns boolean language sql stable return a = auth.user_id();
         create operator === (function = me_or, leftarg = text, rightarg = text);
         create policy p on news for select to authenticated using (title === 'x')",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "create policy p on news for delete to authenticated using (at <= now());
         grant delete on news to authenticated",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    // An owner column that no policy compares.
    (
        "alter table news add author text not null default auth.user_id();
         create policy p on news for select to authenticated using (true)",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "alter table news add author text not null default auth.user_id();
         create policy p on news for insert to authenticated with check (true)",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "alter table news add author text default current_setting('request.jwt.claims', true)::json ->> 'sub';
         create policy p on news for select to authenticated using (true)",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "create function me() returns text language sql stable return auth.user_id();
         alter table news add author text default me();
         create policy p on news for select to authenticated using (true)",
        &[("policy-not-own-rows", "policy p on news")],
    ),
    (
        "create function key() returns uuid language sql volatile return gen_random_uuid();
         alter table news add key uuid default key(), add zone text default current_setting('TimeZone');
         create policy p on news for select to authenticated using (true)",
        &[("policy-always-true", "policy p on news")],
    ),
    // A boolean is no user.
    (
        "alter table news add flag boolean default (auth.user_id() is not null);
         create policy p on news for select to authenticated using (true)",
        &[("policy-always-true", "policy p on news")],
    ),
    // SuperTokens' own type of ids.
    (
        "alter table news add owner char(36) not null default auth.user_id();
         create policy p on news for select to authenticated using (owner = (select auth.user_id()))",
        &[],
    ),
];

#[tokio::test]
async fn policies_of_tables_without_an_owner_comparison() {
    for (sql, expected) in SHARED {
        let sql = format!(
            "create table news (id bigint generated always as identity primary key, title text, at timestamptz);
             alter table news enable row level security, force row level security;
             grant select on news to authenticated; {sql}"
        );
        assert_eq!(places(&findings(&sql).await), *expected, "{sql}");
    }
}

/// A cluster that PostgreSQL 14 made keeps this grant through `pg_upgrade`.
#[tokio::test]
async fn create_in_public_of_an_upgraded_cluster_is_a_warning() {
    let database = TestDatabase::migrated().await;
    let open = "grant create on schema public to public; alter schema public owner to";
    for (owner, expected) in [
        (
            "pg_database_owner",
            (CREATE_IN_PUBLIC.id, "as it_owner, who owns the database, or as a superuser"),
        ),
        ("current_user", (CREATE_IN_PUBLIC.id, "or another superuser")),
        ("todos_support", ("create-reachable", "from the roles that have it")),
    ] {
        database.execute(&format!("{open} {owner}")).await;
        let pool = pool(Options::from_url(&database.login_url()).expect("a URL"));
        let found = run(&pool, &lint_options("authenticated", Login::Own))
            .await
            .expect("the catalogue is read");
        pool.close().await;
        let (rule, advice) = expected;
        let created = found.findings.iter().find(|finding| finding.object == "SCHEMA public");
        let created = created.expect("it is found");
        assert_eq!(created.rule, rule, "{owner}");
        assert!(created.advice.ends_with(advice), "{owner}: {}", created.advice);
        // The statement of the advice ends it.
        database.execute("revoke create on schema public from public").await;
    }
    let url = database.login_url();
    database.execute(&format!("{open} pg_database_owner")).await;
    assert_eq!(faults(url).await, Vec::<String>::new());
}
