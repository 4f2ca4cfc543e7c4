//! PostgreSQL by itself: exactly our statements, prepared, sent by pgbench.

use std::{fs, io::Write as _, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tempfile::{NamedTempFile, TempDir};

use super::{
    options::{CONNECTIONS, Options},
    report::Measured,
    tokens::{ASKING, STEP, Tokens},
    workload::Workload,
};

/// One in so many transactions has its time written down.
const SAMPLED: f64 = 0.1;

pub struct Pgbench {
    workload: Workload,
    is_pipelined: bool,
}

impl Pgbench {
    /// As a client that waits for each answer.
    pub fn one_by_one(workload: Workload) -> Self {
        Self { workload, is_pipelined: false }
    }

    /// As a client that sends a whole transaction at once, which is what the service does.
    pub fn pipelined(workload: Workload) -> Self {
        Self { workload, is_pipelined: true }
    }

    pub fn run(&self, options: &Options, tokens: &Tokens) -> Result<Measured> {
        let mut script = NamedTempFile::new()?;
        script.write_all(self.script().as_bytes())?;
        let logs = TempDir::new()?;
        let seconds = options.duration.as_secs().to_string();
        let output = Command::new(&options.pgbench)
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--log"])
            .arg(format!("--client={CONNECTIONS}"))
            .arg(format!("--time={seconds}"))
            .arg(format!("--sampling-rate={SAMPLED}"))
            .arg(format!("--log-prefix={}/log", logs.path().display()))
            .arg(format!("--define=claims={}", tokens.claims))
            .args(["--define=new=[{\"task\": \"One more of mine\", \"key\": null}]"])
            .args(["--define=limit=51"])
            .arg("--file")
            .arg(script.path())
            .arg(&options.login_url)
            .output()
            .context("pgbench does not start")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench: {text}{complaints}");
        let rate = text
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok())
            .context("pgbench tells no rate")?;
        let times = sampled(logs.path())?;
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        Ok(Measured {
            rate,
            p50: at(50),
            p99: at(99),
            duration: options.duration,
            ..Measured::default()
        })
    }

    fn script(&self) -> String {
        let Self { workload, is_pipelined } = *self;
        // What is sent together is one transaction; one by one, that has to be said.
        let (start, end) =
            if is_pipelined { ("\\startpipeline", "\\endpipeline") } else { ("BEGIN;", "COMMIT;") };
        let claims = "replace(:claims, 'USER', 'user-' || :user)";
        let claim = workload.claim().replace("$1", "'authenticated'").replace("$2", claims);
        // A command of pgbench ends with its line.
        let [claim, statement] = [claim.replace("$3", "''"), workload.statement()]
            .map(|statement| statement.replace('\n', " "));
        format!("\\set user {STEP} * random(1, {ASKING})\n{start}\n{claim};\n{statement};\n{end}\n")
    }
}

/// The times of the transactions that were written down, in order.
fn sampled(folder: &Path) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for entry in fs::read_dir(folder)? {
        let log = fs::read_to_string(entry?.path())?;
        // client, transaction, microseconds, …
        let micros = log.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
        times.extend(micros.map(Duration::from_micros));
    }
    times.sort_unstable();
    Ok(times)
}
