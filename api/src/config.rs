//! The configuration: environment variables, each described once, here.

mod claims;
mod core_settings;
mod dashboard;
mod dev_core;
mod faults;
mod graphql;
mod http;
mod limits;
mod operations;
mod parsers;
mod providers;
mod read;
pub mod reference;
mod rules;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use lettre::message::Mailbox;
use secrecy::SecretString;
use supertokens::{
    AntiCsrf, CookieDomain, DashboardOptions, EmailVerificationMode,
    recipes::thirdparty::ProviderOptions,
};
use url::Url;

use self::{
    claims::ClaimsVars,
    dashboard::DashboardVars,
    dev_core::DevCoreVars,
    graphql::GraphqlVars,
    http::HttpVars,
    limits::LimitVars,
    operations::OperationsVars,
    parsers::{
        delay, domain, header_secret, http_url, log_filter, older_domain, origin, postgres_url,
        seconds, smtp_url,
    },
    providers::ProviderVars,
};
pub use self::{core_settings::CoreSettings, faults::Faults};
use crate::{
    concurrency::Budget,
    files::{Carried, Files},
    telemetry,
};

/// The service, from its environment. `.env` in the working directory is read first; what the
/// environment has already wins.
#[derive(Debug, Clone, Parser)]
#[command(name = "api", version, about, long_about = None)]
pub struct Config {
    /// `development` or `production`. Production refuses what is only safe on one's own machine.
    #[arg(
        long,
        env = "APP_ENV",
        help_heading = "Service",
        value_enum,
        default_value = "development"
    )]
    pub environment: Environment,

    /// The address to listen on.
    #[arg(long, env = "HOST", help_heading = "Service", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The port to listen on, 1 to 65535.
    #[arg(long, env = "PORT", help_heading = "Service", default_value = "3000", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Where browsers reach the service: an origin such as `https://api.example.com`. Default:
    /// `http://localhost:PORT`.
    #[arg(long, env = "API_DOMAIN", help_heading = "Service", value_parser = origin)]
    pub api_domain: Option<Url>,

    /// Where browsers get the page: an origin such as `https://example.com`. Default: the same as
    /// `API_DOMAIN`.
    #[arg(long, env = "WEBSITE_DOMAIN", help_heading = "Service", value_parser = origin)]
    pub website_domain: Option<Url>,

    /// How long a request may take, in seconds.
    #[arg(long, env = "REQUEST_TIMEOUT", help_heading = "Service", default_value = "15", value_parser = seconds)]
    pub request_timeout: Duration,

    /// How long a connection may rest between two requests, in seconds: longer than the proxies in front
    /// keep one that rests.
    #[arg(long, env = "KEEP_ALIVE", help_heading = "Service", default_value = "75", value_parser = seconds)]
    pub keep_alive: Duration,

    /// How long the service goes on serving once it is told to stop, in seconds, 0 to 3600. `/readyz` says
    /// 503 meanwhile, so that the proxies in front send their requests elsewhere. Default: 5 in
    /// production, 0 in development.
    #[arg(long, env = "SHUTDOWN_DELAY", help_heading = "Service", value_parser = delay)]
    shutdown_delay: Option<Duration>,

    /// What is logged, in the syntax of `tracing`: `info`, `debug`, `api=debug,info`, …
    #[arg(long, env = "RUST_LOG", help_heading = "Service", default_value = "info", value_parser = log_filter)]
    pub log: String,

    #[command(flatten)]
    pub http: HttpVars,

    /// The database as its owner, for the development Core and the migrations:
    /// `postgres://NAME:PASSWORD@HOST/DATABASE`. Not needed by the service in production.
    #[arg(long, env = "DATABASE_URL", help_heading = "Database", hide_env_values = true, value_parser = postgres_url)]
    pub database_url: Option<SecretString>,

    /// The database as the service's own login, which row-level security binds:
    /// `postgres://NAME:PASSWORD@HOST/DATABASE`. The migrations make this login.
    #[arg(long, env = "DATABASE_AUTHENTICATED_URL", help_heading = "Database", hide_env_values = true, value_parser = postgres_url)]
    pub database_authenticated_url: SecretString,

    /// The same database and login without a pooler in between, for the connection that listens for
    /// changes: `postgres://NAME:PASSWORD@HOST/DATABASE`. Default: `DATABASE_AUTHENTICATED_URL`.
    #[arg(long, env = "DATABASE_URL_DIRECT", help_heading = "Database", hide_env_values = true, value_parser = postgres_url)]
    pub database_url_direct: Option<SecretString>,

    /// How many database connections the service opens at most, 1 to 1000.
    #[arg(long, env = "DATABASE_MAX_CONNECTIONS", help_heading = "Database", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_max_connections: u32,

    /// Whether statements are prepared, which a pooler in transaction mode does not let pass: `on` or
    /// `off`.
    #[arg(
        long,
        env = "DATABASE_PREPARED_STATEMENTS",
        help_heading = "Database",
        value_enum,
        default_value = "on"
    )]
    pub database_prepared_statements: Switch,

    /// Whether a database on another machine may be used without TLS that verifies it, such as in a network of
    /// containers: `true` or `false`. With `false`, production requires `sslmode=verify-full` or `verify-ca`.
    #[arg(
        long,
        env = "DATABASE_ALLOW_UNVERIFIED_TLS",
        help_heading = "Database",
        default_value = "false",
        action = clap::ArgAction::Set
    )]
    pub database_allow_unverified_tls: bool,

    #[command(flatten)]
    pub claims: ClaimsVars,

    /// The SuperTokens Core: `http://HOST:3567`, followed by its base path and `/appid-NAME` if it has them. Several
    /// addresses of one Core are separated by commas. Empty: the development Core, for development only.
    #[arg(long, env = "SUPERTOKENS_URI", help_heading = "SuperTokens", value_parser = http_url, value_delimiter = ',')]
    pub supertokens_uri: Vec<Url>,

    /// One of the Core's API keys, in ASCII without spaces. Empty: the Core has none. The service does not start with
    /// a key that the Core rejects.
    #[arg(long, env = "SUPERTOKENS_API_KEY", help_heading = "SuperTokens", hide_env_values = true, value_parser = header_secret)]
    pub supertokens_api_key: Option<SecretString>,

    #[command(flatten)]
    pub dev_core: DevCoreVars,

    /// How requests with cookies prove that they come from our own page: `via-custom-header`,
    /// `via-token` or `none`.
    #[arg(
        long,
        env = "ANTI_CSRF",
        help_heading = "SuperTokens",
        value_enum,
        default_value = "via-custom-header"
    )]
    pub anti_csrf: AntiCsrf,

    /// The domain whose subdomains get the session's cookies, too: `example.com`, of which the host
    /// of `API_DOMAIN` is a part. Empty: that host alone.
    #[arg(long, env = "COOKIE_DOMAIN", help_heading = "SuperTokens", value_parser = domain)]
    pub cookie_domain: Option<String>,

    /// Where cookies of a former `COOKIE_DOMAIN` may be left: that domain, or `host` if it was empty. A refresh with two
    /// cookies of one name then removes those and keeps the session. Empty: it removes all, and the user signs in again.
    #[arg(long, env = "OLDER_COOKIE_DOMAIN", help_heading = "SuperTokens", value_parser = older_domain)]
    pub older_cookie_domain: Option<CookieDomain>,

    /// Whether a session counts before its user has verified their email: `optional` or `required`.
    #[arg(
        long,
        env = "EMAIL_VERIFICATION",
        help_heading = "SuperTokens",
        value_enum,
        default_value = "optional"
    )]
    pub email_verification: EmailVerificationMode,

    /// The mail server: `smtps://NAME:PASSWORD@HOST`, or `smtp://NAME:PASSWORD@HOST:587` for one
    /// with STARTTLS. Empty: mails are kept and shown at `/dev/mail`, for development only.
    #[arg(long, env = "SMTP_URL", help_heading = "Mail", hide_env_values = true, value_parser = smtp_url)]
    pub smtp_url: Option<SecretString>,

    /// Who mails are from: `Todos <no-reply@example.com>`. Needed as soon as `SMTP_URL` is set.
    #[arg(long, env = "MAIL_FROM", help_heading = "Mail")]
    pub mail_from: Option<Mailbox>,

    #[command(flatten)]
    pub graphql: GraphqlVars,

    #[command(flatten)]
    pub limits: LimitVars,

    #[command(flatten)]
    pub operations: OperationsVars,

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

    /// The folder of the built page. Default: the page that the program carries; one that carries none,
    /// `web/dist`.
    #[arg(long, env = "WEB_DIST", help_heading = "Files")]
    pub web_dist: Option<PathBuf>,

    /// The folder of the built playground, served at `/graphiql` in development. Default: as for the
    /// page, or `api/graphiql/dist`.
    #[arg(long, env = "GRAPHIQL_DIST", help_heading = "Files")]
    pub graphiql_dist: Option<PathBuf>,

    /// What the program has in itself.
    #[arg(skip)]
    pub carried: Carried,
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

