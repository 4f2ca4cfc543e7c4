//! Signed claims, as this file makes them: the service's own way has to agree with it.

use aws_lc_rs::hmac;
use clock::Clock;
use migration::claims;
use sea_orm::Database;

use super::database::TestDatabase;

/// A key that the database knows.
#[derive(Clone)]
pub struct TestKey {
    /// As `RLS_CLAIMS_KEY` has it.
    pub text: String,
}

impl TestKey {
    pub fn id(&self) -> i32 {
        self.text.split_once(':').expect("ID:SECRET").0.parse().expect("a number")
    }

    pub fn secret(&self) -> &str {
        self.text.split_once(':').expect("ID:SECRET").1
    }

    /// What expires in so many seconds, or has so many seconds ago.
    pub fn sign(&self, claims: &str, seconds: i64) -> String {
        let expires = Clock::system().now().timestamp() + seconds;
        let secret = hex::decode(self.secret()).expect("hexadecimal digits");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let signature = hmac::sign(&key, format!("{expires}.{claims}").as_bytes());
        format!("{}.{expires}.{}", self.id(), hex::encode(signature))
    }
}

impl TestDatabase {
    /// Lets the database take signed claims only.
    pub async fn sign_claims(&self) -> TestKey {
        let key = claims::sign(&self.owner().await).await.expect("claims can be signed");
        TestKey { text: key.expect("the first key").to_string() }
    }

    pub async fn add_claims_key(&self) -> TestKey {
        let key = claims::add_key(&self.owner().await).await.expect("a key can be made");
        TestKey { text: key.to_string() }
    }

    pub async fn owner(&self) -> sea_orm::DatabaseConnection {
        Database::connect(self.owner_url()).await.expect("the owner signs in")
    }

    /// As a new database has it: everybody may make temporary objects.
    pub async fn grant_temporary(&self) {
        let grant = "do $$ begin
            execute format('grant temporary on database %I to public', current_database());
        end $$";
        self.execute(grant).await;
    }
}
