//! The URL of a database as settings, with libpq's meaning (PostgreSQL, "Connection Strings").
//!
//! tokio-postgres reads the settings. It rejects URLs that libpq accepts, and its errors name no parameter.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{ChannelBinding, Host, SslMode, SslNegotiation},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::{self, Verification};

/// Where a database is, and how to connect to it.
#[derive(Clone)]
pub(crate) struct Target {
    pub config: Config,
    pub tls: MakeRustlsConnect,
    pub verification: Verification,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.config.fmt(f)
    }
}

/// Why the URL of a database cannot be used. Its text holds no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say it")]
pub enum UrlError {
    #[error(
        "it is not a URL of a PostgreSQL database: write postgres://NAME:PASSWORD@HOST/DATABASE, and percent-encode \
         `/`, `?`, `#` and `%` in the name and the password"
    )]
    Unreadable,
    #[error("it names no host: write it behind the `@`, or as the parameter `host`")]
    NoHost,
    #[error("its parameter `{0}` {1}")]
    Parameter(String, Cow<'static, str>),
    #[error(
        "its parameter `sslmode` is `{0}`: use disable, prefer, require, verify-ca or verify-full"
    )]
    Mode(String),
    #[error(
        "its parameter `sslmode` is `verify-ca`: say by whose certificate, with sslrootcert=PATH"
    )]
    NoRoot,
    #[error(
        "its parameter `sslrootcert`, `{0}`, cannot be used ({1}): it should be a file of certificates in PEM, or `system`"
    )]
    Root(PathBuf, String),
    #[error("its parameter `sslrootcert` is `system`: use it with sslmode=verify-full")]
    SystemRoot,
    #[error(
        "its parameter `sslnegotiation` is `direct`: use it with sslmode=require, verify-ca or verify-full"
    )]
    DirectTls,
    #[error(
        "its parameter `channel_binding` is `require`: it needs TLS, so do not set sslmode=disable"
    )]
    ChannelBinding,
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Parameters of libpq that change nothing here if they have one of these values.
const WITHOUT_EFFECT: [(&str, &[&str]); 5] = [
    ("gssencmode", &["disable", "prefer"]),
    ("sslsni", &["1"]),
    ("sslcompression", &["0"]),
    ("client_encoding", &["auto", "UTF8", "utf8", "UTF-8"]),
    ("ssl_min_protocol_version", &["TLSv1", "TLSv1.1", "TLSv1.2"]),
];

impl Target {
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let Parts { base, query } = Parts::split(text)?;
        let base: Config = base.parse().map_err(|_| UrlError::Unreadable)?;
        let mut parameters = Parameters::read(query)?;
        let mut mode = parameters.take("sslmode");
        if parameters.take("ssl").is_some_and(|value| value == "true") {
            // As JDBC has it, and libpq.
            mode.get_or_insert_with(|| "require".to_owned());
        }
        let root = parameters.take("sslrootcert");
        let mut config = parameters.settings(&base)?;
        complete_hosts(&mut config)?;
        let verification = Verification::read(mode.as_deref(), root.as_deref())?;
        config.ssl_mode(verification.mode());
        let is_weak = matches!(config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer);
        if is_weak && config.get_ssl_negotiation() == SslNegotiation::Direct {
            return Err(UrlError::DirectTls);
        }
        let requires_binding = config.get_channel_binding() == ChannelBinding::Require;
        if requires_binding && config.get_ssl_mode() == SslMode::Disable {
            return Err(UrlError::ChannelBinding);
        }
        let tls = MakeRustlsConnect::new(tls::client(&verification)?);
        Ok(Self { config, tls, verification })
    }

    /// Whether every host is this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        let addresses = self.config.get_hostaddrs();
        if !addresses.is_empty() {
            return addresses.iter().all(IpAddr::is_loopback);
        }
        self.config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                let address = name.parse::<IpAddr>();
                name == "localhost" || address.is_ok_and(|address| address.is_loopback())
            }
        })
    }
}

