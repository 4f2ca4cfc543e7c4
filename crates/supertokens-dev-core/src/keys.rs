//! The RSA keys that sign access tokens: one static, and a line of dynamic ones that rotate.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clock::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    error::{Cause, Error, Result},
    schema,
};

/// The age at which a dynamic key signs no more.
const ROTATION: Duration = Duration::from_hours(7 * 24);

/// Held by the process that makes keys, so that only one does.
const KEYS_LOCK: i64 = 0x5375_7065_724b_6579;

pub(super) struct SigningKey {
    pub(super) kid: String,
    /// Kept as it is used: to parse and check it, and to blind it for the first time, takes twice as long as a
    /// signature, and jsonwebtoken would do so for each.
    pair: KeyPair,
    pub(super) decoding: DecodingKey,
    dynamic: bool,
    created_at: i64,
    jwk: Value,
}

impl SigningKey {
    /// A JWT of these claims (RFC 7515, 3.1; RS256).
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        header.extras.insert("version", "5");
        let header = serde_json::to_vec(&header).map_err(Error::internal)?;
        let claims = serde_json::to_vec(claims).map_err(Error::internal)?;
        let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(Error::internal)?;
        Ok([message, URL_SAFE_NO_PAD.encode(signature)].join("."))
    }
}

/// The keys of the database, with a copy in memory that is read again when it does not do.
pub(super) struct SigningKeys {
    pool: PgPool,
    clock: Clock,
    token_validity: Duration,
    /// As published: dynamic before static, newest first.
    cached: RwLock<Vec<Arc<SigningKey>>>,
}

impl SigningKeys {
    /// Reads the keys, and makes those that are missing. `token_validity`: of access tokens.
    pub(super) async fn load(pool: PgPool, clock: Clock, token_validity: Duration) -> Result<Self> {
        let keys = Self { pool, clock, token_validity, cached: RwLock::default() };
        keys.rotate().await?;
        Ok(keys)
    }

    /// The key to sign with now: the newest dynamic one, replaced when it is too old, or the
    /// static one.
    pub(super) async fn signer(&self, dynamic: bool) -> Result<Arc<SigningKey>> {
        if let Some(key) = self.current(dynamic) {
            return Ok(key);
        }
        self.rotate().await?;
        self.current(dynamic).ok_or_else(|| Error::internal("no signing key after rotation"))
    }

