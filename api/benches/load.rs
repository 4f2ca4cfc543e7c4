//! How long it holds: `cargo xtask load`, or `cargo bench -p api --bench load` with
//! `TEST_DATABASE_URL` as for the tests.
//!
//! First more tokens than the service remembers, so that its largest cache is full, and as many
//! requests as there can be; then for a quarter of an hour 70 % of that, with 500 open sockets. Fails
//! where a request fails, memory grows, or the slowest become slower.

#[path = "../tests/it/support/database.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod database;
#[path = "../tests/it/support/forms.rs"]
mod forms;
#[path = "../tests/it/support/load.rs"]
mod load;
mod machine;
#[path = "../tests/it/support/program.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod program;

use std::{
    collections::BTreeSet,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use tokio::time::interval;

use self::{
    database::TestDatabase,
    load::{Crowd, Kind, Load, Outcome},
    machine::{Machine, Minute},
    program::{Program, memory},
};

/// The share of what is possible.
const SHARE: f64 = 0.7;
/// How long what is possible is looked for.
const SPRINT: Duration = Duration::from_secs(20);
/// More than the service remembers: 4,096 (`supertokens/verified.rs`).
const TOKENS: usize = 4_500;
/// Growth of memory that passes, in kB a minute: what caches fill with, and chance.
const MAX_GROWTH: f64 = 64.0;
/// Longer than that is told with the second in which it was, the first few times.
const STALL: Duration = Duration::from_millis(500);
const STALLS_TOLD: usize = 20;
/// How much slower the slowest of the last third may be than those of the first.
const MAX_SLOWDOWN: f64 = 1.5;

#[derive(Parser)]
struct Options {
    /// Three at least: memory is judged by the minute, and not by the first third
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(3..))]
    minutes: u64,
    #[arg(long, default_value_t = 200)]
    users: usize,
    #[arg(long, default_value_t = 500)]
    sockets: usize,
    /// Requests a second, in place of 70 % of what is possible
    #[arg(long)]
    rate: Option<f64>,
    /// cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let database = TestDatabase::migrated().await;
    let vars = [
        ("RATE_LIMIT_ADDRESS", "off"),
        ("RATE_LIMIT_ACCOUNT", "off"),
        ("RATE_LIMIT_ACCOUNT_TOTAL", "off"),
        ("RUST_LOG", "info"),
    ];
    let program = Program::start(&database, &vars).await;
    let sprint = Load {
        users: options.users,
        sockets: options.sockets,
        workers: 16,
        duration: SPRINT,
        rate: None,
    };
    let mut crowd = Crowd::gather(&program.url, &sprint).await;
    let empty = memory(program.id());
    let renewed = crowd.renew(TOKENS).await;
    println!("memory {empty} kB, after {TOKENS} tokens {} kB", memory(program.id()));
    let machine = watched_machine();
    let possible = crowd.work(&sprint).await;
    let Minute { work, .. } = machine.found().expect("a disk")[0];
    println!(
        "possible: {:.0} requests a second, where the same work took {work:.0?}",
        rate_of(&possible)
    );
    let rate = options.rate.unwrap_or(rate_of(&possible) * SHARE);
    // More workers than requests under way: one that is slow holds up only itself.
    let duration = Duration::from_secs(options.minutes * 60);
    let load = Load { workers: 64, duration, rate: Some(rate), ..sprint };
    let memory = tokio::spawn(watch(program.id(), duration));
    let machine = watched_machine();
    let outcome = crowd.work(&load).await;
    let found = machine.found().expect("a disk");
    let memory = memory.await.expect("no panic");
    let verdict = report(&load, &outcome, &memory);
    println!("\nthe machine itself, minute by minute:");
    // The last one may be a part.
    let found = &found[..found.len().min(usize::try_from(options.minutes).expect("few"))];
    let each = |what: fn(&Minute) -> Duration| {
        let times = found.iter().map(|minute| format!("{:.0?}", what(minute)));
        times.collect::<Vec<_>>().join(" ")
    };
    println!("the same work took {}", each(|minute| minute.work));
    println!("the longest way to the disk was {}", each(|minute| minute.sync));
    println!("other machines had the processor for {}", each(|minute| minute.stolen));
    let all = [&renewed, &possible, &outcome];
    for fault in all.iter().flat_map(|outcome| &outcome.told) {
        println!("{fault}");
    }
    if verdict && all.iter().all(|outcome| outcome.faults == 0) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// With the disk that the database is on.
