//! Whether the database believes the claims that it should, and none else: asked with those of a user
//! who does not exist.

use sqlx::{Connection as _, PgConnection};

use super::{
    Access, Role, prologue,
    signature::{ClaimsMode, Signer},
};

/// The SQLSTATE by which `auth.session()` refuses claims: `invalid_authorization_specification`.
const REFUSED: &str = "28000";

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
    Database(#[from] sqlx::Error),
}

/// Asks on a connection of the service's login.
pub async fn check(connection: &mut PgConnection, signer: &Signer) -> Result<(), ProbeError> {
    let user = uuid::Uuid::new_v4().to_string();
    let claims = serde_json::json!({"sub": user}).to_string();
    let mut probe = Probe { connection, user, claims };
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
    connection: &'a mut PgConnection,
    user: String,
    claims: String,
}

impl Probe<'_> {
    /// Whether it takes the claims with this signature for the user's.
    async fn is_believed(&mut self, signature: &str) -> Result<bool, sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN READ ONLY").await?;
        let claim = sqlx::query(prologue(Access::Write)).bind(Role::Authenticated.name());
        let claim = claim.bind(&self.claims).bind(signature).persistent(false);
        claim.execute(&mut *transaction).await?;
        let user = sqlx::query_scalar::<_, Option<String>>("SELECT auth.user_id()");
        let user = user.persistent(false).fetch_one(&mut *transaction).await;
        transaction.rollback().await?;
        match user {
            Ok(user) => Ok(user.as_deref() == Some(&self.user)),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(REFUSED) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Why it does not take what was signed as it should be.
    async fn why_not(&mut self, signer: &Signer) -> Result<Disagreement, sqlx::Error> {
        if signer.key.is_none() {
            return Ok(Disagreement::WantsSignatures);
        }
        let mut transaction = self.connection.begin_with("BEGIN READ ONLY").await?;
        let now = sqlx::query_scalar::<_, i64>("SELECT extract(epoch FROM now())::bigint");
        let now = now.persistent(false).fetch_one(&mut *transaction).await?;
        transaction.rollback().await?;
        let ahead = now - signer.clock.now().timestamp();
        let differ = ahead.abs() >= TOLERANCE;
        Ok(if differ { Disagreement::ClocksDiffer(ahead) } else { Disagreement::KeyDoesNotCount })
    }

    async fn who_may_make_objects(&mut self) -> Result<Option<String>, sqlx::Error> {
        const QUERY: &str = "
            SELECT rolname::text FROM pg_roles r WHERE rolname IN (session_user, $1, $2) AND (
                has_database_privilege(r.oid, current_database(), 'CREATE, TEMPORARY')
                OR EXISTS (SELECT FROM pg_namespace n
                           WHERE has_schema_privilege(r.oid, n.oid, 'CREATE')))
            ORDER BY rolname LIMIT 1";
        let mut transaction = self.connection.begin_with("BEGIN READ ONLY").await?;
        let role = sqlx::query_scalar(QUERY);
        let role = role.bind(Role::Authenticated.name()).bind(Role::Support.name());
        let role = role.persistent(false).fetch_optional(&mut *transaction).await?;
        transaction.rollback().await?;
        Ok(role)
    }
}
