//! What was measured: of each number the median of the turns, and the ratios between contestants.

use std::{fmt, time::Duration};

use clap::ValueEnum;

use super::workload::Workload;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Contestant {
    PgbenchOneByOne,
    PgbenchPipelined,
    Service,
    /// Another build of it.
    #[value(skip)]
    Beside,
    Postgraphile,
}

impl Contestant {
    pub const ALL: [Self; 4] =
        [Self::PgbenchOneByOne, Self::PgbenchPipelined, Self::Service, Self::Postgraphile];
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::PgbenchOneByOne => "pgbench, one by one",
            Self::PgbenchPipelined => "pgbench, pipelined",
            Self::Service => "this service",
            Self::Beside => "the other build",
            Self::Postgraphile => "PostGraphile 5.1",
        })
    }
}

/// One turn.
#[derive(Clone, Copy, Default)]
pub struct Measured {
    /// Requests or transactions a second.
    pub rate: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub duration: Duration,
    /// What the server's process took; a client's is not looked at.
    pub cpu: Option<Duration>,
    pub database_cpu: Duration,
    /// In bytes, at the end.
    pub memory: Option<u64>,
}

impl Measured {
    fn micros_each(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / (self.rate * self.duration.as_secs_f64())
    }
}

#[derive(Default)]
pub struct Report(Vec<(Workload, Contestant, Measured)>);

impl Report {
    pub fn add(&mut self, workload: Workload, contestant: Contestant, measured: Measured) {
        self.0.push((workload, contestant, measured));
    }

    fn of(&self, workload: Workload, contestant: Contestant) -> Vec<Measured> {
        let turns = self.0.iter().filter(|turn| (turn.0, turn.1) == (workload, contestant));
        turns.map(|turn| turn.2).collect()
    }

    pub fn rate(&self, workload: Workload, contestant: Contestant) -> f64 {
        median(self.of(workload, contestant).iter().map(|turn| turn.rate))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, workload: Workload) -> fmt::Result {
        writeln!(f, "### {workload}\n")?;
        writeln!(
            f,
            "| | a second | p50 ms | p99 ms | CPU a request, µs | PostgreSQL's, µs | memory, MB | to PostGraphile | to pgbench |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        let pgbench = self.rate(workload, Contestant::PgbenchOneByOne);
        let peer = self.rate(workload, Contestant::Postgraphile);
        let all = [Contestant::ALL.as_slice(), &[Contestant::Beside]].concat();
        for contestant in all {
            let turns = self.of(workload, contestant);
            if turns.is_empty() {
                continue;
            }
            let millis = |time: fn(&Measured) -> Duration| {
                median(turns.iter().map(|turn| time(turn).as_secs_f64() * 1e3))
            };
            let optional = |values: Vec<f64>| {
                if values.is_empty() { String::new() } else { format!("{:.0}", median(values)) }
            };
            let own = turns.iter().filter_map(|turn| Some(turn.micros_each(turn.cpu?))).collect();
            let memory: Vec<_> =
                turns.iter().filter_map(|turn| Some(megabytes(turn.memory?))).collect();
            let rate = self.rate(workload, contestant);
            writeln!(
                f,
                "| {contestant} | {rate:.0} | {:.1} | {:.1} | {} | {:.0} | {} | {:.2} | {:.2} |",
                millis(|turn| turn.p50),
                millis(|turn| turn.p99),
                optional(own),
                median(turns.iter().map(|turn| turn.micros_each(turn.database_cpu))),
                optional(memory),
                rate / peer,
                rate / pgbench,
            )?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for workload in Workload::ALL {
            if self.0.iter().any(|turn| turn.0 == workload) {
                self.write(f, workload)?;
            }
        }
        Ok(())
    }
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a size in memory is far below 2^52")]
    let bytes = bytes as f64;
    bytes / 1e6
}
