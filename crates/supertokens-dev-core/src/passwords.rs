//! Password hashing: Argon2id, a bounded number at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::error::{Error, Result};

/// Each hash takes 19 MiB and a core for tens of milliseconds; as many run at once as there are
/// cores, the others wait their turn.
pub(super) struct Passwords {
    permits: Arc<Semaphore>,
    dummy_hash: String,
    computed: AtomicU64,
}

impl Passwords {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            permits: Arc::new(Semaphore::new(available_parallelism().map_or(1, Into::into))),
            dummy_hash: hash("no one's password")?,
            computed: AtomicU64::new(0),
        })
    }

    /// How many hashes were computed to make or verify a password.
    pub(super) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// A PHC string (`$argon2id$v=19$...`) with a salt of its own.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.run(move || hash(&password)).await
    }

    /// Whether `password` is the one that `hash` was made of. Without a hash the answer is no, and
    /// takes as long, so that its time does not tell whether a user exists.
    pub(super) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy_hash.clone());
        let password = password.to_owned();
        let matches = self.run(move || verify(&password, &hash)).await?;
        Ok(known && matches)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permits.clone().acquire_owned().await.map_err(Error::internal)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(Error::internal)?
    }
}

/// OWASP's parameters for Argon2id: 19 MiB of memory, 2 passes, 1 lane.
fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String> {
    let hash: PasswordHash =
        argon2()?.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> Result<bool> {
    let hash = PasswordHash::new(hash).map_err(Error::internal)?;
    Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
}
