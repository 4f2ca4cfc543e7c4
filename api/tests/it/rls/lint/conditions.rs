//! Which conditions require the owner comparison or a permission, and which only look so.

use std::collections::BTreeSet;

use rls_lint::{Login, Severity};

use super::{
    cases::{NOTES, OWN},
    lint,
};
use crate::support::database::TestDatabase;

/// Conditions that are true of the user's own rows alone.
const OWN_ROWS: &[&str] = &[
    "OWN",
    "user_id = (select auth.user_id())",
    "OWN and title <> '' and id > 0",
    "title <> '' and (OWN and id > 0)",
    "(OWN and title = 'a') or (id > 5 and OWN)",
    "(select auth.user_id() = user_id)",
    "user_id = (select auth.jwt() ->> 'sub')",
    "user_id = (select auth.session() ->> 'sub')",
    "user_id::uuid = (select auth.uid())",
    "user_id = (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')",
    "user_id = (current_setting('request.jwt.claims')::json ->> 'sub')",
    "user_id = (select (current_setting('request.jwt.claims', true)::jsonb -> 'sub')::text)",
    "user_id = ((select auth.jwt()) ->> 'sub')",
    "user_id = (select nullif(auth.user_id(), ''))",
    "user_id = (select (auth.jwt() ->> 'sub')::text)",
    "user_id = (select auth.uid())::text",
    "owner = (select auth.user_id())",
    "owner = (select auth.user_id())::char(36)",
    "owner = (select auth.user_id()::varchar(40))",
    "user_id = (select auth.user_id()::user_name)",
    "user_id::user_name = (select auth.user_id())",
    "number = (select auth.user_id())::bigint",
    "name = (select auth.user_id())",
    "false",
    "OWN and (title <> '' or id > 0)",
];

/// Conditions that are true of others' rows, too.
const OTHERS_ROWS: &[&str] = &[
    "true",
    "OWN or true",
    "OWN or title is null",
    "OWN or (title <> '' and id > 0)",
    "user_id is not null",
    "user_id = user_id",
    "auth.user_id() is not null",
    "(select auth.user_id()) is not null",
    "user_id <> (select auth.user_id())",
    "user_id >= (select auth.user_id())",
    "not (OWN)",
    "not (user_id <> (select auth.user_id()))",
    "(OWN) is not false",
    "(OWN) is not true",
    "coalesce(OWN, true)",
    "case when title = '' then true else OWN end",
    "user_id = coalesce((select auth.user_id()), user_id)",
    "user_id = coalesce((select auth.user_id()), 'ada')",
    "user_id = case when title = '' then user_id else auth.user_id() end",
    "user_id is not distinct from (select auth.user_id())",
    "user_id in (select t.user_id from todos t)",
    "exists (select from todos t where t.user_id = (select auth.user_id()))",
    "(select bool_or(true) from todos t where t.user_id = auth.user_id())",
    "(select auth.user_id()) = 'ada' or OWN",
    "user_id = current_user",
    "user_id = any (array[(select auth.user_id()), user_id])",
    "(select auth.user_id()) = auth.user_id()",
    "user_id = 'ada'",
    "title <> ''",
    "OWN or (select auth.session() -> 'st-perm' -> 'v' ? 'notes:read')",
    "flag = ((select auth.user_id()) <> '')",
    "flag = (auth.user_id() ~ '.')",
    "flag = (select public.anyone())",
    "flag = (select auth.user_id())::boolean",
    "flag::text = (select auth.user_id())",
    "switch = (select auth.user_id())::boolean",
    "user_id = (select auth.tenant())",
    "user_id = (select auth.user_id('ada'))",
    "user_id = (select public.me())",
    "user_id = (select auth.session() ->> 'iss')",
    "user_id = (select auth.session() -> 'st-perm' ->> 'sub')",
    "user_id = (select (auth.session() || '{\"sub\": \"ada\"}') ->> 'sub')",
    "user_id = (select auth.session() #>> '{sub}')",
    "user_id = (select auth.session() ->> title)",
    "user_id = current_setting('app.user', true)",
    "user_id = (current_setting('app.claims', true)::jsonb ->> 'sub')",
    "user_id = (select lower(auth.user_id()))",
    "user_id = (select left(auth.user_id(), 1))",
    "user_id = (select auth.user_id())::char(1)",
    "user_id::char(1) = (select auth.user_id())::char(1)",
    "lower(user_id) = (select auth.user_id())",
    "user_id = (select auth.user_id() || '')",
    "user_id = (select max(auth.user_id()) from todos)",
];

/// Columns and functions for [`OWN_ROWS`] and [`OTHERS_ROWS`].
const CONDITION_OBJECTS: &str = "
    create domain user_name as text check (value <> '');
    create domain switch as boolean;
    alter table notes add flag boolean, add switch switch, add owner char(36) default auth.user_id(),
        add number bigint, add name name;
    create function auth.tenant() returns text language sql stable return 'ada';
    create function auth.user_id(name text) returns text language sql stable return name;
    create function public.me() returns text language sql stable return auth.user_id();
    create function public.anyone() returns boolean language sql stable return true;
    grant execute on all functions in schema auth to authenticated;";

/// Those of `policies` of notes in which the lint finds an error, on `database`, which is left as it was. They are asked
/// together: each is found by itself.
async fn refused(database: &TestDatabase, policies: &[String]) -> BTreeSet<String> {
    let lines = || policies.iter().enumerate();
    let create = lines().map(|(index, policy)| format!("create policy p{index} on notes {policy}"));
    let create = create.collect::<Vec<_>>().join(";").replace("OWN", OWN);
    let drop = lines().map(|(index, _)| format!("drop policy p{index} on notes"));
    database.execute(&create).await;
    let found = lint(&database.login_url(), &Login::Own).await.findings;
    database.execute(&drop.collect::<Vec<_>>().join(";")).await;
    let is_refused = |object: &str| {
        found.iter().any(|found| found.severity == Severity::Error && found.object == object)
    };
    let refused = lines().filter(|(index, _)| is_refused(&format!("policy p{index} on notes")));
    refused.map(|(_, policy)| policy.clone()).collect()
}

