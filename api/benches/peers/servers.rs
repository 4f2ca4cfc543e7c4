//! The servers that are compared, each a process of its own.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::{
    options::{CONNECTIONS, Options},
    tokens::Tokens,
};

/// The issuer of the tokens. Nobody connects to it.
pub const SERVICE_DOMAIN: &str = "https://todos.test";
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/postgraphile");
const READY_WITHIN: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Service,
    Postgraphile,
}

/// Ends when it is dropped.
pub struct Server {
    pub kind: Kind,
    pub url: String,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Ours, as it is deployed, with everything on; but any text is executed, as its peer does. Nobody asks it for
    /// a mail.
    pub async fn service(program: &Path, options: &Options, tokens: &Tokens) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("TOKIO_WORKER_THREADS", threads().to_string())
            .env("PORT", port.to_string())
            .env("ADMIN_ADDRESS", format!("127.0.0.1:{}", free_port()?))
            .env("APP_ENV", "production")
            .env("GRAPHQL_TRUSTED_ONLY", "false")
            .env("API_DOMAIN", SERVICE_DOMAIN)
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env("SMTP_URL", "smtps://mail.todos.test")
            .env("MAIL_FROM", "todos@todos.test")
            .env("DATABASE_AUTHENTICATED_URL", &options.login_url)
            .env("DATABASE_MAX_CONNECTIONS", CONNECTIONS.to_string())
            .env("SUPERTOKENS_URI", tokens.core_url().as_str());
        Self::start(Kind::Service, command, port).await
    }

    pub async fn postgraphile(options: &Options, tokens: &Tokens) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(&options.node);
        command
            .arg("server.mjs")
            .current_dir(PEER)
            .env("NODE_ENV", "production")
            .env("GRAPHILE_ENV", "production")
            .env("PORT", port.to_string())
            .env("DATABASE_URL", &options.login_url)
            .env("CONNECTIONS", CONNECTIONS.to_string())
            .env("SIGNING_KEY", &tokens.key);
        Self::start(Kind::Postgraphile, command, port).await
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    async fn start(kind: Kind, mut command: Command, port: u16) -> Result<Self> {
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("{} does not start", command.get_program().display()))?;
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { kind, url, process };
        server.await_answer().await?;
        Ok(server)
    }

    /// An answer of any kind: that it is the right one, the load looks at.
    async fn await_answer(&mut self) -> Result<()> {
        let started = Instant::now();
        let client = reqwest::Client::new();
        let body = json!({"query": "{ __typename }"});
        while client.post(format!("{}/graphql", self.url)).json(&body).send().await.is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("{} ended at its start: {status}", self.url);
            }
            if started.elapsed() > READY_WITHIN {
                bail!("{} does not answer", self.url);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Half of the cores: the database has the others.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get() / 2).max(1)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
