//! Starts the parts of the service in order, and stops them in the reverse one.

pub mod core;
mod files;
mod memory;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use axum::Router;
use clock::Clock;
use supertokens::SuperTokens;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};

use self::core::OpenedCore;
use crate::{
    config::{Config, Environment, Switch},
    connections::{Connections, IdleTimeout},
    graphql::{Endpoint, Introspection, Manifest, Sockets},
    health::HealthMonitor,
    live::Live,
    mail::Post,
    rls::{self, Rls},
    router::{admin, router},
    schema,
    shutdown::{Shutdown, Stage},
    state::{AppState, Parts},
};

/// How long a request waits for a database connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a start waits for a database that is not up yet.
const DATABASE_PATIENCE: Duration = Duration::from_secs(20);
const DATABASE_PAUSE: Duration = Duration::from_millis(500);
/// How long requests that are under way may take to end when the service stops.
const DRAIN: Duration = Duration::from_secs(8);

/// How much longer than a request may take its connection is kept: the answer has to be sent.
const AFTER_REQUESTS: Duration = Duration::from_secs(5);

/// How often the Core is asked whether the sessions of sockets still live.
const SESSIONS: Duration = Duration::from_mins(1);

/// How long sockets may take to close: each tells its peer, and waits for the answer.
const SOCKETS: Duration = Duration::from_secs(3);

/// How long mails that wait may take to be sent after that.
const LAST_MAILS: Duration = Duration::from_secs(20);

/// How long connections may take to close in the end.
const CLOSE: Duration = Duration::from_secs(2);

/// Serves until `shutdown` resolves.
pub async fn serve(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    memory::keep_pages_small();
    let address = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: set PORT to a free port"))?;
    let admin = bind_admin(&config).await?;
    let service = Service::start(&config, Clock::system()).await?;
    tracing::info!(%address, "listening at {}", config.api_domain());
    let mut admins = JoinSet::new();
    if let Some(listener) = admin {
        let router = admin::router(&service.state);
        admins.spawn(axum::serve(listener, router).into_future());
    }

    let delay = config.shutdown_delay();
    let server = service.serve(listener, service.router.clone());
    let out_of_time = async {
        shutdown.await;
        tracing::info!("stopping");
        service.state.shutdown.advance(Stage::Leaving);
        sleep(delay).await;
        // The server does not count them among its requests.
        service.state.sockets.close();
        service.state.shutdown.advance(Stage::Closing);
        sleep(DRAIN).await;
    };
    tokio::select! {
        () = server => {}
        () = out_of_time => tracing::warn!("requests were cut off after {DRAIN:?}"),
    }
    service.stop().await;
    Ok(())
}

/// Where operators ask, if anywhere. Told before anything is opened.
async fn bind_admin(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = config.operations.admin_address else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: set ADMIN_ADDRESS to another"))?;
    tracing::info!(%address, "metrics at http://{address}/metrics");
    Ok(Some(listener))
}

/// The parts of the service, ready to answer.
pub struct Service {
    pub state: AppState,
    pub router: Router,
    core: OpenedCore,
    post: Post,
    /// Ends when dropped.
    _session_checks: JoinSet<()>,
}

impl Service {
    /// Opens the database and the Core. The database must answer and keep users apart; a Core
    /// elsewhere may come later, but must not reject the API key or the address.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let rls = open_database(config, &clock).await?;
        let core = OpenedCore::open(config.core(), clock.clone()).await?;
        core.check().await?;
        let options = supertokens::Options {
            api_domain: config.api_domain(),
            website_domain: config.website_domain(),
            core_uris: core.uris.clone(),
            core_api_key: core.api_key.clone(),
            anti_csrf: config.anti_csrf,
            email_verification: config.email_verification,
            cookie_domain: config.cookie_domain.clone(),
            older_cookie_domain: config.older_cookie_domain.clone(),
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
        let live = Live::open(config.database_url_direct(), reads(config))?;
        let schema = schema::schema(&rls, supertokens.clone(), &live, introspection);
        let schema = open_endpoint(schema, introspection, config).await?;
        let mut session_checks = JoinSet::new();
        session_checks.spawn(check_sessions(supertokens.clone()));
        let (outbox, room) = (post.outbox(), files::room(config));
        let patience = IdleTimeout {
            rest: config.keep_alive,
            served: config.request_timeout + AFTER_REQUESTS,
            ..IdleTimeout::default()
        };
        let (sockets, connections) = (Sockets::new(room), Connections::new(room, patience));
        let shutdown = Shutdown::default();
        let health =
            HealthMonitor::start(rls.clone(), supertokens.clone(), live.clone(), shutdown.clone());
        let parts = Parts {
            schema,
            supertokens,
            rls,
            live,
            health,
            sockets,
            connections,
            shutdown,
            outbox,
        };
        let state = AppState::from(parts);
        let router = router(&state, config);
        Ok(Self { router, state, core, post, _session_checks: session_checks })
    }

