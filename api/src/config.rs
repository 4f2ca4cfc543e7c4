//! The configuration: environment variables, each described once, here.

mod claims;
mod dashboard;
mod graphql;
mod limits;
mod providers;

use std::{env::VarError, net::IpAddr, path::PathBuf, time::Duration};

use clap::{
    ArgMatches, CommandFactory, FromArgMatches, Parser, ValueEnum,
    error::{ContextKind, ContextValue, ErrorKind},
};
use lettre::message::Mailbox;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use self::{
    claims::ClaimsVars, dashboard::DashboardVars, graphql::GraphqlVars, limits::LimitVars,
    providers::ProviderVars,
};
use crate::supertokens::{
    self, AntiCsrf, DashboardOptions, EmailVerificationMode, thirdparty::ProviderOptions,
};

/// The service, from its environment. `.env` in the working directory is read first; what the
/// environment has already wins.
#[derive(Debug, Clone, Parser)]
#[command(name = "api", version, about, long_about = None)]
pub struct Config {
    /// `development` or `production`. Production refuses what is only safe on one's own machine.
    #[arg(long, env = "APP_ENV", value_enum, default_value = "development")]
    pub environment: Environment,

    /// The address to listen on.
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The port to listen on, 1 to 65535.
    #[arg(long, env = "PORT", default_value = "3000", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Where browsers reach the service: an origin such as `https://api.example.com`. Default:
    /// `http://localhost:PORT`.
    #[arg(long, env = "API_DOMAIN", value_parser = origin)]
    pub api_domain: Option<Url>,

    /// Where browsers get the page: an origin such as `https://example.com`. Default: the same as
    /// `API_DOMAIN`.
    #[arg(long, env = "WEBSITE_DOMAIN", value_parser = origin)]
    pub website_domain: Option<Url>,

    /// The database as its owner, for the embedded Core and the migrations:
    /// `postgres://NAME:PASSWORD@HOST/DATABASE`. Not needed by the service in production.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = postgres_url)]
    pub database_url: Option<SecretString>,

    /// The database as the service's own login, which row-level security binds:
    /// `postgres://NAME:PASSWORD@HOST/DATABASE`. The migrations make this login.
    #[arg(long, env = "DATABASE_AUTHENTICATED_URL", hide_env_values = true, value_parser = postgres_url)]
    pub database_authenticated_url: SecretString,

    /// The same database and login without a pooler in between, for the connection that listens for
    /// changes: `postgres://NAME:PASSWORD@HOST/DATABASE`. Default: `DATABASE_AUTHENTICATED_URL`.
    #[arg(long, env = "DATABASE_URL_DIRECT", hide_env_values = true, value_parser = postgres_url)]
    pub database_url_direct: Option<SecretString>,

    /// How many database connections the service opens at most, 1 to 1000.
    #[arg(long, env = "DATABASE_MAX_CONNECTIONS", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_max_connections: u32,

    /// Whether statements are prepared, which a pooler in transaction mode does not let pass: `on` or
    /// `off`.
    #[arg(long, env = "DATABASE_PREPARED_STATEMENTS", value_enum, default_value = "on")]
    pub database_prepared_statements: Switch,

    #[command(flatten)]
    pub claims: ClaimsVars,

    /// The SuperTokens Core: `http://HOST:3567`, or several of one Core with commas between. Empty:
    /// the embedded Core, for development only.
    #[arg(long, env = "SUPERTOKENS_URI", value_parser = http_url, value_delimiter = ',')]
    pub supertokens_uri: Vec<Url>,

    /// The key that the Core asks for, if it does.
    #[arg(long, env = "SUPERTOKENS_API_KEY", hide_env_values = true, value_parser = secret)]
    pub supertokens_api_key: Option<SecretString>,

    /// How requests with cookies prove that they come from our own page: `via-custom-header`,
    /// `via-token` or `none`.
    #[arg(long, env = "ANTI_CSRF", value_enum, default_value = "via-custom-header")]
    pub anti_csrf: AntiCsrf,

    /// The domain whose subdomains get the session's cookies, too: `example.com`, of which the host
    /// of `API_DOMAIN` is a part. Empty: that host alone.
    #[arg(long, env = "COOKIE_DOMAIN", value_parser = domain)]
    pub cookie_domain: Option<String>,

