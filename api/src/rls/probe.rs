//! Whether the database believes the claims that it should, and none else: asked with those of a user
//! who does not exist.

use std::sync::LazyLock;

use pg_scope::{
    Error, FromRow, Pool, Scope, ScopeTemplate, SqlState,
    types::{ToSql, Type},
};

use super::{
    Access, Role, Work,
    signature::{ClaimsMode, Signer},
    template,
};

/// The SQLSTATE by which `auth.session()` refuses claims.
const REFUSED: SqlState = SqlState::INVALID_AUTHORIZATION_SPECIFICATION;

/// Of questions that are asked as the login itself.
static NO_CLAIMS: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&[], &[], Access::Read));

/// Clocks may differ by as much as a signature lasts.
const TOLERANCE: i64 = 60;

/// What a service and its database do not agree about. Says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    #[error(
        "RLS_CLAIMS is `plain`, and the database takes signed claims only: set RLS_CLAIMS=signed and \
         RLS_CLAIMS_KEY"
    )]
    WantsSignatures,

    #[error(
        "the database does not take what RLS_CLAIMS_KEY signs: compare its id with `migration claims \
         status`, or make another by `migration claims rotate`"
    )]
    KeyDoesNotCount,

    #[error(
        "the database's clock is {0} seconds ahead of this one (behind, if negative), which is longer \
         than signed claims last: set both by the network's time"
    )]
    ClocksDiffer(i64),

    #[error(
        "RLS_CLAIMS is `signed`, and the database takes claims {0}: run `migration claims signed` as \
         its owner"
    )]
    Believes(&'static str),

    #[error(
        "RLS_CLAIMS is `signed`, and the role {0} may make objects in the database, by which to catch \
         what others send: REVOKE CREATE, TEMPORARY ON DATABASE from it and from PUBLIC"
    )]
    MayMakeObjects(String),
}

#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    #[error(transparent)]
    Database(#[from] Error),
}

/// Asks on a connection of the service's login.
pub async fn check(pool: &Pool, signer: &Signer) -> Result<(), ProbeError> {
    let user = uuid::Uuid::new_v4().to_string();
    let claims = serde_json::json!({"sub": user}).to_string();
    let probe = Probe { pool, user, claims };
    let signature = signer.sign(&probe.claims);
    if !probe.is_believed(&signature).await? {
        return Err(probe.why_not(signer).await?.into());
    }
    if signer.mode == ClaimsMode::Plain {
        return Ok(());
    }
    for (what, signature) in signer.wrong(&probe.claims) {
        if probe.is_believed(&signature).await? {
            return Err(Disagreement::Believes(what).into());
        }
    }
    match probe.who_may_make_objects().await? {
        Some(role) => Err(Disagreement::MayMakeObjects(role).into()),
        None => Ok(()),
    }
}

struct Probe<'a> {
    pool: &'a Pool,
    user: String,
    claims: String,
}

impl Probe<'_> {
    /// Whether it takes the claims with this signature for the user's.
    async fn is_believed(&self, signature: &str) -> Result<bool, Error> {
        let claims = [Role::Authenticated.name(), &self.claims, signature];
        let scope = template(Access::Read, Work::Lookup).scope(&claims)?;
        match self.ask::<(Option<String>,)>(scope, "SELECT auth.user_id()", &[]).await {
            Ok(user) => Ok(user.and_then(|(user,)| user).is_some_and(|user| user == self.user)),
            Err(Error::Db(error)) if *error.code() == REFUSED => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Why it does not take what was signed as it should be.
    async fn why_not(&self, signer: &Signer) -> Result<Disagreement, Error> {
        if signer.key.is_none() {
            return Ok(Disagreement::WantsSignatures);
        }
        let now = "SELECT extract(epoch FROM now())::bigint";
        let now = self.ask::<(i64,)>(NO_CLAIMS.scope(&[])?, now, &[]).await?;
        let ahead = now.map_or(0, |(now,)| now) - signer.clock.now().timestamp();
        let differ = ahead.abs() >= TOLERANCE;
        Ok(if differ { Disagreement::ClocksDiffer(ahead) } else { Disagreement::KeyDoesNotCount })
    }

    async fn who_may_make_objects(&self) -> Result<Option<String>, Error> {
        const QUERY: &str = "
            SELECT rolname::text FROM pg_roles r WHERE rolname IN (session_user, $1, $2) AND (
                has_database_privilege(r.oid, current_database(), 'CREATE, TEMPORARY')
                OR EXISTS (SELECT FROM pg_namespace n
                           WHERE has_schema_privilege(r.oid, n.oid, 'CREATE')))
            ORDER BY rolname LIMIT 1";
        let roles = [Role::Authenticated.name(), Role::Support.name()];
        let role = self.ask::<(String,)>(NO_CLAIMS.scope(&[])?, QUERY, &roles).await?;
        Ok(role.map(|(role,)| role))
    }

    /// The first row of a query in a transaction of its own.
    async fn ask<T: FromRow>(
        &self,
        scope: Scope,
        sql: &str,
        parameters: &[&str],
    ) -> Result<Option<T>, Error> {
        let transaction = self.pool.begin(scope).await?.ending();
        let parameters: Vec<_> =
            parameters.iter().map(|text| (text as &(dyn ToSql + Sync), Type::TEXT)).collect();
        Ok(transaction.query(sql, &parameters).await?.decode()?.into_iter().next())
    }
}
