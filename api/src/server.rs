//! Starts the parts of the service in order, and stops them in the reverse one.

pub mod core;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use axum::{Router, extract::connect_info::IntoMakeServiceWithConnectInfo};
use tokio::net::TcpListener;

use self::core::OpenedCore;
use crate::{
    clock::Clock,
    config::{Config, Environment, Switch},
    graphql::{self, Introspection},
    mail::Post,
    rls::{self, Rls},
    router::router,
    state::AppState,
    supertokens::{self, SuperTokens},
};

/// How long a request waits for a database connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a start waits for a database that is not up yet.
const DATABASE_PATIENCE: Duration = Duration::from_secs(20);
const DATABASE_PAUSE: Duration = Duration::from_millis(500);
/// How long requests that are under way may take to end when the service stops.
const DRAIN: Duration = Duration::from_secs(8);

/// How long mails that wait may take to be sent after that.
const LAST_MAILS: Duration = Duration::from_secs(20);

/// How long connections may take to close in the end.
const CLOSE: Duration = Duration::from_secs(2);

/// Serves until `shutdown` resolves.
pub async fn serve(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let address = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: set PORT to a free port"))?;
    let service = Service::start(&config, Clock::system()).await?;
    tracing::info!(%address, "listening at {}", config.api_domain());

    let (stop, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, service.make_service())
        .with_graceful_shutdown(async move {
            shutdown.await;
            tracing::info!("stopping");
            let _ = stop.send(());
        })
        .into_future();
    let out_of_time = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(DRAIN).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = server => result?,
        () = out_of_time => tracing::warn!("requests were cut off after {DRAIN:?}"),
    }
    service.stop().await;
    Ok(())
}

/// The parts of the service, ready to answer.
pub struct Service {
    pub state: AppState,
    pub router: Router,
    core: OpenedCore,
    post: Post,
}

impl Service {
    /// Opens the database and the Core. The database must answer and keep users apart; a Core
    /// elsewhere may come later.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let rls = open_database(config, &clock).await?;
        let core = OpenedCore::open(config, clock.clone()).await?;
        let options = supertokens::Options {
            api_domain: config.api_domain(),
            website_domain: config.website_domain(),
            core_uris: core.uris.clone(),
            core_api_key: core.api_key.clone(),
            anti_csrf: config.anti_csrf,
            email_verification: config.email_verification,
            cookie_domain: config.cookie_domain.clone(),
            providers: config.providers.clone(),
            rate_limits: config.limits.rate_limits(),
            dashboard: config.dashboard.clone(),
        };
        let post = Post::open(config, clock.clone())?;
        let supertokens = SuperTokens::new(options, post.mailer(), clock)?;
        let introspection = match config.environment {
            Environment::Development => Introspection::Allowed,
            Environment::Production => Introspection::Refused,
        };
        let schema = graphql::schema(rls.clone(), supertokens.clone(), introspection);
        let state = AppState { schema, supertokens, rls, outbox: post.outbox() };
        Ok(Self { router: router(state.clone(), config), state, core, post })
    }

    /// What a server takes, which tells each request from whom it comes.
    pub fn make_service(&self) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
        self.router.clone().into_make_service_with_connect_info()
    }

    /// Closes what [`start`](Self::start) opened, each part within a bound of its own.
    pub async fn stop(self) {
        let mails = async {
            self.state.supertokens.finish().await;
            self.post.close().await;
        };
        if tokio::time::timeout(LAST_MAILS, mails).await.is_err() {
            tracing::error!("mails that still waited after {LAST_MAILS:?} were not sent");
        }
        let connections = async {
            self.state.rls.close();
            self.core.close().await;
        };
        // A connection that never comes back must not keep the process.
        if tokio::time::timeout(CLOSE, connections).await.is_err() {
            tracing::warn!("connections were left open after {CLOSE:?}");
        }
    }
}

/// Opens the pool and makes sure that the database will keep users apart.
async fn open_database(config: &Config, clock: &Clock) -> anyhow::Result<Rls> {
    let rls = Rls::connect(&rls::PoolOptions {
        url: config.database_authenticated_url.clone(),
        max_connections: config.database_max_connections,
        acquire_timeout: ACQUIRE_TIMEOUT,
        prepares_statements: config.database_prepared_statements == Switch::On,
        signer: config.claims.signer(clock.clone()),
    })?;
    let deadline = tokio::time::Instant::now() + DATABASE_PATIENCE;
    loop {
        match rls.verify().await {
            Ok(()) => return Ok(rls),
            Err(rls::CheckError::Database(error))
                if rls::is_unavailable(&error) && tokio::time::Instant::now() < deadline =>
            {
                tracing::warn!(%error, "waiting for the database");
                tokio::time::sleep(DATABASE_PAUSE).await;
            }
            Err(rls::CheckError::Unsafe(error)) => bail!(error),
            Err(rls::CheckError::Disagreement(error)) => bail!(error),
            Err(rls::CheckError::Database(error)) => {
                return Err(error).context(
                    "the database cannot be used: check DATABASE_AUTHENTICATED_URL, and that the \
                     migrations have run",
                );
            }
        }
    }
}