    /// Whether a session counts before its user has verified their email: `optional` or `required`.
    #[arg(long, env = "EMAIL_VERIFICATION", value_enum, default_value = "optional")]
    pub email_verification: EmailVerificationMode,

    /// The mail server: `smtps://NAME:PASSWORD@HOST`, or `smtp://NAME:PASSWORD@HOST:587` for one
    /// with STARTTLS. Empty: mails are kept and shown at `/dev/mail`, for development only.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, value_parser = smtp_url)]
    pub smtp_url: Option<SecretString>,

    /// Who mails are from: `Todos <no-reply@example.com>`. Needed as soon as `SMTP_URL` is set.
    #[arg(long, env = "MAIL_FROM")]
    pub mail_from: Option<Mailbox>,

    #[command(flatten)]
    pub graphql: GraphqlVars,

    #[command(flatten)]
    pub limits: LimitVars,

    #[command(flatten)]
    provider_vars: ProviderVars,

    /// Where users can sign in with an account they have.
    #[arg(skip)]
    pub providers: Vec<ProviderOptions>,

    #[command(flatten)]
    dashboard_vars: DashboardVars,

    /// The page for who administers users, if there is to be one.
    #[arg(skip)]
    pub dashboard: Option<DashboardOptions>,

    /// The folder of the built page.
    #[arg(long, env = "WEB_DIST", default_value = "web/dist")]
    pub web_dist: PathBuf,

    /// The folder of the built playground, served at `/graphiql` in development.
    #[arg(long, env = "GRAPHIQL_DIST", default_value = "api/graphiql/dist")]
    pub graphiql_dist: PathBuf,

    /// How long a request may take, in seconds.
    #[arg(long, env = "REQUEST_TIMEOUT", default_value = "15", value_parser = seconds)]
    pub request_timeout: Duration,

    /// What is logged, in the syntax of `tracing`: `info`, `debug`, `api=debug,info`, …
    #[arg(long, env = "RUST_LOG", default_value = "info", value_parser = log_filter)]
    pub log: String,
}

/// Where the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    Development,
    Production,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// A variable that cannot be used. The text names it, what it holds (no secret) and what it
