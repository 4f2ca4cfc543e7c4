//! The CDI client: the only caller of a Core.
//!
//! Each method is one CDI request; its doc names the route. Answers are read up to a bound, and
//! every answer that is not the documented one becomes a [`CoreError`].

mod denied;
pub(crate) mod transport;
pub mod watched;

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use secrecy::SecretString;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use url::Url;

pub(crate) use self::transport::Call;
use self::{denied::DeniedSessions, transport::Transport, watched::Watched};

/// The only tenant that is served. Tokens of other tenants are rejected.
pub const TENANT: &str = "public";

/// How long [`Core::check`] waits.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);
/// The id of no user.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// A key takes about 400 bytes, and a Core publishes few.
const MAX_KEY_SET: usize = 64 * 1024;

/// Why a Core gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// Not reached, too slow, or not able to serve now: worth another try later.
    #[error("the Core is unavailable: {0}")]
    Unavailable(String),
    /// The Core rejects calls for now (HTTP 429, or 503 with `Retry-After`).
    #[error("the Core is busy for {retry_after} s")]
    Busy {
        /// In seconds.
        retry_after: u64,
    },
    /// The Core rejects the API key, or requires one. The text is what it answered.
    #[error(
        "the Core rejects the API key ({0}): set SUPERTOKENS_API_KEY to one of the Core's API keys"
    )]
    InvalidApiKey(String),
    /// The Core has no such app, or another base path. The text is what it answered.
    #[error(
        "the Core does not know this address ({0}): check the app and the base path in \
         SUPERTOKENS_URI"
    )]
    UnknownAddress(String),
    /// The Core did not make this page token.
    #[error("invalid pagination token: use `nextPaginationToken` of the page before")]
    InvalidPageToken,
    /// The Core rejects the version of the CDI. The text is what it answered.
    #[error("the Core rejects the CDI version ({0}): this service speaks 5.4, 5.3 and 5.2")]
    UnsupportedVersion(String),
    /// A response that CDI does not have for this call: no Core, or one of another version.
    #[error("the Core gave an unexpected answer to {method} {path}: {what}")]
    Unexpected {
        /// The method of the call.
        method: Method,
        /// The path of the call.
        path: String,
        /// What is unexpected, for the log.
        what: String,
    },
}

impl CoreError {
    /// Whether only another configuration helps: waiting does not.
    pub fn is_misconfiguration(&self) -> bool {
        matches!(self, Self::InvalidApiKey(_) | Self::UnknownAddress(_))
    }
}

/// A client of one Core; cheap to clone, keeps its connections.
#[derive(Debug, Clone)]
pub struct Core {
    pub(crate) transport: Transport,
    pub(crate) watched: Watched,
    pub(crate) denied: Arc<DeniedSessions>,
}

/// The Core's public keys (RFC 7517), each as it came.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub struct KeySet {
    /// Public keys as JSON Web Keys (RFC 7517).
    pub keys: Vec<Value>,
    /// For how many seconds the Core lets others keep them.
    #[serde(skip)]
    pub max_age: Option<u64>,
}

impl Core {
    /// `hosts` are the addresses of one Core, each as good as the others.
    pub fn new(hosts: Vec<Url>, api_key: Option<SecretString>) -> Result<Self, reqwest::Error> {
        let transport = Transport::new(hosts, api_key)?;
        Ok(Self { transport, watched: Watched::default(), denied: Arc::default() })
    }

    /// Whether the access tokens of this session are denied, because this client ended it not long ago.
    pub fn is_denied(&self, handle: &str) -> bool {
        self.denied.contains(handle)
    }

    /// The sessions whose end somebody waits for. Told by every call of this client that ends one.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// `GET /.well-known/jwks.json`
    pub async fn keys(&self) -> Result<KeySet, CoreError> {
        let call = Call::unversioned(".well-known/jwks.json").max_answer(MAX_KEY_SET);
        let (set, max_age): (KeySet, _) = self.transport.json_for(call).await?;
        Ok(KeySet { max_age, ..set })
    }

    /// `GET /user/id` of nobody: whether the Core and its storage answer now, at this address and with this API
    /// key. `GET /hello` requires no key and has no path that another app does not have.
    pub async fn check(&self) -> Result<(), CoreError> {
        let query = [("userId", NOBODY)];
        let call = Call::new(Method::GET, "user/id", None).query(&query);
        let _: IgnoredAny = self.transport.json(call.patience(CHECK_TIMEOUT).unqueued()).await?;
        Ok(())
    }

    /// A call that makes the Core hash a password.
    pub(crate) async fn hashing<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<T, CoreError> {
        let call = Call::new(method, path, Some("emailpassword")).body(body);
        self.transport.json(call.hashing()).await
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: Option<&str>,
        query: &[(&str, &str)],
    ) -> Result<T, CoreError> {
        self.transport.json(Call::new(Method::GET, path, recipe).query(query)).await
    }

    pub(crate) async fn post<'a, T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: impl Into<Option<&'a str>>,
        body: Value,
    ) -> Result<T, CoreError> {
        self.transport.json(Call::new(Method::POST, path, recipe.into()).body(body)).await
    }

    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: &str,
        body: Value,
    ) -> Result<T, CoreError> {
        self.transport.json(Call::new(Method::PUT, path, Some(recipe)).body(body)).await
    }
}
