//! `api rls-lint`: what in a database would not keep its users apart.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use pg_scope::Pool;
use rls_lint::{Login, Report, Severity};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{config::Config, rls::lint_options};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Errors were found, or warnings that were denied.
const FOUND: u8 = 1;
/// Nothing can be said of the database.
pub const COULD_NOT_RUN: u8 = 2;

/// Ends with 0 where nothing is wrong, with 1 where an error is found, with 2 where it could not
/// look.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The database: `postgres://NAME:PASSWORD@HOST/DATABASE`. Default:
    /// `DATABASE_AUTHENTICATED_URL`, then `DATABASE_URL`.
    #[arg(long)]
    url: Option<String>,

    /// The role as which users' queries run.
    #[arg(long, default_value = "authenticated")]
    role: String,

    /// The service's login. Default: who is signed in, unless they administer the database.
    #[arg(long)]
    login: Option<String>,

    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// What counts as an error, too.
    #[arg(long, value_enum)]
    deny: Option<Deny>,

    /// Prints the rules as a table of Markdown, and looks at nothing.
    #[arg(long)]
    rules: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// Prints what it finds, and answers how the program ends.
pub async fn run(options: &Options) -> ExitCode {
    if options.rules {
        print!("{}", rls_lint::rules_as_markdown());
        return ExitCode::SUCCESS;
    }
    match look(options).await {
        Ok(report) => {
            print!("{}", options.format.of(&report));
            options.verdict(&report)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

impl Format {
    fn of(self, report: &Report) -> String {
        match self {
            Self::Text => report.text(),
            Self::Json => report.json(),
        }
    }
}

impl Options {
    fn verdict(&self, report: &Report) -> ExitCode {
        let is_denied = match self.deny {
            Some(Deny::Warnings) => !report.findings.is_empty(),
            None => report.count(Severity::Error) > 0,
        };
        ExitCode::from(if is_denied { FOUND } else { 0 })
    }
}

async fn look(options: &Options) -> Result<Report> {
    let source = Source::of(options)?;
    let pool = source.connect().await?;
    for name in [Some(&options.role), options.login.as_ref()].into_iter().flatten() {
        if !rls_lint::role_exists(&pool, name).await? {
            bail!("there is no role {name:?} on this server");
        }
    }
    let login = options.login.clone().map_or(source.login, Login::Named);
    let report = rls_lint::run(&pool, &lint_options(&options.role, login)).await;
    let report = report.map_err(|error| anyhow!("the catalogue cannot be read: {error}"))?;
    pool.close().await;
    Ok(report)
}

/// A database, and what named it.
struct Source {
    name: &'static str,
    url: SecretString,
    /// Whose rights are looked at where none are named: `DATABASE_AUTHENTICATED_URL` is the
    /// service's, whatever it may be.
    login: Login,
}

impl Source {
    fn of(options: &Options) -> Result<Self> {
        const SERVICE: &str = "DATABASE_AUTHENTICATED_URL";
        const OWNER: &str = "DATABASE_URL";
        let own = |name, url, login| Ok(Self { name, url, login });
        if let Some(url) = options.url.clone() {
            return own("--url", url.into(), Login::OwnUnlessAdministrator);
        }
        if let Some(url) = Config::database_from_env(SERVICE)? {
            return own(SERVICE, url, Login::Own);
        }
        if let Some(url) = Config::database_from_env(OWNER)? {
            return own(OWNER, url, Login::OwnUnlessAdministrator);
        }
        bail!(
            "no database is named: give --url postgres://NAME:PASSWORD@HOST/DATABASE, or set \
             {SERVICE} or {OWNER}"
        )
    }

    async fn connect(&self) -> Result<Pool> {
        let options = pg_scope::Options::from_url(self.url.expose_secret());
        let options = options.map_err(|error| anyhow!("{}: {error}", self.name))?;
        let pool = rls_lint::pool(options.acquire_timeout(CONNECT_TIMEOUT));
        let pinged = pool.ping(CONNECT_TIMEOUT).await.map_err(|error| anyhow!("{error}"));
        pinged.with_context(|| format!("the database of {} cannot be used", self.name))?;
        Ok(pool)
    }
}
