//! The whole product, built, migrated and running; the service goes first when it stops, then PostgreSQL.

use std::{env, fs, process::Command};

use anyhow::{Context, Result};

use crate::{
    documents, graphiql,
    page::{self, Toolchain},
    pid::PidFile,
    postgres::Database,
    programs,
    run::{self, IdleTimeout},
    service::Service,
    step::step,
    workspace::{self, Profile},
};

/// The running product. Fields drop from the top: the service stops before its database.
pub struct Stack {
    pub service: Service,
    database: Database,
    profile: Profile,
    pub address: String,
}

/// Where and how it runs.
pub struct Options {
    pub port: u16,
    pub profile: Profile,
    pub settings: Settings,
    /// Set whatever the settings say.
    pub variables: Vec<(&'static str, String)>,
    /// Remembers the service's process, so that the next start can end it if this run is killed.
    pub pid_file: PidFile,
}

/// Where the service's variables come from that are not about this run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settings {
    /// From the developer's environment and `.env`.
    Own,
    /// Those of a fresh clone, whatever the developer has set: a test tests the same thing everywhere.
    Default,
}

/// Where browsers reach the service, and where they get the page from. The page is built for them.
pub const DOMAINS: [&str; 2] = ["API_DOMAIN", "WEBSITE_DOMAIN"];

impl Settings {
    fn apply(self, service: &mut Command, address: &str) {
        for name in DOMAINS {
            let own = env::var_os(name).is_some_and(|value| !value.is_empty());
            if self == Self::Default || !own {
                service.env(name, address);
            }
        }
        if self == Self::Default {
            service.envs(OPTIONAL.map(|name| (name, "")));
        }
    }
}

/// What the service reads of its environment beyond that, and takes for unset when it is empty. Set to that, a
/// variable is not filled in from `.env` either.
const OPTIONAL: [&str; 53] = [
    "ADMIN_ADDRESS",
    "ANTI_CSRF",
    "APPLE_CLIENT_ID",
    "APPLE_KEY_ID",
    "APPLE_PRIVATE_KEY",
    "APPLE_TEAM_ID",
    "APP_ENV",
    "COOKIE_DOMAIN",
    "CORS_ALLOWED_HEADERS",
    "DASHBOARD",
    "DASHBOARD_ADMINS",
    "DATABASE_ALLOW_UNVERIFIED_TLS",
    "DATABASE_MAX_CONNECTIONS",
    "DATABASE_PREPARED_STATEMENTS",
    "DATABASE_URL_DIRECT",
    "EMAIL_VERIFICATION",
    "EMBEDDED_CORE_ACCESS_TOKEN_VALIDITY",
    "EMBEDDED_CORE_PORT",
    "EMBEDDED_CORE_REFRESH_TOKEN_VALIDITY",
    "GITHUB_CLIENT_ID",
    "GITHUB_CLIENT_SECRET",
    "GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET",
    "GRAPHQL_TRUSTED_DOCUMENTS",
    "GRAPHQL_TRUSTED_ONLY",
    "HSTS_SUBDOMAINS",
    "KEEP_ALIVE",
    "MAIL_FROM",
    "MAX_CONNECTIONS",
    "MAX_REQUESTS",
    "MAX_TODOS",
    "OIDC_PROVIDERS",
    "OLDER_COOKIE_DOMAIN",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "RATE_LIMIT_ACCOUNT",
    "RATE_LIMIT_ACCOUNT_TOTAL",
    "RATE_LIMIT_ADDRESS",
    "RATE_LIMIT_MAIL",
    "REQUEST_TIMEOUT",
    "RLS_CLAIMS",
    "RLS_CLAIMS_KEY",
    "RUST_LOG",
    "SEARCHES_PER_USER",
    "SEARCH_TIMEOUT",
    "SHUTDOWN_DELAY",
    "SMTP_URL",
    "SUPERTOKENS_API_KEY",
    "SUPERTOKENS_URI",
    "TRUSTED_PROXIES",
    "TWITTER_CLIENT_ID",
    "TWITTER_CLIENT_SECRET",
];

