//! Refresh tokens: opaque to everyone else, sealed with a key that only the Core has.
//!
//! A token is base64url of nonce and AES-256-GCM ciphertext, then `.V2`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    error::{Error, Result},
    secret,
};

const VERSION: &str = ".V2";

/// What a refresh token says.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct RefreshToken {
    pub(super) session_handle: String,
    pub(super) user_id: String,
    /// SHA-256 of the token that was spent for this one; none for the first of a session.
    pub(super) parent_hash1: Option<String>,
    pub(super) anti_csrf_token: Option<String>,
    /// Makes two tokens of one parent differ.
    nonce: Uuid,
}

impl RefreshToken {
    pub(super) fn new(
        session_handle: String,
        user_id: String,
        parent_hash1: Option<String>,
        anti_csrf_token: Option<String>,
    ) -> Self {
        Self { session_handle, user_id, parent_hash1, anti_csrf_token, nonce: Uuid::new_v4() }
    }
}

pub(super) struct RefreshTokenKey(RandomizedNonceKey);

impl RefreshTokenKey {
    pub(super) async fn load(pool: &PgPool) -> Result<Self> {
        let key = secret::load(pool, "refresh_token_key").await?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).map(Self).map_err(Error::internal)
    }

    pub(super) fn seal(&self, token: &RefreshToken) -> Result<String> {
        let mut sealed = serde_json::to_vec(token).map_err(Error::internal)?;
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(VERSION), &mut sealed)
            .map_err(Error::internal)?;
        let bytes = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(URL_SAFE_NO_PAD.encode(bytes) + VERSION)
    }

    /// Fails with `UNAUTHORISED`, for a token of another version in the words that the Core has
    /// for it.
    pub(super) fn open(&self, token: &str) -> Result<RefreshToken> {
        let sealed = token.strip_suffix(VERSION).ok_or_else(|| {
            Error::unauthorised(
                "io.supertokens.session.refreshToken.RefreshToken$InvalidRefreshTokenFormatException: \
                 version of refresh token not recognised",
            )
        })?;
        self.decrypt(sealed)
            .ok_or_else(|| Error::unauthorised("refresh token could not be decrypted"))
    }

    fn decrypt(&self, sealed: &str) -> Option<RefreshToken> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(VERSION), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}