/// All of them are refused.
async fn assert_refused(database: &TestDatabase, policies: Vec<String>) {
    let refused = refused(database, &policies).await;
    let accepted = policies.into_iter().filter(|policy| !refused.contains(policy));
    assert_eq!(accepted.collect::<Vec<_>>(), [""; 0]);
}

async fn assert_accepted(database: &TestDatabase, policies: Vec<String>) {
    assert_eq!(refused(database, &policies).await, BTreeSet::new());
}

fn each(conditions: &[&str], policy: impl Fn(&str) -> String) -> Vec<String> {
    conditions.iter().map(|condition| policy(condition)).collect()
}

#[tokio::test]
async fn owner_comparison_is_a_conjunct_of_each_policy() {
    let database = TestDatabase::migrated().await;
    database.execute(NOTES).await;
    database.execute(CONDITION_OBJECTS).await;
    for command in ["for select", "for update", "for delete", ""] {
        let using = |condition: &str| format!("{command} to authenticated using ({condition})");
        assert_accepted(&database, each(OWN_ROWS, using)).await;
        assert_refused(&database, each(OTHERS_ROWS, using)).await;
    }
    let insert = |condition: &str| format!("for insert to authenticated with check ({condition})");
    assert_accepted(&database, each(OWN_ROWS, insert)).await;
    assert_refused(&database, each(OTHERS_ROWS, insert)).await;
    let update = |condition: &str| {
        format!("for update to authenticated using (OWN) with check ({condition})")
    };
    assert_refused(&database, each(OTHERS_ROWS, update)).await;
    let select = |condition: &str| format!("for select using ({condition})");
    assert_refused(&database, each(OTHERS_ROWS, select)).await;
}

/// Conditions that are true of users with a permission or a role alone.
const PERMITTED: &[&str] = &[
    "(select auth.session() -> 'st-perm' -> 'v' ? 'notes:read')",
    "(select auth.session() -> 'st-role' -> 'v' @> '[\"staff\"]') and title <> ''",
    "(select auth.jwt() -> 'st-role' -> 'v') ? 'staff'",
    "(select auth.jwt()) -> 'st-perm' -> 'v' ?| array['notes:read', 'notes:all']",
    "(select auth.session() -> 'st-perm' -> 'v' ?& '{notes:read,notes:all}')",
    "(select current_setting('request.jwt.claims', true)::jsonb -> 'st-perm' -> 'v' ? 'notes:read')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '[\"notes:read\", \"notes:all\"]')",
    "OWN",
];

/// Conditions that are true of other users, too.
const NOT_PERMITTED: &[&str] = &[
    "true",
    "title <> ''",
    "auth.user_id() is not null",
    "(select auth.session() ? 'sub')",
    "(select auth.session() -> 'st-perm' is not null)",
    "not (select auth.session() -> 'st-perm' -> 'v' ? 'notes:read')",
    "(select auth.session() -> 'st-perm' -> 'v' ? 'notes:read') or title is null",
    "(select auth.session() -> 'st-perm' -> 'v' ? title)",
    "(select auth.session() -> 'st-perm' -> 'v' ? '')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '[]')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '[\"\"]')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '[1]')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '[\"a\", []]')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '{}')",
    "(select auth.session() -> 'st-perm' -> 'v' @> '\"a\"')",
    "(select auth.session() -> 'st-perm' @> '[\"a\"]')",
    "(select auth.session() -> 'st-perm' -> 'v' ?& '{}')",
    "(select auth.session() -> 'st-perm' -> 'v' ?& '{NULL}')",
    "(select auth.session() -> 'st-perm' -> 'v' ?& array[]::text[])",
    "(select auth.session() -> 'st-perm' -> 'v' ?& array[null])",
    "(select auth.session() -> 'st-perm' -> 'v' ?& array[title])",
    "(select auth.session() -> 'st-perm' ? 'v')",
    "(select auth.session() ? 'st-perm')",
    "(select auth.session() -> 'st-permission' -> 'v' ? 'notes:read')",
    "(select auth.session() -> 'not-st-perm' -> 'v' ? 'notes:read')",
    "(select auth.session() -> 'st-perm' -> 't' ? 'notes:read')",
    "(select auth.session() -> 'v' -> 'st-perm' ? 'notes:read')",
    "(select (auth.session() || '{\"st-perm\": 1}') ? 'sub')",
    "(select (auth.session() || '{\"st-perm\": {\"v\": [\"a\"]}}') -> 'st-perm' -> 'v' ? 'a')",
    "(select '{\"st-perm\": {\"v\": [\"a\"]}}'::jsonb -> 'st-perm' -> 'v' ? 'a')",
];

#[tokio::test]
async fn policy_may_ask_for_a_permission_to_read() {
    let database = TestDatabase::migrated().await;
    database.execute(&format!("{NOTES} grant select, update on notes to todos_support")).await;
    let support = |condition: &str| format!("for select to todos_support using ({condition})");
    assert_accepted(&database, each(PERMITTED, support)).await;
    assert_refused(&database, each(NOT_PERMITTED, support)).await;
    // Of changes, it is not enough.
    let asks = PERMITTED[0];
    let update = format!("for update to todos_support using ({asks}) with check ({asks})");
    assert_refused(&database, vec![update]).await;
}
