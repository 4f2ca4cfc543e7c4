use std::collections::BTreeSet;

use rls_lint::{CREATE_IN_PUBLIC, RULES, SERVER_WITH_LEAKS, Severity};
use sqlx::AssertSqlSafe;

use super::{findings, places};
use crate::support::database::TestDatabase;

/// A table as it should be; `own` is what its policies ask.
pub const NOTES: &str = "
    create table notes (
        id bigint generated always as identity primary key,
        user_id text not null default auth.user_id(),
        title text
    );
    create index on notes (user_id, id);
    alter table notes enable row level security;
    alter table notes force row level security;
    grant select, delete, insert (title), update (title) on notes to authenticated;";

pub const OWN: &str = "(select auth.user_id()) = user_id";

/// Statements after [`NOTES`], and what is found then: rules and objects.
pub type Case = (&'static str, &'static [(&'static str, &'static str)]);

const RELATIONS: &[Case] = &[
    (
        "create table open (id int); grant select on open to todos_support",
        &[("table-without-rls", "table open")],
    ),
    (
        "create schema app; create table app.\"Open\" (id int); grant select on app.\"Open\" to authenticated",
        &[("table-without-rls", "table app.\"Open\"")],
    ),
    ("alter table notes no force row level security", &[("table-without-force", "table notes")]),
    (
        "create view open as table notes; grant select on open to authenticated",
        &[("view-not-security-invoker", "view open")],
    ),
    (
        "create materialized view open as table notes; grant select on open to authenticated",
        &[("materialized-view-reachable", "materialized view open")],
    ),
    (
        "create foreign data wrapper w; create server s foreign data wrapper w;
         create foreign table open (id int) server s; grant select on open to authenticated",
        &[("foreign-table-reachable", "foreign table open")],
    ),
    ("create table hidden (id int); create view hidden_view as table notes", &[]),
];

const POLICIES: &[Case] = &[
    (
        "create policy p on notes for delete to authenticated using (true)",
        &[("policy-always-true-for-changes", "policy p on notes")],
    ),
    (
        "create policy p on notes to authenticated using (1 = 1)",
        &[
            ("policy-always-true-for-changes", "policy p on notes"),
            ("update-policy-without-check", "policy p on notes"),
        ],
    ),
    (
        "create policy p on notes for update to authenticated using (OWN) with check (true)",
        &[("policy-always-true-for-changes", "policy p on notes")],
    ),
    (
        "create table colours (name text);
         alter table colours enable row level security, force row level security;
         grant select on colours to authenticated;
         create policy p on colours for select to authenticated using (true)",
        &[("policy-always-true", "policy p on colours")],
    ),
    ("create policy p on notes for select to authenticated using (false)", &[]),
    ("create policy p on notes as restrictive for select to authenticated using (true)", &[]),
    ("create policy p on notes for select to it_owner using (true)", &[]),
    (
        "create policy p on notes for select using (OWN)",
        &[("policy-for-public", "policy p on notes")],
    ),
    (
        "create policy p on notes for update to authenticated using (OWN)",
        &[("update-policy-without-check", "policy p on notes")],
    ),
    (
        "create policy p on notes for select to authenticated using (auth.user_id() = user_id)",
        &[("policy-not-initplan", "policy p on notes")],
    ),
    (
        "create policy p on notes for select to authenticated
         using ((select auth.user_id() = user_id))",
        &[("policy-not-initplan", "policy p on notes")],
    ),
    (
        "create policy p on notes for select to authenticated
         using (user_id = current_setting('app.user', true))",
        &[("policy-not-own-rows", "policy p on notes"), ("policy-not-initplan", "policy p on notes")],
    ),
    (
        "create policy p on notes for insert to authenticated
         with check (title <> '' and (auth.jwt() ->> 'sub') = user_id)",
        &[("policy-not-initplan", "policy p on notes")],
    ),
    (
        "create policy p on notes for select to authenticated
         using (exists (select from todos where todos.user_id = auth.user_id()))",
        &[("policy-not-own-rows", "policy p on notes"), ("policy-not-initplan", "policy p on notes")],
    ),
    (
        "create policy p on notes for select to authenticated
         using ((select auth.jwt() ->> 'sub') = user_id)",
        &[],
    ),
    (
        "drop index notes_user_id_id_idx; create index on notes (id, user_id);
         create policy p on notes for select to authenticated using (OWN)",
        &[("policy-without-index", "table notes")],
    ),
    (
        "drop index notes_user_id_id_idx; create index on notes (user_id) where title <> '';
         create policy p on notes for select to authenticated using (OWN)",
        &[("policy-without-index", "table notes")],
    ),
    (
        "drop index notes_user_id_id_idx;
         create policy p on notes for select to authenticated using ((select auth.user_id() = user_id))",
        &[("policy-not-initplan", "policy p on notes"), ("policy-without-index", "table notes")],
    ),
    (
        "create policy p on notes for select to authenticated using (OWN);
         create policy q on notes for select to authenticated using (OWN and title <> '')",
        &[("policy-several-permissive", "table notes")],
    ),
    (
        "create policy p on notes for select to authenticated
         using ((select auth.session() -> 'st-perm' -> 'v' ? 'notes:read'))",
        &[],
    ),
    (
        "create policy p on notes for select to authenticated using (OWN);
         create policy q on notes as restrictive for select to authenticated using (title <> '');
         create policy r on notes for delete to authenticated using (OWN)",
        &[],
    ),
];

