//! Random changes of the product's own schema, each of which the lint has to find.

use std::{collections::BTreeMap, env, sync::LazyLock};

use api::rls::lint_options;
use pg_scope::{Access, Options, Pool, ScopeTemplate};
use rls_lint::Login;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{places, without_server};
use crate::support::{
    database::{LOGIN, TestDatabase},
    numbers::Numbers,
};

/// How many changes are tried. Set `MUTATIONS` for more.
const CHANGES: u64 = 400;

const ROLES: &[&str] = &["authenticated", "todos_support", "public", LOGIN];
const MEMBERS: &[&str] = &["authenticated", "todos_support", LOGIN];

/// Changes that weaken the schema, by kind. `[a|b]` stands for one of these, chosen at random.
const HARMFUL: &[(&str, &str)] = &[
    (
        "table privileges",
        "grant [truncate|references|trigger|all|references (id)|insert|update] on todos to {role}",
    ),
    ("owner column", "grant [insert|update] (user_id) on todos to {role}"),
    (
        "other tables",
        "grant [select|insert|update|delete] on [quota.todo_counts|seaql_migrations] to {role}",
    ),
    ("row-level security", "alter table todos [no force|disable] row level security"),
    (
        "policies",
        "drop policy todos_select_own on todos; create policy p on todos for select to [authenticated|public] using ({condition})",
    ),
    ("policies", "alter policy todos_[update|delete]_own on todos using ({condition})"),
    ("policies", "alter policy todos_[update|insert]_own on todos with check ({condition})"),
    ("policies", "alter policy todos_select_any on todos using ({condition})"),
    (
        "policies",
        "create policy p on todos for [all|select|delete] to [authenticated|public] using ((select auth.user_id()) = user_id)",
    ),
    (
        "policies",
        "create policy p on todos for [insert to authenticated|insert to public] with check ({condition})",
    ),
    ("policies", "alter policy todos_[select|update|delete|insert]_own on todos to public"),
    ("login attributes", "alter role {member} [createrole|replication|bypassrls|superuser]"),
    (
        "predefined roles",
        "grant [pg_execute_server_program|pg_read_server_files|pg_write_server_files|pg_signal_backend|pg_read_all_data|pg_write_all_data|pg_monitor|pg_stat_scan_tables|pg_read_all_settings] to {member}[| with admin option]",
    ),
    (
        "memberships",
        "create role {new} [createrole|replication|bypassrls|superuser]; grant {new} to {member}[| with admin option]",
    ),
    (
        "memberships",
        "create role {new}; create role {new}_2 in role {new}; grant [pg_signal_backend|pg_read_server_files|it_owner] to {new}; grant {new}_2 to {member}",
    ),
    (
        "login settings",
        "alter role it_login[| in database {database}] set [role = it_owner|row_security = off|request.jwt.claims = '{}'|request.jwt.signature = 'x'|search_path = auth|session_preload_libraries = 'x'|session_replication_role = replica]",
    ),
    (
        "database settings",
        "alter database {database} set [role = it_owner|row_security = off|request.jwt.claims = '{}'|search_path = auth|session_preload_libraries = 'x']",
    ),
    (
        "parameters",
        "grant [set|alter system] on parameter [session_preload_libraries|session_replication_role|dynamic_library_path|allow_system_table_mods|log_statement|plperl.on_init|zero_damaged_pages] to {role}",
    ),
    (
        "objects",
        "grant create on [schema auth|schema quota|schema pg_catalog|database {database}] to {role}",
    ),
    ("objects", "grant create on schema public to {member}"),
    ("objects", "create schema app; grant [create|all] on schema app to {role}"),
    (
        "default privileges",
        "alter default privileges for role it_owner[| in schema public] grant [select|insert|all] on [tables|sequences] to {role}",
    ),
    (
        "default privileges",
        "alter default privileges for role it_owner grant [usage|create] on schemas to {role}",
    ),
    (
        "rules",
        "create table log (id bigint); create rule r as on [insert|update|delete] to todos do [also|instead] insert into log values (1)",
    ),
    (
        "functions",
        "create function public.f() returns int language sql [leakproof|security definer|security definer set search_path = ''|stable] as 'select 1'[|; alter function public.f() owner to it_owner]",
    ),
    ("functions", "alter function public.notify_todo_changes() owner to {member}"),
    (
        "claims",
        "alter function auth.[user_id|session|jwt|uid]() [immutable|volatile|set request.jwt.claims = '{}'|set search_path = ''|set search_path = public|owner to {member}]",
    ),
    (
        "claims",
        "create or replace function auth.user_id() returns text language [sql|plpgsql] stable set search_path = '' as $$ [begin return 'ada'; end|select 'ada'::pg_catalog.text] $$",
    ),
    (
        "claims",
        "create function auth.[user_id(text)|tenant()|uid(int)|me()] returns text language plpgsql stable set search_path = '' as $$ begin return 'ada'; end $$",
    ),
    ("sequences", "grant [usage|select|update|all] on sequence todos_id_seq to {role}"),
    (
        "foreign servers",
        "create foreign data wrapper w; create server s foreign data wrapper w; [grant usage on foreign server s to {role}|grant usage on foreign data wrapper w to {role}|create user mapping for {role} server s]",
    ),
    (
        "foreign servers",
        "create foreign data wrapper w; create server s foreign data wrapper w; create foreign table f (id int) server s; grant [select|insert|all] on f to {role}",
    ),
    (
        "views",
        "create [view|materialized view] v as table todos; grant select[| (task)] on v to {role}",
    ),
    (
        "ownership",
        "alter [table todos|schema quota|schema auth|database {database}|table quota.todo_counts] owner to {member}",
    ),
    (
        "system objects",
        "grant select on [pg_statistic|pg_authid|pg_largeobject|pg_user_mapping] to {role}",
    ),
    (
        "system objects",
        "grant execute on function [pg_read_file(text)|pg_ls_dir(text)|lo_import(text)|pg_reload_conf()|pg_read_binary_file(text)] to {role}",
    ),
    ("keys", "create unique index u on todos [(task)|(lower(task))|(task, is_complete)]"),
    (
        "keys",
        "alter table todos alter id set generated by default; grant insert (id) on todos to [authenticated|public]",
    ),
    ("columns", "alter table todos alter user_id [drop not null|drop default|set default 'ada']"),
    (
        "columns",
        "alter policy todos_[delete|select]_own on todos using ((select auth.user_id()) = task)",
    ),
];

