//! Claims that the database checks itself. By default it takes the claims of a transaction at the
//! service's word; signed ones it takes only with a signature by a key that its owner alone can read.
//!
//! No migration: which of the two it is, and which keys count, differs from one database to the next.

mod command;
mod error;

use std::fmt;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    DbBackend, QueryResult, Statement, TransactionSession as _, TransactionTrait,
};

pub use self::{command::Command, error::ClaimsError};
use crate::{
    m20261201_000012_inline_auth_functions::{FUNCTIONS, SESSION as PLAIN_SESSION},
    rls::{ROLE, SUPPORT},
};

const SIGNED_SESSION: &str = include_str!("session.sql");

/// Row-level security without a policy: should somebody grant the table, no row is seen.
const KEYS: &str = "
    CREATE SCHEMA IF NOT EXISTS auth_private;
    CREATE TABLE IF NOT EXISTS auth_private.claims_keys (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        secret bytea NOT NULL CHECK (octet_length(secret) = 32),
        created_at timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE auth_private.claims_keys ENABLE ROW LEVEL SECURITY;";

/// A key as the service takes it: `RLS_CLAIMS_KEY`.
pub struct Key {
    id: i32,
    secret: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.secret)
    }
}

/// What a database asks of claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub is_signed: bool,
    /// Each key's id and when it was made, the oldest first.
    pub keys: Vec<(i32, String)>,
}

/// From here on claims count only with a signature. Answers the first key, if there was none yet.
pub async fn sign(
    db: &(impl ConnectionTrait + TransactionTrait),
) -> Result<Option<Key>, ClaimsError> {
    let transaction = db.begin().await?;
    let pgcrypto = prepare(&transaction).await?;
    let key = if read_status(&transaction).await?.keys.is_empty() {
        Some(create_key(&transaction, &pgcrypto).await?)
    } else {
        None
    };
    close_ways_round(&transaction).await?;
    // A temporary type called `jsonb` misleads those of a database that was not migrated since.
    transaction.execute_unprepared(FUNCTIONS).await?;
    transaction.execute_unprepared(&SIGNED_SESSION.replace("{pgcrypto}", &pgcrypto)).await?;
    transaction.commit().await?;
    Ok(key)
}

/// Takes claims at the service's word again, and forgets every key.
pub async fn take_plain(db: &(impl ConnectionTrait + TransactionTrait)) -> Result<(), ClaimsError> {
    let transaction = db.begin().await?;
    prepare(&transaction).await?;
    transaction.execute_unprepared(PLAIN_SESSION).await?;
    transaction.execute_unprepared("DELETE FROM auth_private.claims_keys").await?;
    transaction.commit().await?;
    Ok(())
}

/// One more key. Those that were there go on counting.
pub async fn add_key(db: &(impl ConnectionTrait + TransactionTrait)) -> Result<Key, ClaimsError> {
    let transaction = db.begin().await?;
    let pgcrypto = prepare(&transaction).await?;
    let key = create_key(&transaction, &pgcrypto).await?;
    transaction.commit().await?;
    Ok(key)
}

/// What this key has signed counts no more, from the next statement on.
pub async fn retire(
    db: &(impl ConnectionTrait + TransactionTrait),
    id: i32,
) -> Result<(), ClaimsError> {
    let transaction = db.begin().await?;
    prepare(&transaction).await?;
    let found = read_status(&transaction).await?;
    if !found.keys.iter().any(|(other, _)| *other == id) {
        return Err(ClaimsError::UnknownKey(id));
    }
    if found.is_signed && found.keys.len() == 1 {
        return Err(ClaimsError::LastKey(id));
    }
    let delete = "DELETE FROM auth_private.claims_keys WHERE id = $1";
    let delete = Statement::from_sql_and_values(DbBackend::Postgres, delete, [id.into()]);
    transaction.execute_raw(delete).await?;
    transaction.commit().await?;
    Ok(())
}

/// Changes nothing.
pub async fn status(db: &impl ConnectionTrait) -> Result<Status, ClaimsError> {
    look_at_functions(db).await?;
    let made =
        ask(db, "SELECT to_regclass('auth_private.claims_keys') IS NOT NULL AS made").await?;
    if made.try_get("", "made")? {
        return Ok(read_status(db).await?);
    }
    Ok(Status { is_signed: false, keys: Vec::new() })
}