/// Builds what is not up to date.
pub fn build(toolchain: &Toolchain, profile: Profile, settings: Settings) -> Result<()> {
    // A changed operation is executed at once.
    documents::write()?;
    programs::build(profile)?;
    page::build_with_bundler(toolchain, profile, settings)?;
    graphiql::build_or_say_why_not()
}

/// The same with the page as it is deployed, whose service may be one of development.
pub fn build_for_visitors(toolchain: &Toolchain, profile: Profile) -> Result<()> {
    documents::write()?;
    programs::build(profile)?;
    page::build(toolchain, Profile::Release, Settings::Default)
}

impl Stack {
    /// Starts what is built on `database`.
    pub fn start(database: Database, options: Options) -> Result<Self> {
        migrate(&database, options.profile)?;
        let address = format!("http://localhost:{}", options.port);
        let profile = options.profile;
        let service = step("Service", |step| {
            let mut command = service_command(&database, &options, &address);
            let mut service = Service::start(&mut command, options.pid_file)?;
            step.doing("waiting until it is ready");
            service.await_ready(options.port)?;
            Ok(service)
        })?;
        Ok(Self { service, database, profile, address })
    }

    /// A command of the service on the same database, with default settings.
    pub fn api(&self, arguments: &[&str]) -> Command {
        let mut api = api_on(&self.database, self.profile);
        Settings::Default.apply(&mut api, &self.address);
        api.args(arguments);
        api
    }
}

/// Brings `database` up to date.
pub fn migrate(database: &Database, profile: Profile) -> Result<()> {
    step("Migrations", |step| {
        let mut migration = Command::new(programs::path("migration", profile));
        migration
            .arg("up")
            .current_dir(workspace::root())
            .env("DATABASE_URL", &database.owner_url)
            .env("DATABASE_AUTHENTICATED_URL", &database.service_url);
        run::quiet(&mut migration, IdleTimeout::Build, step)
            .context("the database cannot be migrated")?;
        Ok(())
    })
}

fn service_command(database: &Database, options: &Options, address: &str) -> Command {
    let mut api = api_on(database, options.profile);
    api.env("HOST", "127.0.0.1")
        .env("PORT", options.port.to_string())
        .env("WEB_DIST", page::dist())
        .env("GRAPHIQL_DIST", graphiql::dist());
    options.settings.apply(&mut api, address);
    api.envs(options.variables.iter().map(|(name, value)| (name, value)));
    api
}

fn api_on(database: &Database, profile: Profile) -> Command {
    let mut api = Command::new(programs::path("api", profile));
    api.current_dir(workspace::root())
        .env("DATABASE_URL", &database.owner_url)
        .env("DATABASE_AUTHENTICATED_URL", &database.service_url);
    api
}

/// The file that remembers the service of `cargo xtask dev`.
pub fn pid_file() -> Result<PidFile> {
    fs::create_dir_all(workspace::data_dir()).context("cannot make .data")?;
    Ok(PidFile::new(workspace::data_dir().join("api.pid")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_settings_leave_nothing_to_the_developers_environment() {
        let example = fs::read_to_string(workspace::root().join(".env.example")).unwrap();
        let names = example.lines().filter(|line| !line.starts_with('#'));
        let names = names.filter_map(|line| Some(line.split_once('=')?.0));

        let mut service = Command::new("api");
        Settings::Default.apply(&mut service, "http://localhost:1");
        let set: Vec<_> = service.get_envs().map(|(name, _)| name.to_str().unwrap()).collect();
        // These are about the run: `service_command` always sets them.
        let of_the_run = ["HOST", "PORT", "DATABASE_URL", "DATABASE_AUTHENTICATED_URL"];
        let folders = ["WEB_DIST", "GRAPHIQL_DIST"];
        let open = names.filter(|name| ![&set[..], &of_the_run, &folders].concat().contains(name));
        assert_eq!(open.collect::<Vec<_>>(), [""; 0]);
    }
}