/// Conditions that let a user at rows of others. OWN is the comparison of the owner.
const CONDITIONS: &[&str] = &[
    "true",
    "OWN or {noise}",
    "{noise} or OWN",
    "OWN or (OWN and {noise}) or {noise}",
    "not (OWN)",
    "not (OWN and {noise})",
    "coalesce(OWN, {noise})",
    "case when {noise} then OWN else {noise} end",
    "(OWN) is not [false|true]",
    "user_id is not null",
    "user_id = user_id",
    "{noise}",
    "{noise} and {noise}",
    "auth.user_id() is not null",
    "(select auth.user_id()) [<>|>|<=] user_id",
    "user_id = any (select user_id from todos)",
    "exists (select from todos t where t.user_id = (select auth.user_id()))",
    "user_id = current_user",
    "user_id = coalesce((select auth.user_id()), user_id)",
    "is_complete = ((select auth.user_id()) [<>|>|~|!~] '[a|.|]')",
    "is_complete = (select auth.user_id() is not null)",
    "user_id = (select [lower|upper|btrim|reverse](auth.user_id()))",
    "user_id = (select auth.session() ->> '[iss|exp|st-perm|tenant]')",
    "user_id = (select auth.session() #>> '{sub}')",
    "user_id = current_setting('[app.user|TimeZone]', true)",
    "user_id = (select auth.user_id())::char([1|2|8])",
    "(select auth.session() -> 'st-perm' [? 'v'|-> 'v' @> '{}'|-> 'v' ?& '{}'])",
    "(select auth.[session|jwt]() ? '[sub|iss|exp]')",
    "(select (auth.session() || '{\"st-perm\": 1}') ? '[sub|st-perm]')",
];

const NOISE: &[&str] = &[
    "is_complete",
    "not is_complete",
    "task <> ''",
    "id > 5",
    "inserted_at < now()",
    "task is not null",
    "1 = 1",
    "auth.session() is not null",
    "client_key is null",
];

/// What the lint misses on purpose: the kind, the change, the reason.
const MISSED: &[(&str, &str, &str)] = &[
    (
        "temporary objects",
        "grant temporary on database {database} to {role}",
        "PostgreSQL's default. It matters to SQL of one's own alone; `claims signed` revokes it.",
    ),
    (
        "missing policies",
        "drop policy todos_[select|insert|update|delete]_own on todos",
        "without a policy nothing is let through",
    ),
    (
        "missing grants",
        "revoke [select|delete] on todos from authenticated",
        "an outage, which the tests of the product find",
    ),
    (
        "limits",
        "alter role it_login set [statement_timeout = '1ms'|work_mem = '64kB'|lock_timeout = '1s']",
        "such settings change no rights",
    ),
    (
        "triggers",
        "drop trigger todos_added on todos",
        "the lint does not know which triggers a table should have",
    ),
    (
        "triggers",
        "create function public.f() returns trigger language plpgsql security definer set search_path = '' \
         as 'begin return new; end'; create trigger t after insert on todos execute function public.f()",
        "what a function does is in its body",
    ),
    (
        "extensions",
        "create extension [pg_stat_statements|pgcrypto] schema public",
        "an extension answers for its own objects",
    ),
    ("databases", "alter role {member} createdb", "a new database holds no row of this one"),
];