/// should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the environment. An empty variable counts as not set.
    pub fn from_env() -> Result<Self, ConfigError> {
        for name in Self::variables() {
            if let Err(VarError::NotUnicode(_)) = std::env::var(&name) {
                return Err(ConfigError(format!("{name} is not UTF-8")));
            }
        }
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// The names of the variables.
    fn variables() -> impl Iterator<Item = String> {
        let names = Self::command();
        let names = names.get_arguments().filter_map(|argument| argument.get_env()?.to_str());
        names.map(String::from).collect::<Vec<_>>().into_iter()
    }

    /// Reads variables by name.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let command = Self::command();
        let mut arguments = vec![command.get_name().to_owned()];
        for argument in command.get_arguments() {
            let name = argument.get_env().and_then(|name| name.to_str());
            let value = name.and_then(&var).filter(|value| !value.is_empty());
            if let (Some(long), Some(value)) = (argument.get_long(), value) {
                arguments.push(format!("--{long}={value}"));
            }
        }
        // Given as arguments, so that an empty variable is not read behind our back.
        let command = command.mut_args(|argument| argument.env(None::<&str>));
        let mut config = command
            .try_get_matches_from(arguments)
            .and_then(|matches: ArgMatches| Self::from_arg_matches(&matches))
            .map_err(|error| ConfigError(explain(&error)))?;
        config.providers = config.provider_vars.read(var)?;
        config.dashboard = config.dashboard_vars.read(config.environment);
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |text: &str| Err(ConfigError(text.to_owned()));
        if self.environment == Environment::Production {
            self.check_production()?;
        }
        if self.supertokens_uri.is_empty() && self.database_url.is_none() {
            return refuse(
                "SUPERTOKENS_URI and DATABASE_URL are both not set: give the address of a \
                 SuperTokens Core, or the database in which the embedded Core may keep its state.",
            );
        }
        self.claims.check()?;
        self.check_mail()?;
        self.check_cookie_domain()?;
        self.check_cross_site()
    }

    fn check_production(&self) -> Result<(), ConfigError> {
        if self.supertokens_uri.is_empty() {
            return Err(ConfigError(
                "SUPERTOKENS_URI is not set, and APP_ENV is `production`: the embedded Core is for \
                 development. Give the address of a SuperTokens Core."
                    .into(),
            ));
        }
        // It speaks plain HTTP, so something in front speaks https: to the limits all users would be one.
        if self.limits.count_addresses() && self.limits.trusted_proxies.is_empty() {
            return Err(ConfigError(
                "TRUSTED_PROXIES is not set, and APP_ENV is `production`: behind the proxy that speaks \
                 https all users would be one address, and one of them could keep all others from \
                 signing in. Give the addresses of your proxies, such as 10.0.0.0/8, or set \
                 RATE_LIMIT_ADDRESS and RATE_LIMIT_ACCOUNT to `off`."
                    .into(),
            ));
        }
        let domains =
            [("API_DOMAIN", self.api_domain()), ("WEBSITE_DOMAIN", self.website_domain())];
        for (name, domain) in domains {
            if domain.scheme() != "https" {
                return Err(ConfigError(format!(
                    "{name} is `{domain}`, and APP_ENV is `production`: sessions may only travel \
                     over https. Give the origin that browsers see, such as https://example.com."
                )));
            }
        }
        Ok(())
    }

    /// Cookies that travel to another site: browsers want them `Secure`, and then every site
    /// can send them.
    fn check_cross_site(&self) -> Result<(), ConfigError> {
        let (api, website) = (self.api_domain(), self.website_domain());
        if !supertokens::is_cross_site(&api, &website) {
            return Ok(());
        }
        if api.scheme() != "https" {
            return Err(ConfigError(format!(
                "API_DOMAIN is `{api}` and WEBSITE_DOMAIN is `{website}`: browsers take them for \
                 different sites, and give cookies to another site over https only. Use https for \
                 API_DOMAIN, or one site for both."
            )));
        }
        if self.anti_csrf == AntiCsrf::None {
            return Err(ConfigError(format!(
                "ANTI_CSRF is `none`, with API_DOMAIN `{api}` and WEBSITE_DOMAIN `{website}` on \
                 different sites: any page could act for who is signed in. Use `via-custom-header`."
            )));
        }
        Ok(())
    }

    fn check_mail(&self) -> Result<(), ConfigError> {
        let refuse = |text: &str| Err(ConfigError(text.to_owned()));
        match (&self.smtp_url, &self.mail_from) {
            (Some(_), None) => refuse(
                "MAIL_FROM is not set, and SMTP_URL is. It should be the sender of mails, such as \
                 `Todos <no-reply@example.com>`.",
            ),
            (None, _) if self.environment == Environment::Production => refuse(
                "SMTP_URL is not set, and APP_ENV is `production`: without a mail server nobody \
                 could choose a new password. Give its address, such as \
                 `smtps://NAME:PASSWORD@HOST`.",
            ),
            (None, _) if self.database_url.is_none() => refuse(
                "SMTP_URL and DATABASE_URL are both not set: give the address of a mail server, or \
                 the database in which mails may be kept for `/dev/mail`.",
            ),
            _ => Ok(()),
        }
    }

    fn check_cookie_domain(&self) -> Result<(), ConfigError> {
        let Some(domain) = &self.cookie_domain else {
            return Ok(());
        };
        let api = self.api_domain();
        let host = api.host_str().unwrap_or_default();
        // A browser refuses cookies for any other domain, and nobody could sign in.
        if host == domain || host.ends_with(&format!(".{domain}")) {
            return Ok(());
        }
        Err(ConfigError(format!(
            "COOKIE_DOMAIN is `{domain}`, of which `{host}` (API_DOMAIN) is no part."
        )))
    }

    /// Where browsers reach the service.
    pub fn api_domain(&self) -> Url {
        self.api_domain.clone().unwrap_or_else(|| local(self.port))
    }

    /// The database without a pooler in between.
    pub fn database_url_direct(&self) -> &SecretString {
        self.database_url_direct.as_ref().unwrap_or(&self.database_authenticated_url)
    }

    /// Where browsers get the page.
    pub fn website_domain(&self) -> Url {
        self.website_domain.clone().unwrap_or_else(|| self.api_domain())
    }
}