impl Config {
    /// Where browsers reach the service.
    pub fn api_domain(&self) -> Url {
        self.api_domain.clone().unwrap_or_else(|| local(self.port))
    }

    /// What the service logs, traces and counts.
    pub fn telemetry(&self) -> telemetry::Options {
        telemetry::Options {
            format: match self.environment {
                Environment::Development => telemetry::Format::Compact,
                Environment::Production => telemetry::Format::Json,
            },
            filter: self.log.clone(),
            traces: self.operations.otlp(),
            has_metrics: self.operations.admin_address.is_some(),
        }
    }

    /// How long the service goes on after it is told to stop.
    pub fn shutdown_delay(&self) -> Duration {
        self.shutdown_delay.unwrap_or(match self.environment {
            Environment::Development => Duration::ZERO,
            Environment::Production => Duration::from_secs(5),
        })
    }

    /// What a process may do at once, and what part of it is one user's.
    pub fn budget(&self) -> Budget {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let LimitVars { searches_per_user, max_requests, .. } = self.limits;
        let requests = max_requests.map(count);
        Budget::new(count(self.database_max_connections), count(searches_per_user), requests)
    }

    /// The database without a pooler in between.
    pub fn database_url_direct(&self) -> &SecretString {
        self.database_url_direct.as_ref().unwrap_or(&self.database_authenticated_url)
    }