/// Chooses among `[a|b]`, from left to right.
fn choose(template: &str, numbers: &mut Numbers) -> String {
    let mut sql = template.to_owned();
    while let Some(start) = sql.find('[') {
        let end = start + sql[start..].find(']').expect("a closing bracket");
        let choices: Vec<&str> = sql[start + 1..end].split('|').collect();
        let chosen = numbers.pick(&choices).to_owned();
        sql.replace_range(start..=end, &chosen);
    }
    sql
}

/// A statement without anything left to choose.
fn fill(template: &str, database: &str, numbers: &mut Numbers) -> String {
    let mut sql = choose(template, numbers);
    for (name, choices) in
        [("{condition}", CONDITIONS), ("{noise}", NOISE), ("{role}", ROLES), ("{member}", MEMBERS)]
    {
        while let Some(start) = sql.find(name) {
            let chosen = choose(numbers.pick(choices), numbers);
            sql.replace_range(start..start + name.len(), &chosen);
        }
    }
    let new = format!("mutation_{}", Uuid::new_v4().simple());
    sql.replace("OWN", "(select auth.user_id()) = user_id")
        .replace("{database}", database)
        .replace("{new}", &new)
}

/// A database, and a superuser's connection to it.
struct Target {
    pool: Pool,
    database: TestDatabase,
}

static SCOPE: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&[], &[], Access::Write));

impl Target {
    async fn new() -> Self {
        let database = TestDatabase::migrated().await;
        let url = database.url();
        let pool = rls_lint::pool(Options::from_url(url.expose_secret()).expect("a URL"));
        Self { pool, database }
    }

    /// What the lint finds after `sql`, which is rolled back. None where the server does not know such a change.
    async fn found_after(&self, sql: &str) -> Option<Vec<String>> {
        let scope = SCOPE.scope(&[]).expect("a scope");
        let transaction = self.pool.begin(scope).await.expect("a transaction");
        // Several statements in one.
        let change = format!("DO $do$ BEGIN EXECUTE $change${sql}$change$; END $do$");
        if let Err(error) = transaction.query(&change, &[]).await {
            let code = error.code().map(|code| code.code().to_owned());
            // Syntax and names of a later version, or a change that is none (`drop trigger` of another name, a role in itself).
            let is_unknown = matches!(code.as_deref(), Some("42601" | "42704" | "42P13" | "0LP01"));
            assert!(is_unknown, "{sql}: {error}");
            return None;
        }
        let path = "SELECT set_config('search_path', '', true)";
        transaction.query(path, &[]).await.expect("a setting");
        let login = Login::Named(LOGIN.into());
        let report = rls_lint::run_in(&transaction, &lint_options("authenticated", login)).await;
        let findings = without_server(report.expect("the catalogue is read").findings);
        transaction.rollback().await.expect("a rollback");
        Some(
            places(&findings)
                .into_iter()
                .map(|(rule, object)| format!("{rule} {object}"))
                .collect(),
        )
    }
}

#[tokio::test]
async fn random_changes_are_found() {
    let number = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("SEED").unwrap_or_else(|| u64::from(Uuid::new_v4().as_fields().0));
    let changes = number("MUTATIONS").unwrap_or(CHANGES);
    println!("SEED={seed}");
    let target = Target::new().await;
    assert_eq!(target.found_after("select").await, Some(Vec::new()));

    let mut numbers = Numbers(seed);
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut unknown, mut missed) = (0, Vec::new());
    for change in 0..changes {
        // Each template comes up, whatever the seed.
        let index = usize::try_from(change).expect("few changes") % HARMFUL.len();
        let (kind, template) = HARMFUL[index];
        let sql = fill(template, target.database.name(), &mut numbers);
        match target.found_after(&sql).await {
            None => unknown += 1,
            Some(findings) if findings.is_empty() => missed.push(sql),
            Some(_) => *found.entry(kind).or_default() += 1,
        }
    }
    let total: u64 = found.values().sum();
    println!("{total} of {changes} random changes were found, by kind: {found:?}");
    println!("{unknown} were none to this server; {} were missed", missed.len());
    println!("{} kinds are missed on purpose", MISSED.len());
    assert_eq!(missed, Vec::<String>::new(), "seed {seed}");
    assert!(unknown * 5 < changes, "{unknown} of {changes} changes are no SQL; seed {seed}");
}

#[tokio::test]
async fn changes_missed_on_purpose_are_missed() {
    let target = Target::new().await;
    let mut numbers = Numbers(1);
    for (kind, template, reason) in MISSED {
        let sql = fill(template, target.database.name(), &mut numbers);
        let found = target.found_after(&sql).await;
        assert_eq!(found, Some(Vec::new()), "{kind}: {sql} ({reason})");
    }
}