/// A URL as tokio-postgres reads it, and its query.
struct Parts<'t> {
    base: String,
    query: &'t str,
}

impl<'t> Parts<'t> {
    /// The name and the password end at the last `@` before the path: they may have others.
    fn split(text: &'t str) -> Result<Self, UrlError> {
        let rest = ["postgres://", "postgresql://"];
        let rest = rest.iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.ok_or(UrlError::Unreadable)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let escape = |text: &str| text.replace('@', "%40");
        let authority = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => format!("{}@{hosts}", escape(credentials)),
            None => authority.to_owned(),
        };
        Ok(Self { base: format!("postgres://{authority}{}", escape(path)), query })
    }
}

/// The parameters of a query. The last one of a name counts.
struct Parameters(BTreeMap<String, String>);

impl Parameters {
    fn read(query: &str) -> Result<Self, UrlError> {
        let mut parameters = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            // `+` is no space.
            let decode = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).map_err(|_| UrlError::Unreadable)?;
            let value = decode(value);
            let value =
                value.map_err(|_| UrlError::Parameter(name.clone(), "is not UTF-8".into()))?;
            parameters.insert(name, value);
        }
        for (name, values) in WITHOUT_EFFECT {
            if parameters.get(name).is_some_and(|value| values.contains(&value.as_str())) {
                parameters.remove(name);
            }
        }
        Ok(Self(parameters))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// All settings but those of TLS. As in libpq, a parameter replaces what stands before the query.
    fn settings(mut self, base: &Config) -> Result<Config, UrlError> {
        if !self.0.contains_key("host") && !base.get_hosts().is_empty() {
            let hosts = base.get_hosts().iter().map(host_text).collect::<Vec<_>>();
            self.0.insert("host".to_owned(), hosts.join(","));
            // The URL gives each of its hosts a port.
            let ports = base.get_ports().iter().map(ToString::to_string).collect::<Vec<_>>();
            self.0.entry("port".to_owned()).or_insert_with(|| ports.join(","));
        }
        let user_timeout = self.take("tcp_user_timeout");
        let mut text = String::new();
        for (name, value) in &self.0 {
            // tokio-postgres has a name of its own for it.
            let setting = if name == "keepalives_count" { "keepalives_retries" } else { name };
            let setting = format!("{setting}={}", quoted(value));
            if !is_name(name) || setting.parse::<Config>().is_err() {
                return Err(UrlError::Parameter(name.clone(), advice(name).into()));
            }
            text = format!("{text}{setting} ");
        }
        let mut config: Config = text.parse().map_err(|_| UrlError::Unreadable)?;
        if let (None, Some(user)) = (config.get_user(), base.get_user()) {
            config.user(user.to_owned());
        }
        if let (None, Some(password)) = (config.get_password(), base.get_password()) {
            config.password(password);
        }
        if let (None, Some(database)) = (config.get_dbname(), base.get_dbname()) {
            config.dbname(database.to_owned());
        }
        if let Some(milliseconds) = user_timeout {
            let wrong = || {
                let name = "tcp_user_timeout".to_owned();
                UrlError::Parameter(name, "is not a number of milliseconds".into())
            };
            let milliseconds = milliseconds.parse().map_err(|_| wrong())?;
            config.tcp_user_timeout(Duration::from_millis(milliseconds));
        }
        Ok(config)
    }
}

fn host_text(host: &Host) -> Cow<'_, str> {
    match host {
        Host::Tcp(name) => name.into(),
        Host::Unix(folder) => folder.to_string_lossy(),
    }
}

/// A value of a connection string of keywords and values.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// What to do about a parameter that tokio-postgres does not accept.
fn advice(name: &str) -> &'static str {
    match name {
        "target_session_attrs" => "has an unknown value: use any, read-write or read-only",
        "load_balance_hosts" => "has an unknown value: use disable or random",
        "channel_binding" => "has an unknown value: use disable, prefer or require",
        "sslnegotiation" => "has an unknown value: use postgres or direct",
        "hostaddr" => "is not a list of IP addresses with commas between",
        "port" => "is not a list of ports with commas between",
        "connect_timeout"
        | "keepalives"
        | "keepalives_count"
        | "keepalives_idle"
        | "keepalives_interval"
        | "keepalives_retries" => "is not a whole number",
        "sslcert" | "sslkey" | "sslpassword" => {
            "is not supported: client certificates cannot be used, so sign in with a password"
        }
        "passfile" | "service" | "servicefile" => {
            "is not supported: write the settings into the URL"
        }
        _ => "is not supported: remove it",
    }
}