    /// Where browsers get the page.
    pub fn website_domain(&self) -> Url {
        self.website_domain.clone().unwrap_or_else(|| self.api_domain())
    }

    pub fn page(&self) -> Files {
        Files::new(self.web_dist.as_deref(), self.carried.page, "web/dist")
    }

    pub fn playground(&self) -> Files {
        let carried = self.carried.playground;
        Files::new(self.graphiql_dist.as_deref(), carried, "api/graphiql/dist")
    }
}

fn local(port: u16) -> Url {
    let mut url = Url::parse("http://localhost").unwrap_or_else(|_| unreachable!("a constant"));
    let _ = url.set_port(Some(port));
    url
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

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
    fn public_suffix_is_no_cookie_domain() {
        for (api, suffix) in [
            ("https://todos.onrender.com", "onrender.com"),
            ("https://todos.vercel.app", "vercel.app"),
            ("https://ada.github.io", "github.io"),
            ("https://example.co.uk", "co.uk"),
        ] {
            for name in ["COOKIE_DOMAIN", "OLDER_COOKIE_DOMAIN"] {
                let error = read(&[("API_DOMAIN", api), (name, suffix)]).unwrap_err();
                assert!(error.starts_with(&format!("{name} is `{suffix}`")), "{error}");
                assert!(error.contains("public suffix"), "{error}");
            }
        }
        let own = [("API_DOMAIN", "https://a.todos.co.uk"), ("COOKIE_DOMAIN", "todos.co.uk")];
        assert!(read(&own).is_ok());
    }

    #[test]
    fn older_cookie_domain_is_another_one() {
        let api = ("API_DOMAIN", "https://api.example.com");
        for (now, older) in [("", "host"), ("example.com", "example.com")] {
            let vars = [api, ("COOKIE_DOMAIN", now), ("OLDER_COOKIE_DOMAIN", older)];
            let error = read(&vars).unwrap_err();
            assert!(error.starts_with("OLDER_COOKIE_DOMAIN names the domain"), "{error}");
        }
        let error = read(&[api, ("OLDER_COOKIE_DOMAIN", "example.org")]).unwrap_err();
        assert!(error.starts_with("OLDER_COOKIE_DOMAIN is `example.org`"), "{error}");
        for (now, older) in
            [("", "example.com"), ("example.com", "host"), ("example.com", ".api.example.com")]
        {
            assert!(read(&[api, ("COOKIE_DOMAIN", now), ("OLDER_COOKIE_DOMAIN", older)]).is_ok());
        }
    }

    #[test]
    fn neighbours_on_a_public_suffix_are_different_sites() {
        let domains = [
            ("API_DOMAIN", "https://todos-api.onrender.com"),
            ("WEBSITE_DOMAIN", "https://todos.onrender.com"),
        ];
        assert!(read(&domains).is_ok());
        let error = read(&[&domains[..], &[("ANTI_CSRF", "none")]].concat()).unwrap_err();
        assert!(error.starts_with("ANTI_CSRF is `none`"), "{error}");
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
        assert!(error.contains("DATABASE_AUTHENTICATED_URL is not set"), "{error}");
    }

    #[test]
    fn production_refuses_the_development_core() {
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

    /// A key that no header can carry would look like a Core that is unavailable.
    #[test]
    fn api_key_must_fit_into_a_header() {
        for wrong in ["two words", "line\nbreak", "schlüssel"] {
            let error = read(&[("SUPERTOKENS_API_KEY", wrong)]).unwrap_err();
            assert!(error.starts_with("SUPERTOKENS_API_KEY holds something else"), "{error}");
            assert!(!error.contains(wrong), "{error}");
        }
        assert!(read(&[("SUPERTOKENS_API_KEY", "Key-0123456789=")]).is_ok());
    }

    #[test]
    fn all_faults_are_told_at_once_and_none_that_follows_from_another() {
        let error = read(&[
            ("APP_ENV", "production"),
            ("PORT", "http"),
            ("SMTP_URL", "mail.example.com"),
            ("SUPERTOKENS_URI", "core:3567"),
            ("GITHUB_CLIENT_ID", "id"),
        ])
        .unwrap_err();
        let told: Vec<_> = error.lines().filter_map(|line| line.strip_prefix("- ")).collect();
        let names: Vec<_> = told.iter().filter_map(|text| text.split(' ').next()).collect();
        let expected = [
            "PORT",
            "SUPERTOKENS_URI",
            "SMTP_URL",
            "GITHUB_CLIENT_ID",
            "TRUSTED_PROXIES",
            "API_DOMAIN",
        ];
        assert_eq!(names, expected, "{error}");
        assert!(error.starts_with("6 settings cannot be used:\n"), "{error}");
    }

    #[test]
    fn a_secret_can_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        std::fs::write(path, "s3cret\n").unwrap();
        let config = read(&[("SUPERTOKENS_API_KEY_FILE", path)]).unwrap();
        assert_eq!(config.supertokens_api_key.unwrap().expose_secret(), "s3cret");

        let both = [("SUPERTOKENS_API_KEY", "x"), ("SUPERTOKENS_API_KEY_FILE", path)];
        assert!(read(&both).unwrap_err().contains("both set"));
        for (wrong, why) in [("/nowhere", "cannot be read"), ("/dev/null", "which is empty")] {
            let error = read(&[("SMTP_URL_FILE", wrong)]).unwrap_err();
            assert!(error.starts_with(&format!("SMTP_URL_FILE is `{wrong}`")), "{error}");
            assert!(error.contains(why), "{error}");
        }
        // What is no secret is no file either.
        assert_eq!(read(&[("PORT_FILE", path)]).unwrap().port, 3000);
    }

    #[test]
    fn production_refuses_the_password_of_an_example() {
        for (name, url) in [
            ("DATABASE_AUTHENTICATED_URL", "postgres://todos_app:PASSWORD@db/todos"),
            ("DATABASE_URL_DIRECT", "postgres://todos_app:todos_app@db/todos"),
            ("SMTP_URL", "smtps://user:changeme@mail.example.com"),
        ] {
            let error = read(&[("APP_ENV", "production"), (name, url)]).unwrap_err();
            let told = format!("{name} has a password that stands in examples");
            assert!(error.contains(&told), "{error}");
        }
    }
    const PRODUCTION: [(&str, &str); 6] = [
        ("APP_ENV", "production"),
        ("API_DOMAIN", "https://example.com"),
        ("MAIL_FROM", "no-reply@example.com"),
        ("SMTP_URL", "smtps://mail.example.com"),
        ("SUPERTOKENS_URI", "http://core:3567"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ];

    #[test]
    fn production_requires_verified_tls_to_a_remote_database() {
        const ALLOWED: (&str, &str) = ("DATABASE_ALLOW_UNVERIFIED_TLS", "true");
        for (name, url) in [
            ("DATABASE_AUTHENTICATED_URL", "postgres://app:s3cret@db/todos"),
            ("DATABASE_URL_DIRECT", "postgres://app:s3cret@db/todos?sslmode=require"),
            ("DATABASE_URL", "postgres://app:s3cret@localhost,db/todos"),
        ] {
            let vars = [&PRODUCTION[..], &[(name, url)]].concat();
            let error = read(&vars).unwrap_err();
            assert!(error.starts_with(&format!("{name} names a database")), "{error}");
            assert!(error.contains(ALLOWED.0) && !error.contains("s3cret"), "{error}");
            assert!(read(&[&vars[..], &[ALLOWED]].concat()).is_ok());
            assert!(read(&[(name, url)]).is_ok(), "development");
        }
        for url in [
            "postgres://app:s3cret@db/todos?sslmode=verify-full",
            "postgres://app:s3cret@db/todos?sslrootcert=system",
            "postgres://app:s3cret@127.0.0.1/todos",
            "postgres://app:s3cret@/todos?host=/run/postgresql",
        ] {
            let vars = [&PRODUCTION[..], &[("DATABASE_AUTHENTICATED_URL", url)]].concat();
            assert!(read(&vars).is_ok(), "{url}");
        }
    }

    #[test]
    fn parameter_of_a_database_url_that_cannot_work_is_named() {
        for (name, parameter) in [
            ("DATABASE_URL", "sslcert=x"),
            ("DATABASE_AUTHENTICATED_URL", "target_session_attrs=standby"),
            ("DATABASE_URL_DIRECT", "require_auth=scram-sha-256"),
        ] {
            let url = format!("postgres://app:s3cret@one:1,two:2/todos?{parameter}");
            let error = read(&[(name, &url)]).unwrap_err();
            let (parameter, _) = parameter.split_once('=').unwrap();
            assert!(error.starts_with(&format!("{name}: ")), "{error}");
            assert!(error.contains(&format!("`{parameter}`")), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
