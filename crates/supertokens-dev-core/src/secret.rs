//! Random values, their hashes, and secrets that outlive the process.

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::PgPool;

use super::error::{Error, Result};

pub(super) fn sha256(data: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, data)
}

/// SHA-256 of `text`, in hex.
pub(super) fn sha256_hex(text: &str) -> String {
    hex::encode(sha256(text.as_bytes()))
}

/// 256 random bits as URL-safe text: for tokens that travel in links.
pub(super) fn random_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes()?))
}

fn random_bytes() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// The secret of that name, made the first time any process asks for it.
pub(super) async fn load(pool: &PgPool, name: &str) -> Result<Vec<u8>> {
    sqlx::query("insert into supertokens_core.secrets values ($1, $2) on conflict do nothing")
        .bind(name)
        .bind(random_bytes()?.as_slice())
        .execute(pool)
        .await?;
    let value = sqlx::query_scalar("select value from supertokens_core.secrets where name = $1")
        .bind(name)
        .fetch_one(pool)
        .await?;
    Ok(value)
}