fn local(port: u16) -> Url {
    let mut url = Url::parse("http://localhost").unwrap_or_else(|_| unreachable!("a constant"));
    let _ = url.set_port(Some(port));
    url
}

/// The fault in words: the variable's name, what it holds, what it should be.
fn explain(error: &clap::Error) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let command = Config::command();
    let name = text(ContextKind::InvalidArg).unwrap_or_default();
    let long = name.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default();
    let Some(argument) = command.get_arguments().find(|argument| argument.get_long() == Some(long))
    else {
        return error.to_string();
    };
    let variable = argument.get_env().and_then(|name| name.to_str()).unwrap_or(long);
    let meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return format!("{variable} is not set. It should be: {meaning}");
    }
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let holds = if argument.is_hide_env_values_set() {
        "holds something else".to_owned()
    } else {
        format!("is `{value}`")
    };
    format!("{variable} {holds}. It should be: {meaning}")
}

fn origin(text: &str) -> Result<Url, String> {
    let url = http_url(text)?;
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if is_origin && url.username().is_empty() { Ok(url) } else { Err("not an origin".into()) }
}

fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err("not http or https".into()),
    }
}

fn smtp_url(text: &str) -> Result<SecretString, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match (url.scheme(), url.has_host()) {
        ("smtp" | "smtps", true) => Ok(text.into()),
        _ => Err("not an SMTP URL".into()),
    }
}

/// With or without the dot that was once written before it (RFC 6265, 4.1.2.3).
fn domain(text: &str) -> Result<String, String> {
    let text = text.trim_start_matches('.');
    match url::Host::parse(text) {
        Ok(url::Host::Domain(domain)) if domain.contains('.') => Ok(domain),
        _ => Err("not a domain".into()),
    }
}

