//! The signing keys of a development Core, taken from its database, to sign what a Core signs for other services.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use super::database::TestDatabase;

pub struct CoreKey {
    kid: String,
    encoding: EncodingKey,
}

impl CoreKey {
    /// The newest dynamic key (`d-`), or the static one (`s-`).
    pub async fn of(database: &TestDatabase, dynamic: bool) -> Self {
        let sql = "select kid, private_key from supertokens_core.signing_keys \
             where dynamic = $1 order by created_at desc limit 1";
        let row: (String, String) = sqlx::query_as(sql)
            .bind(dynamic)
            .fetch_one(&mut database.connect().await)
            .await
            .expect("a key");
        let encoding = EncodingKey::from_rsa_pem(row.1.as_bytes()).expect("a private key");
        Self { kid: row.0, encoding }
    }

    /// A token with this `version` in its header.
    pub fn sign(&self, version: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        if let Some(version) = version {
            header.extras.insert("version", version);
        }
        jsonwebtoken::encode(&header, claims, &self.encoding).expect("a token")
    }
}

/// Tokens with the claims of a session that the Core's keys signed and that are no session's tokens, and the message
/// that each is rejected with.
pub async fn other_tokens(database: &TestDatabase, claims: &Value) -> [(String, &'static str); 4] {
    let (fixed, dynamic) = (CoreKey::of(database, false).await, CoreKey::of(database, true).await);
    [
        // As `POST /recipe/jwt` signs them.
        (fixed.sign(None, claims), "unauthorised"),
        (dynamic.sign(None, claims), "unauthorised"),
        (dynamic.sign(Some("2"), claims), "unauthorised"),
        // A session of a backend that is configured for static keys: a refresh replaces the token.
        (fixed.sign(Some("5"), claims), "try refresh token"),
    ]
}
