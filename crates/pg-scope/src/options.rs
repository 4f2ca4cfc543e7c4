//! What a pool is made with.

use std::{fmt, time::Duration};

use crate::{error::Error, target::Target};

/// How a [`Pool`](crate::Pool) connects and how many connections it has. The connections of a
/// [`Listener`](crate::Listener) are opened in the same way.
#[derive(Clone)]
pub struct Options {
    pub(crate) target: Target,
    pub(crate) max_connections: usize,
    pub(crate) acquire_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) prepares_statements: bool,
    pub(crate) prepared_statements_setting: &'static str,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_age: Duration,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, max_connections, acquire_timeout, prepares_statements, .. } = self;
        f.debug_struct("Options")
            .field("target", target)
            .field("max_connections", max_connections)
            .field("acquire_timeout", acquire_timeout)
            .field("prepares_statements", prepares_statements)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// From a URL as of libpq (PostgreSQL, "Connection Strings").
    ///
    /// Returns [`Error::Url`] if the URL cannot be used. Its text holds no password.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        Ok(Self {
            target: Target::parse(url)?,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(12),
            prepares_statements: true,
            prepared_statements_setting: "Options::prepares_statements",
            idle_timeout: Duration::from_mins(5),
            max_age: Duration::from_mins(30),
        })
    }

    /// Whether every host of the URL is this machine: a Unix socket, `localhost` or a loopback address.
    pub fn is_local(&self) -> bool {
        self.target.is_local()
    }

    /// Whether the URL requires TLS with a certificate that is verified, so that no other machine can stand in for the
    /// server: `sslmode=verify-full` or `verify-ca`, or `require` with `sslrootcert`.
    pub fn verifies_server(&self) -> bool {
        self.target.verification.is_verified()
    }

    /// The name that the URL signs in with.
    pub fn user(&self) -> Option<&str> {
        self.target.config.get_user()
    }

    /// The password of the URL, if it is UTF-8.
    pub fn password(&self) -> Option<&str> {
        std::str::from_utf8(self.target.config.get_password()?).ok()
    }

    /// What the connections are called in `pg_stat_activity`, unless the URL says it.
    #[must_use]
    pub fn application_name(mut self, name: &str) -> Self {
        if self.target.config.get_application_name().is_none() {
            self.target.config.application_name(name);
        }
        self
    }

    /// Default: 10. At least one.
    #[must_use]
    pub fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = max.max(1);
        self
    }

    /// How long a transaction waits for a connection. Default: 3 s.
    #[must_use]
    pub fn acquire_timeout(mut self, within: Duration) -> Self {
        self.acquire_timeout = within;
        self
    }

    /// How long opening a connection may take, in all. It may exceed the acquire timeout: the connection then
    /// serves later transactions. Default: 10 s.
    #[must_use]
    pub fn connect_timeout(mut self, within: Duration) -> Self {
        self.connect_timeout = within;
        self
    }

    /// How long nothing may be sent or received while a response is outstanding. Longer than any statement may run
    /// (`statement_timeout`): this is for networks that swallow messages. Default: 12 s.
    #[must_use]
    pub fn response_timeout(mut self, within: Duration) -> Self {
        self.response_timeout = within;
        self
    }

    /// Off behind a pooler in transaction mode that does not track prepared statements. Default: on.
    #[must_use]
    pub fn prepares_statements(mut self, prepares: bool) -> Self {
        self.prepares_statements = prepares;
        self
    }

    /// What turns prepared statements off, such as an environment variable. [`Error::PreparedStatementLost`] names it.
    /// Default: `Options::prepares_statements`.
    #[must_use]
    pub fn prepared_statements_setting(mut self, name: &'static str) -> Self {
        self.prepared_statements_setting = name;
        self
    }

    /// A connection that rests longer is closed, within 30 s: a server may then go to sleep. Default: 5 min.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// A connection that is older is replaced after its transaction: the memory of its backend grows with its age.
    /// Default: 30 min.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }
}