const GRANTS: &[Case] = &[
    ("grant truncate, trigger on notes to authenticated", &[("grant-beyond-rows", "table notes")]),
    ("grant references (id) on notes to todos_support", &[("grant-beyond-rows", "table notes")]),
    ("grant insert on notes to authenticated", &[("grant-owner-column", "table notes")]),
    ("grant update (user_id) on notes to authenticated", &[("grant-owner-column", "table notes")]),
    ("grant select (title) on notes to public", &[("grant-to-public", "table notes")]),
    ("create sequence s; grant usage on s to public", &[("grant-to-public", "sequence s")]),
    ("grant all on notes to it_owner", &[]),
    ("create sequence s; grant update on s to authenticated", &[("grant-sequence", "sequence s")]),
    (
        "grant select on pg_statistic to todos_support",
        &[("grant-system-object", "TABLE pg_catalog.pg_statistic")],
    ),
    (
        "grant select (rolpassword) on pg_authid to public",
        &[("grant-system-object", "TABLE pg_catalog.pg_authid")],
    ),
    (
        "grant execute on function pg_read_file(text) to authenticated",
        &[("grant-system-object", "FUNCTION pg_read_file(text)")],
    ),
    (
        "grant execute on function pg_ls_dir(text) to public",
        &[("grant-system-object", "FUNCTION pg_ls_dir(text)")],
    ),
];

const OBJECTS: &[Case] = &[
    ("grant create on schema public to authenticated", &[("create-reachable", "SCHEMA public")]),
    (
        "create schema app; grant create on schema app to public",
        &[("create-reachable", "SCHEMA app")],
    ),
    (
        "grant create on schema pg_catalog to todos_support",
        &[("create-reachable", "SCHEMA pg_catalog")],
    ),
    (
        "alter default privileges for role it_owner in schema public
         grant select on tables to authenticated",
        &[("default-privileges", "default privileges of it_owner")],
    ),
    (
        "alter default privileges for role it_owner grant usage on sequences to public",
        &[("default-privileges", "default privileges of it_owner")],
    ),
    ("alter default privileges for role it_owner revoke execute on functions from public", &[]),
    (
        "create table log (id bigint);
         create rule r as on insert to notes do also insert into log values (1)",
        &[("rule-on-relation", "relation notes")],
    ),
    (
        "create foreign data wrapper w; create server s foreign data wrapper w;
         grant usage on foreign server s to authenticated",
        &[("foreign-server-reachable", "FOREIGN SERVER s")],
    ),
    (
        "create foreign data wrapper w; grant usage on foreign data wrapper w to todos_support",
        &[("foreign-server-reachable", "FOREIGN DATA WRAPPER w")],
    ),
    (
        "create foreign data wrapper w; create server s foreign data wrapper w;
         create user mapping for public server s",
        &[("foreign-server-reachable", "user mapping of server s")],
    ),
    (
        "create function f(a text) returns boolean language plpgsql leakproof set search_path = ''
         as 'begin raise notice ''%'', a; return true; end'",
        &[("function-leakproof", "function f(a text)")],
    ),
    (
        "create or replace function auth.user_id() returns text language plpgsql stable
         set search_path = '' as $$ begin return 'ada'; end $$",
        &[("function-auth-replaced", "function auth.user_id()")],
    ),
    (
        "alter function auth.session() set request.jwt.claims = '{\"sub\": \"ada\"}'",
        &[("function-auth-replaced", "function auth.session()")],
    ),
    (
        "alter function auth.user_id() immutable",
        &[("function-auth-replaced", "function auth.user_id()")],
    ),
    (
        "create function auth.user_id(name text) returns text language sql return name",
        &[("function-auth-added", "function auth.user_id(name text)")],
    ),
    (
        "create function auth.tenant() returns text language sql return 'ada'",
        &[("function-auth-added", "function auth.tenant()")],
    ),
    // What the owner keeps to itself.
    (
        "create schema app; create foreign data wrapper w; create server s foreign data wrapper w;
         create sequence s; create table hidden (id int);
         create rule r as on insert to hidden do nothing",
        &[],
    ),
];

