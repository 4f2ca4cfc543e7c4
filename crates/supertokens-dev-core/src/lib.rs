#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod access_token;
mod answer;
mod dashboard;
mod emailpassword;
mod emailverification;
mod error;
mod guard;
mod keys;
mod multitenancy;
mod paid;
mod password_reset;
mod passwords;
mod refresh_token;
mod request;
mod roles;
mod schema;
mod secret;
mod sessions;
mod thirdparty;
mod usermetadata;
mod users;
mod version;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::header::CACHE_CONTROL,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{delete, get, post, put},
};
use clock::Clock;
use secrecy::SecretString;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};
use url::Url;

use self::{
    answer::Answer, error::Result, keys::SigningKeys, passwords::Passwords,
    refresh_token::RefreshTokenKey,
};
pub use self::{error::StartError, schema::migrate};

/// How long a request waits for a database connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long [`DevCore::stop`] waits for requests under way.
const GRACE: Duration = Duration::from_secs(10);
const MAX_CONNECTIONS: u32 = 10;
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The Core's own default.
pub const ACCESS_TOKEN_VALIDITY: Duration = Duration::from_hours(1);
/// The Core's own default.
pub const REFRESH_TOKEN_VALIDITY: Duration = Duration::from_hours(100 * 24);

/// How the development Core runs.
pub struct Options {
    /// The database, as a role that may create the schema `supertokens_core`.
    pub database: PgConnectOptions,
    /// Loopback only; port 0 takes a free one.
    pub listen: SocketAddr,
    /// If set, every caller must send it as `api-key`.
    pub api_key: Option<SecretString>,
    /// How long an access token is valid.
    pub access_token_validity: Duration,
    /// How long a refresh token is valid.
    pub refresh_token_validity: Duration,
    /// The time that lifetimes are measured by.
    pub clock: Clock,
}

impl Options {
    /// The Core's own defaults: tokens live an hour and a hundred days, no API key, a free port.
    pub fn new(database: PgConnectOptions) -> Self {
        Self {
            database,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            api_key: None,
            access_token_validity: ACCESS_TOKEN_VALIDITY,
            refresh_token_validity: REFRESH_TOKEN_VALIDITY,
            clock: Clock::system(),
        }
    }
}

/// A Core that is running; it stops when dropped, or in good order by [`stop`](Self::stop).
pub struct DevCore {
    core: Arc<Core>,
    url: Url,
    pool: PgPool,
    shut_down: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl DevCore {
    /// Where it listens, such as `http://127.0.0.1:40123/`.
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// How many password hashes were computed. Requests that do the same work take the same time.
    pub fn password_hashes(&self) -> u64 {
        self.core.passwords.computed()
    }

    /// Answers the requests under way, for at most ten seconds, then ends.
    pub async fn stop(self) {
        drop(self.shut_down);
        let abort = self.server.abort_handle();
        if timeout(GRACE, self.server).await.is_err() {
            abort.abort();
        }
        self.pool.close().await;
    }
}

/// Makes what is missing in the database, then listens.
pub async fn start(options: Options) -> std::result::Result<DevCore, StartError> {
    let address = options.listen;
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options.database.clone())
        .await?;
    migrate(&pool).await?;
    schema::prune(&pool, options.clock.now().timestamp_millis()).await?;

    let core = Arc::new(Core::load(pool.clone(), options).await?);
    let listen_error = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let url = Url::parse(&format!("http://{address}"))
        .map_err(|error| listen_error(io::Error::other(error)))?;
    let (shut_down, stopping) = oneshot::channel::<()>();
    let server = axum::serve(listener, router(Arc::clone(&core))).with_graceful_shutdown(async {
        // An error means that the sender is gone: time to stop all the same.
        let _ = stopping.await;
    });
    let server = tokio::spawn(async {
        if let Err(error) = server.await {
            tracing::error!(%error, "development Core: server failed");
        }
    });
    Ok(DevCore { core, url, pool, shut_down, server })
}

/// What the handlers share.
struct Core {
    pool: PgPool,
    keys: SigningKeys,
    refresh_token_key: RefreshTokenKey,
    passwords: Passwords,
    clock: Clock,
    api_key: Option<SecretString>,
    access_token_validity: Duration,
    refresh_token_validity: Duration,
}

impl Core {
    async fn load(pool: PgPool, options: Options) -> Result<Self> {
        let keys =
            SigningKeys::load(pool.clone(), options.clock.clone(), options.access_token_validity);
        Ok(Self {
            keys: keys.await?,
            refresh_token_key: RefreshTokenKey::load(&pool).await?,
            passwords: Passwords::new()?,
            pool,
            clock: options.clock,
            api_key: options.api_key,
            access_token_validity: options.access_token_validity,
            refresh_token_validity: options.refresh_token_validity,
        })
    }