    /// The published key of that id, if there is one.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<Arc<SigningKey>>> {
        let find = |keys: &[Arc<SigningKey>]| keys.iter().find(|key| key.kid == kid).cloned();
        if let Some(key) = find(&self.cached()) {
            return Ok(Some(key));
        }
        Ok(find(&self.reload().await?))
    }

    /// The JSON Web Key Set to publish.
    pub(super) async fn jwks(&self) -> Result<Value> {
        let keys = self.reload().await?;
        Ok(json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }))
    }

    /// How long until another dynamic key signs.
    pub(super) fn rotates_in(&self) -> Duration {
        let newest = self.current(true).map_or(0, |key| key.created_at);
        let left = newest.saturating_add(millis(ROTATION)).saturating_sub(self.now());
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    fn current(&self, dynamic: bool) -> Option<Arc<SigningKey>> {
        let oldest = self.now() - millis(ROTATION);
        self.cached()
            .iter()
            .find(|key| key.dynamic == dynamic && (!dynamic || key.created_at > oldest))
            .cloned()
    }

    fn cached(&self) -> Vec<Arc<SigningKey>> {
        self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn reload(&self) -> Result<Vec<Arc<SigningKey>>> {
        let rows: Vec<Row> = sqlx::query_as(
            "select * from supertokens_core.signing_keys where published_until > $1 \
             order by dynamic desc, created_at desc",
        )
        .bind(self.now())
        .fetch_all(&self.pool)
        .await?;
        let keys: Vec<_> =
            rows.into_iter().map(|row| row.parse().map(Arc::new)).collect::<Result<_>>()?;
        self.cached.write().unwrap_or_else(PoisonError::into_inner).clone_from(&keys);
        Ok(keys)
    }

    /// Makes the keys that are missing or too old, unless another process just has.
    async fn rotate(&self) -> Result<()> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        schema::lock(&mut tx, KEYS_LOCK).await?;
        // Processes may differ in how long their tokens live: the longest counts.
        sqlx::query(
            "update supertokens_core.signing_keys \
             set published_until = greatest(published_until, created_at + $1) where dynamic",
        )
        .bind(self.lifetime())
        .execute(&mut *tx)
        .await?;
        sqlx::query("delete from supertokens_core.signing_keys where published_until <= $1")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        for dynamic in [false, true] {
            let found: bool = sqlx::query_scalar(
                "select exists (select from supertokens_core.signing_keys \
                 where dynamic = $1 and (created_at > $2 or not dynamic))",
            )
            .bind(dynamic)
            .bind(now - millis(ROTATION))
            .fetch_one(&mut *tx)
            .await?;
            if !found {
                self.generate(dynamic, now).await?.insert(&mut tx).await?;
            }
        }
        tx.commit().await?;
        self.reload().await?;
        Ok(())
    }

    async fn generate(&self, dynamic: bool, now: i64) -> Result<Row> {
        let (kid, published_until) = if dynamic {
            (format!("d-{now}"), now.saturating_add(self.lifetime()))
        } else {
            (format!("s-{}", Uuid::new_v4()), i64::MAX)
        };
        let pair = spawn_blocking(|| KeyPair::generate(KeySize::Rsa2048))
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
        let base64url = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        Ok(Row {
            kid,
            dynamic,
            private_key: pem(AsDer::as_der(&pair).map_err(Error::internal)?.as_ref())?,
            modulus: base64url(pair.public_key().modulus().big_endian_without_leading_zero()),
            exponent: base64url(pair.public_key().exponent().big_endian_without_leading_zero()),
            created_at: now,
            published_until,
        })
    }

    /// How long a dynamic key stays published, in milliseconds: as long as it signs, and then
    /// until the last token is dead.
    fn lifetime(&self) -> i64 {
        millis(ROTATION).saturating_add(millis(self.token_validity))
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }
}

/// A duration in milliseconds; one too long for the type counts as the longest.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn pem(pkcs8: &[u8]) -> Result<String> {
    let base64 = STANDARD.encode(pkcs8);
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(std::str::from_utf8)
        .collect::<std::result::Result<_, _>>()
        .map_err(Error::internal)?;
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

#[derive(sqlx::FromRow)]
struct Row {
    kid: String,
    dynamic: bool,
    private_key: String,
    modulus: String,
    exponent: String,
    created_at: i64,
    published_until: i64,
}

impl Row {
    fn parse(self) -> Result<SigningKey> {
        let unreadable = |error: jsonwebtoken::errors::Error| Error::Internal(Cause::from(error));
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(self.private_key.as_bytes())
            .map_err(Error::internal)?;
        Ok(SigningKey {
            pair: KeyPair::from_pkcs8(pkcs8.secret_pkcs8_der()).map_err(Error::internal)?,
            decoding: DecodingKey::from_rsa_components(&self.modulus, &self.exponent)
                .map_err(unreadable)?,
            jwk: json!({
                "kty": "RSA",
                "kid": self.kid,
                "n": self.modulus,
                "e": self.exponent,
                "alg": "RS256",
                "use": "sig",
            }),
            kid: self.kid,
            dynamic: self.dynamic,
            created_at: self.created_at,
        })
    }

    async fn insert(self, tx: &mut sqlx::PgTransaction<'_>) -> Result<()> {
        sqlx::query(
            "insert into supertokens_core.signing_keys values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.kid)
        .bind(self.dynamic)
        .bind(self.private_key)
        .bind(self.modulus)
        .bind(self.exponent)
        .bind(self.created_at)
        .bind(self.published_until)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
