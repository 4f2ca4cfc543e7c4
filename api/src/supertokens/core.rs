//! The CDI client: the only caller of a Core.
//!
//! Each method is one CDI request; its doc names the route. Answers are read up to a bound, and
//! every answer that is not the documented one becomes a [`CoreError`].

mod dashboard;
mod denied;
mod emails;
mod roles;
mod sessions;
mod tenants;
mod transport;
mod users;
mod watched;

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use url::Url;

pub use self::{
    dashboard::{DashboardSignIn, DashboardUser, SetDashboardUser},
    emails::TokenOwner,
    sessions::{Regenerate, SessionInformation},
    users::{Order, UpdateUser, UserPage, UserQuery},
    watched::{Watch, Watched},
};
use self::{
    denied::DeniedSessions,
    transport::{Call, Transport},
};
use super::{TENANT, user::User};

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
    /// Told to come back after so many seconds.
    #[error("the Core is busy for {retry_after} s")]
    Busy { retry_after: u64 },
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
    /// Answered something else than the CDI promises: no Core, or one of another version.
    #[error("the Core gave an unexpected answer to {method} {path}: {what}")]
    Unexpected { method: Method, path: String, what: String },
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
    transport: Transport,
    watched: Watched,
    denied: Arc<DeniedSessions>,
}

/// CDI `session`: who a session belongs to, and its claims.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreSession {
    pub handle: String,
    pub user_id: String,
}

/// A token as the Core hands it out. Times are in milliseconds since 1970.
#[derive(Debug, Deserialize)]
pub struct CoreToken {
    pub token: SecretString,
    pub expiry: i64,
}