fn watched_machine() -> Machine {
    Machine::watch(tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).expect("a file"))
}

/// Requests a second.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn rate_of(outcome: &Outcome) -> f64 {
    outcome.samples.len() as f64 / outcome.took.as_secs_f64()
}

/// The time in which all but some of a hundred were answered.
fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or_default()
}

/// Since the beginning, and kB.
type Memory = Vec<(Duration, u64)>;

async fn watch(pid: u32, duration: Duration) -> Memory {
    let begun = Instant::now();
    let mut ticks = interval(Duration::from_secs(1));
    let mut samples = Vec::new();
    loop {
        ticks.tick().await;
        let at = begun.elapsed();
        // No minute of one sample at the end.
        if at >= duration {
            return samples;
        }
        samples.push((at, memory(pid)));
    }
}

/// The least of each minute. A sign-in has 19 MB while its password is hashed, which comes and goes;
/// what is never given back stays in the least.
fn lows(memory: &Memory) -> Memory {
    let minute = |(at, _): &(Duration, u64)| at.as_secs() / 60;
    let minutes = memory.chunk_by(|a, b| minute(a) == minute(b));
    minutes.filter_map(|samples| samples.iter().copied().min_by_key(|(_, low)| *low)).collect()
}

/// Of the line that fits best, in kB a minute. The first third is left out: there caches fill.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn slope(memory: &Memory) -> f64 {
    let settled = memory[memory.len() / 3..].iter();
    let points: Vec<_> =
        settled.map(|(at, kilobytes)| (at.as_secs_f64() / 60.0, *kilobytes as f64)).collect();
    let count = points.len() as f64;
    let mean_of = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean_of(|(x, _)| *x), mean_of(|(_, y)| *y));
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}

/// Prints it; says whether it passes.
fn report(load: &Load, outcome: &Outcome, memory: &Memory) -> bool {
    let minutes = u32::try_from(load.duration.as_secs() / 60).expect("less than a lifetime");
    println!(
        "{} requests in {minutes} minutes, {:.0} a second; {} faults; {} events at {} sockets\n",
        outcome.samples.len(),
        rate_of(outcome),
        outcome.faults,
        outcome.events,
        load.sockets
    );
    println!("| request | count | p50 | p99 | longest |\n|---|---|---|---|---|");
    for kind in Kind::ALL {
        let of_kind = outcome.samples.iter().filter(|sample| sample.kind == kind);
        let times: Vec<_> = of_kind.map(|sample| sample.took).collect();
        let [half, most, all] = [50, 99, 100].map(|percent| percentile(times.clone(), percent));
        println!("| {kind:?} | {} | {half:.1?} | {most:.1?} | {all:.1?} |", times.len());
    }
    let slowest = |part: Duration, number: u32| {
        let within = |at: Duration| at >= part * number && at < part * (number + 1);
        let samples = outcome.samples.iter().filter(|sample| within(sample.at));
        percentile(samples.map(|sample| sample.took).collect(), 99)
    };
    let [first, last] = [0, 2].map(|third| slowest(load.duration / 3, third));
    println!("\np99 of the first third {first:.1?}, of the last {last:.1?}");
    let minute = Duration::from_mins(1);
    let each: Vec<_> =
        (0..minutes).map(|number| format!("{:.0?}", slowest(minute, number))).collect();
    println!("p99, minute by minute: {}", each.join(" "));
    let stalls: BTreeSet<_> = outcome
        .samples
        .iter()
        .filter(|sample| sample.took > STALL)
        .map(|sample| sample.at.as_secs())
        .collect();
    let told: Vec<_> = stalls.iter().take(STALLS_TOLD).collect();
    println!(
        "{} seconds in which a request took longer than {STALL:?}, the first: {told:?}",
        stalls.len()
    );
    let lows = lows(memory);
    let each: Vec<_> = lows.iter().map(|(_, low)| low.to_string()).collect();
    let most = memory.iter().map(|(_, kilobytes)| *kilobytes).max().unwrap_or_default();
    let growth = slope(&lows);
    println!("memory at most {most} kB; its least, minute by minute: {}", each.join(" "));
    println!("that grew by {growth:+.1} kB a minute in the last two thirds");
    outcome.faults == 0 && growth < MAX_GROWTH && last < first.mul_f64(MAX_SLOWDOWN)
}