/// Hosts, addresses and ports belong to each other by their order.
fn complete_hosts(config: &mut Config) -> Result<(), UrlError> {
    if config.get_hosts().is_empty() {
        for address in config.get_hostaddrs().to_vec() {
            config.host(address.to_string());
        }
    }
    let hosts = config.get_hosts().len();
    if hosts == 0 || config.get_hosts().iter().any(|host| *host == Host::Tcp(String::new())) {
        return Err(UrlError::NoHost);
    }
    let mismatch = |name: &str| {
        UrlError::Parameter(name.to_owned(), "needs as many values as there are hosts".into())
    };
    if !matches!(config.get_hostaddrs().len(), 0) && config.get_hostaddrs().len() != hosts {
        return Err(mismatch("hostaddr"));
    }
    if config.get_ports().len() > 1 && config.get_ports().len() != hosts {
        return Err(mismatch("port"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, String> {
        Target::parse(url).map_err(|error| error.to_string())
    }

    fn query(query: &str) -> Result<Target, String> {
        parse(&format!("postgres://app:s3cret@db.example.com/todos{query}"))
    }

    /// Hosts with their addresses and ports, in order.
    fn hosts(url: &str) -> Vec<String> {
        let target = parse(url).expect("a URL");
        crate::connect::candidates(&target.config).map(|candidate| candidate.to_string()).collect()
    }

    #[test]
    fn hosts_are_read_as_libpq_reads_them() {
        for (url, expected) in [
            ("postgres://a@one/x", &["one:5432"][..]),
            ("postgres://a@one:1,two:2/x", &["one:1", "two:2"]),
            ("postgres://a@one,two:2/x", &["one:5432", "two:2"]),
            ("postgres://a@[::1]:7,two/x", &["::1:7", "two:5432"]),
            ("postgres://a@/x?host=/run/pg", &["/run/pg:5432"]),
            ("postgres:///x?host=/run/pg&port=7", &["/run/pg:7"]),
            ("postgres://%2Frun%2Fpg/x", &["/run/pg:5432"]),
            ("postgres://a@/x?host=one,two&port=1,2", &["one:1", "two:2"]),
            ("postgres://a@/x?host=one,two&port=7", &["one:7", "two:7"]),
            // A parameter replaces the host before it.
            ("postgres://a@localhost/x?host=/run/pg", &["/run/pg:5432"]),
            ("postgres://a@one/x?hostaddr=192.0.2.1", &["one[192.0.2.1]:5432"]),
            ("postgres://a@/x?hostaddr=192.0.2.1", &["192.0.2.1[192.0.2.1]:5432"]),
        ] {
            assert_eq!(hosts(url), expected, "{url}");
        }
    }

    #[test]
    fn passwords_may_have_any_character() {
        for (written, password) in [
            ("p%40%2F%3F%23%25%3A", "p@/?#%:"),
            ("p@ss@word", "p@ss@word"),
            ("a:b", "a:b"),
            ("%27%5C%20$x", "'\\ $x"),
            ("p+w", "p+w"),
        ] {
            let target = parse(&format!("postgres://app:{written}@one,two/todos")).expect("a URL");
            assert_eq!(target.config.get_password(), Some(password.as_bytes()), "{written}");
            assert_eq!(target.config.get_user(), Some("app"));
        }
        let target = parse("postgres://app@one/todos?password=a%27%5Cb&user=other").expect("a URL");
        assert_eq!(target.config.get_password(), Some(&b"a'\\b"[..]));
        assert_eq!(target.config.get_user(), Some("other"));
        let at = parse("postgres://one/todos?application_name=a@b").expect("a URL");
        assert_eq!(at.config.get_application_name(), Some("a@b"));
    }

    #[test]
    fn modes_are_those_of_libpq() {
        for (text, mode, verifies) in [
            ("", SslMode::Prefer, false),
            ("?sslmode=disable", SslMode::Disable, false),
            ("?sslmode=require&application_name=x", SslMode::Require, false),
            ("?ssl=true", SslMode::Require, false),
            ("?sslmode=verify-full&channel_binding=require", SslMode::Require, true),
            ("?sslrootcert=system", SslMode::Require, true),
            ("?sslmode=verify-full&sslrootcert=system", SslMode::Require, true),
        ] {
            let target = query(text).expect("a URL");
            assert_eq!(target.config.get_ssl_mode(), mode, "{text}");
            assert_eq!(target.verification.is_verified(), verifies, "{text}");
        }
    }

    #[test]
    fn local_hosts_are_this_machine() {
        for (url, is_local) in [
            ("postgres://a@localhost/x", true),
            ("postgres://a@127.0.0.2,[::1]/x", true),
            ("postgres://a@/x?host=/run/pg", true),
            ("postgres://a@localhost,db.example.com/x", false),
            ("postgres://a@localhost/x?hostaddr=192.0.2.1", false),
            ("postgres://a@localhost.example.com/x", false),
        ] {
            assert_eq!(parse(url).expect("a URL").is_local(), is_local, "{url}");
        }
    }

    #[test]
    fn every_parameter_of_libpq_is_accepted_or_named() {
        for accepted in [
            "connect_timeout=5",
            "target_session_attrs=read-write",
            "load_balance_hosts=random",
            "channel_binding=prefer",
            "sslmode=require&sslnegotiation=direct",
            "options=-c%20geqo%3Doff",
            "keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3",
            "tcp_user_timeout=20000",
            "gssencmode=disable&client_encoding=UTF8&sslsni=1",
        ] {
            query(&format!("?{accepted}")).expect(accepted);
        }
        let target = query("?tcp_user_timeout=20000").expect("a URL");
        assert_eq!(target.config.get_tcp_user_timeout(), Some(&Duration::from_secs(20)));
        for (text, expected) in [
            ("?sslmode=on", "`sslmode` is `on`: use disable"),
            ("?sslmode=verify-ca", "sslrootcert=PATH"),
            ("?sslmode=require&sslrootcert=/nonexistent", "`/nonexistent`, cannot be used"),
            ("?sslmode=require&sslrootcert=system", "`sslrootcert` is `system`"),
            ("?sslnegotiation=direct", "sslmode=require"),
            ("?sslnegotiation=direct&sslmode=prefer", "sslmode=require"),
            ("?sslnegotiation=direct&sslmode=disable", "sslmode=require"),
            ("?channel_binding=require&sslmode=disable", "`channel_binding` is `require`"),
            ("?sslcert=x", "`sslcert` is not supported: client certificates"),
            ("?require_auth=none", "`require_auth` is not supported: remove it"),
            ("?gssencmode=require", "`gssencmode` is not supported"),
            ("?target_session_attrs=standby", "`target_session_attrs` has an unknown value"),
            ("?connect_timeout=soon", "`connect_timeout` is not a whole number"),
            ("?hostaddr=here", "`hostaddr` is not a list of IP addresses"),
            ("?port=1,2", "`port` needs as many values"),
            ("?x%20y=%27", "`x y` is not supported"),
        ] {
            let error = query(text).expect_err(text);
            assert!(error.contains(expected) && !error.contains("s3cret"), "{text}: {error}");
        }
        for url in ["mysql://a:s3cret@one/x", "postgres://a:s3cret/x@one/y", "s3cret"] {
            let error = parse(url).expect_err(url);
            assert!(error.contains("not a URL") && !error.contains("s3cret"), "{error}");
        }
        assert!(parse("postgres://a:s3cret@/x").expect_err("an error").contains("no host"));
    }
}