const COLUMNS: &[Case] = &[
    ("alter table notes alter user_id drop not null", &[("owner-column-nullable", "table notes")]),
    (
        "alter table notes alter user_id drop default",
        &[("owner-column-without-default", "table notes")],
    ),
    (
        "alter table notes alter user_id set default 'nobody'",
        &[("owner-column-without-default", "table notes")],
    ),
    ("alter table notes alter user_id set default current_setting('app.user', true)", &[]),
    (
        "alter table notes alter id set generated by default;
         grant insert (id) on notes to authenticated",
        &[("key-choosable", "table notes")],
    ),
    ("alter table notes alter id set generated by default", &[]),
    (
        "alter table notes alter id drop identity; create sequence s;
         alter table notes alter id set default nextval('s')",
        &[("key-choosable", "table notes")],
    ),
    (
        "alter table notes drop id, add id uuid primary key default gen_random_uuid();
         create index on notes (user_id);
         grant insert (id) on notes to authenticated",
        &[("key-choosable", "table notes")],
    ),
];

const KEYS: &[Case] = &[
    ("create unique index by_title on notes (title)", &[("unique-across-users", "table notes")]),
    (
        "create unique index by_title on notes (lower(title)) include (user_id)",
        &[("unique-across-users", "table notes")],
    ),
    (
        "alter table notes drop id, add primary key (title)",
        // The index that served the policies went with the column.
        &[("policy-without-index", "table notes"), ("unique-across-users", "table notes")],
    ),
    ("create unique index by_title on notes (title, user_id)", &[]),
    // What nobody may write, nobody can try out.
    ("alter table notes add number int unique", &[]),
    (
        "alter table notes add todo_id bigint references todos; grant insert (todo_id) on notes \
         to authenticated",
        &[("reference-across-users", "table notes")],
    ),
    (
        "alter table todos add unique (user_id, id);
         alter table notes add todo_id bigint,
             add foreign key (user_id, todo_id) references todos (user_id, id);
         grant insert (todo_id) on notes to authenticated",
        &[],
    ),
    ("alter table notes add todo_id bigint references todos", &[]),
    (
        "create table colours (name text primary key); alter table notes add colour text references \
         colours; grant insert (colour) on notes to authenticated",
        &[],
    ),
];

const FUNCTIONS: &[Case] = &[
    (
        "create function f(a text) returns text language sql as 'select a'",
        &[("function-without-search-path", "function f(a text)")],
    ),
    (
        "create function f() returns int language sql security definer as 'select 1'",
        &[
            ("function-definer-without-search-path", "function f()"),
            ("function-definer", "function f()"),
        ],
    ),
    (
        "create function f() returns int language sql security definer set search_path = ''
         as 'select 1'",
        &[("function-definer", "function f()")],
    ),
    (
        "create function f() returns trigger language plpgsql security definer set search_path = ''
         as 'begin return new; end'",
        &[],
    ),
    (
        "create function f() returns trigger language plpgsql security definer
         as 'begin return new; end'",
        &[("function-definer-without-search-path", "function f()")],
    ),
    (
        "create function f() returns event_trigger language plpgsql security definer
         as 'begin end'",
        &[],
    ),
    ("create function f() returns int language sql return 1", &[]),
    (
        "create function f() returns int language sql as 'select 1';
         revoke execute on function f() from public",
        &[],
    ),
    ("create schema app; create function app.f() returns int language sql as 'select 1'", &[]),
];

