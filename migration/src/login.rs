//! The service's own login: may become `authenticated` and `todos_support`, and nothing else.

use std::fmt;

use pg_scope::Options;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, QueryResult, Statement};

use crate::rls::{ROLE, SUPPORT, ensure_role};

/// Why the login cannot be made or used. Never holds the password.
#[derive(Debug)]
pub enum LoginError {
    /// `DATABASE_AUTHENTICATED_URL` does not say who signs in with what.
    Url(&'static str),
    Unusable(pg_scope::Error),
    /// The login exists and could read every user's rows.
    Unsafe {
        login: String,
        why: &'static str,
    },
    /// The owner of `DATABASE_URL` may not do what is missing.
    Refused {
        login: String,
        missing: &'static str,
        cause: DbErr,
    },
    Database(DbErr),
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(
                f,
                "DATABASE_AUTHENTICATED_URL {why}; it should be \
                 postgres://NAME:PASSWORD@HOST/DATABASE"
            ),
            Self::Unusable(error) => write!(f, "DATABASE_AUTHENTICATED_URL: {error}"),
            Self::Unsafe { login, why } => write!(
                f,
                "the login \"{login}\" of DATABASE_AUTHENTICATED_URL {why}, so row-level security \
                 would not bind it; name another login there"
            ),
            Self::Refused { login, missing, cause } => write!(
                f,
                "the role of DATABASE_URL may not {missing} for the login \"{login}\" ({cause}); \
                 let a role with CREATEROLE run this migration; since PostgreSQL 16 it also needs ADMIN \
                 OPTION on roles that another one made"
            ),
            Self::Database(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for LoginError {}

impl From<DbErr> for LoginError {
    fn from(cause: DbErr) -> Self {
        Self::Database(cause)
    }
}

struct Credentials {
    login: String,
    password: String,
}

/// What the server knows of the login.
#[expect(clippy::struct_excessive_bools, reason = "the columns of pg_roles are what they are")]
struct Existing {
    is_superuser: bool,
    bypasses_rls: bool,
    creates_roles: bool,
    replicates: bool,
    can_login: bool,
    is_member: bool,
    is_support: bool,
    starts_as_authenticated: bool,
}

/// Creates the login that `url` names, or completes what it lacks. Changes nothing that is there.
pub async fn ensure(db: &impl ConnectionTrait, url: &str) -> Result<(), LoginError> {
    let Credentials { login, password } = credentials(url)?;
    ensure_role(db, ROLE).await?;
    ensure_role(db, SUPPORT).await?;
    let refused = |missing| {
        let login = login.clone();
        move |cause| LoginError::Refused { login, missing, cause }
    };

    let existing = find(db, &login).await?;
    match &existing {
        Some(found) if found.is_superuser => {
            return Err(LoginError::Unsafe { login, why: "is a superuser" });
        }
        Some(found) if found.bypasses_rls => {
            return Err(LoginError::Unsafe { login, why: "has BYPASSRLS" });
        }
        Some(found) if found.creates_roles => {
            return Err(LoginError::Unsafe { login, why: "has CREATEROLE" });
        }
        Some(found) if found.replicates => {
            return Err(LoginError::Unsafe { login, why: "has REPLICATION" });
        }
        Some(found) if found.can_login => {}
        Some(_) => {
            run(db, "ALTER ROLE %I LOGIN PASSWORD %L", [&login, &password])
                .await
                .map_err(refused("allow sign-in"))?;
        }
        None => {
            const CREATE: &str = "CREATE ROLE %I LOGIN NOINHERIT NOSUPERUSER NOCREATEDB \
                                  NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L";
            run(db, CREATE, [&login, &password]).await.map_err(refused("create the role"))?;
        }
    }

    // A provider may hand out `authenticated` itself as a login: it needs no way to become it.
    let is_role = login == ROLE;
    if !is_role && !existing.as_ref().is_some_and(|found| found.is_member) {
        run(db, "GRANT %I TO %I", [ROLE, &login])
            .await
            .map_err(refused("grant membership in \"authenticated\""))?;
    }
    if !existing.as_ref().is_some_and(|found| found.is_support) {
        run(db, "GRANT %I TO %I", [SUPPORT, &login])
            .await
            .map_err(refused("grant membership in \"todos_support\""))?;
    }
    if !is_role && !existing.as_ref().is_some_and(|found| found.starts_as_authenticated) {
        // Born with the role: code that forgets the transaction still sees no row.
        run(db, "ALTER ROLE %I SET role = %L", [&login, ROLE])
            .await
            .map_err(refused("set the starting role"))?;
    }
    Ok(())
}

fn credentials(url: &str) -> Result<Credentials, LoginError> {
    let options = Options::from_url(url).map_err(LoginError::Unusable)?;
    let login = options.user().filter(|login| !login.is_empty());
    let login = login.ok_or(LoginError::Url("names no login"))?.to_owned();
    let password = options.password().ok_or(LoginError::Url("holds no password"))?.to_owned();
    Ok(Credentials { login, password })
}

async fn find(db: &impl ConnectionTrait, login: &str) -> Result<Option<Existing>, DbErr> {
    const QUERY: &str = "\
        SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication, r.rolcanlogin,
               EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                       WHERE m.member = r.oid AND g.rolname = $2) AS is_member,
               EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                       WHERE m.member = r.oid AND g.rolname = $3) AS is_support,
               coalesce('role=' || $2 = ANY (r.rolconfig), false) AS starts_as_authenticated
        FROM pg_roles r WHERE r.rolname = $1";
    let statement = Statement::from_sql_and_values(
        DbBackend::Postgres,
        QUERY,
        [login.into(), ROLE.into(), SUPPORT.into()],
    );
    let read = |row: QueryResult| {
        Ok(Existing {
            is_superuser: row.try_get("", "rolsuper")?,
            bypasses_rls: row.try_get("", "rolbypassrls")?,
            creates_roles: row.try_get("", "rolcreaterole")?,
            replicates: row.try_get("", "rolreplication")?,
            can_login: row.try_get("", "rolcanlogin")?,
            is_member: row.try_get("", "is_member")?,
            is_support: row.try_get("", "is_support")?,
            starts_as_authenticated: row.try_get("", "starts_as_authenticated")?,
        })
    };
    db.query_one_raw(statement).await?.map(read).transpose()
}

/// Runs a statement that takes no parameters: the server itself quotes `values` into `template`.
async fn run(db: &impl ConnectionTrait, template: &str, values: [&str; 2]) -> Result<(), DbErr> {
    let quote = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT format($1, $2, $3) AS sql",
        [template.into(), values[0].into(), values[1].into()],
    );
    let row = db.query_one_raw(quote).await?;
    let sql: String = row
        .ok_or_else(|| DbErr::RecordNotFound("format() gave no row".into()))?
        .try_get("", "sql")?;
    db.execute_unprepared(&sql).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_encoded_name_and_password() {
        let found = credentials("postgres://app%40x:p%2Fw@localhost/todos").unwrap();
        assert_eq!((found.login.as_str(), found.password.as_str()), ("app@x", "p/w"));
    }

    #[test]
    fn an_incomplete_url_is_refused_without_its_password() {
        for url in ["nonsense", "postgres://localhost/todos", "postgres://app@localhost/todos"] {
            let message = credentials(url).err().unwrap().to_string();
            assert!(message.contains("DATABASE_AUTHENTICATED_URL"), "{message}");
        }
    }
}