    /// Milliseconds since 1970.
    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }
}

/// The routes at every address that the one app and tenant has.
fn router(core: Arc<Core>) -> Router {
    let routes = routes()
        .method_not_allowed_fallback(guard::method_not_allowed)
        .route_layer(from_fn_with_state(core.clone(), guard::admit))
        .merge(public_routes().method_not_allowed_fallback(guard::method_not_allowed));
    Router::new()
        .nest("/public", routes.clone())
        .nest("/appid-public", routes.clone())
        .nest("/appid-public/public", routes.clone())
        .merge(routes)
        .fallback(guard::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(guard::run_to_completion))
        .with_state(core)
}

/// What anyone may ask, without an API key.
fn public_routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/hello", get(multitenancy::hello))
        .route("/.well-known/jwks.json", get(jwks))
}

fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/apiversion", get(version::versions))
        .route("/recipe/multitenancy/tenant/v2", get(multitenancy::tenant).put(paid::multi_tenancy))
        .route("/recipe/multitenancy/tenant/list/v2", get(multitenancy::tenants))
        .route("/recipe/accountlinking/user/primary", post(paid::account_linking))
        .route("/recipe/accountlinking/user/link", post(paid::account_linking))
        .route(
            "/recipe/dashboard/user",
            post(dashboard::create).put(dashboard::update).delete(dashboard::remove),
        )
        .route("/recipe/dashboard/users", get(dashboard::list))
        .route("/recipe/dashboard/signin", post(dashboard::sign_in))
        .route("/recipe/dashboard/session", delete(dashboard::remove_session))
        .route("/recipe/dashboard/session/verify", post(dashboard::verify_session))
        .route("/users", get(users::list))
        .route("/users/count", get(users::count))
        .route("/users/by-accountinfo", get(users::by_account_info))
        .route("/user/search/tags", get(users::search_tags))
        .route("/user/id", get(users::by_id))
        .route("/user/remove", post(users::remove))
        .route("/recipe/signup", post(emailpassword::sign_up))
        .route("/recipe/signin", post(emailpassword::sign_in))
        .route("/recipe/user", put(emailpassword::update))
        .route("/recipe/user/password/reset/token", post(password_reset::create_token))
        .route("/recipe/user/password/reset/token/consume", post(password_reset::consume_token))
        .route("/recipe/signinup", post(thirdparty::sign_in_up))
        .route(
            "/recipe/user/email/verify",
            get(emailverification::is_verified).post(emailverification::verify),
        )
        .route("/recipe/user/email/verify/token", post(emailverification::create_token))
        .route("/recipe/user/email/verify/token/remove", post(emailverification::remove_tokens))
        .route("/recipe/user/email/verify/remove", post(emailverification::unverify))
        .route("/recipe/session", get(sessions::get).post(sessions::create))
        .route("/recipe/session/user", get(sessions::of_user))
        .route("/recipe/session/refresh", post(sessions::refresh))
        .route("/recipe/session/regenerate", post(sessions::regenerate))
        .route("/recipe/session/verify", post(sessions::verify))
        .route("/recipe/session/remove", post(sessions::remove))
        .route("/recipe/session/data", put(sessions::set_session_data))
        .route("/recipe/jwt/data", put(sessions::set_jwt_data))
        .route("/recipe/role", put(roles::create))
        .route("/recipe/role/remove", post(roles::remove))
        .route("/recipe/role/permissions", get(roles::permissions))
        .route("/recipe/role/permissions/remove", post(roles::remove_permissions))
        .route("/recipe/role/users", get(roles::users))
        .route("/recipe/roles", get(roles::list))
        .route("/recipe/permission/roles", get(roles::with_permission))
        .route("/recipe/user/roles", get(roles::of_user))
        .route("/recipe/user/role", put(roles::give))
        .route("/recipe/user/role/remove", post(roles::take))
        .route("/recipe/user/metadata", get(usermetadata::get).put(usermetadata::update))
        .route("/recipe/user/metadata/remove", post(usermetadata::remove))
}

/// GET `/.well-known/jwks.json`
async fn jwks(State(core): State<Arc<Core>>) -> Result<Response> {
    let answer = Answer::bare(core.keys.jwks().await?);
    let kept = format!("max-age={}, must-revalidate", core.keys.rotates_in().as_secs());
    Ok(([(CACHE_CONTROL, kept)], answer).into_response())
}
