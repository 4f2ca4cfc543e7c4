//! Schemas, sequences, foreign servers, rules and functions.

use super::Case;

pub const OBJECTS: &[Case] = &[
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

pub const FUNCTIONS: &[Case] = &[
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