async fn try_out(cases: &[Case]) {
    for (sql, expected) in cases {
        // What the case does not say about policies is as it should be.
        let policy = if sql.contains("create policy") {
            ""
        } else {
            "create policy own on notes to authenticated using (OWN) with check (OWN);"
        };
        let sql = format!("{NOTES} {policy} {sql}").replace("OWN", OWN);
        assert_eq!(places(&findings(&sql).await), *expected, "{sql}");
    }
}

#[tokio::test]
async fn relations_that_users_reach() {
    try_out(RELATIONS).await;
}

#[tokio::test]
async fn policies_and_what_they_cost() {
    try_out(POLICIES).await;
}

#[tokio::test]
async fn grants_beyond_what_users_need() {
    try_out(GRANTS).await;
}

#[tokio::test]
async fn owners_and_keys() {
    try_out(COLUMNS).await;
}

#[tokio::test]
async fn what_is_checked_over_the_rows_of_all_users() {
    try_out(KEYS).await;
}

#[tokio::test]
async fn functions_that_users_can_call() {
    try_out(FUNCTIONS).await;
}

#[tokio::test]
async fn objects_that_users_make_or_meet() {
    try_out(OBJECTS).await;
}

#[test]
fn every_rule_is_broken_here_or_beside() {
    let tried =
        [RELATIONS, POLICIES, GRANTS, COLUMNS, KEYS, FUNCTIONS, OBJECTS].into_iter().flatten();
    let tried: BTreeSet<_> =
        tried.flat_map(|(_, expected)| *expected).map(|(rule, _)| *rule).collect();
    // The server of these tests may have another default.
    let elsewhere = |id: &str| {
        id.starts_with("login-") || id == CREATE_IN_PUBLIC.id || id == SERVER_WITH_LEAKS.id
    };
    let untried =
        RULES.iter().map(|rule| rule.id).filter(|id| !tried.contains(id) && !elsewhere(id));
    assert_eq!(untried.collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn servers_that_are_known_to_leak() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect().await;
    let sql =
        format!("with server as (select $1 as number, 'x' as version) {}", SERVER_WITH_LEAKS.sql);
    for (number, leaks) in [
        (130_022, true),
        (140_018, true),
        (140_019, false),
        (150_013, true),
        (150_014, false),
        (160_009, true),
        (160_010, false),
        (170_005, true),
        (170_006, false),
        (180_000, false),
    ] {
        let found = sqlx::query(AssertSqlSafe(sql.clone())).bind(number);
        let found = found.fetch_optional(&mut connection).await.expect("an answer");
        assert_eq!(found.is_some(), leaks, "{number}");
    }
}

#[tokio::test]
async fn a_table_added_without_thought() {
    let found = findings(
        "create table notes (id serial primary key, user_id text, title text);
         grant all on notes to authenticated; grant all on notes_id_seq to authenticated",
    )
    .await;
    let told: Vec<_> = found
        .iter()
        .map(|finding| format!("{} {}: {}", finding.severity.name(), finding.rule, finding.message))
        .collect();
    // PostgreSQL 17 has one more to grant.
    let told: Vec<_> = told.iter().map(|line| line.replace("has MAINTAIN, ", "has ")).collect();
    assert_eq!(
        told,
        [
            "error table-without-rls: table notes can be reached by authenticated without \
             row-level security",
            "error grant-beyond-rows: authenticated has REFERENCES, TRIGGER, TRUNCATE on table \
             notes, to which no policy applies",
            "warning grant-owner-column: authenticated may write user_id of table notes, which says \
             whose a row is: INSERT, UPDATE",
            "warning grant-sequence: authenticated has SELECT, UPDATE, USAGE on sequence notes_id_seq",
            "warning owner-column-nullable: user_id of table notes says whose a row is, and may be \
             NULL",
            "warning owner-column-without-default: user_id of table notes says whose a row is, and \
             its default is not from the claims",
            "warning key-choosable: id of table notes has its default from a sequence that users \
             must be able to use",
        ]
    );
    assert_eq!(found.iter().filter(|finding| finding.severity == Severity::Error).count(), 2);
    assert!(
        found
            .iter()
            .all(|finding| { finding.object == "table notes" || finding.rule == "grant-sequence" })
    );
}