/// A new session, or one that was refreshed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionTokens {
    pub session: CoreSession,
    pub access_token: CoreToken,
    pub refresh_token: CoreToken,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignUp {
    #[serde(rename_all = "camelCase")]
    Ok {
        user: User,
        recipe_user_id: String,
    },
    EmailAlreadyExistsError,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignIn {
    #[serde(rename_all = "camelCase")]
    Ok {
        user: User,
        recipe_user_id: String,
    },
    WrongCredentialsError,
}

/// What came of a sign-in with an account elsewhere.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignInUp {
    #[serde(rename_all = "camelCase")]
    Ok {
        user: User,
        recipe_user_id: String,
        created_new_user: bool,
    },
    EmailChangeNotAllowedError,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refresh {
    Ok(SessionTokens),
    Unauthorised { message: String },
    TokenTheftDetected { session: CoreSession },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verify {
    #[serde(rename_all = "camelCase")]
    Ok {
        /// Set when the token is to be replaced by this one.
        access_token: Option<CoreToken>,
    },
    Unauthorised {
        message: String,
    },
    TryRefreshToken {
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum GetUser {
    Ok { user: User },
    UnknownUserIdError,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revoked {
    session_handles_revoked: Vec<String>,
}

/// The Core's public keys (RFC 7517), each as it came.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub struct KeySet {
    pub keys: Vec<Value>,
    /// For how many seconds the Core lets others keep them.
    #[serde(skip)]
    pub max_age: Option<u64>,
}

/// The parts of a new session that the backend chooses.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub user_id: &'a str,
    /// Claims for the access token, beside those that the Core sets.
    pub access_token_payload: Value,
    /// What only the server sees.
    pub session_data: Value,
    pub enable_anti_csrf: bool,
}

impl Core {
    /// `hosts` are the addresses of one Core, each as good as the others.
    pub fn new(hosts: Vec<Url>, api_key: Option<SecretString>) -> Result<Self, reqwest::Error> {
        let transport = Transport::new(hosts, api_key)?;
        Ok(Self { transport, watched: Watched::default(), denied: Arc::default() })
    }

    /// `POST /recipe/signup`
    pub async fn sign_up(&self, email: &str, password: &str) -> Result<SignUp, CoreError> {
        let body = json!({"email": email, "password": password});
        self.hashing(Method::POST, "recipe/signup", body).await
    }

    /// `POST /recipe/signin`
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignIn, CoreError> {
        let body = json!({"email": email, "password": password});
        self.hashing(Method::POST, "recipe/signin", body).await
    }

    /// `POST /recipe/signinup`: the user of a third party's id, made if there is none.
    pub async fn sign_in_up(
        &self,
        third_party_id: &str,
        third_party_user_id: &str,
        email: &str,
        is_verified: bool,
    ) -> Result<SignInUp, CoreError> {
        let body = json!({
            "thirdPartyId": third_party_id,
            "thirdPartyUserId": third_party_user_id,
            "email": {"id": email, "isVerified": is_verified},
        });
        self.post(&format!("{TENANT}/recipe/signinup"), "thirdparty", body).await
    }

    /// `GET /users/by-accountinfo`: those who sign in with `email`.
    pub async fn users_by_email(&self, email: &str) -> Result<Vec<User>, CoreError> {
        let query = [("email", email), ("doUnionOfAccountInfo", "false")];
        let found: Users =
            self.get(&format!("{TENANT}/users/by-accountinfo"), None, &query).await?;
        Ok(found.users)
    }

    /// `GET /user/id`
    pub async fn user(&self, user_id: &str) -> Result<Option<User>, CoreError> {
        match self.get("user/id", None, &[("userId", user_id)]).await? {
            GetUser::Ok { user } => Ok(Some(user)),
            GetUser::UnknownUserIdError => Ok(None),
        }
    }

    /// `POST /recipe/session`
    pub async fn create_session(&self, new: NewSession<'_>) -> Result<SessionTokens, CoreError> {
        let body = json!({
            "userId": new.user_id,
            "userDataInJWT": new.access_token_payload,
            "userDataInDatabase": new.session_data,
            "useDynamicSigningKey": true,
            "enableAntiCsrf": new.enable_anti_csrf,
        });
        self.post(&format!("{TENANT}/recipe/session"), "session", body).await
    }

    /// `POST /recipe/session/refresh`
    pub async fn refresh_session(
        &self,
        refresh_token: &str,
        anti_csrf_token: Option<&str>,
        enable_anti_csrf: bool,
    ) -> Result<Refresh, CoreError> {
        let mut body = Map::new();
        body.insert("refreshToken".to_owned(), refresh_token.into());
        body.insert("enableAntiCsrf".to_owned(), enable_anti_csrf.into());
        body.insert("useDynamicSigningKey".to_owned(), true.into());
        if let Some(token) = anti_csrf_token {
            body.insert("antiCsrfToken".to_owned(), token.into());
        }
        self.post("recipe/session/refresh", "session", body.into()).await
    }

    /// `POST /recipe/session/verify`: tells the Core of a refreshed token's first use, and checks
    /// that the session lives.
    pub async fn verify_session(
        &self,
        access_token: &str,
        check_database: bool,
    ) -> Result<Verify, CoreError> {
        // The proof against CSRF was checked by us already, with the same data.
        let body = json!({
            "accessToken": access_token,
            "doAntiCsrfCheck": false,
            "enableAntiCsrf": false,
            "checkDatabase": check_database,
        });
        self.post("recipe/session/verify", "session", body).await
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
        let _: GetUser = self.transport.json(call.patience(CHECK_TIMEOUT).unqueued()).await?;
        Ok(())
    }

    /// A call that makes the Core hash a password.
    async fn hashing<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<T, CoreError> {
        let call = Call::new(method, path, Some("emailpassword")).body(body);
        self.transport.json(call.hashing()).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: Option<&str>,
        query: &[(&str, &str)],
    ) -> Result<T, CoreError> {
        self.transport.json(Call::new(Method::GET, path, recipe).query(query)).await
    }

    async fn post<'a, T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: impl Into<Option<&'a str>>,
        body: Value,
    ) -> Result<T, CoreError> {
        self.transport.json(Call::new(Method::POST, path, recipe.into()).body(body)).await
    }

    async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: &str,
        body: Value,
    ) -> Result<T, CoreError> {
        self.transport.json(Call::new(Method::PUT, path, Some(recipe)).body(body)).await
    }
}
