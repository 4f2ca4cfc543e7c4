-- All state of the development Core. After a change here it runs again on the schema that is there, so
-- every statement must bear that.
-- Times are milliseconds since 1970, as on the wire.

create schema if not exists supertokens_core;
revoke all on schema supertokens_core from public;

create table if not exists supertokens_core.users (
    id                  text   primary key,
    recipe_id           text   not null check (recipe_id in ('emailpassword', 'thirdparty')),
    email               text   not null,
    password_hash       text,
    third_party_id      text,
    third_party_user_id text,
    time_joined         bigint not null,
    check ((recipe_id = 'emailpassword') = (password_hash is not null)),
    check ((recipe_id = 'thirdparty') = (third_party_id is not null)),
    check ((third_party_id is null) = (third_party_user_id is null))
);
create unique index if not exists users_emailpassword_key
    on supertokens_core.users (email) where recipe_id = 'emailpassword';
create unique index if not exists users_thirdparty_key
    on supertokens_core.users (third_party_id, third_party_user_id);
create index if not exists users_email_idx on supertokens_core.users (email);
create index if not exists users_time_joined_idx on supertokens_core.users (time_joined, id);

-- A user id here need not be one of `users`: the CDI keeps these for any id it is given.
create table if not exists supertokens_core.verified_emails (
    user_id text not null,
    email   text not null,
    primary key (user_id, email)
);
create table if not exists supertokens_core.email_verification_tokens (
    token_hash text   primary key,
    user_id    text   not null,
    email      text   not null,
    expires_at bigint not null
);
create index if not exists email_verification_tokens_user_idx
    on supertokens_core.email_verification_tokens (user_id, email);

create table if not exists supertokens_core.password_reset_tokens (
    token_hash text   primary key,
    user_id    text   not null references supertokens_core.users (id) on delete cascade,
    email      text   not null,
    expires_at bigint not null
);
create index if not exists password_reset_tokens_user_idx
    on supertokens_core.password_reset_tokens (user_id);

create table if not exists supertokens_core.sessions (
    handle                text    primary key,
    user_id               text    not null,
    -- sha256(sha256(token)) in hex: the row tells nobody a token or a claim of one.
    refresh_token_hash2   text    not null,
    user_data_in_jwt      jsonb   not null,
    user_data_in_database jsonb   not null,
    use_dynamic_key       boolean not null,
    created_at            bigint  not null,
    expires_at            bigint  not null
);
create index if not exists sessions_user_idx on supertokens_core.sessions (user_id);

create table if not exists supertokens_core.roles (
    role text primary key
);
create table if not exists supertokens_core.role_permissions (
    role       text not null references supertokens_core.roles on delete cascade,
    permission text not null,
    primary key (role, permission)
);
create table if not exists supertokens_core.user_roles (
    user_id text not null,
    role    text not null references supertokens_core.roles on delete cascade,
    primary key (user_id, role)
);
create index if not exists user_roles_role_idx on supertokens_core.user_roles (role);

create table if not exists supertokens_core.user_metadata (
    user_id  text  primary key,
    metadata jsonb not null
);

-- Those who administer users, who are none themselves.
create table if not exists supertokens_core.dashboard_users (
    id            text   primary key,
    email         text   not null unique,
    password_hash text   not null,
    time_joined   bigint not null
);
create table if not exists supertokens_core.dashboard_sessions (
    token_hash text   primary key,
    user_id    text   not null references supertokens_core.dashboard_users (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null
);
create index if not exists dashboard_sessions_user_idx
    on supertokens_core.dashboard_sessions (user_id);

create table if not exists supertokens_core.signing_keys (
    kid             text    primary key,
    dynamic         boolean not null,
    private_key     text    not null, -- PKCS#8, PEM
    modulus         text    not null, -- base64url, as published
    exponent        text    not null, -- base64url, as published
    created_at      bigint  not null,
    published_until bigint  not null
);
create table if not exists supertokens_core.secrets (
    name  text  primary key,
    value bytea not null
);

-- A user as the CDI shows it.
create or replace view supertokens_core.accounts as
    select id, recipe_id, email, third_party_id, third_party_user_id, time_joined,
           exists (select from supertokens_core.verified_emails v
                   where v.user_id = u.id and v.email = u.email) as verified
    from supertokens_core.users u;