    /// Answers all who connect, by this router, until the service is told to stop.
    pub async fn serve(&self, listener: TcpListener, router: Router) {
        self.state.connections.serve(listener, router, &self.state.shutdown).await;
    }

    /// Closes what [`start`](Self::start) opened, each part within a bound of its own.
    pub async fn stop(self) {
        self.state.sockets.close();
        if tokio::time::timeout(SOCKETS, self.state.sockets.finish()).await.is_err() {
            tracing::warn!("sockets were cut off after {SOCKETS:?}");
        }
        self.state.live.close();
        let mails = async {
            self.state.supertokens.finish().await;
            self.post.close().await;
        };
        if tokio::time::timeout(LAST_MAILS, mails).await.is_err() {
            tracing::error!("mails that still waited after {LAST_MAILS:?} were not sent");
        }
        let connections = async {
            tokio::join!(self.state.rls.close(), self.core.close());
        };
        // A connection that never comes back must not keep the process.
        if tokio::time::timeout(CLOSE, connections).await.is_err() {
            tracing::warn!("connections were left open after {CLOSE:?}");
        }
    }
}

/// How many of the connections those may have who are told of changes: requests keep the others.
fn reads(config: &Config) -> usize {
    usize::try_from(config.database_max_connections / 4).unwrap_or(1).max(1)
}

/// Notices sessions that were ended elsewhere, for as long as it runs.
async fn check_sessions(supertokens: SuperTokens) {
    loop {
        let next = Instant::now() + SESSIONS;
        supertokens.check_lasting_sessions(SESSIONS).await;
        tokio::time::sleep_until(next).await;
    }
}

/// Reads the documents that are executed by their hashes.
async fn open_endpoint(
    schema: schema::Schema,
    introspection: Introspection,
    config: &Config,
) -> anyhow::Result<Endpoint> {
    let mut manifests = vec![Manifest::own()?];
    if let Some(path) = &config.graphql.trusted_documents {
        manifests.extend(Manifest::read(path).context("GRAPHQL_TRUSTED_DOCUMENTS")?);
    }
    let operations = config.graphql.operations(config.environment);
    let endpoint = schema::endpoint(schema, introspection, &manifests, operations).await;
    endpoint.context("a GraphQL document of the manifests cannot be used")
}

/// Opens the pool and makes sure that the database will keep users apart.
async fn open_database(config: &Config, clock: &Clock) -> anyhow::Result<Rls> {
    let rls = Rls::connect(&rls::PoolOptions {
        url: config.database_authenticated_url.clone(),
        budget: config.budget(),
        acquire_timeout: ACQUIRE_TIMEOUT,
        prepares_statements: config.database_prepared_statements == Switch::On,
        search_timeout: config.limits.search_timeout,
        signer: config.claims.signer(clock.clone()),
    })?;
    let deadline = Instant::now() + DATABASE_PATIENCE;
    loop {
        match rls.verify().await {
            Ok(()) => return Ok(rls),
            Err(rls::CheckError::Database(error))
                if rls::is_unavailable(&error) && Instant::now() < deadline =>
            {
                tracing::warn!(%error, "waiting for the database");
                sleep(DATABASE_PAUSE).await;
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