/// Makes what all of it needs, and answers the schema in which pgcrypto is.
async fn prepare(db: &impl ConnectionTrait) -> Result<String, ClaimsError> {
    look_at_functions(db).await?;
    db.execute_unprepared(KEYS).await?;
    // Whatever the owner's default privileges say.
    let revoke = format!(
        "REVOKE ALL ON SCHEMA auth_private FROM PUBLIC, {ROLE}, {SUPPORT};
         REVOKE ALL ON auth_private.claims_keys FROM PUBLIC, {ROLE}, {SUPPORT};"
    );
    db.execute_unprepared(&revoke).await?;
    db.execute_unprepared("CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA auth_private")
        .await
        .map_err(ClaimsError::Pgcrypto)?;
    let schema = "SELECT quote_ident(n.nspname) AS schema FROM pg_extension e
                  JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto'";
    Ok(ask(db, schema).await?.try_get("", "schema")?)
}

/// The functions must be there, and be ours.
async fn look_at_functions(db: &impl ConnectionTrait) -> Result<(), ClaimsError> {
    let found = ask(
        db,
        "SELECT to_regprocedure('auth.session()') IS NOT NULL AS made,
                EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e'
                        AND objid = to_regprocedure('auth.session()')) AS of_extension",
    )
    .await?;
    if !found.try_get("", "made")? {
        return Err(ClaimsError::NotMigrated);
    }
    if found.try_get("", "of_extension")? {
        return Err(ClaimsError::Extension);
    }
    Ok(())
}

async fn read_status(db: &impl ConnectionTrait) -> Result<Status, DbErr> {
    let signed = "SELECT prosecdef FROM pg_proc WHERE oid = to_regprocedure('auth.session()')";
    let keys =
        "SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI \"UTC\"') AS at
                FROM auth_private.claims_keys ORDER BY id";
    let keys = db.query_all_raw(Statement::from_string(DbBackend::Postgres, keys)).await?;
    let key = |row: &QueryResult| Ok((row.try_get("", "id")?, row.try_get("", "at")?));
    Ok(Status {
        is_signed: ask(db, signed).await?.try_get("", "prosecdef")?,
        keys: keys.iter().map(key).collect::<Result<_, DbErr>>()?,
    })
}

/// Made by the database, so that no log of statements has the secret.
async fn create_key(db: &impl ConnectionTrait, pgcrypto: &str) -> Result<Key, DbErr> {
    let insert = format!(
        "INSERT INTO auth_private.claims_keys (secret) VALUES ({pgcrypto}.gen_random_bytes(32))
         RETURNING id, encode(secret, 'hex') AS secret"
    );
    let row = ask(db, &insert).await?;
    Ok(Key { id: row.try_get("", "id")?, secret: row.try_get("", "secret")? })
}

/// Who may make a table, a type or a function leaves it on the connection, as a trap for the next user's
/// statements, which come with that user's claims.
async fn close_ways_round(db: &impl ConnectionTrait) -> Result<(), ClaimsError> {
    let revoke = format!(
        "DO $$ BEGIN
            EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, {ROLE}, {SUPPORT}',
                           current_database());
            REVOKE CREATE ON SCHEMA public FROM PUBLIC, {ROLE}, {SUPPORT};
        END $$"
    );
    db.execute_unprepared(&revoke).await?;
    let open = format!(
        "SELECT string_agg(line, '; ') AS lines FROM (
            SELECT format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, %I',
                          current_database(), role) AS line
            FROM unnest(ARRAY['{ROLE}', '{SUPPORT}']) role
            WHERE has_database_privilege(role, current_database(), 'CREATE, TEMPORARY')
            UNION ALL
            SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I', nspname, role)
            FROM unnest(ARRAY['{ROLE}', '{SUPPORT}']) role CROSS JOIN pg_namespace
            WHERE has_schema_privilege(role, oid, 'CREATE')) open"
    );
    match ask(db, &open).await?.try_get::<Option<String>>("", "lines")? {
        None => Ok(()),
        Some(lines) => Err(ClaimsError::Open(lines)),
    }
}

async fn ask(db: &impl ConnectionTrait, sql: &str) -> Result<QueryResult, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the catalogue gave no row".into()))
}
