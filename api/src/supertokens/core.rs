//! The CDI client: the only caller of a Core.
//!
//! Each method is one CDI request; its doc names the route. Answers are read up to a bound, and
//! every answer that is not the documented one becomes a [`CoreError`].

use std::time::Duration;

use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tracing::instrument;
use url::Url;

use super::{TENANT, user::User};

const CDI_VERSION: &str = "5.2";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A healthy Core answers within milliseconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// Password hashing is slow by design.
const HASHING_TIMEOUT: Duration = Duration::from_secs(10);
/// Who asks only whether the Core is there does not wait for long.
const HELLO_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_ANSWER: usize = 1024 * 1024;
/// A key takes about 400 bytes, and a Core publishes few.
const MAX_KEY_SET: usize = 64 * 1024;

/// Why a Core gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// Not reached, too slow, or not able to serve now: worth another try later.
    #[error("the Core is unavailable: {0}")]
    Unavailable(String),
    /// Answered something else than the CDI promises: a wrong address, key or version.
    #[error("the Core gave an unexpected answer to {method} {path}: {what}")]
    Unexpected { method: Method, path: String, what: String },
}

/// A client of one Core; cheap to clone, keeps its connections.
#[derive(Debug, Clone)]
pub struct Core {
    http: reqwest::Client,
    base: Url,
    api_key: Option<SecretString>,
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
struct Roles {
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct Permissions {
    #[serde(default)]
    permissions: Vec<String>,
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
}

/// The parts of a new session that the backend chooses.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub user_id: &'a str,
    /// Claims for the access token, beside those that the Core sets.
    pub access_token_payload: Value,
    pub enable_anti_csrf: bool,
}

impl Core {
    pub fn new(base: Url, api_key: Option<SecretString>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, base, api_key })
    }

    /// `POST /recipe/signup`
    pub async fn sign_up(&self, email: &str, password: &str) -> Result<SignUp, CoreError> {
        self.post_password("recipe/signup", email, password).await
    }

    /// `POST /recipe/signin`
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignIn, CoreError> {
        self.post_password("recipe/signin", email, password).await
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

    /// `GET /recipe/user/roles`
    pub async fn roles_of(&self, user_id: &str) -> Result<Vec<String>, CoreError> {
        let path = format!("{TENANT}/recipe/user/roles");
        let found: Roles = self.get(&path, Some("userroles"), &[("userId", user_id)]).await?;
        Ok(found.roles)
    }

    /// `GET /recipe/role/permissions`; a role that is gone has none.
    pub async fn permissions_of(&self, role: &str) -> Result<Vec<String>, CoreError> {
        let query = [("role", role)];
        let found: Permissions =
            self.get("recipe/role/permissions", Some("userroles"), &query).await?;
        Ok(found.permissions)
    }

    /// `POST /recipe/session`
    pub async fn create_session(&self, new: NewSession<'_>) -> Result<SessionTokens, CoreError> {
        let body = json!({
            "userId": new.user_id,
            "userDataInJWT": new.access_token_payload,
            "userDataInDatabase": {},
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
        let mut body = json!({
            "refreshToken": refresh_token,
            "enableAntiCsrf": enable_anti_csrf,
            "useDynamicSigningKey": true,
        });
        if let Some(token) = anti_csrf_token {
            body["antiCsrfToken"] = token.into();
        }
        self.post("recipe/session/refresh", "session", body).await
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

    /// `POST /recipe/session/remove`; answers whether the session was there.
    pub async fn remove_session(&self, handle: &str) -> Result<bool, CoreError> {
        let body = json!({"sessionHandles": [handle]});
        let removed: Revoked = self.post("recipe/session/remove", "session", body).await?;
        Ok(!removed.session_handles_revoked.is_empty())
    }

    /// `GET /.well-known/jwks.json`
    pub async fn keys(&self) -> Result<KeySet, CoreError> {
        const PATH: &str = ".well-known/jwks.json";
        let request = self.request(Method::GET, PATH, None);
        self.send(request, Method::GET, PATH, MAX_KEY_SET).await
    }

    /// `GET /hello`: whether the Core, and what it stores in, answers now.
    pub async fn hello(&self) -> Result<(), CoreError> {
        let request = self.request(Method::GET, "hello", None).timeout(HELLO_TIMEOUT);
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        answer.map(drop).map_err(unavailable)
    }

    async fn post_password<T: DeserializeOwned>(
        &self,
        path: &str,
        email: &str,
        password: &str,
    ) -> Result<T, CoreError> {
        let request = self
            .request(Method::POST, path, Some("emailpassword"))
            .timeout(HASHING_TIMEOUT)
            .json(&json!({"email": email, "password": password}));
        self.send(request, Method::POST, path, MAX_ANSWER).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: Option<&str>,
        query: &[(&str, &str)],
    ) -> Result<T, CoreError> {
        let request = self.request(Method::GET, path, recipe).query(query);
        self.send(request, Method::GET, path, MAX_ANSWER).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        recipe: &str,
        body: Value,
    ) -> Result<T, CoreError> {
        let request = self.request(Method::POST, path, Some(recipe)).json(&body);
        self.send(request, Method::POST, path, MAX_ANSWER).await
    }

    fn request(&self, method: Method, path: &str, recipe: Option<&str>) -> reqwest::RequestBuilder {
        let url = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        let mut request = self.http.request(method, url).header("cdi-version", CDI_VERSION);
        if let Some(recipe) = recipe {
            request = request.header("rid", recipe);
        }
        if let Some(key) = &self.api_key {
            request = request.header("api-key", key.expose_secret());
        }
        request
    }

    #[instrument(name = "core", skip_all, fields(http.method = %method, url.path = path))]
    async fn send<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        method: Method,
        path: &str,
        max_answer: usize,
    ) -> Result<T, CoreError> {
        let answer = request.send().await.map_err(unavailable)?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(CoreError::Unavailable(format!("{status}")));
        }
        let body = read_bounded(answer, max_answer).await?;
        let unexpected = |what| CoreError::Unexpected { method, path: path.to_owned(), what };
        if !status.is_success() {
            let text: String = String::from_utf8_lossy(&body).chars().take(200).collect();
            return Err(unexpected(format!("{status}: {text}")));
        }
        serde_json::from_slice(&body).map_err(|error| unexpected(error.to_string()))
    }
}

fn unavailable(error: reqwest::Error) -> CoreError {
    // Without the URL: it can hold an email or a user id.
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    CoreError::Unavailable(format!("{error}: {cause}"))
}

async fn read_bounded(mut answer: reqwest::Response, max: usize) -> Result<Vec<u8>, CoreError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
        if body.len() + chunk.len() > max {
            return Err(CoreError::Unavailable(format!("answered more than {max} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