fn postgres_url(text: &str) -> Result<SecretString, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "postgres" | "postgresql" => Ok(text.into()),
        _ => Err("not a postgres URL".into()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a Result")]
fn secret(text: &str) -> Result<SecretString, String> {
    Ok(text.into())
}

fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("not 1 to 3600".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: [(&str, &str); 2] = [
        ("DATABASE_URL", "postgres://owner:s3cret@localhost/todos"),
        ("DATABASE_AUTHENTICATED_URL", "postgres://app:s3cret@localhost/todos"),
    ];

    pub(super) fn read(vars: &[(&str, &str)]) -> Result<Config, String> {
        let vars: Vec<_> = vars.iter().chain(&DATABASE).collect();
        Config::from_vars(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_serve_one_origin() {
        let config = read(&[("PORT", "4000")]).unwrap();
        assert_eq!(config.api_domain().as_str(), "http://localhost:4000/");
        assert_eq!(config.website_domain(), config.api_domain());
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let config = read(&[("SUPERTOKENS_URI", ""), ("PORT", "")]).unwrap();
        assert_eq!((config.supertokens_uri, config.port), (vec![], 3000));
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_it_holds_and_should_be() {
        for (name, value, meaning) in [
            ("PORT", "http", "1 to 65535"),
            ("PORT", "0", "1 to 65535"),
            ("APP_ENV", "prod", "`development` or `production`"),
            ("API_DOMAIN", "https://example.com/path", "an origin"),
            ("SUPERTOKENS_URI", "localhost:3567", "http://HOST:3567"),
            ("REQUEST_TIMEOUT", "1m", "in seconds"),
            ("EMAIL_VERIFICATION", "yes", "`optional` or `required`"),
            ("COOKIE_DOMAIN", "com", "`example.com`"),
            ("MAIL_FROM", "nobody", "Todos <no-reply@example.com>"),
            ("GRAPHQL_TRUSTED_ONLY", "yes", "`true` or `false`"),
            ("RUST_LOG", "api=loud", "the syntax of `tracing`"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            for part in [name, value, meaning] {
                assert!(error.contains(part), "{part} is not in: {error}");
            }
        }
    }

    #[test]
    fn a_cookie_domain_must_have_the_api_in_it() {
        let api = ("API_DOMAIN", "https://api.example.com");
        for domain in ["example.com", ".example.com", "api.example.com"] {
            let config = read(&[api, ("COOKIE_DOMAIN", domain)]).unwrap();
            assert_eq!(config.cookie_domain.as_deref(), Some(domain.trim_start_matches('.')));
        }
        for domain in ["ample.com", "www.example.com", "example.org"] {
            let error = read(&[api, ("COOKIE_DOMAIN", domain)]).unwrap_err();
            assert!(error.contains("COOKIE_DOMAIN") && error.contains(domain), "{error}");
        }
    }

    #[test]
    fn a_mail_server_needs_a_sender_and_production_a_mail_server() {
        let smtp = ("SMTP_URL", "smtps://user:s3cret@mail.example.com");
        let from = ("MAIL_FROM", "Todos <no-reply@example.com>");
        let production = [
            ("APP_ENV", "production"),
            ("TRUSTED_PROXIES", "10.0.0.0/8"),
            ("API_DOMAIN", "https://example.com"),
            ("SUPERTOKENS_URI", "http://core:3567"),
        ];
        let error = read(&[smtp]).unwrap_err();
        assert!(error.contains("MAIL_FROM") && !error.contains("s3cret"), "{error}");
        let error = read(&[("SMTP_URL", "mail.example.com:s3cret")]).unwrap_err();
        assert!(error.starts_with("SMTP_URL ") && !error.contains("s3cret"), "{error}");
        assert!(read(&production).unwrap_err().contains("SMTP_URL"));
        let config = read(&[&production[..], &[smtp, from]].concat()).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let error = read(&[("DATABASE_URL", "mysql://owner:s3cret@localhost")]).unwrap_err();
        assert!(error.starts_with("DATABASE_URL ") && !error.contains("s3cret"), "{error}");
        let shown = format!("{:?}", read(&[("SUPERTOKENS_API_KEY", "s3cret")]).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_missing_database_is_named() {
        let error = Config::from_vars(|_| None).unwrap_err().to_string();
        assert!(error.starts_with("DATABASE_AUTHENTICATED_URL is not set"), "{error}");
    }

    #[test]
    fn production_refuses_the_embedded_core() {
        let error = read(&[("APP_ENV", "production")]).unwrap_err();
        assert!(error.contains("SUPERTOKENS_URI"), "{error}");
    }

    #[test]
    fn production_wants_https() {
        const PRODUCTION: [(&str, &str); 5] = [
            ("APP_ENV", "production"),
            ("TRUSTED_PROXIES", "10.0.0.0/8"),
            ("SUPERTOKENS_URI", "http://core:3567"),
            ("SMTP_URL", "smtps://mail.example.com"),
            ("MAIL_FROM", "no-reply@example.com"),
        ];
        let with =
            |domains: &[(&'static str, &'static str)]| read(&[&PRODUCTION, domains].concat());
        assert!(with(&[]).unwrap_err().contains("API_DOMAIN"));
        let api = ("API_DOMAIN", "https://api.example.com");
        let error = with(&[api, ("WEBSITE_DOMAIN", "http://example.com")]).unwrap_err();
        assert!(error.starts_with("WEBSITE_DOMAIN is `http://example.com/`"), "{error}");
        assert!(with(&[api, ("WEBSITE_DOMAIN", "https://example.com")]).is_ok());
    }

    #[test]
    fn cookies_to_another_site_want_https_and_a_proof() {
        let website = ("WEBSITE_DOMAIN", "https://example.com");
        let error = read(&[website]).unwrap_err();
        assert!(error.contains("different sites"), "{error}");
        let api = ("API_DOMAIN", "https://example.org");
        assert!(read(&[website, api]).is_ok());
        let error = read(&[website, api, ("ANTI_CSRF", "none")]).unwrap_err();
        assert!(error.starts_with("ANTI_CSRF is `none`"), "{error}");
    }

    #[test]
    fn every_variable_is_in_the_example_and_the_example_holds() {
        let example = include_str!("../../.env.example");
        let lines = example.lines().filter(|line| !line.starts_with('#'));
        let vars: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once('=')).collect();
        let mut known: Vec<_> = Config::variables().collect();
        known.sort();
        let mut listed: Vec<_> = vars.iter().map(|(name, _)| (*name).to_owned()).collect();
        listed.sort();
        assert_eq!(listed, known);

        let filled: Vec<_> = vars.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        assert_eq!(read(&filled).unwrap().port, 3000);
    }
}
