//! Relations, policies and grants.

use super::Case;

pub const RELATIONS: &[Case] = &[
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

pub const POLICIES: &[Case] = &[
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

pub const GRANTS: &[Case] = &[
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
