//! The whole product, built, migrated and running; the service goes first when it stops, then PostgreSQL.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    graphiql, page,
    pid::PidFile,
    postgres::Database,
    programs,
    run::{self, Within},
    service::Service,
    step::step,
    workspace::{self, Profile},
};

/// The running product. Fields drop from the top: the service stops before its database.
pub struct Stack {
    pub service: Service,
    pub database: Database,
    pub address: String,
}

/// Where and how it runs.
pub struct Options {
    pub port: u16,
    pub profile: Profile,
    /// Remembers the service's process, so that the next start can end it if this run is killed.
    pub pid_file: PidFile,
}

impl Stack {
    /// Builds what is not up to date and starts everything on `database`.
    pub fn start(database: Database, options: Options) -> Result<Self> {
        programs::build(options.profile)?;
        page::build_with_bundler(options.profile)?;
        graphiql::build_or_say_why_not()?;
        Self::start_built(database, options)
    }

    /// Starts what is built already.
    pub fn start_built(database: Database, options: Options) -> Result<Self> {
        migrate(&database, options.profile)?;
        let address = format!("http://localhost:{}", options.port);
        let service = step("Service", |step| {
            let mut command = service_command(&database, &options, &address);
            let mut service = Service::start(&mut command, options.pid_file)?;
            step.doing("waiting until it is ready");
            service.await_ready(options.port)?;
            Ok(service)
        })?;
        Ok(Self { service, database, address })
    }
}

/// Fails, with what to do, when something else listens on the port.
pub fn require_free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {port} is taken by another program: stop it, or choose another port with `--port {}`",
            port.checked_add(1).unwrap_or(3000)
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}

fn migrate(database: &Database, profile: Profile) -> Result<()> {
    step("Migrations", |step| {
        let mut migration = Command::new(programs::path("migration", profile));
        migration
            .arg("up")
            .current_dir(workspace::root())
            .env("DATABASE_URL", &database.owner_url)
            .env("DATABASE_AUTHENTICATED_URL", &database.service_url);
        run::quiet(&mut migration, Within::Build, step)
            .context("the database cannot be migrated")?;
        Ok(())
    })
}

/// Everything else that the service reads comes from our own environment.
fn service_command(database: &Database, options: &Options, address: &str) -> Command {
    let root = workspace::root();
    let mut api = Command::new(programs::path("api", options.profile));
    api.current_dir(root)
        .env("HOST", "127.0.0.1")
        .env("PORT", options.port.to_string())
        .env("DATABASE_URL", &database.owner_url)
        .env("DATABASE_AUTHENTICATED_URL", &database.service_url)
        .env("WEB_DIST", page::dist())
        .env("GRAPHIQL_DIST", graphiql::dist());
    for name in ["API_DOMAIN", "WEBSITE_DOMAIN"] {
        if env::var_os(name).is_none_or(|value| value.is_empty()) {
            api.env(name, address);
        }
    }
    api
}

/// The file that remembers the service of `cargo xtask dev`.
pub fn pid_file() -> Result<PidFile> {
    fs::create_dir_all(workspace::data_dir()).context("cannot make .data")?;
    Ok(PidFile::new(workspace::data_dir().join("api.pid")))
}
