//! Starts the parts of the service in order, and stops them in the reverse one.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use crate::{
    clock::Clock,
    config::{Config, Environment},
    graphql::{self, Introspection},
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

/// Serves until `shutdown` resolves.
pub async fn serve(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let clock = Clock::system();
    let address = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; set PORT to a free port"))?;

    let rls = open_database(&config).await?;
    let supertokens = SuperTokens::new(
        supertokens::Options {
            api_domain: config.api_domain(),
            website_domain: config.website_domain(),
            core_uri: config.supertokens_uri.clone().context("no Core")?,
            core_api_key: config.supertokens_api_key.clone(),
            anti_csrf: config.anti_csrf,
        },
        clock,
    )?;
    let introspection = match config.environment {
        Environment::Development => Introspection::Allowed,
        Environment::Production => Introspection::Refused,
    };
    let schema = graphql::schema(rls.clone(), supertokens.clone(), introspection);
    let state = AppState {
        schema,
        supertokens,
        rls: rls.clone(),
    };

    tracing::info!(%address, "listening at {}", config.api_domain());
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, router(state, &config))
        .with_graceful_shutdown(async move {
            shutdown.await;
            tracing::info!("stopping");
            let _ = stop.send(());
        })
        .into_future();
    let out_of_time = async {
        let _ = stopped.await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = server => result?,
        () = out_of_time => tracing::warn!("requests were cut off after {DRAIN:?}"),
    }
    rls.close().await?;
    Ok(())
}

/// Opens the pool and makes sure that the database will keep users apart.
async fn open_database(config: &Config) -> anyhow::Result<Rls> {
    let rls = Rls::connect(rls::PoolOptions {
        url: config.database_authenticated_url.clone(),
        max_connections: config.database_max_connections,
        acquire_timeout: ACQUIRE_TIMEOUT,
    })
    .await?;
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
            Err(rls::CheckError::Database(error)) => {
                return Err(error).context(
                    "the database cannot be used: check DATABASE_AUTHENTICATED_URL, and that the \
                     migrations have run",
                );
            }
        }
    }
}
