//! Requests over HTTP, by wrk: sixteen connections that stay open, every answer looked at.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{
    options::{CONNECTIONS, Options},
    process,
    report::Measured,
    servers::{Kind, Server},
    tokens::Tokens,
    workload::Workload,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/wrk.lua");

/// A load on one of the servers.
pub struct Wrk<'a> {
    server: &'a Server,
    query: String,
    todos: u64,
}

/// What the script says in the end; times in microseconds.
#[derive(Deserialize)]
struct Said {
    requests: u32,
    micros: u64,
    p50: u64,
    p99: u64,
    failed: u64,
    wrong: u64,
}

impl<'a> Wrk<'a> {
    pub fn of(workload: Workload, server: &'a Server) -> Self {
        let query = match server.kind {
            Kind::Service => workload.service_query(),
            Kind::Postgraphile => workload.postgraphile_query(),
        };
        Self { server, query, todos: workload.todos() }
    }

    /// A query of which each answer must have so many todos.
    pub fn asking(server: &'a Server, query: String, todos: u64) -> Self {
        Self { server, query, todos }
    }

    pub fn run(&self, options: &Options, tokens: &Tokens) -> Result<Measured> {
        self.run_as(options, tokens.asking.path())
    }

    /// As the users of the tokens in this file.
    pub fn run_as(&self, options: &Options, tokens: &Path) -> Result<Measured> {
        let pid = self.server.pid();
        let cpu_before = process::cpu(pid)?;
        let output = Command::new(&options.wrk)
            .args(["--threads", "1", "--connections", &CONNECTIONS.to_string()])
            .args(["--duration", &format!("{}s", options.duration.as_secs())])
            .args(["--script", SCRIPT, &self.server.url])
            .env("TOKENS", tokens)
            .env("BODY", json!({"query": self.query}).to_string())
            .env("TODOS", self.todos.to_string())
            .output()
            .context("wrk does not start")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let said: Said = serde_json::from_str(said.with_context(|| format!("wrk: {text}"))?)?;
        ensure!(said.requests > 0, "{} answered nothing", self.server.url);
        ensure!(
            said.failed == 0 && said.wrong == 0,
            "{}: {} requests failed, {} answers were wrong, the first: {}",
            self.server.url,
            said.failed,
            said.wrong,
            String::from_utf8_lossy(&output.stderr)
        );
        let duration = Duration::from_micros(said.micros);
        Ok(Measured {
            rate: f64::from(said.requests) / duration.as_secs_f64(),
            p50: Duration::from_micros(said.p50),
            p99: Duration::from_micros(said.p99),
            duration,
            cpu: Some(process::cpu(pid)?.saturating_sub(cpu_before)),
            memory: Some(process::memory(pid)?),
            ..Measured::default()
        })
    }
}
