use sea_orm_migration::prelude::DbErr;

/// Why a database cannot be asked to check claims. Says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClaimsError {
    #[error("auth.session() is not there: run `migration up` first")]
    NotMigrated,

    #[error(
        "auth.session() belongs to the extension pg_session_jwt, which checks tokens itself when it \
         is given their keys: leave RLS_CLAIMS at `plain`"
    )]
    Extension,

    #[error(
        "the extension pgcrypto cannot be made ({0}): install the server's contrib package, or let \
         an administrator run CREATE EXTENSION pgcrypto"
    )]
    Pgcrypto(#[source] DbErr),

    #[error(
        "users' roles may make objects in the database, and so catch what a later user sends on \
         the same connection. Let the owner of the database run: {0}"
    )]
    Open(String),

    #[error("there is no key {0}: `migration claims status` lists those that are")]
    UnknownKey(i32),

    #[error(
        "key {0} is the last one, without which no claims would count: make another by `migration \
         claims rotate` and give it to every service first"
    )]
    LastKey(i32),

    #[error(transparent)]
    Database(#[from] DbErr),
}
